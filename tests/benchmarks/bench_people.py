"""Whether people's weights, spreads and intervals hold what they promise, on simulated people; and what they cost.

200 people with 5 to 200 votes each (log-uniform), 32 features, tau from 0 to .6: a quarter of the features with no
spread, the others evenly from .05. Codes are independent normal ones, or those of rows of the shipped MT-Bench sample
(correlated, sparse, with long tails).
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import whimsight as ws
from whimsight.effects.logit import sigmoid
from whimsight.personalization.hierarchy import fit_hierarchy
from whimsight.personalization.posterior import Gaussian, update

PEOPLE = 200
FEATURES = 32
VOTES = (5, 200)
TAU = np.concatenate([np.zeros(8), np.linspace(0.05, 0.6, 24)])
COST = (65_000, 3_800, 40)
TARGETS = (30.0, 2048.0, 10.0)  # seconds, MB, ms


def simulate(seed: int, pool: NDArray[np.float64] | None) -> dict[str, NDArray]:
    rng = np.random.default_rng(seed)
    counts = np.exp(rng.uniform(*np.log(VOTES), PEOPLE)).astype(int)
    annotator = np.repeat(np.arange(PEOPLE), counts)
    n = annotator.size
    X = rng.standard_normal((n, FEATURES)) if pool is None else pool[rng.integers(0, len(pool), n)]
    X = X / X.std(axis=0)
    tau = rng.permutation(TAU)
    mean = rng.normal(0, 0.3, FEATURES)
    weights = mean + tau * rng.standard_normal((PEOPLE, FEATURES))
    odds = 0.1 + rng.normal(0, 0.2, PEOPLE)[annotator] + (X * weights[annotator]).sum(axis=1)
    y = (rng.random(n) < sigmoid(odds)).astype(np.float64)
    return {"X": X, "y": y, "annotator": annotator, "tau": tau, "mean": mean, "weights": weights}


def once(seed: int, pool: NDArray[np.float64] | None) -> dict[str, float]:
    from whimsight._threads import one_thread

    with one_thread():
        world = simulate(seed, pool)
        start = time.process_time()
        fit = fit_hierarchy(world["X"], world["y"], world["annotator"])
        seconds = time.process_time() - start
        pooled = ridge(world["X"], world["y"], 1e-3)
        alone, shrunk = np.empty((2, *world["weights"].shape))
        for a in range(PEOPLE):
            own = world["annotator"] == a
            alone[a] = ridge(world["X"][own], world["y"][own], 1.0)
            # one spread for all features, the best single one
            shrunk[a] = pooled + ridge(
                world["X"][own], world["y"][own], 1 / np.square(TAU).mean(), world["X"][own] @ pooled
            )
    truth, tau = world["weights"], world["tau"]
    held = np.abs(fit.weights - truth) < 1.96 * fit.sd
    inside = (fit.tau_low <= tau) & (tau <= fit.tau_high)
    sd = np.sqrt(np.diag(fit.mean_covariance))
    none = tau == 0
    return {
        "weights covered": float(held.mean()),
        "where tau > 0": float(held[:, ~none].mean()),
        "mean covered": float((np.abs(fit.mean - world["mean"]) < 1.96 * sd).mean()),
        "tau covered": float(inside.mean()),
        "tau > 0 covered": float(inside[~none].mean()),
        "p < .05 at tau = 0": float((fit.p[none] < 0.05).mean()),
        "p < .01 at tau = 0": float((fit.p[none] < 0.01).mean()),
        "error": error(fit.weights, truth),
        "one spread": error(shrunk, truth),
        "complete pooling": error(pooled[None], truth),
        "no pooling": error(alone, truth),
        "seconds": seconds,
    }


def error(found: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    return float(np.square(found - truth).mean())


def ridge(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    penalty: float,
    offset: NDArray[np.float64] | float = 0.0,
) -> NDArray[np.float64]:
    """Penalised logistic regression with an intercept; the weights."""
    design = np.column_stack([np.ones(len(X)), X])
    bar = np.full(design.shape[1], penalty)
    theta = np.zeros(design.shape[1])
    for _ in range(25):
        p = sigmoid(design @ theta + offset)
        step = np.linalg.solve(
            design.T @ ((p * (1 - p))[:, None] * design) + np.diag(bar), design.T @ (y - p) - bar * theta
        )
        theta += step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-9))
    return np.asarray(theta[1:])


def real_codes() -> NDArray[np.float64]:
    """Codes of a shipped sample: every second of its 64 most frequent features."""
    study = ws.study(ws.load("mt-bench"), names=False)
    codes = study.codes.astype(np.float64)
    often = np.argsort(-(codes != 0).mean(axis=0))
    return np.asarray(codes[:, often[: 2 * FEATURES : 2]])


def real_votes(data: Path | None) -> NDArray[np.int64]:
    """Who cast each vote: the convincing arguments, all of them where they are, else the shipped sample."""
    path = None if data is None else data / "ukp_convincing_args" / "pairs.jsonl.gz"
    if path is not None and path.exists():
        frame = pd.read_json(path, lines=True)
        return np.asarray(pd.factorize(frame.loc[frame["label"].notna(), "annotator_id"])[0])
    frame = ws.load("convincing-arguments").frame
    return np.asarray(pd.factorize(frame["annotator"])[0])


def cost(data: Path | None, quick: bool) -> None:
    """In a process of its own, so that its peak of memory is the fit's."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    annotator = real_votes(data)
    if quick:
        annotator = annotator[:5_000]
    annotator = np.unique(annotator, return_inverse=True)[1]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        seconds, wall, before, peak = pool.submit(_fit, annotator).result()
    print(
        f"{annotator.size:,} votes x {annotator.max() + 1:,} people x {COST[2]} features: {seconds:.1f} s of processor "
        f"time, {wall:.1f} s; target {TARGETS[0]:.0f} s. Memory peak {peak:.0f} MB, {before:.0f} MB before the fit; "
        f"target {TARGETS[1]:.0f} MB"
    )
    rng = np.random.default_rng(0)
    for k, features in ((16, 40), (100, 80)):
        X = rng.standard_normal((k, features))
        y = rng.random(k) < sigmoid(0.3 * X[:, 0])
        prior = Gaussian(np.zeros(features), 0.09 * np.eye(features))
        times = []
        for _ in range(20):
            start = time.process_time()
            update(prior, X, y)
            times.append(time.process_time() - start)
        print(
            f"somebody new, {k} votes x {features} features: {1000 * np.median(times):.1f} ms; "
            f"target {TARGETS[2]:.0f} ms"
        )


