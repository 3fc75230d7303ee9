"""Measured features: cheap, documented, deterministic properties of a text."""

from whimsight.attributes.catalogue import ATTRIBUTES, Attribute
from whimsight.attributes.measure import code, measure
from whimsight.attributes.spans import spans

__all__ = ["ATTRIBUTES", "Attribute", "code", "measure", "spans"]
