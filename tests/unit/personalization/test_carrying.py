"""Spreads are kept as far as weights carry over to other prompts, on planted people."""

from __future__ import annotations

import numpy as np

from whimsight.personalization.carrying import carried
from whimsight.personalization.posterior import Gaussian

PEOPLE, PROMPTS, EACH = 60, 12, 4


def _votes(taste: float, whim: float, seed: int = 0):
    """Votes of people with a taste of their own, and a whim that is another one on each prompt."""
    rng = np.random.default_rng(seed)
    annotator = np.repeat(np.arange(PEOPLE), PROMPTS * EACH)
    prompt = np.tile(np.repeat(np.arange(PROMPTS), EACH), PEOPLE)
    X = rng.normal(size=(annotator.size, 3))
    own = rng.normal(0, taste, (PEOPLE, 3))[annotator]
    on_prompt = rng.normal(0, whim, (PEOPLE, PROMPTS, 3))[annotator, prompt]
    odds = (X * (0.5 + own + on_prompt)).sum(axis=1)
    y = (rng.random(odds.size) < 1 / (1 + np.exp(-odds))).astype(float)
    return X, y, annotator, prompt


EVERYONE = Gaussian(np.full(3, 0.5), np.zeros((3, 3)))


def test_taste_that_is_the_same_on_every_prompt_is_kept_whole():
    assert carried(*_votes(taste=0.6, whim=0.0), EVERYONE, np.full(3, 0.6)) >= 0.75


def test_whims_that_change_from_prompt_to_prompt_are_not_taken_for_taste():
    assert carried(*_votes(taste=0.0, whim=0.8), EVERYONE, np.full(3, 0.5)) <= 0.25


def test_with_a_prompt_each_nothing_can_be_told_and_spreads_stay():
    X, y, annotator, _ = _votes(taste=0.0, whim=0.8)
    assert carried(X, y, annotator, annotator, EVERYONE, np.full(3, 0.5)) == 1.0
