"""Phrases that one side says more than the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.names.protocols import Candidate, Evidence
from whimsight.names.texts import plain, printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.embed import Embedder

__all__ = ["PhraseDescriber", "log_odds"]

_MOST_WORDS = 60_000
_TOP = 8
_Z = 2.0
_FEWEST_PROMPTS = 3
_SAMPLE = 1_000  # texts that tell how common a phrase is at large
_COMMON = 0.4  # a phrase in more texts than this says nothing, however its use leans


def log_odds(
    more: NDArray[np.float64],
    less: NDArray[np.float64],
    n_more: float,
    n_less: float,
    background: NDArray[np.float64],
    strength: float = 10.0,
) -> NDArray[np.float64]:
    """Log-odds ratio with an informative Dirichlet prior, as z-scores.

    Parameters
    ----------
    more, less : ndarray
        float64 (v,): in how many texts of each side a phrase occurs.
    n_more, n_less : float
        Texts on each side.
    background : ndarray
        float64 (v,): share of all texts with the phrase; the prior counts ``strength`` texts like these.

    Returns
    -------
    ndarray
        float64 (v,): positive where ``more`` says it more often (Monroe, Colaresi and Quinn 2008,
        equations 15, 16, 22).

    Examples
    --------
    >>> log_odds(np.array([30.0]), np.array([5.0]), 100, 100, np.array([0.2])).round(1).tolist()
    [4.3]
    """
    a = strength * np.clip(background, 1e-4, 0.9999)
    y1, y0 = more + a, less + a
    rest1, rest0 = n_more + strength - y1, n_less + strength - y0
    delta = np.log(y1 / np.maximum(rest1, 1e-9)) - np.log(y0 / np.maximum(rest0, 1e-9))
    return np.asarray(delta / np.sqrt(1 / y1 + 1 / y0))


@dataclass(slots=True)
class PhraseDescriber:
    """Names made of contrastive phrases.

    Parameters
    ----------
    texts : sequence of str
        All texts; evidence points into them.
    embedder : Embedder, optional
        With ``decoder``, phrases whose embedding lies along a feature's direction make a further candidate.
    decoder : ndarray, optional
        float32 (n_features, d), unit rows.
    """

    texts: Sequence[str]
    embedder: Embedder | None = None
    decoder: NDArray[np.float32] | None = None

    def describe(self, evidence: Sequence[Evidence]) -> list[list[Candidate]]:
        """Return candidates for both ends of each feature."""
        wanted = np.concatenate([np.concatenate([e.more, e.less]) for e in evidence] or [np.zeros(0, int)])
        if np.unique(wanted).size < 4:
            return [[] for _ in evidence]
        whole = np.linspace(0, len(self.texts) - 1, min(_SAMPLE, len(self.texts))).astype(np.int64)
        used = np.unique(np.concatenate([wanted, whole]))
        counts, phrases = _document_terms([plain(self.texts[i]) for i in used.tolist()])
        if not phrases:
            return [[] for _ in evidence]
        background = np.asarray(counts[np.searchsorted(used, whole)].mean(axis=0)).ravel()
        found = [_contrast(counts, background, e, used) for e in evidence]
        along = self._along(found, phrases)
        out = []
        for j, z in enumerate(found):
            candidates = []
            for sign in (1, -1):
                best = _distinct(np.argsort(-sign * z, kind="stable")[:60], sign * z, phrases)
                candidates += [
                    _candidate(best[:size], phrases, sign, sign * z)
                    for size in (1, 3, _TOP)
                    if len(best) >= size
                ]
                near = along[j][sign] if along else []
                if near:
                    candidates.append(_candidate(near, phrases, sign, sign * z))
            out.append(list(dict.fromkeys(candidates)))
        return out

    def _along(self, found: list[NDArray[np.float64]], phrases: list[str]) -> list[dict[int, list[int]]]:
        """For each feature and end, telling phrases that lie along the decoder row."""
        if self.embedder is None or self.decoder is None:
            return []
        telling = [{s: np.argsort(-s * z, kind="stable")[:40] for s in (1, -1)} for z in found]
        wanted = np.unique(np.concatenate([rows for t in telling for rows in t.values()]))
        vectors = self.embedder.embed([phrases[i] for i in wanted.tolist()])
        if vectors.shape[1] != self.decoder.shape[1]:
            return []
        centred = vectors - vectors.mean(axis=0)
        centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        out = []
        for j, z in enumerate(found):
            ends: dict[int, list[int]] = {}
            for sign in (1, -1):
                rows = telling[j][sign]
                rows = rows[sign * z[rows] > 1.0]
                if not rows.size:
                    ends[sign] = []
                    continue
                cosine = sign * centred[np.searchsorted(wanted, rows)] @ self.decoder[j]
                ends[sign] = _distinct(
                    rows[np.argsort(-cosine, kind="stable")][:12], sign * z, phrases, least=1.0
                )[:5]
            out.append(ends)
        return out


def _document_terms(texts: list[str]) -> tuple[Any, list[str]]:
    """Which phrase of one or two words occurs in which text: csr (n_texts, v) of 0 and 1."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(
        ngram_range=(1, 2),
        min_df=3 if len(texts) > 30 else 1,
        max_features=_MOST_WORDS,
        binary=True,
        token_pattern=r"(?u)[^\W_][\w']*",
        dtype=np.float32,
    )
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no words at all
        return None, []
    return counts.tocsr(), [str(p) for p in counter.get_feature_names_out()]


