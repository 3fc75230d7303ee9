"""Whose preferences a study's votes are: what people share, where they differ, personal weights and rewards."""

from __future__ import annotations

from whimsight.personalization._personalization import Personalization
from whimsight.personalization.person import Person
from whimsight.personalization.reward import Reward
from whimsight.personalization.run import personalize

__all__ = ["Person", "Personalization", "Reward", "personalize"]
