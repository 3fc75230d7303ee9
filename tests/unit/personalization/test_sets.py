"""Responses to one prompt as sets: what stands for pairs that do not occur, votes won, the choice of prompts."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from tests.unit.personalization.mixing import several, standard
from tests.unit.personalization.rewarding import Counted, made_study
from whimsight.pairs import Pairs
from whimsight.personalization.reward import Reward
from whimsight.personalization.sets import MOST, places, response_sets
from whimsight.studies.reading import reading_split

EVERY = list(combinations(range(4), 2))
CHAIN = [(0, 1), (1, 2), (3, 2)]


@pytest.fixture(scope="module")
def whole():
    return several(EVERY).personalize()


def every_pair(responses: int, prompts: int = 12) -> Pairs:
    """Every pair of a few random texts to each prompt, once."""
    rng = np.random.default_rng(0)
    words = ["sure", "perhaps", "a list:\n- one\n- two", "NO", "because", "who knows?"]
    texts = [[" ".join(rng.choice(words, 8)) for _ in range(responses)] for _ in range(prompts)]
    rows = [
        (f"Question {p}", texts[p][i], texts[p][j])
        for p in range(prompts)
        for i, j in combinations(range(responses), 2)
    ]
    frame = pd.DataFrame(rows, columns=["prompt", "response_a", "response_b"])
    frame["preference"] = rng.choice([0.0, 1.0], len(frame))
    frame["annotator"] = [f"person {i % 5}" for i in range(len(frame))]
    return Pairs(frame, name="every pair")


def number_of(text: str) -> int:
    return int(text.split()[1])


def test_where_all_pairs_occur_codes_are_the_mean_against_all_itself_counted_as_0(whole):
    frame, matchups = whole.study.pairs.frame, whole.study.pairs.matchups()[0]
    first = np.unique(matchups, return_index=True)[1]
    codes = standard(whole, first)
    for one in response_sets(whole, 3):
        prompt = frame["prompt"][one.row]
        for text, found in zip(one.texts, one.codes, strict=True):
            mine = [
                codes[i] if frame["response_a"][row] == text else -codes[i]
                for i, row in enumerate(first)
                if frame["prompt"][row] == prompt
                and text in (frame["response_a"][row], frame["response_b"][row])
            ]
            assert len(mine) == 3
            assert found == pytest.approx(np.sum(mine, axis=0) / 4, abs=1e-5)


@pytest.mark.parametrize("edges", [CHAIN, EVERY, [(0, 1), (0, 2), (0, 3), (1, 2)]])
def test_codes_that_are_differences_come_out_right_whichever_pairs_occur(edges):
    study = several(edges, additive=True)
    people = study.personalize()
    unit = people.ballots.unit
    for one in response_sets(people, 4):
        prompt = int(study.pairs.frame["prompt"][one.row].split()[1])
        own = study.facts["places"][prompt] / unit
        for text, found in zip(one.texts, one.codes, strict=True):
            i = number_of(text)
            assert found == pytest.approx(own[i] - own.mean(axis=0), abs=1e-4)


def test_two_responses_stand_as_far_apart_as_their_pair_says():
    people = several([(0, 1)]).personalize()
    for one in response_sets(people, 5):
        code = standard(people, [one.row])[0]
        sign = 1 if people.study.pairs.frame["response_a"][one.row] == one.texts[0] else -1
        assert one.codes[0] - one.codes[1] == pytest.approx(sign * code, abs=1e-5)
        assert one.codes[0] == pytest.approx(sign * code / 2, abs=1e-5)


@pytest.mark.parametrize("responses", [4, 10])
def test_weights_times_codes_are_the_scores_of_a_reward_where_all_pairs_occur(responses):
    people = made_study(every_pair(responses)).personalize()
    weights = np.random.default_rng(3).normal(size=len(people.features))
    reward = Reward.from_study(
        people.study, weights * people.sign, unit=people.ballots.unit, embedder=Counted()
    )
    for one in response_sets(people, 6):
        assert len(one.texts) == min(responses, MOST)
        prompt = people.study.pairs.frame["prompt"][one.row]
        assert one.codes @ weights == pytest.approx(reward.score(prompt, one.texts), abs=1e-6)


def test_a_response_against_itself_is_no_pair():
    a, b, codes = np.array([0, 1]), np.array([1, 1]), np.array([[2.0], [0.0]])
    assert places(2, a, b, codes).ravel() == pytest.approx([1.0, -1.0])


def test_places_of_pairs_that_contradict_each_other_are_the_least_squares():
    a, b = np.array([0, 1, 2]), np.array([1, 2, 0])
    codes = np.array([[1.0], [1.0], [1.0]])  # each better than the next, in a circle
    assert places(3, a, b, codes) == pytest.approx(np.zeros((3, 1)), abs=1e-12)


def test_responses_that_no_pair_ties_together_are_not_compared():
    people = several([(0, 1), (2, 3), (3, 4)]).personalize()
    for one in response_sets(people, 5):
        assert sorted(map(number_of, one.texts)) == [2, 3, 4]


def test_votes_are_counted_for_whom_they_were_cast_whichever_side_it_stood_on(whole):
    frame = whole.study.pairs.frame
    for one in response_sets(whole, 4):
        here = frame[frame["prompt"] == frame["prompt"][one.row]]
        for text, won, votes in zip(one.texts, one.won, one.votes, strict=True):
            first, second = here[here["response_a"] == text], here[here["response_b"] == text]
            assert won == (first["preference"] == 1).sum() + (second["preference"] == 0).sum()
            assert votes == (first["preference"] != 0.5).sum() + (second["preference"] != 0.5).sum()


def test_prompts_with_the_most_responses_come_first_and_none_that_blind_tests_ask_about():
    study = several(EVERY, prompts=16)
    keep = ~(
        study.pairs.frame["prompt"].isin([f"Question {p}" for p in range(8)]) & (np.arange(288) % 18 > 2)
    )
    some = study.pairs.take(keep.to_numpy())
    from tests.unit.studies.making import make_study

    people = make_study(some).personalize()
    found = response_sets(people, 30)
    sizes = [len(one.texts) for one in found]
    assert sizes == sorted(sizes, reverse=True)
    assert set(sizes) == {4, 2}
    read = set(some.frame["prompt"].iloc[reading_split(people.study)[0]])
    assert {some.frame["prompt"][one.row] for one in found} == read


def test_of_many_responses_some_are_shown_from_the_best_to_the_worst():
    people = several(list(combinations(range(11), 2)), prompts=4, additive=True).personalize()
    one = response_sets(people, 1)[0]
    assert len(one.texts) == 8
    prompt = int(people.study.pairs.frame["prompt"][one.row].split()[1])
    score = people.study.facts["places"][prompt] / people.ballots.unit @ people.hierarchy.mean
    shown = {number_of(text) for text in one.texts}
    assert {int(np.argmax(score)), int(np.argmin(score))} <= shown
    assert one.codes.sum(axis=0) == pytest.approx(np.zeros(5), abs=1e-6)


def test_models_name_their_responses_else_letters_do():
    letters = several([(0, 1)])
    assert {one.labels for one in response_sets(letters.personalize(), 3)} == {("A", "B")}
    frame = letters.pairs.frame
    named = several(
        [(0, 1)],
        model_a=[f"model {number_of(t)}" for t in frame["response_a"]],
        model_b=[f"model {number_of(t)}" for t in frame["response_b"]],
    )
    for one in response_sets(named.personalize(), 3):
        assert one.labels == tuple(f"model {number_of(text)}" for text in one.texts)


def test_a_seed_gives_the_same_sets(whole):
    first, again = response_sets(whole, 4, seed=3), response_sets(whole, 4, seed=3)
    assert [one.row for one in first] == [one.row for one in again]
