"""Studies that take seconds: whole in form, made from random embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import whimsight as ws

if TYPE_CHECKING:
    from whimsight.pairs import Pairs
    from whimsight.studies import Study


def quick_study(pairs: Pairs, **choices: Any) -> Study:
    """Return a study of the pairs; its discovered features mean nothing."""
    noise = np.random.default_rng(0).normal(size=(len(pairs.texts().unique), 32)).astype(np.float32)
    return ws.study(pairs, embeddings=noise, **{"folds": 2, "names": False, **choices})
