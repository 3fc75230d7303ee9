"""A study in which it is known what its features are, and votes that follow them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.unit.studies.making import make_study
from whimsight.labels import LabelStore
from whimsight.pairs import Pairs
from whimsight.studies import Study

_FILL = ["table", "river", "window", "garden", "pencil", "mountain", "lamp", "bridge"]


def planted_study(n: int = 900, *, seed: int = 0) -> Study:
    """``d00`` is apologies, ``d01`` exclamation marks, ``d02`` nothing; votes go against apologies.

    Texts have one length, so that nothing else differs.
    """
    rng = np.random.default_rng(seed)
    sorry, loud = rng.integers(0, 3, (2, n)), rng.integers(0, 3, (2, n))
    responses = [
        [_text(rng, int(s), int(e), i) for i, (s, e) in enumerate(zip(sorry[k], loud[k], strict=True))]
        for k in range(2)
    ]
    apology = (sorry[0] - sorry[1]).astype(np.float64)
    wins = rng.random(n) < 1 / (1 + np.exp(apology))
    pairs = Pairs(
        pd.DataFrame(
            {
                "id": [f"v{i}" for i in range(n)],
                "prompt": [f"Question {i // 3}" for i in range(n)],
                "response_a": responses[0],
                "response_b": responses[1],
                "preference": wins.astype(np.float64),
            }
        ),
        name="planted",
    )
    study = make_study(pairs, names={"d00": "unnamed", "d01": "unnamed", "d02": "unnamed"})
    codes = np.zeros((n, study.pair_codes.shape[1]), dtype=np.float32)
    blur = rng.normal(scale=0.3, size=(n, 2))
    codes[:, 0] = np.where(apology != 0, apology + blur[:, 0], 0.0)
    louder = (loud[0] - loud[1]).astype(np.float64)
    codes[:, 1] = np.where(louder != 0, louder + blur[:, 1], 0.0)
    codes[:, 2] = rng.normal(size=n) * (rng.random(n) < 0.6)
    study.pair_codes, study.pair_of_row = codes, np.arange(n)
    study.labels = LabelStore(":memory:", author="Ann")
    return study


def _text(rng: np.random.Generator, sorry: int, loud: int, i: int) -> str:
    words = [str(w) for w in rng.choice(_FILL, size=12 - sorry)]
    for place in rng.choice(len(words), size=sorry, replace=False):
        words.insert(int(place), "sorry")
    return f"The {' '.join(words)} {i}{'!' * loud if loud else '.'}"
