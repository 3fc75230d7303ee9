"""Whose preferences a study's votes are: what people share, where they differ, personal weights, rewards made of them."""

from __future__ import annotations

from whimsight.personalization._personalization import Personalization
from whimsight.personalization.person import Person
from whimsight.personalization.run import personalize

__all__ = ["Person", "Personalization", "personalize"]
