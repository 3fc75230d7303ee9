"""Measured attributes: cheap, documented, deterministic properties of a text."""

from __future__ import annotations

from whimsight.attributes.attribute import Attribute
from whimsight.attributes.catalogue import ATTRIBUTES
from whimsight.attributes.codes import code
from whimsight.attributes.documenting import documentation
from whimsight.attributes.measuring import measure, spans

__all__ = ["ATTRIBUTES", "Attribute", "code", "documentation", "measure", "spans"]
