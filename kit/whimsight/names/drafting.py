"""Drafts: names without a language model, measured on pairs that did not choose them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.names.fidelity import Fidelity, fidelity
from whimsight.names.formula import AttributeDescriber, FormulaJudge
from whimsight.names.phrases import PhraseDescriber
from whimsight.names.protocols import Candidate, Evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.pairs import Texts

__all__ = ["UNNAMED", "draft"]

UNNAMED = "unnamed"
"""Stands where no attribute and no phrase describes a feature."""

_SHARES = (0.4, 0.25, 0.35)  # prompts that suggest, choose, score
_TOP_SHARE = 0.05
_MOST_SUGGEST = 150
_MOST_JUDGED = 300
_FEWEST_TOP = 30


def draft(
    codes: NDArray[np.float32],
    texts: Texts,
    prompt: NDArray[np.int64],
    values: NDArray[np.float32],
    *,
    decoder: NDArray[np.float32] | None = None,
    embedder: Embedder | None = None,
    alpha: float = 0.05,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> pd.DataFrame:
    """Draft a name for every feature and measure how well it fits.

    Prompts are dealt into three parts. In the first, the pairs with the largest ``|code|`` suggest names:
    attributes in which the sides differ, phrases that one side says more (`log_odds`), phrases whose
    embedding lies along the decoder row. In the second, the candidate with the highest fidelity is chosen.
    In the third, its fidelity is measured. A name is kept when that is above 0 with p < ``alpha`` over the
    number of features; otherwise the feature is ``unnamed`` and its fidelity that of the best candidate.

    Parameters
    ----------
    codes : ndarray
        float32 (n_pairs, M), signed.
    texts : Texts
        With ``a`` and ``b`` for these pairs.
    prompt : ndarray
        int64 (n_pairs,).
    values : ndarray
        float32 (n_texts, p): the measured attributes of ``texts.unique``.
    decoder, embedder : optional
        See `PhraseDescriber`.

    Returns
    -------
    DataFrame
        M rows: ``name``, ``note``, ``judge``, ``fidelity``, ``fidelity_low``, ``fidelity_high``, ``p``,
        ``n``, ``sign`` (-1: the name fits the other end, so turn the feature round; fidelity is already
        that of the turned feature), ``candidates`` (list of (name, fidelity where it was chosen), best
        first).
    """
    part = _deal(prompt, seed)
    rng = np.random.default_rng(seed)
    suggest, choose, score = (np.flatnonzero(part == k) for k in range(3))
    evidence = [_evidence(codes[:, j], texts, prompt, suggest) for j in range(codes.shape[1])]
    attributes = AttributeDescriber(values).describe(evidence)
    phrases = PhraseDescriber(texts.unique, embedder, decoder).describe(evidence)
    judge = FormulaJudge(texts.unique, values)
    rows = []
    for j in range(codes.shape[1]):
        candidates = attributes[j] + phrases[j]
        here = _active(codes[:, j], choose, rng)
        there = _active(codes[:, j], score, rng)
        rows.append(
            _choose(codes[:, j], candidates, judge, texts, prompt, here, there, alpha / codes.shape[1])
        )
        if progress is not None:
            progress("draft names", j + 1, codes.shape[1])
    return pd.DataFrame(rows)


def _deal(prompt: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Deal whole prompts into three parts."""
    names, inverse = np.unique(prompt, return_inverse=True)
    order = np.random.default_rng(seed).permutation(names.size)
    borders = np.round(np.cumsum(_SHARES)[:2] * names.size).astype(int)
    part = np.empty(names.size, dtype=np.int64)
    part[order] = np.searchsorted(borders, np.arange(names.size), side="right")
    return part[inverse]


def _evidence(
    code: NDArray[np.float32], texts: Texts, prompt: NDArray[np.int64], rows: NDArray[np.int64]
) -> Evidence:
    size = np.abs(code[rows])
    active = rows[size > 0]
    keep = int(np.clip(np.ceil(_TOP_SHARE * rows.size), _FEWEST_TOP, _MOST_SUGGEST))
    top = active[np.argsort(-np.abs(code[active]), kind="stable")[:keep]]
    up = code[top] > 0
    a, b = texts.a[top], texts.b[top]
    return Evidence(np.where(up, a, b), np.where(up, b, a), np.abs(code[top]), prompt[top])


def _active(
    code: NDArray[np.float32], rows: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    active = rows[code[rows] != 0]
    return active if active.size <= _MOST_JUDGED else np.sort(rng.choice(active, _MOST_JUDGED, replace=False))


def _choose(
    code: NDArray[np.float32],
    candidates: list[Candidate],
    judge: FormulaJudge,
    texts: Texts,
    prompt: NDArray[np.int64],
    here: NDArray[np.int64],
    there: NDArray[np.int64],
    alpha: float,
) -> dict[str, object]:
    def measured(candidate: Candidate, rows: NDArray[np.int64]) -> Fidelity:
        answers = judge.judge(candidate, texts.a[rows], texts.b[rows])
        return fidelity(candidate.sign * code[rows], answers, clusters=prompt[rows])

    ranked = sorted(
        ((measured(c, here).r, -i, c) for i, c in enumerate(candidates)),
        key=lambda t: (_low(t[0]), t[1]),
        reverse=True,
    )
    tried = [(c.name, round(float(r), 3), c.sign) for r, _, c in ranked if r == r]
    if not tried:
        return {
            "name": UNNAMED, "note": "no attribute and no phrase separates the two sides", "judge": judge.name,
            "fidelity": np.nan, "fidelity_low": np.nan, "fidelity_high": np.nan, "p": np.nan, "n": int(there.size),
            "sign": 1, "candidates": [],
        }  # fmt: skip
    best = ranked[0][2]
    found = measured(best, there)
    kept = found.r > 0 and found.p < alpha
    return {
        "name": best.name if kept else UNNAMED,
        "note": best.note if kept else f"nothing fits well; closest: {best.name} ({best.note})",
        "judge": judge.name,
        "fidelity": found.r,
        "fidelity_low": found.low,
        "fidelity_high": found.high,
        "p": found.p,
        "n": found.n,
        "sign": best.sign if kept else 1,
        "candidates": tried[:5],
    }


def _low(r: float) -> float:
    return r if r == r else -2.0
