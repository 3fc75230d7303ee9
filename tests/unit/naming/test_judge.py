"""A language model as a judge: asked through a real server, its answers turned back to a and b."""

import numpy as np
import pytest

from tests.unit.endpoints.fake_faults import refuses
from tests.unit.endpoints.fake_server import schema_fields
from tests.unit.naming.readers import asking, counting, obeying_outside, read, whole
from whimsight.language.base import Failure
from whimsight.names import Candidate
from whimsight.naming.judge import LanguageJudge

SORRY = Candidate("says sorry", "concept", ())
NUMBERS = Candidate("uses numbers", "concept", (), 1, "It has digits.")
TEXTS = ["sorry sorry sorry", "sorry", "no word of it", "nor here", "sorry 1 2", "12"]
PROMPTS = ["Was that you?", "Who was it?"]
A, B = np.array([0, 2, 2, 4]), np.array([1, 1, 3, 5])
TRUE = [1.0, -1.0, 0.0, 1.0]
ALL_PAIRS = np.array([(a, b) for a in range(40) for b in range(a)]).T

sorry = obeying_outside(counting("sorry"))


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def many():
    """Forty texts that say sorry 0 to 39 times, and all pairs of them."""
    return [f"{i} " + "sorry " * i for i in range(40)]


def both_concepts(payload):
    """Know apologies from numbers by the concept that stands there."""
    asked = read(payload["messages"][1]["content"])
    first, second = (whole(asked.sections, f"response-{side}") for side in "AB")
    out = {}
    for field in schema_fields(payload):
        apology = "sorry" in whole(asked.sections, f"concept-{field}")
        measure = counting("sorry") if apology else lambda text: sum(map(str.isdigit, text))
        out[field] = {1: "A", 0: "tie", -1: "B"}[np.sign(measure(first) - measure(second))]
    return out


class TestAnswers:
    def test_are_one_for_a_minus_one_for_b_and_zero_for_a_tie(self):
        with asking(sorry) as (asker, _):
            said = LanguageJudge(asker, TEXTS).judge(SORRY, A, B)
        assert said.dtype == np.float64
        assert said.tolist() == TRUE

    def test_are_the_same_whichever_response_stood_first(self, many):
        with asking(sorry) as (asker, _):
            for seed in range(3):
                judge = LanguageJudge(asker, many, seed=seed)
                first = [q.a_first for q in judge.questions([SORRY], *ALL_PAIRS)]
                assert 0 < sum(first) < len(first)
                assert np.all(judge.judge(SORRY, *ALL_PAIRS[:, :60]) == 1)

    def test_to_several_concepts_come_in_one_call_and_stay_apart(self):
        with asking(both_concepts) as (asker, server):
            judged = LanguageJudge(asker, TEXTS).judge_all([SORRY, NUMBERS], A, B)
            assert server.calls == len(A)
        assert judged.answers.tolist() == [TRUE, [0.0, 0.0, 0.0, 0.0]]
        assert np.all(np.isnan(judged.swapped))
        assert judged.failures == []

    def test_in_both_orders_are_kept_apart_and_turned_back(self):
        both = np.array([True, False, True, True])
        with asking(sorry) as (asker, server):
            judged = LanguageJudge(asker, TEXTS).judge_all([SORRY], A, B, both=both)
            assert server.calls == 7
        assert judged.answers[0].tolist() == TRUE
        assert judged.swapped[0][both].tolist() == [1.0, 0.0, 1.0]
        assert np.isnan(judged.swapped[0][1])

    def test_of_a_model_that_always_says_a_turn_with_the_order(self, many):
        with asking(lambda payload: dict.fromkeys(schema_fields(payload), "A")) as (asker, _):
            a, b = ALL_PAIRS[:, :100]
            judged = LanguageJudge(asker, many).judge_all([SORRY], a, b, both=np.ones(100, dtype=bool))
        assert np.all(judged.answers == -judged.swapped)
        assert abs(judged.answers.mean()) < 0.4  # a coin, 100 times: 4 standard errors

    def test_that_failed_are_missing_and_never_ties(self):
        def answer(payload):
            return refuses() if "no word of it" in payload["messages"][1]["content"] else sorry(payload)

        with asking(answer) as (asker, _):
            judged = LanguageJudge(asker, TEXTS).judge_all([SORRY, NUMBERS], A, B)
        assert np.isnan(judged.answers).tolist() == [[False, True, True, False]] * 2
        assert [(j.pair, j.candidate) for j in judged.failures] == [(1, 0), (1, 1), (2, 0), (2, 1)]
        assert all(isinstance(j.failure, Failure) for j in judged.failures)

    def test_that_are_none_of_the_three_are_missing(self):
        with asking(lambda payload: dict.fromkeys(schema_fields(payload), "both")) as (asker, _):
            judged = LanguageJudge(asker, TEXTS).judge_all([SORRY], A, B)
        assert np.all(np.isnan(judged.answers))
        assert {j.failure.kind for j in judged.failures} == {"unreadable"}

    def test_come_one_by_one_and_nothing_more_is_asked_once_nobody_listens(self, many):
        with asking(sorry) as (asker, server):
            judging = LanguageJudge(asker, many).judging([SORRY], *ALL_PAIRS)
            first = next(judging)
            judging.close()
            assert first.answer == 1.0
            assert server.calls < 40 < ALL_PAIRS.shape[1]

    def test_are_told_as_they_come(self):
        told = []
        with asking(sorry) as (asker, _):
            LanguageJudge(asker, TEXTS).judge_all([SORRY], A, B, on_judgment=told.append)
        assert sorted((j.pair, j.answer) for j in told) == list(enumerate(TRUE))


