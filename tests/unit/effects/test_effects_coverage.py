"""Intervals of 95 % hold the truth 95 % of the time: a small simulation; the benchmark runs a large one."""

from __future__ import annotations

import numpy as np

from whimsight.effects import effects, joint_effects
from whimsight.effects.logit import fit_logit

N_PROMPTS, PER_PROMPT, TIMES = 60, 6, 120
WEIGHTS = np.array([0.5, -0.4, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0])


def draw(rng, n_prompts=N_PROMPTS):
    """Sparse, skewed codes that prompts share in part; prompts differ in how votes fall."""
    n = n_prompts * PER_PROMPT
    prompt = np.repeat(np.arange(n_prompts), PER_PROMPT)
    topic = rng.random((n_prompts, 8)) < 0.5
    codes = (rng.exponential(size=(n, 8)) * rng.choice([-1, 1], (n, 8))) * (
        topic[prompt] & (rng.random((n, 8)) < 0.6)
    )
    eta = 0.1 + codes @ WEIGHTS + 0.5 * rng.standard_normal(n_prompts)[prompt]
    y = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)
    return codes.astype(np.float32), y, prompt


def truths():
    """One-at-a-time, joint and delta-win effects in a sample large enough to be the population."""
    codes, y, _ = draw(np.random.default_rng(99), 50_000)
    z = codes.astype(float) / codes.std(axis=0)
    ones = np.ones(y.size)
    single = [fit_logit(np.column_stack([ones, z[:, j]]), y, ones).theta[1] for j in range(8)]
    joint = fit_logit(np.column_stack([ones, z]), y, ones).theta[1:]
    wins = []
    for j in range(8):
        on = codes[:, j] != 0
        a, b = fit_logit(np.column_stack([ones[on], codes[on, j] > 0]), y[on], ones[on]).theta
        wins.append(1 / (1 + np.exp(-a - b)) - 1 / (1 + np.exp(-a)))
    return np.array(single), joint, np.array(wins), codes.std(axis=0)


def test_intervals_cover_the_truth_and_nothing_is_found_where_nothing_is():
    single, joint, wins, scale = truths()
    held = {"beta": [], "delta_win": [], "joint": []}
    false_alarms = 0
    for seed in range(TIMES):
        codes, y, prompt = draw(np.random.default_rng(seed))
        unit = scale / codes.std(axis=0)  # a beta is per standard deviation of its own sample
        one = effects(codes, y, clusters=[prompt])
        all_ = joint_effects(codes, y, clusters=[prompt])
        held["beta"].append((one.beta_low * unit <= single) & (single <= one.beta_high * unit))
        held["delta_win"].append((one.delta_win_low <= wins) & (wins <= one.delta_win_high))
        held["joint"].append((all_.beta_low * unit <= joint) & (joint <= all_.beta_high * unit))
        false_alarms += int(one.significant[3:].any())
    for name, cases in held.items():
        assert 0.93 <= np.mean(cases) <= 0.97, (name, np.mean(cases))
    assert false_alarms <= 0.05 * TIMES + 2 * np.sqrt(0.05 * 0.95 * TIMES)
