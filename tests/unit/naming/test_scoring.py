"""Looks at a name's fidelity: boundaries as published, intervals that hold whenever one stops, few pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from whimsight.errors import StudyError
from whimsight.names.fidelity import fidelity
from whimsight.naming.boundaries import boundaries, crossed, repeated_boundary, repeated_p
from whimsight.naming.scoring import FEWEST_PAIRS, LOOKS, Scoring, bar

TIMES = tuple(n / 300 for n in LOOKS)


def run(scoring: Scoring, answers: np.ndarray) -> Scoring:
    while (pairs := scoring.next()) is not None:
        scoring.add(pairs, answers[pairs])
    return scoring


def judged(z: np.ndarray, slope: float, rng: np.random.Generator) -> np.ndarray:
    latent = slope * z + rng.normal(size=z.size)
    return np.sign(latent) * (np.abs(latent) > 0.5)


@pytest.mark.parametrize(
    ("looks", "alpha", "pocock"),
    [(2, 0.05, 2.178), (4, 0.05, 2.361), (5, 0.05, 2.413), (4, 0.01, 2.939)],
)
def test_pocock_boundaries_are_those_of_jennison_and_turnbull_table_2_1(looks, alpha, pocock):
    times = tuple(np.arange(1, looks + 1) / looks)
    assert crossed(np.full(looks, pocock), times)[-1] == pytest.approx(alpha, rel=0.003)


@pytest.mark.parametrize(("looks", "constant"), [(2, 1.977), (4, 2.024), (5, 2.040)])
def test_obrien_fleming_boundaries_are_those_of_jennison_and_turnbull_table_2_3(looks, constant):
    times = np.arange(1, looks + 1) / looks
    assert crossed(constant / np.sqrt(times), tuple(times))[-1] == pytest.approx(0.05, rel=0.003)


def test_spending_boundaries_are_those_of_lan_and_demets():
    """Five equal looks; the values that ldbounds and gsDesign give for the two classical spending functions."""
    times = (0.2, 0.4, 0.6, 0.8, 1.0)
    like_pocock = boundaries(times, 0.05, lambda t, a: a * np.log(1 + (np.e - 1) * t))
    assert like_pocock == pytest.approx([2.4380, 2.4268, 2.4101, 2.3966, 2.3859], abs=1e-4)
    like_fleming = boundaries(times, 0.05, lambda t, a: 4 * (1 - float(ndtr(-ndtri(a / 4) / np.sqrt(t)))))
    assert like_fleming == pytest.approx([4.8769, 3.3569, 2.6803, 2.2898, 2.0310], abs=2e-4)


def test_error_is_spent_with_the_square_of_the_pairs_asked():
    assert crossed(boundaries(TIMES, 0.05), TIMES) == pytest.approx([0.05 * t**2 for t in TIMES], rel=1e-6)


def test_one_look_is_the_ordinary_test():
    assert repeated_boundary(0, (1.0,), 0.05) == pytest.approx(1.95996, abs=2e-3)
    assert repeated_p(np.array([2.5758]), (1.0,)) == pytest.approx(0.01, rel=0.01)


def test_the_repeated_p_is_the_level_at_which_the_boundary_is_just_reached():
    at = boundaries(TIMES, 0.003)
    assert repeated_p(np.array([0.0, at[1]]), TIMES) == pytest.approx(0.003, rel=0.01)
    assert repeated_p(np.array([0.0, at[1], 0.0]), TIMES) == pytest.approx(0.003, rel=0.01)
    assert repeated_p(np.array([np.nan]), TIMES) == 1.0


def test_repeated_p_values_of_noise_are_not_too_small():
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(4000, 4)) * np.sqrt(np.diff([0.0, *TIMES]))
    z = np.cumsum(steps, axis=1) / np.sqrt(TIMES)
    p = np.array([repeated_p(row, TIMES) for row in z])
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.012)


def test_the_last_look_has_the_fidelity_of_all_pairs_and_a_wider_interval():
    rng = np.random.default_rng(1)
    z = rng.normal(size=300).astype(np.float32)
    answers = judged(z, 0.5, rng)
    clusters = np.arange(300) // 2
    found = run(Scoring(z, clusters=clusters, width=0.0), answers)
    once = fidelity(z, answers, clusters=clusters)
    assert found.reason == "asked all"
    assert [look.asked for look in found.looks] == list(LOOKS)
    assert found.result.r == pytest.approx(once.r)
    ratio = np.arctanh(found.result.high) - np.arctanh(once.r)
    ratio /= np.arctanh(once.high) - np.arctanh(once.r)
    assert ratio == pytest.approx(boundaries(TIMES, 0.05)[-1] / 1.96, rel=0.01)


def test_a_clear_name_is_kept_early_and_noise_is_let_go_early():
    rng = np.random.default_rng(2)
    z = rng.normal(size=300).astype(np.float32)
    clear = run(Scoring(z, tests=32), np.sign(z))
    assert (clear.reason, clear.result.kept, clear.result.asked) == ("kept", True, 40)
    noise = run(Scoring(z, tests=32), rng.integers(-1, 2, size=300).astype(float))
    assert noise.reason == "not kept"
    assert not noise.result.kept
    assert noise.result.asked <= 160


def test_a_name_of_the_other_end_is_not_kept():
    rng = np.random.default_rng(3)
    z = rng.normal(size=300).astype(np.float32)
    found = run(Scoring(z), -np.sign(z))
    assert found.result.p < 1e-6
    assert not found.result.kept


def test_failures_are_no_ties():
    rng = np.random.default_rng(4)
    z = rng.normal(size=300).astype(np.float32)
    answers = np.sign(z)
    answers[::4] = np.nan
    found = run(Scoring(z), answers)
    assert found.result.n == found.result.asked * 3 // 4
    answered = np.flatnonzero(np.isfinite(answers[: found.result.asked]))
    assert found.result.r == pytest.approx(fidelity(z[answered], np.sign(z[answered])).r)


def test_a_judge_that_always_says_the_same_is_not_asked_on():
    z = np.random.default_rng(5).normal(size=300).astype(np.float32)
    found = run(Scoring(z), np.zeros(300))
    assert (found.reason, found.result.asked, found.result.kept) == ("not kept", 40, False)


def test_few_pairs_are_one_look():
    z = np.random.default_rng(6).normal(size=25).astype(np.float32)
    found = run(Scoring(z), np.sign(z))
    assert [look.asked for look in found.looks] == [25]
    assert found.result.r > 0.7
    assert found.result.p < 1e-3
    assert not found.result.kept  # by so few
    none = Scoring(z[:0])
    assert none.next() is None
    assert none.reason == "no pairs"


def test_a_name_is_kept_by_40_answers_and_not_by_39():
    z = np.random.default_rng(8).normal(size=40).astype(np.float32)
    assert run(Scoring(z), np.sign(z)).result.kept
    answers = np.sign(z)
    answers[3] = np.nan
    found = run(Scoring(z), answers).result
    assert (found.n, found.kept) == (39, False)


def test_a_first_look_with_a_failure_waits_for_the_next():
    z = np.random.default_rng(9).normal(size=300).astype(np.float32)
    answers = np.sign(z)
    answers[3] = np.nan
    found = run(Scoring(z), answers)
    assert [look.kept for look in found.looks] == [False, True]


def test_where_too_few_pairs_are_left_to_be_answered_no_more_are_asked():
    z = np.random.default_rng(10).normal(size=60).astype(np.float32)
    answers = np.sign(z)
    answers[:21] = np.nan
    found = run(Scoring(z), answers)
    assert (found.reason, found.result.asked) == ("not kept", 40)
    answers[0] = 1.0
    assert run(Scoring(z), answers).result.asked == 60


def test_the_bar_is_what_looks_hold_a_name_to():
    assert bar(FEWEST_PAIRS - 1, 1) == np.inf
    assert bar(FEWEST_PAIRS, 1) == pytest.approx(np.tanh(1.95996 / np.sqrt(37)), rel=1e-5)
    assert bar(3000, 32) == 0.2


def test_other_pairs_than_those_asked_for_are_refused():
    scoring = Scoring(np.ones(50, dtype=np.float32))
    with pytest.raises(StudyError, match=r"Scoring\.next"):
        scoring.add(np.arange(3), np.zeros(3))


def test_intervals_hold_the_truth_wherever_it_stopped():
    rng = np.random.default_rng(7)
    many = rng.normal(size=400_000)
    for slope in (0.3, 0.8):
        truth = np.corrcoef(many, judged(many, slope, rng))[0, 1]
        held = []
        for _ in range(200):
            z = rng.normal(size=300).astype(np.float32)
            found = run(Scoring(z, tests=32), judged(z, slope, rng)).result
            held.append(found.low <= truth <= found.high)
        assert np.mean(held) > 0.93


@pytest.mark.parametrize(("pairs", "slope"), [(2_000, 3.0), (5_000, 1.0), (20_000, 1.0)])
def test_a_name_that_fits_well_on_many_pairs_is_kept(pairs, slope):
    """Beyond some 37 standard errors neither a p nor a quantile has a float64 of its own."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=pairs).astype(np.float32)
    found = run(Scoring(z, looks=(pairs,), tests=32), judged(z, slope, rng)).result
    assert found.kept
    assert found.p <= 1e-14
    assert 0.5 < found.low < found.r < found.high


def test_a_perfect_judge_of_codes_of_one_size_is_kept():
    rng = np.random.default_rng(2)
    for pairs in (60, 300, 320, 1_000):
        z = rng.choice(np.float32([-1, 1]), pairs)
        found = run(Scoring(z, looks=(pairs,), tests=32), np.sign(z).astype(float)).result
        assert found.kept, pairs


def test_a_look_beyond_all_bounds_is_the_surest_and_one_without_a_statistic_is_none():
    bounds = repeated_p(np.array([np.inf]), TIMES), repeated_p(np.array([np.nan, 3.0]), TIMES)
    assert bounds[0] == pytest.approx(1e-15, rel=1e-6)
    assert bounds[1] == repeated_p(np.array([0.0, 3.0]), TIMES) < 0.05
