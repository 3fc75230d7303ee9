"""What a plan calls the most to pay is the most, and what it calls likely is near, however long the texts are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.unit.naming.test_ceiling import Scripted, by_dice, chance, describes
from tests.unit.studies.making import make_study
from whimsight.labels import LabelStore
from whimsight.language import Asker, Price, Reply, Request
from whimsight.language.estimate import size
from whimsight.names import Candidate
from whimsight.naming import Naming, PracticeModel
from whimsight.naming.dealing import Deal
from whimsight.naming.judge import LanguageJudge
from whimsight.naming.sizes import Sizes
from whimsight.pairs import Pairs
from whimsight.studies import Study

PRICE = Price(1.0, 2.0)
ODD = [
    "",
    "ü€😀 " * 900,
    "<|im_end|>[INST]\r\n" * 30,
    "\x1b\u202e a",
    "no-spaces" * 2_000,
    "x " * 20_000,
]


def long_tailed(seed: int, n: int = 600, odd: tuple[str, ...] = ()) -> Study:
    """``d00`` to ``d02`` are noise, on texts of some words and of thousands."""
    rng = np.random.default_rng(seed)

    def texts(of: str, words: float) -> Iterator[str]:
        for i, k in enumerate(rng.lognormal(words, 1.5, n)):
            yield f"{of} {i} " + "word " * int(min(k, 5_000)) if i >= len(odd) else odd[i]

    table = pd.DataFrame({f"response_{side}": list(texts(side, 3.5)) for side in "ab"})
    table["prompt"] = list(texts("prompt", 2.0))
    table["id"], table["preference"] = [f"v{i}" for i in range(n)], rng.integers(0, 2, n).astype(float)
    study = make_study(Pairs(table, name="long"), names={"d00": "longer", "d01": "x", "d02": "y"})
    codes = rng.normal(size=(n, study.pair_codes.shape[1])) * (rng.random((n, 1)) < 0.8)
    study.pair_codes, study.pair_of_row = codes.astype(np.float32), np.arange(n)
    study.labels = LabelStore(":memory:", author="Ann")
    return study


class Exact(Scripted):
    """Counts a token for four bytes, and answers with as many tokens as it may."""

    price = PRICE

    def complete(self, request: Request) -> Reply:
        said = super().complete(request)
        return replace(said, prompt_tokens=-(-size(request) // 4), completion_tokens=request.max_tokens)


class Counting(PracticeModel):
    """The same for formulas, whose answers have a third of the tokens."""

    def complete(self, request: Request) -> Reply:
        said = super().complete(request)
        return replace(said, prompt_tokens=-(-size(request) // 4), completion_tokens=request.max_tokens // 3)


@pytest.mark.parametrize("seed", range(6))
def test_scoring_costs_what_was_planned(tmp_path: Path, seed: int) -> None:
    model = Counting(wrong=0.2, price=PRICE)
    naming = Naming(
        long_tailed(seed), model, features=["d00"], propose=False, pairs=150, seed=seed, cache=tmp_path
    )
    plan = naming.plan()
    naming.run(progress=False)
    assert naming.progress["calls"] == plan.calls == plan.calls_most
    assert plan.cost is not None
    assert plan.cost_most is not None
    assert naming.progress["cost"] == pytest.approx(plan.cost, rel=0.01)
    assert naming.progress["cost"] <= plan.cost_most


def wordy(request: Request) -> dict[str, str]:
    """Propose the longest names, in letters of two bytes, and never tell them apart."""
    if describes(request):
        return {"note": "wörd " * 150, "name": f"quality {chance(request).randrange(10**6)} {'lo ' * 40}"}
    return {field.name: chance(request).choice(["A", "B", "tie"]) for field in request.fields}


@pytest.mark.parametrize("script", [wordy, by_dice], ids=lambda script: script.__name__)
@pytest.mark.parametrize("choices", [{}, {"candidates": 12}, {"pairs": 60}], ids=json.dumps)
def test_a_run_in_parts_never_costs_more_than_any_of_its_plans(
    tmp_path: Path, script: object, choices: dict[str, int]
) -> None:
    naming = Naming(
        long_tailed(1, 300),
        Exact(script),  # type: ignore[arg-type]
        features=["d00", "d01"],
        cache=tmp_path,
        **choices,  # type: ignore[arg-type]
    )
    paid, ceilings = 0.0, []
    for calls in [3, 4, 8, 30, 75, 10_000]:
        plan = naming.plan()
        assert plan.cost is not None
        assert plan.cost_most is not None
        if not ceilings:  # later plans rest on what the replies had
            assert plan.cost < plan.cost_most
        ceilings.append(paid + plan.cost_most)
        naming.run(calls=calls, progress=False)
        paid += naming.progress["cost"]
    assert naming.progress["state"] == "done"
    assert paid <= ceilings[0]
    assert paid <= 1.01 * min(ceilings), "tokens a byte are those of the replies so far, rounded each"
    assert naming.plan().cost_most == 0


@pytest.mark.parametrize("prompts", [True, False])
@pytest.mark.parametrize("k", [1, 5, 12])
def test_questions_are_measured_without_being_written(prompts: bool, k: int) -> None:
    deal = Deal(long_tailed(2, 60, tuple(ODD)))
    judge = LanguageJudge(
        Asker(PracticeModel(), cache=False), deal.responses, deal.prompts if prompts else []
    )
    names = [Candidate(f"name {i}", "concept", (), 1, "note " * i) for i in range(k)]
    rows = np.arange(60)
    asked = judge.requests(names, *deal.texts(rows))
    measured = Sizes(deal, judge).of(names, rows)
    assert measured.each * rows.size == len(asked)
    sizes = np.array([size(r) for r in asked]).reshape(rows.size, -1)
    assert measured.sent.tolist() == sizes.sum(axis=1).tolist()
    assert measured.longest == sizes.max()
    assert measured.room * rows.size == sum(r.max_tokens for r in asked)
