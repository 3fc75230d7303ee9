"""A run over a study: what it costs beforehand, what it finds, and that it goes on where it was stopped."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import whimsight as ws
from tests.unit.endpoints.fake_faults import refuses
from tests.unit.endpoints.fake_server import FakeServer
from tests.unit.naming.apologies import planted_study
from tests.unit.naming.scripted import formula_model
from whimsight.errors import LanguageError, StudyError
from whimsight.naming import Naming
from whimsight.studies import Study

KEY = "sk-planted-0123456789"


Make = Callable[..., Naming]


@pytest.fixture
def study() -> Study:
    return planted_study()


def running() -> FakeServer:
    return FakeServer(answer=functools.partial(formula_model, wrong=0.1))


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with running() as one:
        yield one


def naming_by(server: FakeServer, study: Study, folder: Path, **choices: Any) -> Naming:
    model = ws.language_model("tiny", base_url=server.base_url, api_key=KEY, price=(1.0, 2.0))
    return Naming(study, model, cache=folder, **choices)


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """What makes a `Naming` whose answers are kept from one test of this file to the next."""
    folder = tmp_path_factory.mktemp("paid")
    with running() as one:
        yield lambda study, **choices: naming_by(one, study, folder, **choices)


class TestARun:
    def test_finds_the_planted_names_and_none_for_noise(self, paid: Make, study: Study) -> None:
        found = paid(study).run()
        assert found["name"][["d00", "d01"]].to_dict() == {"d00": "apologies", "d01": "exclamation marks"}
        assert found["kept"].to_dict() == {"d00": True, "d01": True, "d02": False}
        assert (found["fidelity_low"][["d00", "d01"]] > 0.5).all()
        assert not found["fidelity_low"]["d02"] > 0
        assert "2 of 3 features have a name that fits" in found.attrs["told"]

    def test_scores_on_pairs_that_neither_suggested_nor_chose(self, paid: Make, study: Study) -> None:
        naming = paid(study)
        naming.run()
        prompt = study.pairs.prompt_codes
        said = study.judgments
        chose = set(prompt[said.loc[said["part"] == "choose", "row"]])
        scored = set(prompt[said.loc[said["part"] == "score", "row"]])
        deal = naming._deal
        shown = {int(p) for f in naming.features for p in deal.evidence(f).prompt}
        assert chose
        assert scored
        assert not chose & scored
        assert not shown & (chose | scored)

    def test_without_prompts_plans_and_asks_without_them(self, paid: Make, study: Study) -> None:
        naming = paid(study, features=["d00"], prompts=False)
        assert naming.plan().calls > 0
        found = naming.run()
        assert found["kept"]["d00"]
        assert "PROMPT" not in naming.show()

    def test_fidelity_is_the_correlation_of_code_and_answers(self, paid: Make, study: Study) -> None:
        found = paid(study, features=["d00"]).run()
        said = study.judgments
        said = said[(said["part"] == "score") & (said["name"] == "apologies")]
        differ = said["swapped"].notna() & (said["swapped"] != said["answer"])  # then neither has more
        r = np.corrcoef(study.code("d00")[said["row"]], said["answer"].where(~differ, 0.0))[0, 1]
        assert found["fidelity"]["d00"] == pytest.approx(r, abs=1e-6)
        assert found["n"]["d00"] == len(said)

    def test_of_a_feature_turned_round_names_the_end_that_is_read(self, paid: Make, study: Study) -> None:
        study.labels.edit("d00", turned=True)
        naming = paid(study, features=["d00"])
        naming.run()
        row = study.suggestions.iloc[0]
        assert row["end"] == -1
        # More of the turned feature is fewer apologies: a model that counts them finds the opposite.
        assert not ((study.suggestions["name"] == "apologies") & study.suggestions["kept"]).any()

    def test_judges_names_that_are_there_and_proposes_none(self, paid: Make, study: Study) -> None:
        study.labels.edit("d00", name="apologies")
        naming = paid(study, features=["d00"], propose=False)
        naming.run()
        assert study.suggestions["name"].tolist() == ["apologies"]
        assert set(study.judgments["part"]) == {"score"}
        row = study.features.loc["d00"]
        assert row["judge"] == "tiny"
        assert row["fidelity"] == pytest.approx(study.suggestions["fidelity"][0])

    def test_again_costs_nothing_and_finds_the_same(
        self, server: FakeServer, study: Study, tmp_path: Path
    ) -> None:
        first = naming_by(server, study, tmp_path).run()
        calls = server.calls
        fresh = planted_study()
        again = naming_by(server, fresh, tmp_path)
        assert again.plan().calls == 0
        assert again.run().equals(first)
        assert fresh.suggestions.equals(study.suggestions)
        assert server.calls == calls

    def test_lands_step_by_step(self, paid: Make, study: Study) -> None:
        seen: list[tuple[int, int]] = []
        naming = paid(study)
        naming.run(on_change=lambda: seen.append((len(study.suggestions), naming.progress["features_done"])))
        assert any(names > 0 and done == 0 for names, done in seen), "names are there before any is scored"
        assert seen[-1][1] == 3
        assert naming.progress["state"] == "done"
        assert json.dumps(naming.progress)


class TestAPlan:
    def test_tells_the_price_before_anything_is_sent(
        self, server: FakeServer, study: Study, tmp_path: Path
    ) -> None:
        plan = naming_by(server, study, tmp_path).plan()
        assert server.calls == 0
        assert plan.table.loc["describe", "calls"] == 15
        assert plan.calls < plan.calls_most
        assert plan.cost is not None
        assert 0 < plan.cost < (plan.cost_most or 0)
        assert "nothing is sent" in repr(plan)

    def test_bounds_what_a_run_takes_and_errs_to_the_dear_side(
        self, server: FakeServer, study: Study, tmp_path: Path
    ) -> None:
        naming = naming_by(server, study, tmp_path, features=["d01"])
        plan = naming.plan()
        naming.run()
        assert server.calls <= plan.calls_most
        tokens = server.spent.prompt_tokens / server.calls
        planned = plan.prompt_tokens / plan.calls
        assert tokens < planned < 1.5 * tokens

    def test_says_that_the_cost_is_unknown_without_a_price(
        self, server: FakeServer, study: Study, tmp_path: Path
    ) -> None:
        model = ws.language_model("m", base_url="https://models.invalid/v1", api_key=KEY)
        naming = Naming(study, model, cache=tmp_path)
        assert naming.plan().cost is None
        assert "unknown" in repr(naming.plan())
        with pytest.raises(LanguageError, match="price"):
            naming.run(budget=1.0)

    def test_shows_what_would_be_sent(self, server: FakeServer, study: Study, tmp_path: Path) -> None:
        shown = naming_by(server, study, tmp_path).show()
        assert "RESPONSE WITH MORE" in shown
        assert server.calls == 0

    def test_of_an_endpoint_on_this_machine_does_not_promise_that_it_is_free(
        self, server: FakeServer, study: Study, tmp_path: Path
    ) -> None:
        model = ws.language_model("tiny", base_url=server.base_url)
        told = str(Naming(study, model, cache=tmp_path).plan())
        assert f"free, unless something behind 127.0.0.1:{server.server_port} charges for it" in told

    def test_of_the_practice_model_is_free_and_soon_done(self, study: Study, tmp_path: Path) -> None:
        plan = Naming(study, ws.PracticeModel(), cache=tmp_path).plan()
        assert "cost     free\n" in str(plan)
        assert plan.seconds == pytest.approx(plan.calls * 0.01 / 4)


class TestStoppedAndMissing:
    def test_a_budget_ends_it_cleanly_and_the_next_run_goes_on(
        self, server: FakeServer, study: Study, tmp_path: Path
    ) -> None:
        naming = naming_by(server, study, tmp_path, features=["d00"])
        naming.run(calls=40)
        assert server.calls == 40
        assert naming.progress["state"] == "stopped"
        assert "unfinished" in naming.progress["message"]
        assert len(study.judgments) > 20, "what was answered is there, also of a step that was cut off"
        naming.run()
        whole = planted_study()
        with FakeServer(answer=functools.partial(formula_model, wrong=0.1)) as other:
            uninterrupted = naming_by(other, whole, tmp_path / "other", features=["d00"])
            uninterrupted.run()
            assert server.calls == other.calls, "nothing is bought twice"
        assert study.suggestions.equals(whole.suggestions)

    def test_money_is_never_exceeded(self, server: FakeServer, study: Study, tmp_path: Path) -> None:
        naming_by(server, study, tmp_path).run(budget=0.02)
        spent = (server.spent.prompt_tokens * 1.0 + server.spent.completion_tokens * 2.0) / 1e6
        assert 0.005 < spent <= 0.02

    def test_stop_from_another_thread(self, server: FakeServer, study: Study, tmp_path: Path) -> None:
        naming = naming_by(server, study, tmp_path)
        stopper = threading.Thread(target=naming.stop)

        def changed() -> None:
            if naming.progress["calls"] > 20 and not stopper.ident:
                stopper.start()

        naming.run(on_change=changed)
        assert naming.progress["state"] == "stopped"
        assert server.calls < 100

    def test_what_fails_is_missing_and_no_tie_and_the_next_run_buys_only_that(
        self, study: Study, tmp_path: Path
    ) -> None:
        broken = {"on": True}

        def sometimes(number: int, payload: dict[str, Any]) -> Any:
            concept = "CONCEPT 1" in payload["messages"][-1]["content"]
            odd = len(json.dumps(payload)) % 7 == 0
            return refuses() if broken["on"] and concept and odd else None

        with FakeServer(answer=formula_model, faults=sometimes) as server:
            naming = naming_by(server, study, tmp_path, features=["d00"])
            naming.run()
            missing = naming.progress["failed"]
            assert missing > 0
            assert "answers are missing (refusal" in naming.progress["message"]
            said = study.judgments
            assert said["answer"].notna().all()
            assert not (said.loc[said["part"] == "score", "answer"] == 0).any(), "apologies never tie here"
            broken["on"] = False
            assert naming.plan().table.loc["ask again", "calls"] == missing
            before = server.calls
            naming.run()
            assert naming.progress["failed"] == 0
            assert 0 < server.calls - before <= missing, "none of them where the others settle it"

    def test_interrupted_keeps_what_was_found(self, paid: Make, study: Study) -> None:
        naming = paid(study)

        def changed() -> None:
            if naming.progress["features_done"] >= 1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            naming.run(on_change=changed)
        assert naming.progress["state"] == "stopped"
        assert study.suggestions["fidelity"].notna().any()

    def test_a_wrong_model_is_told_at_once(self, study: Study, tmp_path: Path) -> None:
        with FakeServer(answer=formula_model) as server:
            model = ws.language_model("gpt-wrong", base_url=server.base_url, api_key=KEY)
            naming = Naming(study, model, cache=tmp_path)
            with pytest.raises(LanguageError, match="gpt-wrong"):
                naming.run()
            assert naming.progress["state"] == "failed"
            assert KEY not in naming.progress["message"]


class TestAgain:
    def test_a_proposal_that_failed_is_not_bought_when_its_rivals_have_been_judged(
        self, study: Study, tmp_path: Path
    ) -> None:
        broken = {"on": True}
        asked = {"describing": 0}

        def sometimes(number: int, payload: dict[str, Any]) -> Any:
            if "CONCEPT 1" in payload["messages"][-1]["content"]:
                return None
            asked["describing"] += 1
            return refuses() if broken["on"] and asked["describing"] % 5 == 2 else None

        with FakeServer(answer=functools.partial(formula_model, wrong=0.1), faults=sometimes) as server:
            naming = naming_by(server, study, tmp_path, features=["d00", "d01"])
            first = naming.run()
            before, broken["on"] = server.calls, False
            assert naming.plan().calls == 0
            again = naming.run()
            assert server.calls == before
        assert again.drop(columns="missing").equals(first.drop(columns="missing"))
        assert first["kept"].all()

    def test_other_candidates_take_no_score_from_a_name_that_has_one(self, paid: Make, study: Study) -> None:
        naming = paid(study)
        naming.run()
        naming.accept()
        score = study.features["fidelity"].copy()
        for choices in ({"seed": 5}, {"candidates": 2}):
            paid(study, **choices).run(calls=30)
            assert study.features["fidelity"].equals(score), "unfinished, it changes nothing"
            paid(study, **choices).run()
            table = study.suggestions
            assert table.loc[table["winner"], "feature"].is_unique
            assert not (table["kept"] & ~table["winner"]).any()
            assert table["q"].notna().sum() <= 3
            assert study.features["fidelity"].notna().tolist() == score.notna().tolist()

    def test_judging_a_persons_name_leaves_the_models_own_winner_one(self, paid: Make, study: Study) -> None:
        paid(study).run()
        study.labels.edit("d00", name="exclamation marks")
        found = paid(study, features=["d00"], propose=False).run()
        assert found["name"]["d00"] == "exclamation marks"
        assert not found["kept"]["d00"]
        own = study.suggestions[(study.suggestions["feature"] == "d00") & study.suggestions["winner"]]
        assert own["name"].tolist() == ["apologies"]
        assert own["kept"].all()

    def test_two_runs_at_once_lose_nothing(self, paid: Make, study: Study) -> None:
        both = [paid(study, features=[f]) for f in ("d00", "d01")]
        threads = [threading.Thread(target=one.run) for one in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        alone = planted_study()
        for feature in ("d00", "d01"):
            paid(alone, features=[feature]).run()
        assert len(study.judgments) == len(alone.judgments)
        assert len(study.suggestions) == len(alone.suggestions)

    def test_a_budget_below_one_call_says_so(self, paid: Make, server: FakeServer, tmp_path: Path) -> None:
        naming = naming_by(server, planted_study(), tmp_path, features=["d00"])
        assert "does not pay for one call" in naming.run(budget=1e-6).attrs["told"]
        assert server.calls == 0
        assert naming.plan().cost_call_most > 1e-6


class TestAccepting:
    def test_gives_features_the_names_that_fit_in_one_step(self, paid: Make, study: Study) -> None:
        naming = paid(study)
        found = naming.run()
        assert naming.accept() == ["d00", "d01"]
        table = study.features
        assert table["name"]["d00"] == "apologies"
        assert table["status"]["d00"] == "named"
        assert table["judge"]["d00"] == "tiny"
        assert table["fidelity"]["d00"] == pytest.approx(found["fidelity"]["d00"])
        assert study.labels.labels["author"]["d00"] == "Ann"
        study.labels.undo()
        assert study.features["name"]["d00"] == "unnamed"

    def test_leaves_what_people_named(self, paid: Make, study: Study) -> None:
        naming = paid(study)
        naming.run()
        study.labels.edit("d00", name="says sorry")
        assert naming.accept() == ["d01"]
        assert study.features["name"]["d00"] == "says sorry"

    def test_refuses_a_feature_that_was_turned_since(self, paid: Make, study: Study) -> None:
        naming = paid(study)
        naming.run()
        study.labels.edit("d00", turned=True)
        with pytest.raises(StudyError, match="turned round"):
            naming.accept(["d00"])


class TestFeaturesToName:
    def test_are_those_nobody_has_named_the_surest_effects_first(self, study: Study) -> None:
        study.labels.edit("d01", name="loud")
        model = ws.language_model("m", base_url="http://127.0.0.1:9/v1")
        assert study.naming(model).features == ["d00", "d02"]
        assert study.naming(model, features="discovered").features == ["d00", "d01", "d02"]
        assert study.naming(model, features="unnamed").features == ["d00", "d02"]
        assert study.naming(model, features=["m_words"]).features == ["m_words"]

    def test_that_are_not_there_are_refused(self, study: Study) -> None:
        with pytest.raises(StudyError, match="d77"):
            study.naming("m", features=["d77"])
        with pytest.raises(StudyError, match="Did you mean 'unnamed'"):
            study.naming("m", features="unamed")


def test_tables_are_the_same_however_many_calls_go_side_by_side(server: FakeServer, tmp_path: Path) -> None:
    found = []
    for in_flight in (1, 16):
        study = planted_study()
        model = ws.language_model(
            "tiny", base_url=server.base_url, api_key=KEY, price=(1.0, 2.0), in_flight=in_flight
        )
        Naming(study, model, cache=tmp_path / str(in_flight)).run()
        found.append((study.suggestions, study.judgments))
    for one, other in zip(*found, strict=True):
        pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("seed", [-1, 1.0, True, None])
def test_a_seed_is_a_whole_number(study: Study, seed: Any) -> None:
    with pytest.raises(StudyError, match="seed must be a whole number of 0 or more"):
        study.naming(ws.PracticeModel(), seed=seed)
