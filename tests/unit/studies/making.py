"""A small study made by hand: every number in it is chosen here, so that tests know what to expect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from whimsight.autoencoder import SparseAutoencoder
from whimsight.pairs import Pairs, ReadReport
from whimsight.studies._study import FEATURE_COLUMNS, PREDICTION_COLUMNS, Study
from whimsight.studies.settings import Settings
from whimsight.tables import Table

FEATURES = {
    "d00": ("discovered", "apologises before answering", -0.12, 0.03),
    "d01": ("discovered", "gives a worked example", 0.06, 0.05),
    "d02": ("discovered", "", 0.01, 0.04),
    "m_words": ("measured", "words", 0.20, 0.02),
    "m_bullets": ("measured", "bullet points", 0.09, 0.04),
}


def make_pairs(n: int = 40, **columns: Any) -> Pairs:
    """Pairs over n // 4 prompts, two votes on each distinct pair, with ties and one missing label."""
    rows = np.arange(n)
    frame = pd.DataFrame(
        {
            "id": [f"v{i}" for i in rows],
            "prompt": [f"Question {i // 4}" for i in rows],
            "response_a": [f"Answer A to {i // 2}, höflich" for i in rows],
            "response_b": [f"Answer B to {i // 2} 🙂" for i in rows],
            "preference": np.resize([1.0, 0.0, 1.0, 0.5], n),
            "weight": np.resize([1.0, 0.25], n),
            "annotator": [f"expert {i % 3}" for i in rows],
            "model_a": pd.Series(["alpha", None, "beta", "alpha"] * (n // 4), dtype=object),
            "turn": pd.array([1, None] * (n // 2), dtype="Int64"),
            "topics": pd.Series([["law"], ["law", "tax"], None, []] * (n // 4), dtype=object),
        }
    )
    frame.loc[n - 1, "preference"] = np.nan
    report = ReadReport("A/B", source="votes.csv", read=n + 3)
    report.drop("identical responses", [4, 9])
    report.drop("empty response", [17])
    return Pairs(frame.assign(**columns), name="tiny votes", report=report)


def make_study(
    pairs: Pairs | None = None, *, names: dict[str, str] | None = None, labels: bool = True
) -> Study:
    """Build a study of 5 features; ``names`` replaces the names of some of them."""
    pairs = pairs or make_pairs()
    rng = np.random.default_rng(7)
    first, inverse = pairs.unique_pairs()
    codes = rng.normal(size=(first.size, len(FEATURES))).astype(np.float32)
    codes[rng.random(codes.shape) < 0.4] = 0.0
    codes[0, 0], codes[1, 0] = 9.0, -0.0
    decoder = rng.normal(size=(3, 6)).astype(np.float32)
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    autoencoder = SparseAutoencoder(
        encoder=np.ascontiguousarray(decoder.T),
        decoder=decoder,
        threshold=0.25,
        k=2,
        prefixes=(2, 3),
        history=[{"epoch": 0.0, "held_out_error": 0.5, "dead": 0.0}],
    )
    return Study(
        pairs=pairs,
        settings=Settings(n_features=3, k=2, prefixes=(2, 3)),
        found=_features(names or {}, labels=labels),
        prediction=_prediction(labels=labels),
        found_joint=_features({}, labels=labels)[[*FEATURE_COLUMNS[6:14]]],
        lasso=Table(
            {"features": [["m_words"], ["m_words", "d00"]], "auc": [0.61, 0.63]},
            index=pd.Index([1, 2], name="k"),
        ),
        drafts=Table(
            {
                "name": ["apologises before answering", "gives a worked example", ""],
                "note": ["says: I am sorry", "", "nothing fits"],
                "candidates": [[("says sorry", 0.4, 1), {"name": "sorry"}], [], None],
            },
            index=pd.Index(["d00", "d01", "d02"], name="feature"),
        ),
        pair_codes=codes,
        pair_of_row=inverse,
        autoencoder=autoencoder,
        attribute_scale=np.array([12.5, 2.0], dtype=np.float32),
        residual_map=rng.normal(size=(2, 6)).astype(np.float32),
        facts={
            "position_bias": 0.01,
            "reconstruction_error": float("nan"),
            "versions": {"whimsight": "0.1.0"},
        },
    )


def _features(names: dict[str, str], *, labels: bool) -> pd.DataFrame:
    kind, name, effect, half = (list(column) for column in zip(*FEATURES.values(), strict=True))
    delta, half = np.array(effect), np.array(half)
    shown = [names.get(feature, given) for feature, given in zip(FEATURES, name, strict=True)]
    n = len(FEATURES)
    table = Table(index=pd.Index(list(FEATURES), name="feature"))
    table = table.assign(kind=kind, name=shown, status="draft", prevalence=np.linspace(0.1, 0.9, n))
    table = table.assign(
        prevalence_low=table["prevalence"] - 0.05, prevalence_high=table["prevalence"] + 0.05
    )
    for column, scale in (("beta", 5.0), ("delta_win", 1.0)):
        table[column] = delta * scale
        table[f"{column}_low"], table[f"{column}_high"] = (delta - half) * scale, (delta + half) * scale
    table = table.assign(p=[1e-9, 0.02, 0.7, 1e-12, 1e-4], q=[1e-8, 0.03, 0.7, 1e-11, 2e-4])
    table = table.assign(significant=pd.array([True, False, False, True, True], dtype="boolean"))
    table = table.assign(fidelity=[0.5, 0.2, np.nan, 1.0, 1.0], fidelity_low=np.nan, fidelity_high=np.nan)
    table = table.assign(
        judge="formula", stability=[0.9, 0.4, 0.2, 1.0, 1.0], n=pd.array([30] * n, dtype="Int64")
    )
    if not labels:
        for column in ("beta", "delta_win", "p", "q"):
            table[[c for c in table.columns if c == column or c.startswith(f"{column}_")]] = np.nan
        table["significant"] = pd.array([pd.NA] * n, dtype="boolean")
    return table[list(FEATURE_COLUMNS)]


def _prediction(*, labels: bool) -> pd.DataFrame:
    if not labels:
        return Table(columns=list(PREDICTION_COLUMNS), index=pd.Index([], name="using"), dtype=np.float64)
    using = ["length", "measured", "discovered", "all", "embedding", "embedding+measured"]
    auc = np.array([0.62, 0.70, 0.65, 0.72, 0.69, 0.71])
    captured = (auc - 0.5) / (auc[4] - 0.5)
    values = [auc, auc - 0.03, auc + 0.03, captured, captured - 0.1, captured + 0.1]
    return Table(dict(zip(PREDICTION_COLUMNS, values, strict=True)), index=pd.Index(using, name="using"))
