"""Estimates of slices: each is what a study of it alone would say, and shared prompts are not forgotten."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from whimsight.comparisons.estimates import Measured, measure
from whimsight.comparisons.slices import Slice
from whimsight.effects import effects

N, PROMPTS = 1200, 200


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    codes = rng.normal(size=(N, 3)).astype(np.float32)
    codes[:, 1] *= rng.random(N) < 0.3
    prompt = rng.integers(PROMPTS, size=N)
    control = rng.normal(size=(N, 1))
    # People who share a prompt share a taste, and both judges share part of it.
    taste = rng.normal(size=(PROMPTS, 1)) * 0.8
    logit = (0.5 + taste[prompt, 0]) * codes[:, 0] + 0.4 * control[:, 0]
    votes = [(rng.random(N) < 1 / (1 + np.exp(-logit))).astype(float) for _ in range(2)]
    return codes, prompt, control, votes


def _measure(data, slices, **more) -> Measured:
    codes, prompt, control, _ = data
    given = {"clusters": [prompt], "controls": control, "own_control": np.full(3, -1), "weights": np.ones(N)}
    return measure(codes, np.arange(N), slices, **(given | more))


def _halves(data) -> list[Slice]:
    _, prompt, _, votes = data
    parts = [np.flatnonzero(prompt < PROMPTS // 2), np.flatnonzero(prompt >= PROMPTS // 2)]
    return [Slice(f"half {i}", rows, votes[0][rows]) for i, rows in enumerate(parts)]


def _judges(data) -> list[Slice]:
    rows = np.arange(N)
    return [Slice(f"judge {i}", rows, votes) for i, votes in enumerate(data[3])]


def test_a_slice_says_what_a_study_of_its_rows_alone_would_say(data):
    codes, prompt, control, _ = data
    slices = _halves(data)
    found = _measure(data, slices)
    for i, part in enumerate(slices):
        alone = effects(
            codes[part.rows], part.preference, clusters=[prompt[part.rows]], controls=control[part.rows]
        )
        reach = found.delta_win.reach()[i]
        np.testing.assert_allclose(found.delta_win.value[i], alone["delta_win"])
        np.testing.assert_allclose(found.delta_win.value[i] - reach, alone["delta_win_low"])
        np.testing.assert_allclose(found.prevalence.value[i], alone["prevalence"])
        np.testing.assert_allclose(found.prevalence_high[i], alone["prevalence_high"])
        unit = codes[part.rows].std(axis=0, dtype=np.float64)
        np.testing.assert_allclose(found.beta.value[i] / found.scale, alone["beta"] / unit, rtol=1e-6)
        np.testing.assert_allclose(found.beta.p[i], alone["p"], rtol=1e-6)
        np.testing.assert_array_equal(found.n[i], alone["n"])
        decided = (codes[part.rows] != 0) & (part.preference != 0.5)[:, None]
        np.testing.assert_allclose(found.share[i], decided.mean(axis=0))


def test_slices_without_a_common_prompt_are_independent(data):
    found = _measure(data, _halves(data))
    assert not found.linked
    assert (found.delta_win.covariance[:, 0, 1] == 0).all()
    assert (found.prevalence.covariance[:, 1, 0] == 0).all()


def test_two_judges_of_the_same_pairs_covary_as_the_stacked_regression_says(data):
    codes, prompt, control, votes = data
    found = _measure(data, _judges(data))
    assert found.linked
    for j in range(3):
        one = np.column_stack([np.ones(N), codes[:, j] / found.scale[j], control])
        nothing = np.zeros_like(one)
        stacked = np.vstack([np.hstack([one, nothing]), np.hstack([nothing, one])])
        theirs = sm.Logit(np.concatenate(votes), stacked).fit(
            disp=0, cov_type="cluster", cov_kwds={"groups": np.tile(prompt, 2)}
        )
        covariance = theirs.cov_params()
        assert found.beta.value[0, j] == pytest.approx(theirs.params[1], rel=1e-6)
        # CR2 against statsmodels' CR1: near each other with 200 clusters.
        related = covariance[1, 4] / np.sqrt(covariance[1, 1] * covariance[4, 4])
        ours = found.beta.covariance[j]
        assert ours[0, 1] / np.sqrt(ours[0, 0] * ours[1, 1]) == pytest.approx(related, abs=0.02)


def test_what_prompts_share_makes_the_difference_of_two_judges_surer(data):
    found = _measure(data, _judges(data)).delta_win.covariance[0]
    assert found[0, 1] > 0.2 * found[0, 0]


def test_a_slice_and_its_copy_never_differ(data):
    part = _judges(data)[0]
    copy = Slice("copy", part.rows, part.preference)
    found = _measure(data, [part, copy]).delta_win.covariance
    difference = found[:, 0, 0] + found[:, 1, 1] - 2 * found[:, 0, 1]
    np.testing.assert_allclose(difference, 0, atol=1e-12)


def test_people_who_vote_in_several_slices_link_them_too(data):
    codes, prompt, _, _ = data
    rng = np.random.default_rng(5)
    annotator = np.arange(N) % 40
    own = rng.normal(size=40)[annotator] * 2
    votes = (rng.random(N) < 1 / (1 + np.exp(-own * codes[:, 0]))).astype(float)
    halves = [Slice(s.name, s.rows, votes[s.rows]) for s in _halves(data)]
    found = _measure(data, halves, clusters=[prompt, annotator])
    assert found.linked
    related = found.delta_win.covariance[0] / np.outer(*[np.sqrt(np.diag(found.delta_win.covariance[0]))] * 2)
    assert related[0, 1] > 0.5
    assert (np.linalg.eigvalsh(found.delta_win.covariance) >= -1e-12).all()


def test_a_feature_that_a_slice_lacks_has_no_value_there_and_one_elsewhere(data):
    codes = data[0].copy()
    slices = _halves(data)
    codes[slices[0].rows, 2] = 0
    found = _measure((codes, *data[1:]), slices)
    assert np.isnan(found.delta_win.value[0, 2])
    assert np.isfinite(found.delta_win.value[1, 2])
    assert np.isnan(found.delta_win.covariance[2, 0]).all()
    assert found.prevalence.value[0, 2] == 0
    assert found.n[0, 2] == 0


def test_a_slice_whose_votes_all_say_the_same_has_prevalences_and_no_effects(data):
    first, second = _halves(data)
    found = _measure(data, [first, Slice("all for A", second.rows, np.ones(second.rows.size))])
    assert np.isnan(found.delta_win.value[1]).all()
    assert np.isfinite(found.delta_win.value[0]).all()
    assert np.isfinite(found.prevalence.value).all()


def test_the_test_of_a_paired_difference_keeps_its_level(data):
    """Two judges with one taste, 300 times: the difference of their effects is called significant in 5 % of them."""
    rng = np.random.default_rng(8)
    hits = 0
    for _ in range(300):
        codes = rng.normal(size=(300, 1)).astype(np.float32)
        prompt = np.arange(300) // 3
        taste = rng.normal(size=100)[prompt] * 1.5
        logit = (0.3 + taste) * codes[:, 0]
        votes = [(rng.random(300) < 1 / (1 + np.exp(-logit))).astype(float) for _ in range(2)]
        slices = [Slice(str(i), np.arange(300), v) for i, v in enumerate(votes)]
        found = measure(
            codes,
            np.arange(300),
            slices,
            clusters=[prompt],
            controls=np.zeros((300, 0)),
            own_control=np.array([-1]),
            weights=np.ones(300),
        ).delta_win
        c = found.covariance[0]
        t = (found.value[0, 0] - found.value[1, 0]) / np.sqrt(c[0, 0] + c[1, 1] - 2 * c[0, 1])
        hits += abs(t) > 1.98
    assert 0.02 < hits / 300 < 0.085


def test_what_a_handful_of_prompts_show_is_too_few(data):
    codes, prompt, *_ = data
    rare = codes.copy()
    rare[prompt % 100 >= 7, 0] = 0  # seven prompts of each half carry it
    found = _measure((rare, *data[1:]), _halves(data))
    assert found.prompts[:, 0].tolist() == [7, 7]
    assert (found.n[:, 0] >= 10).all()
    assert np.isnan(found.delta_win.value[:, 0]).all()
    assert np.isfinite(found.delta_win.value[:, 1:]).all()
    assert (found.prompts[:, 1] > 70).all()
