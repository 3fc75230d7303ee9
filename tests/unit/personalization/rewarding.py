"""A study made from texts by the house's own code, so that rewards can be held against its codes."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pandas as pd

from whimsight.attributes import ATTRIBUTES
from whimsight.autoencoder import SparseAutoencoder
from whimsight.embed.ready import Callback
from whimsight.pairs import Pairs
from whimsight.studies import Settings, Study
from whimsight.studies.features import empty_features, encode
from whimsight.studies.inputs import prepare, residual_map

DIMENSIONS = 12
N_FEATURES = 6
_WORDS = ("sure perhaps the answer is a list: yes no because Maybe CODE! it depends? on you and so").split()  # noqa: SIM905 - reads better as a sentence


class Counted(Callback):
    """An embedder that gives every text a direction of its own and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(self._vectors, name="counted")
        self.asked.clear()

    def _vectors(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        seeds = [zlib.crc32(text.encode()) for text in texts]
        return np.array([np.random.default_rng(seed).normal(size=DIMENSIONS) for seed in seeds])


def made_pairs(n: int = 120, seed: int = 0) -> Pairs:
    """n votes on n / 2 distinct pairs of n / 6 prompts; every text is of random words."""
    rng = np.random.default_rng(seed)

    def text() -> str:
        lines = [" ".join(rng.choice(_WORDS, size=rng.integers(2, 12))) for _ in range(rng.integers(1, 4))]
        return "\n- ".join(lines)

    distinct = [
        {"prompt": f"Question {i // 3}", "response_a": text(), "response_b": text()} for i in range(n // 2)
    ]
    frame = pd.DataFrame([distinct[i % len(distinct)] for i in range(n)])
    frame["preference"] = rng.choice([1.0, 0.0, 0.5, np.nan], size=n, p=[0.45, 0.4, 0.1, 0.05])
    frame["annotator"] = [f"annotator-{i % 7}" for i in range(n)]
    return Pairs(frame, name="made")


def made_study(pairs: Pairs | None = None, embedder: Any = None, **settings: Any) -> Study:
    """The codes are those of `prepare` and `SparseAutoencoder.encode`; the dictionary is random."""
    pairs, embedder = pairs or made_pairs(), embedder or Counted()
    chosen = Settings(embedder="counted", n_features=N_FEATURES, k=2, prefixes=(N_FEATURES,), **settings)
    inputs = prepare(pairs, embedder, template=chosen.template)
    rng = np.random.default_rng(5)
    decoder = rng.normal(size=(N_FEATURES, DIMENSIONS)).astype(np.float32)
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    model = SparseAutoencoder(np.ascontiguousarray(decoder.T), decoder, 0.35, k=2, prefixes=(N_FEATURES,))
    explained = None
    if chosen.train_on == "residuals":
        explained = residual_map(inputs.measured, inputs.differences)
        codes = model.encode(inputs.differences - inputs.measured @ explained)
    else:
        codes = encode(inputs, model, None)
    return Study(
        pairs=pairs,
        settings=chosen,
        found=empty_features(N_FEATURES),
        prediction=pd.DataFrame(),
        found_joint=pd.DataFrame(index=empty_features(N_FEATURES).index),
        lasso=pd.DataFrame(),
        drafts=pd.DataFrame(),
        pair_codes=np.hstack([codes, inputs.measured]),
        pair_of_row=inputs.inverse,
        autoencoder=model,
        attribute_scale=inputs.scale,
        residual_map=explained,
        facts={"embedder": embedder.fingerprint},
    )


def some_weights(seed: int = 1) -> np.ndarray:
    """A weight for each feature, a few of them 0."""
    weights = np.random.default_rng(seed).normal(size=N_FEATURES + len(ATTRIBUTES))
    weights[[1, 9, 20]] = 0.0
    return weights
