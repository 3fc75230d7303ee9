"""Agreement of judges beyond chance, checked against statsmodels, and the pull of a position."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from whimsight.naming.kappa import kappa, pairwise, position


def two(n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    one = rng.choice([-1.0, 0.0, 1.0], n, p=[0.4, 0.15, 0.45])
    return one, np.where(rng.random(n) < noise, rng.integers(-1, 2, n).astype(float), one)


def table(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    out = np.zeros((3, 3))
    np.add.at(out, (one.astype(int) + 1, other.astype(int) + 1), 1)
    return out


@pytest.mark.parametrize(("weights", "theirs"), [("nominal", None), ("linear", "linear")])
def test_kappa_and_its_spread_are_those_of_statsmodels(weights, theirs):
    one, other = two(250, 0.4, 0)
    found = kappa(one, other, weights=weights)
    said = cohens_kappa(table(one, other), wt=theirs)
    assert found.kappa == pytest.approx(said.kappa)
    from scipy.special import stdtrit

    reach = (
        np.log(1 - found.low) - np.log(1 - found.high)
    ) / 2  # the interval is symmetric for log(1 - kappa)
    std = reach / stdtrit(249, 0.975) * (1 - found.kappa)
    assert std == pytest.approx(said.std_kappa * np.sqrt(250 / 249))


def test_a_small_table_by_hand():
    """Agreement 3/4, chance .5 * .25 + .25 * .5 + .25 * .25 = .3125: kappa = .4375 / .6875."""
    one, other = np.repeat([1.0, 1.0, 0.0, -1.0], 10), np.repeat([1.0, 0.0, 0.0, -1.0], 10)
    found = kappa(one, other, weights="nominal")
    assert found.kappa == pytest.approx(0.4375 / 0.6875)
    assert (found.agreement, found.n) == (0.75, 40)


def test_a_tie_against_a_side_is_half_a_disagreement():
    one = np.array([1.0, -1.0] * 20)
    ties, sides = one.copy(), one.copy()
    ties[:10], sides[:10] = 0.0, -one[:10]
    assert kappa(one, ties).kappa > kappa(one, sides).kappa
    nominal = [kappa(one, x, weights="nominal").agreement for x in (ties, sides)]
    assert nominal[0] == nominal[1] == 0.75


def test_missing_answers_are_left_out():
    one, other = two(100, 0.3, 1)
    holes = one.copy()
    holes[::5] = np.nan
    part = np.arange(100) % 5 > 0
    assert kappa(holes, other)[:5] == pytest.approx(kappa(one[part], other[part])[:5])


def test_pairs_of_one_prompt_are_not_counted_as_many():
    one, other = two(60, 0.4, 2)
    thrice = kappa(np.repeat(one, 3), np.repeat(other, 3), clusters=np.repeat(np.arange(60), 3))
    assert thrice[:4] == pytest.approx(kappa(one, other)[:4])
    assert thrice.n == 180


def test_judges_that_never_differ_are_not_taken_for_surely_the_same():
    one = np.array([1.0, -1.0, 0.0] * 10)
    found = kappa(one, one)
    assert (found.kappa, found.high) == (1.0, 1.0)
    expected = 4 / 9  # of linear disagreement with three equal shares
    assert found.low == pytest.approx(1 - (1 - 0.05 ** (1 / 30)) / expected)


def test_nothing_to_disagree_about_has_no_kappa():
    same = np.ones(20)
    found = kappa(same, same)
    assert np.isnan(found.kappa)
    assert found.agreement == 1.0
    assert kappa(same, np.full(20, np.nan)).n == 0


def test_a_judge_who_says_one_thing_only_has_no_interval():
    """What it says tells nothing of how far kappa varies, least of all that it is surely 0."""
    other, _ = two(60, 0.0, 8)
    for said in (np.ones(60), np.zeros(60)):
        for found in (kappa(said, other), kappa(other, said), kappa(said, -1 + 0 * said)):
            assert found.kappa == 0
            assert np.isnan([found.low, found.high]).all()
            assert found.n == 60
    assert kappa(np.ones(60), other).agreement == np.mean(other == 1)


def test_pairs_that_all_say_the_same_of_kappa_do_not_make_it_sure():
    one = np.array([1.0, -1.0] * 20)
    found = kappa(one, -one)
    assert found.kappa == -1
    assert np.isnan([found.low, found.high]).all()


def test_intervals_hold_the_truth_with_clusters():
    rng = np.random.default_rng(3)
    many = two(400_000, 0.35, 4)
    truth = kappa(*many).kappa
    held = []
    for _ in range(300):
        one, other = two(60, 0.35, int(rng.integers(1 << 31)))
        found = kappa(one, other)
        held.append(found.low <= truth <= found.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)


def test_every_two_judges_have_a_row():
    one, other = two(50, 0.3, 5)
    said = np.stack([one, other, np.where(np.arange(50) < 20, one, np.nan)])
    found = pairwise(said, np.arange(50), judges=["model", "Ann", "formula"])
    assert found.columns.tolist() == ["judge", "other", "kappa", "low", "high", "agreement", "n"]
    assert found[["judge", "other", "n"]].to_numpy().tolist() == [
        ["model", "Ann", 50],
        ["model", "formula", 20],
        ["Ann", "formula", 20],
    ]
    assert found.kappa[0] == pytest.approx(kappa(one, other).kappa)
    assert found.kappa[1] == 1.0
    assert pairwise(said[:1]).columns.tolist() == found.columns.tolist()


def test_a_planted_pull_of_the_first_place_is_found():
    rng = np.random.default_rng(6)
    m = 4000
    a_first, worth = rng.random(m) < 0.5, rng.normal(size=m)

    def ask(first_is_a: np.ndarray) -> np.ndarray:
        heard = worth + 0.5 * np.where(first_is_a, 1, -1)
        return np.sign(heard) * (np.abs(heard) > 0.3)

    found = position(ask(a_first), ask(~a_first), a_first)
    shares = [
        np.mean(np.abs(worth) < 0.2),
        np.mean(np.abs(worth) > 0.8),
    ]  # turned round by the pull; beyond it
    assert (found.follows, found.consistent) == pytest.approx(shares)
    assert found.first == found.follows
    assert found.second == 0
    assert found.leaning_low > 0.2
    assert found.follows_low < found.follows < found.follows_high


def test_a_judge_without_pull_is_consistent_and_leans_to_no_side():
    one, _ = two(300, 0.0, 7)
    found = position(one, one, np.arange(300) % 3 == 0)
    assert (found.consistent, found.follows, found.leaning) == (1.0, 0.0, 0.0)
    assert found.follows_high == pytest.approx(
        3.8415 / 300 / (1 + 3.8415 / 300), rel=1e-3
    )  # Wilson at 0 of 300
    assert found.consistent_low < 1
    assert (found.leaning_low, found.leaning_high) == pytest.approx((-found.follows_high, found.follows_high))


def test_a_judge_that_always_takes_one_place_is_not_taken_to_do_so_surely():
    a_first = np.arange(40) % 2 == 0
    said = np.where(a_first, 1.0, -1.0)
    wilson = 3.8415 / (40 + 3.8415)  # at 0 of 40
    first, second = position(said, -said, a_first), position(said, -said, ~a_first)
    assert (first.leaning_low, first.leaning_high) == pytest.approx((1 - 2 * wilson, 1.0), abs=1e-4)
    assert (second.leaning_low, second.leaning_high) == pytest.approx((-1.0, 2 * wilson - 1), abs=1e-4)
    half = np.where(a_first, 1.0, 0.0)  # the place that came first, or a tie
    mild = position(half, half - np.where(a_first, 1.0, -1.0), a_first)
    assert mild.leaning == 0.5
    assert (mild.leaning_low, mild.leaning_high) == pytest.approx(
        (0.5 - 1.5 * wilson, 0.5 + 0.5 * wilson), abs=1e-4
    )
    by_prompt = position(said, -said, a_first, clusters=np.arange(40) // 4)
    assert by_prompt.leaning_low < first.leaning_low
    assert np.isnan(position(said, -said, a_first, clusters=np.zeros(40, dtype=np.int64)).leaning_low)


def test_only_pairs_asked_twice_count_and_none_is_no_number():
    said = np.array([1.0, -1.0, 0.0, np.nan])
    again = np.array([1.0, np.nan, np.nan, 1.0])
    assert position(said, again).n == 1
    assert np.isnan(position(said, again).leaning)
    assert position(said, np.full(4, np.nan)).n == 0
