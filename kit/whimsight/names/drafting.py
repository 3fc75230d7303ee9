"""Drafts: names without a language model, measured on pairs that did not choose them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.names.fidelity import fidelity
from whimsight.names.formula import AttributeDescriber, FormulaJudge, combined, other_end
from whimsight.names.phrases import PhraseDescriber
from whimsight.names.protocols import Candidate, Evidence
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.pairs import Texts
    from whimsight.progress import Progress

__all__ = ["UNNAMED", "draft"]

UNNAMED = "unnamed"
"""Stands where no attribute and no phrase describes a feature."""

_SHARES = (0.35, 0.25, 0.4)  # prompts that suggest, choose, score
_MOST_SUGGEST = 150  # pairs with the largest codes; the top 5 % would be too few in small sets
_MOST_CHOOSE = 300
_MOST_SCORE = 400
_LEAST = 0.2  # a name that fits worse than this says nothing, however sure that is
_PER_TERM = 0.01  # what a longer name must bring in fidelity
_TOGETHER = 0.04  # and one of two things
_FORM = 0.07  # and one that counts the whole text: its length goes along with nearly everything
_FEW_PROMPTS = 10


def draft(
    codes: NDArray[np.float32],
    texts: Texts,
    prompt: NDArray[np.int64],
    values: NDArray[np.float32],
    *,
    decoder: NDArray[np.float32] | None = None,
    embedder: Embedder | None = None,
    rate: float = 0.1,
    seed: int = 0,
    held_out: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Draft a name for every feature and measure how well it fits.

    Prompts are dealt into three parts. In the first, the 150 pairs with the largest ``|code|`` suggest names:
    attributes in which the sides differ, phrases that one side says more (`log_odds`), phrases whose
    embedding lies along the decoder row. In the second, the candidate is chosen whose fidelity is highest at
    its lower end (one standard error down), less a small price for long names, for names of two things and
    for attributes of the whole text. In the third, its fidelity is measured. A name is kept when that is at
    least .2 and the false-discovery rate over the features below ``rate`` (Benjamini-Hochberg); otherwise
    the feature is ``unnamed``, and note and fidelity are those of what came closest. The note also says where
    a feature lies in few prompts.

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
    held_out : ndarray, optional
        bool (n_pairs,), whole prompts: the pairs on which other judges are going to test the drafts. They are then
        in the third part.

    Returns
    -------
    DataFrame
        M rows: ``name``, ``note``, ``judge``, ``fidelity``, ``fidelity_low``, ``fidelity_high``, ``p``,
        ``n``, ``sign`` (-1: the name fits the other end, so turn the feature round; everything else in the
        row is already that of the turned feature), ``candidates`` (list of (name, fidelity where it was
        chosen, sign: 1 where it fits the end with more), best first).
    """
    part = _deal(prompt, seed, held_out)
    order = np.random.default_rng(seed).permutation(prompt.size)
    suggest, choose, score = (order[part[order] == k] for k in range(3))
    evidence = [_evidence(codes[:, j], texts, prompt, suggest) for j in range(codes.shape[1])]
    attributes = AttributeDescriber(values).describe(evidence)
    phrases = PhraseDescriber(texts.unique, embedder, decoder).describe(evidence)
    judge = FormulaJudge(texts.unique, values)
    rows = []
    for j in range(codes.shape[1]):
        code = codes[:, j]
        here, there = _active(code, choose, _MOST_CHOOSE), _active(code, score, _MOST_SCORE)
        ranked = _rank(
            code[here], attributes[j], phrases[j], judge, texts.a[here], texts.b[here], prompt[here]
        )
        row = _score(code[there], ranked, judge, texts.a[there], texts.b[there], prompt[there])
        rows.append(row | {"where": _concentrated(code, prompt)})
        if progress is not None:
            progress("draft names", j + 1, codes.shape[1])
    return _keep(Table(rows), rate)