def _contrast(
    counts: Any, background: NDArray[np.float64], e: Evidence, used: NDArray[np.int64]
) -> NDArray[np.float64]:
    """z-scores of all phrases; a phrase counts once a prompt and side, and needs some prompts."""
    from scipy.sparse import csr_array

    _, prompt = np.unique(e.prompt, return_inverse=True)
    n_prompts = int(prompt.max(initial=-1)) + 1
    per_prompt = csr_array(
        (np.ones(prompt.size, np.float32), (prompt, np.arange(prompt.size))), shape=(n_prompts, prompt.size)
    )
    sizes = np.bincount(prompt, minlength=n_prompts).astype(np.float32)
    share = csr_array(
        ((1.0 / np.maximum(sizes, 1))[prompt], (prompt, np.arange(prompt.size))),
        shape=(n_prompts, prompt.size),
    )
    sides = [counts[np.searchsorted(used, side)] for side in (e.more, e.less)]
    more, less = (np.asarray((share @ s).sum(axis=0)).ravel().astype(np.float64) for s in sides)
    seen = np.asarray(((per_prompt @ (sides[0] + sides[1])) > 0).sum(axis=0)).ravel()
    z = log_odds(more, less, n_prompts, n_prompts, background.astype(np.float64))
    return np.where((seen >= min(_FEWEST_PROMPTS, n_prompts)) & (background <= _COMMON), z, 0.0)


def _distinct(
    rows: NDArray[np.int64], z: NDArray[np.float64], phrases: list[str], least: float = _Z
) -> list[int]:
    """Drop phrases that say too little, or that contain or stand inside one that says more."""
    out: list[int] = []
    for i in rows.tolist():
        words = set(phrases[i].split())
        if z[i] < least or len(phrases[i]) < 2 or phrases[i].replace(" ", "").isdigit():
            continue
        if any(words & set(phrases[k].split()) for k in out):
            continue
        out.append(i)
        if len(out) == _TOP:
            break
    return out


def _candidate(rows: list[int], phrases: list[str], sign: int, z: NDArray[np.float64]) -> Candidate:
    terms = tuple(phrases[i] for i in rows)
    note = "says more often: " + ", ".join(f"“{phrases[i]}” (z {z[i]:.1f})" for i in rows)
    return Candidate(f"says {printable(terms, 50)}", "phrases", terms, sign, note)
