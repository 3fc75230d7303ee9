"""Small studies with several responses to a prompt, hostile texts, and pictures read as the browser reads them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pandas as pd

from tests.unit.studies.making import FEATURES, make_study
from whimsight.pairs import Pairs
from whimsight.personalization import Personalization
from whimsight.studies import Study

HOSTILE = [
    "</script><script>alert(1)</script>",
    "half a pair \ud83d of surrogates \udc00",
    '=HYPERLINK("x")',
    "עברית \u202e turned",
    "long " * 3_000,
    '"quotes", \\ and \u2028 separators\r\nand lines',
]


def several(
    edges: list[tuple[int, int]],
    *,
    prompts: int = 36,
    additive: bool = False,
    texts: list[str] | None = None,
    seed: int = 5,
    **columns: Any,
) -> Study:
    """Return a study in which each prompt has the pairs ``edges`` of its responses, each judged by three people.

    With ``additive`` every response has a place, and codes are differences of these, kept in ``study.facts["places"]``
    as float64 (prompts, responses, features).
    """
    rng = np.random.default_rng(seed)
    rows = [(p, a, b, v) for p in range(prompts) for a, b in edges for v in range(3)]
    name = (
        (lambda p, r: texts[(p + r) % len(texts)] + f" {p} {r}")
        if texts
        else (lambda p, r: f"Answer {r} to {p}.")
    )
    frame = pd.DataFrame(
        {
            "prompt": [f"Question {p}" for p, *_ in rows],
            "response_a": pd.Series([name(p, a if v < 2 else b) for p, a, b, v in rows], dtype=object),
            "response_b": pd.Series([name(p, b if v < 2 else a) for p, a, b, v in rows], dtype=object),
            "preference": rng.choice([1.0, 1.0, 0.0, 0.0, 0.5], len(rows)),
            "annotator": [f"person {v}" for *_, v in rows],
        }
    ).assign(**columns)
    pairs = Pairs(frame, name="several")
    study = make_study(pairs)
    first, inverse = pairs.unique_pairs()
    places = rng.normal(size=(prompts, 1 + max(map(max, edges)), len(FEATURES)))
    codes = rng.normal(size=(first.size, len(FEATURES)))
    for unique, row in enumerate(first):
        p, a, b, v = rows[row]
        straight = places[p, a] - places[p, b]
        if v == 2:  # the pair turned round has the opposite code
            codes[unique] = -codes[inverse[row - 1]]
            straight = -straight
        if additive:
            codes[unique] = straight
    study.pair_codes = codes.astype(np.float32)
    study.facts["places"] = places
    return study


def decoded(picture: dict[str, Any]) -> dict[str, Any]:
    """Return the votes of a picture as arrays: codes float64 (n, F), choice, prompt, annotator."""
    votes = picture["votes"]

    def read(key: str, kind: str) -> Any:
        return np.frombuffer(base64.b64decode(votes[key]), dtype=kind)

    whole = read("codes", "i1").reshape(votes["n"], -1).astype(np.float64)
    return {
        "codes": whole * np.array(votes["scale"]),
        "choice": read("choice", "u1"),
        "prompt": read("prompt", "<u4"),
        "annotator": read("annotator", "<i4"),
    }


def standard(people: Personalization, rows: Any) -> Any:
    """Codes of rows in standard deviations, worked out from the study itself."""
    raw = people.study.pair_codes[people.study.pair_of_row].astype(np.float64)
    return raw[rows] / raw[people.ballots.rows].std(axis=0)