def _deal(prompt: NDArray[np.int64], seed: int, held_out: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Deal whole prompts into three parts."""
    names, inverse = np.unique(prompt, return_inverse=True)
    order = np.random.default_rng(seed).permutation(names.size)
    part = np.empty(names.size, dtype=np.int64)
    if held_out is not None and held_out.any() and not held_out.all():
        scores = np.zeros(names.size, dtype=np.bool_)
        scores[inverse[held_out]] = True
        order = np.concatenate([order[~scores[order]], order[scores[order]]])
        left = int((~scores).sum())
    else:
        left = names.size
    borders = np.round(np.cumsum(_SHARES)[:2] * names.size)
    borders = np.minimum(borders, np.round(left * borders / borders[1])).astype(int)
    part[order] = np.searchsorted(borders, np.arange(names.size), side="right")
    return part[inverse]


def _evidence(
    code: NDArray[np.float32], texts: Texts, prompt: NDArray[np.int64], rows: NDArray[np.int64]
) -> Evidence:
    size = np.abs(code[rows])
    active = rows[size > 0]
    top = active[np.argsort(-np.abs(code[active]), kind="stable")[:_MOST_SUGGEST]]
    up = code[top] > 0
    a, b = texts.a[top], texts.b[top]
    return Evidence(np.where(up, a, b), np.where(up, b, a), np.abs(code[top]), prompt[top])


def _active(code: NDArray[np.float32], rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the first ``most`` active ones: of shuffled rows a sample, and much the same for all features."""
    return np.sort(rows[code[rows] != 0][:most])


def _rank(
    code: NDArray[np.float32],
    attributes: list[Candidate],
    phrases: list[Candidate],
    judge: FormulaJudge,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    prompt: NDArray[np.int64],
) -> list[tuple[float, Candidate]]:
    """Return candidates with their correlation, the surest first."""
    alone = _measured(code, [*attributes, *phrases], judge, a, b, prompt)
    words = [c for low, _, c in alone if c.kind == "phrases" and low > 0][:2]
    forms = [c for low, _, c in alone if c.kind == "attribute" and low > 0][:2]
    together = [c for w in words for f in forms for c in combined(w, f)]
    ranked = sorted(alone + _measured(code, together, judge, a, b, prompt), key=lambda t: -t[0])
    return [(r, c) for _, r, c in ranked]


def _measured(
    code: NDArray[np.float32],
    candidates: list[Candidate],
    judge: FormulaJudge,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    prompt: NDArray[np.int64],
) -> list[tuple[float, float, Candidate]]:
    """Return (lower end of the correlation less the price of a long name, correlation, candidate).

    The lower end is one standard error down, so that one prompt with large codes does not choose a name.
    """
    if not candidates or code.size < 4 or code.std() == 0:
        return []
    answers = judge.judge_all(candidates, a, b)
    spread = answers.std(axis=1, keepdims=True)
    y = (answers - answers.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    z = ((code - code.mean()) / code.std()).astype(np.float64)
    r = y @ z / code.size
    # See `fidelity` for the influence function of a correlation.
    influence = (y * z - r[:, None] * (y**2 + z**2) / 2) / code.size
    _, cluster = np.unique(prompt, return_inverse=True)
    order = np.argsort(cluster, kind="stable")
    starts = np.flatnonzero(np.diff(cluster[order], prepend=-1))
    error = np.sqrt((np.add.reduceat(influence[:, order], starts, axis=1) ** 2).sum(axis=1))
    found = []
    for c, raw, unsure in zip(candidates, r.tolist(), error.tolist(), strict=True):
        found.append((c.sign * raw - unsure - _price(c), c.sign * raw, c))
    return sorted(found, key=lambda t: -t[0])


def _price(candidate: Candidate) -> float:
    from whimsight.attributes import ATTRIBUTES

    if candidate.parts:
        return _TOGETHER + max(_price(part) for part in candidate.parts)
    if candidate.kind == "attribute":
        return _FORM if ATTRIBUTES[candidate.terms[0]].matches is None else 0.0
    return _PER_TERM * (len(candidate.terms) - 1)


def _score(
    code: NDArray[np.float32],
    ranked: list[tuple[float, Candidate]],
    judge: FormulaJudge,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    prompt: NDArray[np.int64],
) -> dict[str, object]:
    """Return the row of a feature: the first candidate and how well it fits these pairs."""
    if not ranked:
        return {
            "name": UNNAMED, "note": "no attribute and no phrase separates the two sides", "judge": judge.name,
            "fidelity": np.nan, "fidelity_low": np.nan, "fidelity_high": np.nan, "p": np.nan, "n": int(code.size),
            "sign": 1, "candidates": [],
        }  # fmt: skip
    best = ranked[0][1]
    found = fidelity(best.sign * code, judge.judge(best, a, b), clusters=prompt)
    return {
        "name": best.name,
        "note": best.note,
        "judge": judge.name,
        "fidelity": found.r,
        "fidelity_low": found.low,
        "fidelity_high": found.high,
        "p": found.p,
        "n": found.n,
        "sign": best.sign,
        "candidates": [(c.name, round(float(r), 3), c.sign) for r, c in ranked[:5]],
    }


def _keep(rows: pd.DataFrame, rate: float) -> pd.DataFrame:
    """Take away the names that do not fit well enough."""
    from whimsight.effects.adjust import benjamini_hochberg

    q = benjamini_hochberg(rows["p"].to_numpy(dtype=np.float64))
    fits = (rows["fidelity"] >= _LEAST).to_numpy() & (q < rate)
    found = (rows["name"] != UNNAMED).to_numpy()
    closest = "nothing fits well; closest: " + rows["name"] + " (" + rows["note"] + ")"
    rows["note"] = np.where(found & ~fits, closest, rows["note"]) + rows.pop("where")
    rows.loc[~fits, "name"] = UNNAMED
    rows.loc[~fits, "sign"] = 1
    turned = (rows["sign"] < 0).to_numpy()
    rows.loc[turned, "note"] = rows.loc[turned, "note"].map(other_end)
    rows["candidates"] = rows.apply(
        lambda row: [(name, r, end * row["sign"]) for name, r, end in row["candidates"]], axis=1
    )
    return rows


def _concentrated(code: NDArray[np.float32], prompt: NDArray[np.int64]) -> str:
    """Say so where a feature is about a few prompts: half of its squared size lies in fewer than ten."""
    _, inverse = np.unique(prompt, return_inverse=True)
    size = np.sort(np.bincount(inverse, weights=code.astype(np.float64) ** 2))[::-1]
    if size.size < 2 * _FEW_PROMPTS or size[0] == 0:
        return ""
    n = int(np.searchsorted(np.cumsum(size), size.sum() / 2)) + 1
    prompts = "one prompt" if n == 1 else f"{n} prompts"
    return f"; half of this feature lies in {prompts}" if n < _FEW_PROMPTS else ""
