"""What is planted is found, and what is not is not: datasets that agree, differ and contradict each other."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.comparisons.planting import directions, plant
from whimsight.comparisons import compare
from whimsight.comparisons.conflicts import conflicts
from whimsight.comparisons.estimates import measure
from whimsight.comparisons.heterogeneity import heterogeneity
from whimsight.comparisons.slices import Slice

EACH = 5_000
CHOICES = {"n_features": 4, "k": 1, "prefixes": (4,), "names": False, "controls": ()}
OPPOSED, AGREED, DIFFERENT, NOTHING = range(4)


def chance(share: float, repeats: int) -> float:
    """The most that a true share shows in so many repeats, but for one time in a thousand."""
    return share + 3.1 * np.sqrt(share * (1 - share) / repeats)


class World:
    """Pairs with eight features that are active in a quarter of them, whose votes can be drawn again and again.

    Parameters
    ----------
    effects : ndarray
        (K, 8): log odds of winning for one unit, in each slice.
    people : float
        Standard deviation of the prompts' own leanings (log odds), which all rows of a prompt share.
    same : bool
        The slices are votes on the same pairs, in place of pairs of their own.
    """

    def __init__(self, effects, *, each=EACH, people=0.0, same=False, seed=0):
        self._rng = np.random.default_rng(seed)
        self._k, self._people = len(effects), people
        pairs = each if same else each * self._k
        codes = self._rng.choice([-1.0, 1.0], (pairs, 8)) * (self._rng.random((pairs, 8)) < 0.25)
        self._codes = codes.astype(np.float32)
        self._rows = [np.arange(each) + (0 if same else each * i) for i in range(self._k)]
        # Prompts of five pairs, of one slice each.
        self._prompt = np.arange(pairs) // 5
        self._logit = [self._codes[r] @ e for r, e in zip(self._rows, np.asarray(effects), strict=True)]

    def draw(self):
        n = len(self._codes)
        leaning = self._rng.normal(0, self._people, (n // 5 + 1, 8))[self._prompt]
        slices = []
        for i, (rows, logit) in enumerate(zip(self._rows, self._logit, strict=True)):
            eta = logit + np.einsum("ij,ij->i", leaning[rows], self._codes[rows])
            vote = (self._rng.random(rows.size) < 1 / (1 + np.exp(-eta))).astype(float)
            slices.append(Slice(str(i), rows, vote))
        return measure(
            self._codes,
            np.arange(n),
            slices,
            clusters=[self._prompt],
            controls=np.zeros((n, 0)),
            own_control=np.full(8, -1),
            weights=np.ones(n),
        )


def planted(k, first_against=1):
    """Effects (k, 8): 0 opposed in one slice, 1 the same in all, 2 in the first only, the rest nothing."""
    effects = np.zeros((k, 8))
    effects[0, OPPOSED], effects[first_against, OPPOSED] = 0.4, -0.4
    effects[:, AGREED] = 0.4
    effects[0, DIFFERENT] = 0.4
    return effects


@pytest.fixture(scope="module")
def three():
    """Three datasets of 5,000 pairs in one feature space, with the features in the order of what was planted."""
    made = {
        name: plant(EACH, name=name, effects={j: b for j, b in enumerate(effects) if b}, seed=seed)
        for seed, (name, effects) in enumerate(zip("abc", planted(3).tolist(), strict=True), start=1)
    }
    found = compare(
        [m[0] for m in made.values()], embeddings={name: m[1] for name, m in made.items()}, **CHOICES
    )
    along = found.study.autoencoder.decoder @ directions(4).T
    features = [str(found.study.found.index[j]) for j in np.abs(along).argmax(axis=0)]
    assert len(set(features)) == 4
    return found, features, np.sign(along[np.abs(along).argmax(axis=0), range(4)])


def test_of_three_datasets_the_two_that_contradict_each_other_are_named(three):
    found, features, sign = three
    table = found.conflicts
    assert table["feature"].tolist() == [features[OPPOSED]]
    sides = ["a", "b"] if sign[OPPOSED] > 0 else ["b", "a"]
    assert table[["for", "against"]].iloc[0].tolist() == sides


def test_what_differs_is_told_from_what_agrees(three):
    found, features, _ = three
    q = found.features.loc[features, "q"].to_numpy()
    assert (q[[OPPOSED, DIFFERENT]] < 0.001).all()
    assert (q[[AGREED, NOTHING]] > 0.05).all()
    i2 = found.features.loc[features, "i2"].to_numpy()
    assert min(i2[[OPPOSED, DIFFERENT]]) > 0.7
    assert found.features.loc[features[AGREED], "tau"] < 0.06


def test_the_planted_effects_lie_in_the_intervals(three):
    found, features, sign = three
    table = found.table
    for name, effects in zip("abc", planted(3), strict=True):
        for j in range(4):
            row = table.loc[(name, features[j])]
            # Half of 0.4 makes sigmoid(0.4) - sigmoid(-0.4) with the code at 1 in place of -1.
            truth = sign[j] * np.tanh(effects[j] / 2)
            reach = (row.delta_win_high - row.delta_win_low) / 2
            assert abs(row.delta_win - truth) < 1.6 * reach


def test_a_mixture_of_what_contradicts_itself_washes_out_and_what_agrees_stays(three):
    found, features, sign = three
    mixed = found.mixture({"a": 1, "b": 1}).loc[features]
    assert mixed["washes_out"].tolist()[OPPOSED] is True
    assert mixed["washes_out"].tolist()[AGREED] is False
    assert sign[AGREED] * mixed["delta_win"].iloc[AGREED] == pytest.approx(np.tanh(0.2), abs=0.06)


@pytest.mark.parametrize(("k", "people"), [(2, 0.0), (5, 0.0), (2, 0.5)])
def test_conflicts_of_effects_of_04_are_found_at_5000_pairs_and_false_ones_are_rare(k, people):
    world = World(planted(k), people=people, seed=k)
    repeats, found, wrong, shares = 100 if k == 2 else 50, 0, 0, []
    for _ in range(repeats):
        table = conflicts(world.draw().delta_win)
        right = ((table["feature"] == OPPOSED) & (table["for"] == 0) & (table["against"] == 1)).to_numpy()
        found += int(right.any())
        wrong += int((~right).any())
        shares.append((~right).mean() if len(table) else 0.0)
    assert found >= 0.95 * repeats
    assert np.mean(shares) <= 0.05
    assert wrong <= chance(0.05, repeats) * repeats


def test_conflicts_between_people_and_a_model_on_the_same_pairs_are_found():
    world = World(planted(2), people=0.5, same=True, seed=3)
    tables = [conflicts(world.draw().delta_win) for _ in range(60)]
    assert world.draw().linked
    assert np.mean([(table["feature"] == OPPOSED).any() for table in tables]) >= 0.95
    assert np.mean([(table["feature"] != OPPOSED).any() for table in tables]) <= chance(0.05, 60)


@pytest.mark.parametrize("same", [False, True])
def test_what_agrees_differs_in_one_vote_of_twenty(same):
    """Prompts lean by themselves, and votes on the same pairs lean with them."""
    effects = np.tile(np.linspace(-0.6, 0.6, 8), (3, 1))
    world = World(effects, each=1_500, people=0.8, same=same, seed=4)
    p = np.concatenate([heterogeneity(world.draw().delta_win)["p"] for _ in range(60)])
    assert 0.02 <= (p <= 0.05).mean() <= 0.09
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.12)


def test_halves_of_one_dataset_do_not_contradict_each_other():
    """Halves of the rows, so that most prompts are in both, with effects from strong to none."""
    rng = np.random.default_rng(5)
    n = 4_000
    codes = (rng.choice([-1.0, 1.0], (n, 8)) * (rng.random((n, 8)) < 0.25)).astype(np.float32)
    prompt = rng.integers(n // 5, size=n)
    lean = rng.normal(0, 0.5, (n // 5, 8))[prompt]
    eta = codes @ np.array([0.6, -0.4, 0.2, 0, 0, 0, 0, 0]) + np.einsum("ij,ij->i", lean, codes)
    repeats, some, differ = 80, 0, 0
    for _ in range(repeats):
        vote = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)
        half = rng.permutation(n) < n // 2
        slices = [Slice(str(i), np.flatnonzero(side), vote[side]) for i, side in enumerate((half, ~half))]
        made = measure(
            codes,
            np.arange(n),
            slices,
            clusters=[prompt],
            controls=np.zeros((n, 0)),
            own_control=np.full(8, -1),
            weights=np.ones(n),
        )
        some += len(conflicts(made.delta_win)) > 0
        differ += int((heterogeneity(made.delta_win)["q"] <= 0.05).any())
    assert some <= chance(0.05, repeats) * repeats
    assert differ <= chance(0.05, repeats) * repeats