class TestRequests:
    """What is sent, without sending it: the server is never asked."""

    @pytest.fixture
    def asker(self):
        with asking(sorry) as (asker, server):
            yield asker
            assert server.calls == 0

    def test_are_those_that_are_sent(self):
        both = np.array([True, False, False, True])
        with asking(sorry) as (asker, server):
            judge = LanguageJudge(asker, TEXTS, PROMPTS)
            planned = judge.requests([SORRY], A, B, np.array([0, 1, 1, -1]), both=both)
            judge.judge_all([SORRY], A, B, np.array([0, 1, 1, -1]), both=both)
            assert sorted(r.user for r in planned) == sorted(asked.user for asked in server.requests)
            assert all(asked.system.startswith(planned[0].system) for asked in server.requests)

    def test_do_not_depend_on_which_response_is_called_a(self, asker, many):
        judge = LanguageJudge(asker, many)
        a, b = ALL_PAIRS
        there, back = judge.requests([SORRY], a, b), judge.requests([SORRY], b, a)
        assert [r.key for r in there] == [r.key for r in back]

    def test_put_each_response_first_about_as_often(self, asker, many):
        first = [q.a_first for q in LanguageJudge(asker, many).questions([SORRY], *ALL_PAIRS)]
        assert abs(np.mean(first) - 0.5) < 2 / np.sqrt(len(first))  # 4 standard errors

    def test_have_another_order_under_another_seed(self, asker, many):
        one, other = (
            [q.a_first for q in LanguageJudge(asker, many, seed=seed).questions([SORRY], *ALL_PAIRS)]
            for seed in (0, 1)
        )
        assert 0.4 < np.mean(np.equal(one, other)) < 0.6

    def test_do_not_depend_on_the_other_pairs(self, asker, many):
        judge = LanguageJudge(asker, many)
        assert (
            judge.requests([SORRY], *ALL_PAIRS)[500].key
            == judge.requests([SORRY], *ALL_PAIRS[:, 500:501])[0].key
        )

    def test_in_the_other_order_have_the_responses_the_other_way_round(self, asker):
        there, back = LanguageJudge(asker, TEXTS).requests([SORRY], A[:1], B[:1], both=np.array([True]))
        one, other = (read(r.user).sections for r in (there, back))
        assert (one["response-A"], one["response-B"]) == (other["response-B"], other["response-A"])

    def test_show_the_prompt_that_belongs_to_the_pair(self, asker):
        judge = LanguageJudge(asker, TEXTS, PROMPTS)
        asked = [read(r.user).sections for r in judge.requests([SORRY], A, B, np.array([1, 0, -1, 1]))]
        assert [sections.get("prompt") for sections in asked] == [
            [PROMPTS[1]],
            [PROMPTS[0]],
            None,
            [PROMPTS[1]],
        ]

    def test_hold_at_most_so_many_concepts_and_each_once(self, asker):
        many = [Candidate(f"concept {i}", "concept", ()) for i in range(7)]
        questions = LanguageJudge(asker, TEXTS, together=3).questions(many, A[:1], B[:1])
        assert sorted(len(q.candidates) for q in questions) == [2, 2, 3]
        assert sorted(c for q in questions for c in q.candidates) == list(range(7))
        for q in questions:
            asked = read(q.request.user).sections
            for field, c in zip(q.request.fields, q.candidates, strict=True):
                assert whole(asked, f"concept-{field.name}") == many[c].name

    def test_put_no_concept_first_always(self, asker, many):
        questions = LanguageJudge(asker, many).questions([SORRY, NUMBERS], *ALL_PAIRS)
        assert 0.4 < np.mean([q.candidates[0] for q in questions]) < 0.6

    def test_need_room_for_a_concept(self, asker):
        with pytest.raises(ValueError, match="together"):
            LanguageJudge(asker, TEXTS, together=0)

    def test_of_no_pairs_are_none(self, asker):
        none = np.empty(0, dtype=np.int64)
        judge = LanguageJudge(asker, TEXTS)
        assert judge.requests([SORRY], none, none) == []
        assert judge.judge_all([SORRY], none, none).answers.shape == (1, 0)


def test_a_judge_is_called_as_its_model():
    with asking(sorry) as (asker, _):
        assert LanguageJudge(asker, TEXTS).name == "tiny"
