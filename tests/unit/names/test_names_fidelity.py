import numpy as np
import pytest

from whimsight.names import fidelity


def test_fidelity_is_pearsons_r_over_the_active_pairs():
    rng = np.random.default_rng(0)
    code = rng.normal(size=400).astype(np.float32)
    code[:100] = 0
    judged = np.sign(code + rng.normal(size=400)).astype(float)
    found = fidelity(code, judged)
    assert found.n == 300
    assert found.r == pytest.approx(np.corrcoef(code[100:], judged[100:])[0, 1], abs=1e-6)


def test_answers_that_are_missing_are_left_out_and_never_ties():
    code = np.array([1, 2, -1, -2, 3, -3, 1, -1, 2, -2, 4, -4], dtype=np.float32)
    judged = np.sign(code).astype(float)
    with_gaps = judged.copy()
    with_gaps[:2] = np.nan
    assert fidelity(code, with_gaps).n == 10
    assert fidelity(code, with_gaps).r == pytest.approx(np.corrcoef(code[2:], judged[2:])[0, 1], abs=1e-6)


def test_intervals_cover_the_true_correlation_of_ternary_answers():
    rng = np.random.default_rng(1)
    big = rng.standard_t(5, size=2_000_000)
    answers = np.where(rng.random(big.size) < 0.3, 0, np.sign(big + 1.5 * rng.normal(size=big.size)))
    truth = np.corrcoef(big, answers)[0, 1]
    covered = 0
    for k in range(400):
        rows = slice(k * 300, (k + 1) * 300)
        found = fidelity(big[rows].astype(np.float32), answers[rows])
        covered += found.low < truth < found.high
    assert 0.92 <= covered / 400 <= 0.98  # 400 tries: two standard errors are 2.2 points


def test_a_judge_who_always_says_the_same_has_no_fidelity():
    found = fidelity(np.arange(1, 30, dtype=np.float32), np.ones(29))
    assert found.r == 0.0
    assert np.isnan(found.p)


def test_intervals_cover_0_when_a_judge_has_an_answer_for_few_pairs_only():
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(1500):
        answers = np.zeros(120)
        answers[:6] = rng.choice([-1, 1], size=6)
        answers[:2] = [-1, 1]
        found = fidelity(rng.normal(size=120).astype(np.float32), answers)
        covered += found.low < 0 < found.high
    # 90.4 % without the leverages, 93.0 % with them, each of 2,000 tries; six answers are too few for 95 %.
    assert covered / 1500 >= 0.917
