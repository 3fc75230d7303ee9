"""A small study whose people want different lengths, with four responses to each prompt."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.unit.personalization.mixing import decoded, several
from whimsight.personalization.tally import agreement, flips

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from whimsight.studies import Study

WEIGHTS = {"d00": -0.5, "d01": 0.6, "d02": 0.0, "m_words": 1.0, "m_bullets": 0.3}
PEOPLE = 12
EDGES = list(combinations(range(4), 2))


def crowd_study(*, prompts: int = 30, ids: list[str] | None = None, **columns: Any) -> Study:
    """Return a study of prompts * 18 votes; every second of the twelve annotators wants it short."""
    study = several(EDGES, prompts=prompts, additive=True, **columns)
    frame = study.pairs.frame
    n = len(frame)
    who = (np.arange(n) // 3 * 5 + np.arange(n) % 3) % PEOPLE
    weights = np.tile(list(WEIGHTS.values()), (PEOPLE, 1))
    weights[::2, list(WEIGHTS).index("m_words")] *= -1
    codes = study.pair_codes[study.pair_of_row].astype(np.float64)
    odds = np.einsum("ij,ij->i", codes / codes.std(axis=0), weights[who])
    chance = np.random.default_rng(11).random(n)
    frame["preference"] = np.where(frame["preference"] == 0.5, 0.5, chance < 1 / (1 + np.exp(-odds)))
    study.found.loc["d02", "name"] = "unnamed"
    names = ids or [f"person {i:02d}" for i in range(PEOPLE)]
    frame["annotator"] = [names[i % len(names)] for i in who]
    return study


def shares_shown(mixer: Locator) -> list[list[float]]:
    """Return the first three percentages of each fact that a mixer tells: a share and its interval."""
    told = (
        mixer.get_by_role("region", name="Agreement with votes").get_by_role("definition").all_inner_texts()
    )
    return [[float(share) for share in re.findall(r"([\d.]+)%", text)[:3]] for text in told]


ROUNDED = 0.51
"""Points by which a share on the page may differ from that of the codes that were sent: it is rounded there."""


def shares_sent(snapshot: dict[str, Any], weights: Any) -> list[list[float]]:
    """Return flips and everyone's agreement in percent, with interval, of the votes in a snapshot.

    Codes are sent in 255 steps, so that votes whose odds are nearly even may fall on another side than in the study.
    """
    votes = decoded(snapshot)
    sampled = slice(0, snapshot["votes"].get("sampled", snapshot["votes"]["n"]))
    codes, prompt, y = (votes[key][sampled] for key in ("codes", "prompt", "choice"))
    intercept, everyone = snapshot["votes"]["intercept"], np.array(snapshot["presets"][0]["weights"])
    odds, before = codes @ np.asarray(weights) + intercept, codes @ everyone + intercept
    shares = flips(odds, before, prompt.astype(np.int64)), agreement(odds, y, prompt.astype(np.int64))
    return [[100 * one.value, 100 * one.low, 100 * one.high] for one in shares]
