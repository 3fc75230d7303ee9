"""Signal captured: held-out AUC of features against the whole embedding, over ten grouped splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import whimsight as ws
from whimsight.pairs import Pairs
from whimsight.studies.inputs import prepare
from whimsight.studies.predict import predict
from whimsight.studies.settings import Settings

SPLITS = 10
WIDER = {"mt-bench": "mt_bench_human", "creative-writing": "lamp_writing", "hh-harmless": "hh_harmless_test",
         "convincing-arguments": "ukp_convincing_args", "squality": "squality"}  # fmt: skip


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    sets = {name: ws.load(name) for name in ws.samples().index}
    if data is not None:
        path = data / WIDER["squality"] / "pairs.jsonl.gz"
        sets["squality"] = ws.read(path, missing="tie", name="squality")
    rows = {}
    for name, pairs in sets.items():
        table = over_splits(pairs, 2 if quick else SPLITS)
        rows[name] = table.mean()
        gap = table["all"] - table["embedding"]
        print(
            f"{name}: all features - embedding {gap.mean():+.3f} (sd over splits {gap.std():.3f}), "
            f"captured {(table['all'].mean() - 0.5) / (table['embedding'].mean() - 0.5):.0%}",
            flush=True,
        )
    print(
        f"\nmean held-out AUC over {2 if quick else SPLITS} splits of the prompts in five folds; all know the length"
    )
    print(pd.DataFrame(rows).T.round(3).to_string())


def over_splits(pairs: Pairs, splits: int) -> pd.DataFrame:
    """One row a split: the AUC of each block."""
    from whimsight.embed import embedder

    settings = Settings()
    inputs = prepare(pairs, embedder("minilm"))
    clusters = [pairs.components()]
    return pd.DataFrame(
        [
            predict(pairs, inputs, clusters, settings, folds_seed=seed)["auc"]
            for seed in np.arange(splits).tolist()
        ]
    ).reset_index(drop=True)
