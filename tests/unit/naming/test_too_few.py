"""Pairs and prompts that are too few to tell: what is not bought then, and what is said before and afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.naming.apologies import planted_study
from tests.unit.studies.making import make_study
from whimsight.errors import StudyError
from whimsight.labels import LabelStore
from whimsight.naming import Naming, PracticeModel
from whimsight.naming.dealing import Deal
from whimsight.pairs import Pairs
from whimsight.studies import Study


def naming(study: Study, folder: Path, **choices: Any) -> Naming:
    return Naming(study, PracticeModel(price=(1, 2)), cache=folder, **choices)


def thinned(study: Study, feature: str, rows: np.ndarray) -> Study:
    """Take a feature out of some pairs."""
    codes = study.pair_codes.copy()
    codes[study.pair_of_row[rows], study.column(feature)] = 0
    study.pair_codes = codes
    return study


def left_to_score(study: Study, feature: str, pairs: int) -> Study:
    """Leave a feature in so many pairs of those that score it."""
    return thinned(study, feature, Deal(study).scoring(feature, 10_000).rows[pairs:])


def with_prompts(prompts: list[str]) -> Study:
    """The planted study with other prompts."""
    base = planted_study(len(prompts))
    pairs = Pairs(base.pairs.frame.assign(prompt=prompts), name="planted")
    study = make_study(pairs, names={"d00": "unnamed", "d01": "unnamed", "d02": "unnamed"})
    study.pair_codes, study.pair_of_row = base.pair_codes, base.pair_of_row
    study.labels = LabelStore(":memory:", author="Ann")
    return study


def repeated(base: Study, times: int) -> Study:
    """The same responses under so many prompts, every other time with their sides changed."""
    frame, copies = base.pairs.frame, []
    for k in range(times):
        a, b = ("response_a", "response_b")[:: 1 - 2 * (k % 2)]
        prompt = [f"Question {k}.{i}" for i in range(len(frame))]
        copies.append(frame.assign(prompt=prompt, id=prompt, response_a=frame[a], response_b=frame[b]))
    pairs = Pairs(pd.concat(copies, ignore_index=True), name="repeated")
    study = make_study(pairs, names={"d00": "unnamed", "d01": "unnamed", "d02": "unnamed"})
    codes = base.pair_codes[base.pair_of_row]
    study.pair_codes = np.concatenate([codes * (1 - 2 * (k % 2)) for k in range(times)])
    study.pair_of_row = np.arange(len(pairs))
    study.labels = LabelStore(":memory:", author="Ann")
    return study


def test_no_two_responses_suggest_choose_or_score_twice_whatever_prompts_they_stand_under() -> None:
    deal = Deal(repeated(planted_study(900), 2))

    def of(rows: np.ndarray) -> set[frozenset[int]]:
        a, b, _ = deal.texts(rows)
        return {frozenset(pair) for pair in zip(a.tolist(), b.tolist(), strict=True)}

    evidence = deal.evidence("d02")
    suggest = {frozenset(p) for p in zip(evidence.more.tolist(), evidence.less.tolist(), strict=True)}
    suggest |= {frozenset(pair) for pair in evidence.near.tolist()}
    choosing, scoring = deal.choosing("d02", 10_000), deal.scoring("d02", 10_000)
    choose, score = of(choosing.rows), of(scoring.rows)
    assert min(map(len, (suggest, choose, score))) > 40
    assert not suggest & choose
    assert not (suggest | choose) & score
    assert len(score) < len(scoring)  # some stand there twice ...
    for part in (choosing, scoring):
        a, b, _ = deal.texts(part.rows)
        same = [
            *zip(np.minimum(a, b).tolist(), np.maximum(a, b).tolist(), part.cluster.tolist(), strict=True)
        ]
        assert len({(low, high) for low, high, _ in same}) == len(set(same))  # ... and count as one cluster


class TestAFeatureWithTooFewPairsToScoreIt:
    @pytest.fixture
    def study(self) -> Study:
        return left_to_score(planted_study(), "d01", 35)

    def test_is_told_to_have_too_few_and_not_to_have_a_bad_name(self, study: Study, tmp_path: Path) -> None:
        run = naming(study, tmp_path)
        told = run.run().attrs["told"]
        assert "1 of 3 features have a name that fits" in told
        assert "1 has one that does not fit well enough" in told  # d02 is noise
        assert "of 1 it cannot be told: too few pairs show it (35; 40 are needed)" in told
        assert (run.progress["kept"], run.progress["untold"]) == (["d00"], 1)
        assert run.progress["untold_for"] == {"few pairs": 1}
        assert json.dumps(run.progress)

    def test_gets_suggestions_and_no_score(self, study: Study, tmp_path: Path) -> None:
        found = naming(study, tmp_path, features=["d01"]).run()
        assert found["name"]["d01"] == "exclamation marks"
        assert (found["kept"]["d01"], found["n"]["d01"]) == (False, 0)
        assert "score" not in set(study.judgments["part"])

    def test_has_its_candidates_compared_on_one_round_of_pairs(self, tmp_path: Path) -> None:
        study = left_to_score(planted_study(), "d02", 35)
        naming(study, tmp_path, features=["d02"]).run()
        assert len(study.suggestions) > 1
        assert study.suggestions["winner"].sum() == 1
        assert set(study.judgments["part"]) == {"choose"}
        assert study.judgments["row"].nunique() == 40

    def test_counts_in_the_plan_which_knows_that_nothing_scores_it(
        self, study: Study, tmp_path: Path
    ) -> None:
        run = naming(study, tmp_path, features=["d01"])
        plan = run.plan()
        assert (plan.calls, plan.calls_most) == (45, 45)  # five proposals, 40 pairs
        assert plan.unkeepable == plan.to_dict()["unkeepable"] == 1
        assert "No name can be kept: fewer than 40 pairs" in plan.to_dict()["note"]
        run.run()
        assert run.progress["calls"] <= 45
        assert run.plan().calls == 0

    def test_is_one_of_several_in_a_plan(self, study: Study, tmp_path: Path) -> None:
        plan = naming(study, tmp_path).plan()
        assert plan.unkeepable == 1
        assert "1 of 3 can keep no name: fewer than 40 pairs" in str(plan)
        assert "can keep no name" not in str(naming(study, tmp_path, features=["d00"]).plan())

    def test_costs_nothing_where_its_own_name_is_to_be_judged(self, study: Study, tmp_path: Path) -> None:
        study.labels.edit("d01", name="exclamation marks")
        run = naming(study, tmp_path, features=["d01"], propose=False)
        assert run.plan().calls == 0
        assert "too few pairs show it (35; 40 are needed)" in run.run().attrs["told"]
        assert run.progress["calls"] == 0

    def test_is_scored_on_them_where_somebody_says_so(self, study: Study, tmp_path: Path) -> None:
        run = naming(study, tmp_path, features=["d01"], pairs=300)
        assert run.plan().table.loc["score", "calls_most"] == 40  # 35 pairs, five of them in both orders
        found = run.run()
        assert found["n"]["d01"] == 35
        assert found["fidelity"]["d01"] > 0.7
        assert not found["kept"]["d01"]
        assert "too few pairs show it (35; 40 are needed)" in found.attrs["told"]


def test_a_score_of_fewer_pairs_than_it_takes_keeps_no_name_and_says_why(tmp_path: Path) -> None:
    run = naming(planted_study(), tmp_path, pairs=30)
    found = run.run()
    assert found["n"].tolist() == [30, 30, 30]
    assert not found["kept"].any()
    assert "of 3 it cannot be told: too few pairs were asked for (30; 40 are needed)" in found.attrs["told"]


def test_features_with_different_numbers_of_pairs_are_told_together(tmp_path: Path) -> None:
    study = left_to_score(left_to_score(planted_study(), "d01", 35), "d00", 12)
    told = naming(study, tmp_path, features=["d00", "d01"]).run().attrs["told"]
    assert "of 2 it cannot be told: too few pairs show them (12 to 35; 40 are needed)" in told


def test_a_name_that_is_never_true_of_either_response_is_told_apart(tmp_path: Path) -> None:
    study = planted_study()
    study.labels.edit("d00", name="emoji")
    run = Naming(study, PracticeModel(wrong=0), features=["d00"], propose=False, cache=tmp_path)
    assert "the model answered the same each time" in run.run().attrs["told"]


class TestTooFewPrompts:
    @pytest.mark.parametrize(
        ("prompts", "said"),
        [
            (["Same"] * 300, "all pairs share one"),
            (["One", "Other"] * 150, "there are two"),
            (["One", "Two", "Three", *["Most"] * 297], "one of 4 holds nearly all pairs"),
        ],
    )
    def test_are_told_before_anything_is_asked(self, prompts: list[str], said: str, tmp_path: Path) -> None:
        with pytest.raises(StudyError, match=f"three prompts.*{said}"):
            naming(with_prompts(prompts), tmp_path)

    def test_of_the_same_responses_everywhere_are_told(self, tmp_path: Path) -> None:
        study = repeated(planted_study(20), 30)
        with pytest.raises(StudyError, match="nearly all pairs of responses stand under several prompts"):
            naming(study, tmp_path)

    def test_left_to_score_keep_no_name_and_buy_no_score(self, tmp_path: Path) -> None:
        study = with_prompts([f"Question {i % 6}" for i in range(600)])
        held_out = Deal(study).scoring("d00", 10_000)
        assert np.unique(held_out.cluster).size == 2
        run = naming(study, tmp_path, features=["d00"])
        assert run.plan().unkeepable == 1
        assert "it cannot be told: pairs of too few prompts show it" in run.run().attrs["told"]
        assert "score" not in set(study.judgments["part"])


def test_a_feature_that_hardly_a_pair_to_read_shows_is_not_said_to_have_got_no_proposal(
    tmp_path: Path,
) -> None:
    study = planted_study()
    study = thinned(study, "d01", Deal(study).reading.read[3:])
    run = naming(study, tmp_path, features=["d00", "d01"])
    told = run.run().attrs["told"]
    assert "for 1 nothing was asked: too few pairs to read show it" in told
    assert "nothing was proposed" not in told
    assert run.progress["unproposed"] == 1
