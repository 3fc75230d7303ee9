"""Whether intervals hold what they promise, on a study's own codes with votes simulated from known weights.

Twelve features get weights of .15 to .5 log odds a standard deviation, the others none. Two questions:

- ``codes as they are``: only votes are simulated anew. The joint model is then the true one.
- ``prompts drawn anew``: prompts (with their pairs) are drawn with replacement first, so that the truth is
  that of the population of prompts. One-at-a-time effects and delta-win leave features out, and their
  clustered intervals are about that population: on fixed codes they are wider than needed.

With ``spread`` above 0, prompts and annotators differ in their intercept and in the weights of three features
by that standard deviation; the truth is then the population's average, by Gauss-Hermite quadrature.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import whimsight as ws
from whimsight.effects import effects, joint_effects
from whimsight.effects.logit import fit_logit, sigmoid
from whimsight.effects.rows import FEWEST, independent

SETTINGS = (
    ("codes as they are", 0.0),
    ("prompts drawn anew", 0.0),
    ("prompts drawn anew", 0.4),
)


@dataclass(frozen=True)
class World:
    """Codes of real pairs, and how votes on them come about."""

    codes: NDArray[np.float64]  # (n, F), in units of their standard deviation
    length: NDArray[np.float64]  # (n, 1)
    own: NDArray[np.int64]
    clusters: list[NDArray[np.int64]]
    weights: NDArray[np.float64]
    slopes: NDArray[np.float64]  # (n, 4): columns whose weights differ between prompts and annotators

    def odds(self) -> NDArray[np.float64]:
        return 0.1 + self.codes @ self.weights


def world(name: str, seed: int = 0) -> World:
    study = ws.study(ws.load(name), names=False)
    pairs = study.pairs
    rows = np.flatnonzero(np.isin(pairs.preference, (0.0, 1.0)))
    codes = study.pair_codes[study.pair_of_row][rows].astype(np.float64)
    codes = codes[:, (codes != 0).sum(axis=0) >= 3 * FEWEST]
    scale = codes.std(axis=0)
    kept = np.flatnonzero((study.pair_codes[study.pair_of_row][rows] != 0).sum(axis=0) >= 3 * FEWEST)
    column = int(np.flatnonzero(study.features.index[kept] == "m_words")[0])
    ways = [pairs.components()[rows]]
    if "annotator" in pairs.frame and len(pairs.frame["annotator"].unique()) > 1:
        ways.append(pairs.codes("annotator")[rows])
    rng = np.random.default_rng(seed)
    weights = np.zeros(scale.size)
    often = np.flatnonzero((codes != 0).sum(axis=0) > 0.03 * rows.size)
    moved = rng.choice(independent(codes[:, often], scale[often] > 0), 12, replace=False)
    moved = often[moved]
    weights[moved] = rng.choice([-1, 1], 12) * rng.uniform(0.15, 0.5, 12)
    codes /= scale
    return World(
        codes,
        codes[:, [column]],
        np.where(np.arange(scale.size) == column, 0, -1),
        [np.unique(way, return_inverse=True)[1].astype(np.int64) for way in ways],
        weights,
        np.column_stack([np.ones(rows.size), codes[:, moved[:3]]]),
    )


def truth(world: World, spread: float) -> pd.DataFrame:
    """What an endless sample would give: fits to the probability of each vote in place of the vote."""
    nodes, mass = np.polynomial.hermite_e.hermegauss(15)
    wide = spread * np.sqrt(len(world.clusters) * np.square(world.slopes).sum(axis=1))
    share = sigmoid(world.odds()[:, None] + wide[:, None] * nodes) @ (mass / mass.sum())
    out = pd.DataFrame(np.nan, index=range(world.weights.size), columns=["beta", "delta_win", "joint"])
    for j in out.index:
        x = world.length if world.own[j] < 0 else world.length[:, :0]
        out.loc[j, "beta"] = _limit(np.column_stack([world.codes[:, j], x]), share)[1]
        on = world.codes[:, j] != 0
        theta = _limit(np.column_stack([world.codes[on, j] > 0, x[on]]), share[on])
        rest = theta[0] + x[on] @ theta[2:]
        out.loc[j, "delta_win"] = float((sigmoid(rest + theta[1]) - sigmoid(rest)).mean())
    keep = independent(world.codes, np.ones(world.weights.size, dtype=bool))
    out.loc[keep, "joint"] = _limit(world.codes[:, keep], share)[1:]
    out["prevalence"] = (world.codes != 0).mean(axis=0)
    return out


def _limit(X: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    fit = fit_logit(np.column_stack([np.ones(len(X)), X]), share, np.ones(len(X)))
    return np.full(X.shape[1] + 1, np.nan) if fit is None else fit.theta


def simulate(
    world: World, anew: bool, spread: float, rng: np.random.Generator, *, nothing: bool = False
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]], NDArray[np.float64]]:
    """Rows, their clusters and their votes."""
    ways = world.clusters
    rows = np.arange(world.codes.shape[0])
    if anew:
        n_prompts = int(ways[0].max()) + 1
        order = np.argsort(ways[0], kind="stable")
        parts = np.split(order, np.cumsum(np.bincount(ways[0]))[:-1])
        drawn = [parts[g] for g in rng.integers(0, n_prompts, n_prompts)]
        rows = np.concatenate(drawn)
        ways = [np.repeat(np.arange(n_prompts), [part.size for part in drawn]), *(w[rows] for w in ways[1:])]
    odds = np.full(rows.size, 0.1) if nothing else world.odds()[rows]
    for way in ways:
        own = spread * rng.standard_normal((int(way.max()) + 1, world.slopes.shape[1]))
        columns = world.slopes[rows] * ([1, 0, 0, 0] if nothing else [1, 1, 1, 1])
        odds = odds + (own[way] * columns).sum(axis=1)
    return rows, ways, (rng.random(rows.size) < sigmoid(odds)).astype(np.float64)


def coverage(world: World, anew: bool, spread: float, times: int) -> dict[str, float]:
    """Share of intervals that hold the truth, over simulations run a process each."""
    from joblib import Parallel, delayed

    known = truth(world, spread)
    runs = Parallel(n_jobs=-1)(delayed(_once)(world, known, anew, spread, seed) for seed in range(times))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column of NaN where nothing is promised
        return {name: float(np.nanmean([run[name] for run in runs])) for name in runs[0]}


def _once(world: World, known: pd.DataFrame, anew: bool, spread: float, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    rows, ways, y = simulate(world, anew, spread, rng)
    codes = world.codes[rows].astype(np.float32)
    unit = 1 / np.maximum(codes.std(axis=0), 1e-9)
    single = effects(codes, y, clusters=ways, controls=world.length[rows], own_control=world.own)
    joint = joint_effects(codes, y, clusters=ways)
    held = {}
    for name, table, column, by in (
        ("beta", single, "beta", unit),
        ("delta_win", single, "delta_win", 1.0),
        ("prevalence", single, "prevalence", 1.0),
        ("joint", joint, "beta", unit),
    ):
        low, high = table[f"{column}_low"] * by, table[f"{column}_high"] * by
        told = np.isfinite(low) & known[name].notna() & (anew or name != "prevalence")
        inside = (low <= known[name]) & (known[name] <= high)
        held[name] = float(inside[told].mean()) if told.any() else np.nan
    null = world.weights == 0
    called = joint["q"] < 0.05
    plain = spread == 0  # what differs between prompts moves the other weights' averages as well
    held["joint false alarm"] = float(joint["significant"][null].any()) if plain else np.nan
    held["joint FDR"] = float((called & null).sum() / max(1, called.sum())) if plain else np.nan
    rows, ways, y = simulate(world, anew, spread, rng, nothing=True)
    nothing = effects(
        world.codes[rows].astype(np.float32), y, clusters=ways, controls=world.length[rows],
        own_control=world.own,
    )  # fmt: skip
    held["single false alarm"] = float(nothing["significant"].any())
    return held


def speed(n: int) -> None:
    rng = np.random.default_rng(0)
    codes = rng.standard_normal((n, 64)).astype(np.float32)
    codes[:, :32] *= np.abs(codes[:, :32]) > 1.5
    y = (rng.random(n) < sigmoid(0.3 * codes[:, 0])).astype(float)
    ways = [np.arange(n) // 5, rng.integers(0, max(2, n // 60), n)]
    for label, clusters in (("prompt", ways[:1]), ("prompt and annotator", ways)):
        for function in (effects, joint_effects):
            start = time.process_time()
            function(codes, y, clusters=clusters, controls=rng.standard_normal((n, 1)))
            seconds = time.process_time() - start
            print(f"{function.__name__}, {n:,} x 64, by {label}: {seconds:.2f} s of processor time")


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    times = 8 if quick else 60
    rows = []
    for name in ("mt-bench", "creative-writing"):
        here = world(name)
        print(
            f"{name}: {here.codes.shape[0]:,} votes, {here.weights.size} features, "
            f"clusters {[int(way.max()) + 1 for way in here.clusters]}"
        )
        for label, spread in SETTINGS:
            found = coverage(here, label != SETTINGS[0][0], spread, times)
            rows.append({"pairs": name, "drawn": label, "spread": spread, **found})
            print(f"  {label}, spread {spread:g}: done", flush=True)
    print(
        f"\nShare of 95 % intervals that hold the truth, and false alarms at 5 % ({times} simulations each)\n"
    )
    print(pd.DataFrame(rows).round(3).to_string(index=False), "\n")
    speed(5_000 if quick else 50_000)