def _fit(annotator: NDArray[np.int64]) -> tuple[float, float, float, float]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((annotator.size, COST[2]))
    X *= np.abs(X) > 1.0
    tau = np.where(np.arange(COST[2]) % 4 == 0, 0.3, 0.0)
    weights = 0.2 * rng.standard_normal(COST[2]) + tau * rng.standard_normal((annotator.max() + 1, COST[2]))
    y = rng.random(annotator.size) < sigmoid((X * weights[annotator]).sum(axis=1))
    before, start, wall = _peak(), time.process_time(), time.perf_counter()
    fit_hierarchy(X, y, annotator)
    return time.process_time() - start, time.perf_counter() - wall, before, _peak()


def _peak() -> float:
    """Peak of this process alone; what getrusage tells starts with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        found = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        if found:
            return int(found[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    from joblib import Parallel, delayed

    times = 4 if quick else 40
    rows = []
    for name, pool in (("independent normal", None), ("MT-Bench's codes", real_codes())):
        runs = Parallel(n_jobs=-1)(delayed(once)(seed, pool) for seed in range(times))
        rows.append({"codes": name, **pd.DataFrame(runs).mean().to_dict()})
    table = pd.DataFrame(rows).set_index("codes").T
    print(f"Shares and mean squared errors of people's weights, {times} draws of {PEOPLE} people each\n")
    print(table.round(4).to_string(), "\n")
    cost(data, quick)
