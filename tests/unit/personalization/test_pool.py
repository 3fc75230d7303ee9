"""Pairs to ask somebody about: short, telling, on many prompts, none twice."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tests.unit.personalization.mixing import several, standard
from tests.unit.personalization.peopling import peopled_study
from whimsight.personalization.information import information
from whimsight.personalization.pool import pool
from whimsight.studies.reading import reading_split


@pytest.fixture(scope="module")
def people():
    return several(list(combinations(range(5), 2)), prompts=20).personalize()


def test_no_pair_comes_twice_and_none_that_blind_tests_ask_about(people):
    rows = pool(people, 60)
    assert len(set(people.study.pairs.matchups()[0][rows].tolist())) == rows.size == 60
    assert set(rows.tolist()) <= set(reading_split(people.study)[0].tolist())


def test_each_prompt_is_asked_about_once_before_any_is_asked_about_again(people):
    prompts = people.study.pairs.frame["prompt"]
    read = prompts.iloc[reading_split(people.study)[0]].nunique()
    rows = pool(people, 2 * read)
    assert prompts.iloc[rows[:read]].nunique() == prompts.iloc[rows[read:]].nunique() == read


def test_the_first_is_the_one_whose_vote_is_expected_to_teach_most(people):
    prior = people.hierarchy.prior()
    read = reading_split(people.study)[0]
    X = standard(people, read)
    expected = information(X @ prior.mean, np.einsum("ij,jk,ik->i", X, prior.covariance, X))
    chosen = standard(people, pool(people, 1))
    found = information(chosen @ prior.mean, np.einsum("ij,jk,ik->i", chosen, prior.covariance, chosen))
    assert found[0] == pytest.approx(expected.max(), rel=1e-6)


def test_long_texts_are_left_out_as_long_as_there_are_enough_short_ones():
    edges = list(combinations(range(4), 2))
    mixed = several(edges, texts=["Short.", "Short too.", "Middling. " * 12, "Long. " * 300])
    people, frame = mixed.personalize(), mixed.pairs.frame

    def longest(n):
        rows = pool(people, n, short=100)
        return max(map(len, [*frame["response_a"].iloc[rows], *frame["response_b"].iloc[rows]]))

    prompts = frame["prompt"].iloc[reading_split(mixed)[0]].nunique()
    assert longest(prompts) <= 100
    assert 100 < longest(3 * prompts) <= 150
    assert pool(people, 500, short=100).size == 3 * prompts


def test_a_pair_of_identical_texts_or_without_a_difference_in_a_personal_feature_is_not_asked():
    study = several([(0, 1), (1, 2)])
    frame = study.pairs.frame
    same = (frame["prompt"] == "Question 1").to_numpy()
    frame.loc[same, "response_b"] = frame["response_a"][same]
    study.pairs._texts = None
    study.pair_codes[study.pair_of_row[(frame["prompt"] == "Question 2").to_numpy()], 0] = 0
    people = study.personalize(features=["d00"])
    asked = set(frame["prompt"].iloc[pool(people, 100)])
    assert not asked & {"Question 1", "Question 2"}
    assert asked


def test_a_seed_gives_the_same_pairs():
    people = peopled_study(people=6, votes=40)[0].personalize()
    assert pool(people, 20, seed=4).tolist() == pool(people, 20, seed=4).tolist()
