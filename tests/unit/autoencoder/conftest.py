"""Differences with a known sparse dictionary inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray


@dataclass(frozen=True)
class Planted:
    x: NDArray[np.float32]
    codes: NDArray[np.float32]
    directions: NDArray[np.float32]
    groups: NDArray[np.int64]


@pytest.fixture(scope="session")
def planted() -> Planted:
    """1,500 differences from 250 prompts, 16 directions, 3 of them active on average, a little noise."""
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((16, 64))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    codes = rng.choice([-1.0, 1.0], (1500, 16)) * rng.uniform(0.5, 1.5, (1500, 16))
    codes *= rng.random((1500, 16)) < 3 / 16
    x = codes @ directions + 0.02 * rng.standard_normal((1500, 64))
    groups = rng.permutation(np.repeat(np.arange(250), 6))
    return Planted(x.astype(np.float32), codes.astype(np.float32), directions.astype(np.float32), groups)
