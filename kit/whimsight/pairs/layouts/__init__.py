"""The shapes that people's tables of preferences have, most particular first."""

from whimsight.pairs.layouts.ab import AB, ANNOTATED, PKU, SHP, lone_side
from whimsight.pairs.layouts.arenas import ARENA, COMPARIA
from whimsight.pairs.layouts.base import Draft, Layout
from whimsight.pairs.layouts.chosen import CHOSEN, MESSAGES, TRANSCRIPTS
from whimsight.pairs.layouts.labels import UNKNOWN, to_preference
from whimsight.pairs.layouts.several import COMMUNITY_ALIGNMENT, PRISM, SEVERAL

__all__ = ["LAYOUTS", "UNKNOWN", "Draft", "Layout", "lone_side", "to_preference"]

LAYOUTS: tuple[Layout, ...] = (
    ANNOTATED, PRISM, COMMUNITY_ALIGNMENT, ARENA, COMPARIA, SHP, PKU,
    TRANSCRIPTS, MESSAGES, CHOSEN, AB, SEVERAL,
)  # fmt: skip
"""Tried in this order; the first that matches is taken."""
