"""Planted traits: how many does a study with default settings find, and what does it call significant?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import whimsight as ws
from tests.benchmarks.planted import CONTENT, PlantedPairs, plant
from whimsight.pairs import Pairs

FOUND = 0.5
"""A trait is found when a feature correlates with it at more than this."""


def real_pairs(n: int, *, seed: int = 0, low: int = 20, high: int = 130) -> pd.DataFrame:
    """Pairs of real responses of ``low`` to ``high`` words from all shipped samples, in equal parts."""
    parts = []
    for name in ws.samples().index:
        pairs = ws.load(name)
        first, _ = pairs.unique_pairs()
        frame = pairs.frame.iloc[first][["prompt", "response_a", "response_b"]]
        words = np.column_stack([frame[c].str.split().str.len() for c in ("response_a", "response_b")])
        parts.append(frame[((words >= low) & (words <= high)).all(axis=1)])
    rng = np.random.default_rng(seed)
    chosen: list[pd.DataFrame] = []
    left = n
    for k, part in enumerate(sorted(parts, key=len)):
        take = min(len(part), -(-left // (len(parts) - k)))
        chosen.append(part.iloc[rng.permutation(len(part))[:take]])
        left -= take
    return pd.concat(chosen, ignore_index=True).sample(frac=1, random_state=seed, ignore_index=True)


def planted_pairs(n: int = 6_000, *, seed: int = 0) -> tuple[Pairs, PlantedPairs]:
    """Real pairs with every trait planted, as `Pairs` in the order of the truth."""
    frame = real_pairs(n, seed=seed)
    truth = plant(
        frame["prompt"].to_numpy(dtype=object),
        frame["response_a"].to_numpy(dtype=object),
        frame["response_b"].to_numpy(dtype=object),
        seed=seed,
    )
    return Pairs(truth.frame, name="planted"), truth


def best_match(codes: NDArray[np.float32], traits: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """For each trait the feature that correlates most with it, and how much."""
    z = codes - codes.mean(axis=0)
    z /= np.maximum(z.std(axis=0), 1e-9)
    t = traits.to_numpy(dtype=np.float64)
    t = (t - t.mean(axis=0)) / t.std(axis=0)
    r = np.abs(t.T @ z / len(t))
    best = r.argmax(axis=1)
    return pd.DataFrame({"feature": [names[j] for j in best], "r": r.max(axis=1)}, index=traits.columns)


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    pairs, truth = planted_pairs(1_500 if quick else 6_000)
    for train_on in ("differences", "residuals"):
        study = ws.study(pairs, train_on=train_on)
        first, _ = pairs.unique_pairs()
        table = best_match(study.pair_codes, truth.traits.iloc[first], list(study.features.index))
        table["name"] = study.features["name"].reindex(table["feature"]).to_numpy()
        table["weight"] = truth.weights
        table["delta_win"] = study.features["delta_win"].reindex(table["feature"]).to_numpy()
        table["q"] = study.features["q"].reindex(table["feature"]).to_numpy()
        found = table["r"] > FOUND
        content = table.index.isin(list(CONTENT))
        print(f"trained on {train_on}: {len(pairs)} pairs, {len(table)} traits")
        print(table.round(3).to_string())
        print(
            f"found {found.mean():.0%} (content {found[content].mean():.0%}, form {found[~content].mean():.0%}); "
            f"joint effects of features matched to traits without effect that are significant: "
            f"{_false(study, table):.0%}\n"
        )


def _false(study: ws.Study, table: pd.DataFrame) -> float:
    silent = table[(table["weight"] == 0) & (table["r"] > FOUND)]
    return (
        float(study.joint["significant"].reindex(silent["feature"]).mean()) if len(silent) else float("nan")
    )
