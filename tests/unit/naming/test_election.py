"""Elections: the winner that all answers would give, from few of them."""

from __future__ import annotations

import numpy as np
import pytest

from whimsight.errors import StudyError
from whimsight.names.fidelity import fidelity
from whimsight.naming.election import Election, Round
from whimsight.naming.scoring import Scoring, bar


def run(election: Election, answers: np.ndarray) -> Election:
    while (asked := election.next()) is not None:
        election.add(asked, answers[np.ix_(asked.candidates, asked.pairs)])
    return election


def world(seed: int, slopes: tuple[float, ...], n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = (rng.choice([-1, 1], n) * (0.6 + 0.4 * rng.exponential(size=n))).astype(np.float32)
    hard = rng.normal(size=n) * 0.7
    latent = np.array(slopes)[:, None] * z + hard + 0.7 * rng.normal(size=(len(slopes), n))
    return z, np.sign(latent) * (np.abs(latent) > 0.5)


def every(z: np.ndarray, answers: np.ndarray) -> int:
    return int(np.argmax([np.corrcoef(z, y)[0, 1] for y in answers]))


def test_with_no_risk_and_no_indifference_the_winner_is_that_of_all_answers():
    for seed in range(10):
        z, answers = world(seed, (0.5, 0.45, 0.4, 0.5))
        election = run(Election(z, 4, risk=0.0, indifference=0.0), answers)
        assert election.winner == every(z, answers)
        assert election.reason == "asked all"


def test_a_clear_winner_is_found_with_a_fifth_of_the_answers():
    same, asked = [], []
    for seed in range(40):
        z, answers = world(seed, (1.2, 0.3, 0.2, 0.1, 0.0))
        election = run(Election(z, 5), answers)
        same.append(election.winner == every(z, answers))
        asked.append(election.judgments)
    assert all(same)
    assert np.mean(asked) < 0.2 * 1500


def test_names_and_winners_are_those_of_the_full_protocol_with_a_quarter_of_its_calls():
    """Five descriptions, five candidates on 300 pairs, the winner on 300 others: 1,805 calls in the paper.

    Kept when p < .05 / 32 and r at least .2. Ours asks an eighth of the pairs that score in both orders.
    """
    rng, same, calls, of_kept = np.random.default_rng(0), [], [], []
    for seed in range(120):
        best = rng.uniform(0, 1.5)
        slopes = tuple(best - np.append(0, rng.uniform(0, 0.6, 4)))
        z, answers = world(seed, slopes, 600)
        winner = every(z[:300], answers[:, :300])
        full = fidelity(z[300:], answers[winner, 300:])
        election = run(Election(z[:300], 5), answers[:, :300])
        scoring = Scoring(z[300:], tests=32)
        while election.reason != "hopeless" and (pairs := scoring.next()) is not None:
            scoring.add(pairs, answers[election.winner, 300 + pairs])
        kept = full.p < 0.05 / 32 and full.r >= 0.2
        same.append(scoring.result.kept == kept and (not kept or election.winner == winner))
        calls.append(5 + election.asked + scoring.result.asked * 6 / 5)
        if kept:
            of_kept.append(same[-1])
    assert np.mean(same) >= 0.95
    assert len(of_kept) > 60
    assert np.mean(of_kept) >= 0.93
    assert np.mean(calls) <= 1805 / 4


def test_near_ties_agree_with_all_answers_as_often_as_the_risk_says():
    same = []
    for seed in range(60):
        z, answers = world(seed, (0.6, 0.55, 0.5))
        same.append(run(Election(z, 3, indifference=0.0), answers).winner == every(z, answers))
    assert np.mean(same) >= 0.9


def test_candidates_that_say_the_same_are_not_told_apart():
    z, answers = world(0, (0.8, 0.8))
    election = run(Election(z, 2), np.stack([answers[0], answers[0]]))
    assert (election.reason, election.asked) == ("too close to matter", 40)


def test_where_nothing_fits_it_is_given_up():
    asked = []
    for seed in range(10):
        z, answers = world(seed, (0.0, 0.0, 0.0))
        election = run(Election(z, 3), answers)
        asked.append(election.asked)
        assert election.reason in ("hopeless", "asked all", "won", "too close to matter")
    assert np.median(asked) < 200


def test_the_ranking_tells_when_each_was_dropped():
    z, answers = world(1, (1.2, 0.2, 0.7))
    election = run(Election(z, 3), answers)
    table = election.ranking()
    assert table.index[0] == election.winner == 0
    assert table.dropped[0] == -1
    assert (table.dropped[[1, 2]] > 0).all()
    assert table.n[1] == table.dropped[1]
    own = fidelity(z[: table.n[0]], answers[0, : table.n[0]])
    assert table.r[0] == pytest.approx(own.r)
    assert (table.low[0], table.high[0]) == pytest.approx((own.low, own.high))


def test_only_those_still_in_are_asked_about():
    z, answers = world(1, (1.2, 0.2, 1.0))
    election = Election(z, 3)
    first = election.next()
    assert first is not None
    assert first.pairs.tolist() == list(range(40))
    assert first.candidates.tolist() == [0, 1, 2]
    election.add(first, answers[:, :40])
    second = election.next()
    assert second is not None
    assert 1 not in second.candidates
    assert second.pairs.tolist() == list(range(40, 60))


def test_failures_are_left_out_and_are_no_ties():
    z, answers = world(2, (1.2, 0.3))
    broken = answers.copy()
    broken[0, ::3] = np.nan
    election = run(Election(z, 2), broken)
    assert election.winner == 0
    n = election.ranking().n
    assert n[0] == election.asked - -(-election.asked // 3)
    assert n[1] == election.asked


def test_a_candidate_with_a_handful_of_answers_does_not_win():
    z, answers = world(4, (0.8, 0.6, 0.0))
    answers[2] = np.nan
    for few, wins in ((9, False), (140, False), (160, True)):
        answers[2, :few] = np.sign(z[:few])  # always right
        election = run(Election(z, 3, risk=0.0, indifference=0.0), answers)
        assert election.ranking().r[2] > election.ranking().r[0]
        assert (election.winner == 2) is wins
        assert election.ranking().index[0] == election.winner


def test_with_fewer_than_ten_answers_each_the_most_answered_leads():
    z, answers = world(5, (0.8, 0.6), 8)
    answers[:, 2:] = np.nan
    answers[0] = np.nan
    answers[0, 0] = 1.0
    assert run(Election(z, 2), answers).winner == 1


def test_where_no_name_could_be_kept_near_ties_are_not_asked_on():
    z, answers = world(6, (1.2, 1.2))
    election = run(Election(z, 2, bar=bar(39, 32)), answers)
    assert (election.reason, election.asked) == ("hopeless", 40)


def test_without_any_answer_all_stay_in():
    z, answers = world(3, (1.0, 0.5))
    election = run(Election(z, 2), np.full_like(answers, np.nan))
    assert election.reason == "asked all"
    assert election.ranking().n.tolist() == [0, 0]


def test_one_candidate_wins_unasked_and_none_is_no_winner():
    z = np.ones(10, dtype=np.float32)
    assert (Election(z, 1).next(), Election(z, 1).winner, Election(z, 1).reason) == (None, 0, "won")
    assert Election(z, 0).winner == -1
    assert Election(z, 0).next() is None


def test_answers_of_another_round_are_refused():
    election = Election(np.ones(50, dtype=np.float32), 2)
    with pytest.raises(StudyError, match=r"Election\.next"):
        election.add(Round(np.arange(3), np.arange(2)), np.zeros((2, 3)))


def test_a_name_is_given_up_as_far_as_the_pairs_that_would_score_it_can_tell():
    """Of few other pairs the correlation is uncertain: by chance they keep what many would not."""
    given_up = dict.fromkeys((30, 300, 3_000), 0)
    for to_score in given_up:
        for seed in range(60):
            z, answers = world(seed, (0.15, 0.1))
            given_up[to_score] += run(Election(z, 2, to_score=to_score), answers).reason == "hopeless"
    assert given_up[30] < given_up[300] <= given_up[3_000]


def test_hardly_a_name_is_given_up_that_the_few_pairs_left_to_score_it_would_have_kept():
    needed, lost = bar(50, 32), 0
    for seed in range(200):
        z, answers = world(seed, (0.35, 0.25), 350)
        election = run(Election(z[:300], 2, bar=needed, to_score=50), answers[:, :300])
        score = fidelity(z[300:], answers[election.winner, 300:]).r
        lost += election.reason == "hopeless" and score >= needed
    assert lost <= 0.05 * 200
