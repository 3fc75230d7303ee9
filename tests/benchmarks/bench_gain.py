"""What personal weights gain on votes they have not seen, on real people, beside simpler ways on the same splits.

With ``--data`` on all votes of the convincing arguments (3,801 annotators with a decided vote, of whom 172 with fifty
or more can be scored), else on the shipped part. Known votes are any of a person's, as in the published measurement,
and features 32 discovered ones and length, then all; then only votes on prompts of which none is known are scored.
"""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd

import whimsight as ws
from whimsight.personalization.ballots import Ballots
from whimsight.personalization.gain import gain

REPEATS = 10
WIDER = "ukp_convincing_args"
OTHERS = {"creative-writing": 50, "mt-bench": 30}
"""Samples with fewer people, and from how many votes somebody is scored."""


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    whole = None if data is None else data / WIDER / "pairs.jsonl.gz"
    pairs = ws.load("convincing-arguments") if whole is None else ws.read(whole, missing="tie", name=WIDER)
    repeats = 2 if quick else REPEATS
    ballots, few = _ballots(pairs)
    every = list(range(ballots.unit.size))
    show(f"{pairs.name}, 32 codes and length", ballots, few, (1, 4, 16, 32), 50, repeats)
    show(f"{pairs.name}, all features", ballots, every, (1, 4, 16, 32), 50, repeats)
    show(f"{pairs.name}, all features, other prompts", ballots, every, (4, 16, 32), 50, repeats, prompts=True)
    for name, least in OTHERS.items():
        ballots, _ = _ballots(ws.load(name))
        columns = list(range(ballots.unit.size))
        show(f"{name}, all features, other prompts", ballots, columns, (4, 16), least, repeats, prompts=True)


def _ballots(pairs: ws.Pairs) -> tuple[Ballots, list[int]]:
    """Return the votes, and the columns of discovered features and length."""
    study = ws.study(pairs, names=False)
    few = [
        i
        for i, f in enumerate(study.found.index)
        if f == "m_words" or study.found["kind"].iloc[i] == "discovered"
    ]
    return Ballots.of(study, "annotator"), few


def show(
    what: str,
    ballots: Ballots,
    columns: list[int],
    ks: tuple[int, ...],
    least: int,
    repeats: int,
    *,
    prompts: bool = False,
) -> None:
    varying = [i for i in columns if ballots.unit[i] > 0]
    start = time.process_time()
    found = gain(
        ballots.X[:, varying].astype(float),
        ballots.y,
        ballots.annotator,
        pair=ballots.pair,
        prompt=ballots.prompt,
        apart=prompts,
        ks=ks,
        least=least,
        repeats=repeats,
    )
    table = found.table
    print(
        f"\n{what}: {ballots.y.size:,} votes of {len(ballots.ids):,} annotators, {len(varying)} features, "
        f"{int(table['people'].max())} people scored, {repeats} draws each, {time.process_time() - start:.0f} s of CPU"
    )
    shown = table.drop("everyone", level="method")[["gain", "gain_low", "gain_high"]]
    print(pd.concat([table.loc[["everyone"], ["auc"]], shown]).round(4).to_string(na_rep=""), flush=True)
