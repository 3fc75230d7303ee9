"""The shapes that people's tables of preferences have."""

from whimsight.pairs.layouts.base import Draft, Layout
from whimsight.pairs.layouts.known import LAYOUTS
from whimsight.pairs.layouts.labels import UNKNOWN, to_preference

__all__ = ["LAYOUTS", "UNKNOWN", "Draft", "Layout", "to_preference"]
