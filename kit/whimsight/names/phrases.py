"""Phrases that one side says more than the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whimsight.names.protocols import Candidate, Evidence
from whimsight.names.terms import Terms, count_terms
from whimsight.names.texts import displayed, quoted
from whimsight.names.words import content_words, glue_words, stem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.embed import Embedder

__all__ = ["PhraseDescriber", "log_odds"]

_LONGEST_NAME = 40
_WIDEST = 28  # characters of a phrase in a name
_Z = 1.0  # enough to suggest: other pairs choose and score
_LOOK_AT = 150  # phrases that are looked at for one end of a feature
_GROUPS = 12
_MOST = 4  # phrases in a name
_FEWEST_PROMPTS = 3
_SAMPLE = 1_000  # texts that tell how common a phrase is at large
_COMMON = 0.4  # a phrase in more texts than this says nothing, however its use leans
_STANDS_FOR = 0.6  # a longer phrase replaces a shorter one when it is there in this share of its texts


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
        float64 (v,): how often a phrase occurs on each side.
    n_more, n_less : float
        How often it could have: the texts, or the words, of each side.
    background : ndarray
        float64 (v,): its share at large; the prior counts ``strength`` texts (words) like these.

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
    a = strength * np.clip(background, 1e-4 / max(1.0, strength / 10), 0.9999)
    y1, y0 = more + a, less + a
    rest1, rest0 = n_more + strength - y1, n_less + strength - y0
    delta = np.log(y1 / np.maximum(rest1, 1e-9)) - np.log(y0 / np.maximum(rest0, 1e-9))
    return np.asarray(delta / np.sqrt(1 / y1 + 1 / y0))


@dataclass(frozen=True, slots=True)
class _Group:
    """A phrase with the other forms of the same word, all of which are looked for."""

    shown: str
    members: tuple[str, ...]
    z: float


@dataclass(slots=True)
class PhraseDescriber:
    """Names made of contrastive phrases.

    A phrase counts when the side with more of the feature holds it more often both per text and per word:
    otherwise the small words of the longer side would always win. Words that hold sentences together
    (`content_words`) stand in a name only inside a longer phrase.

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
        terms = count_terms([self.texts[i] for i in used.tolist()], fewest=3 if used.size > 30 else 1)
        if not terms.phrases:
            return [[] for _ in evidence]
        common = (
            np.asarray(terms.present[np.searchsorted(used, whole)].mean(axis=0)).ravel().astype(np.float64)
        )
        naming = _naming(terms, common)
        groups, single = [], []
        for e in evidence:
            z, counts = _contrast(terms, common, e, used)
            z[~naming] = 0.0
            groups.append({sign: _groups(terms, sign * z, counts[sign]) for sign in (1, -1)})
            z[terms.n_words :] = 0.0
            single.append({sign: _groups(terms, sign * z, counts[sign]) for sign in (1, -1)})
        along = self._along(groups)
        return [
            [c for sign in (1, -1) for c in _candidates((ends[sign], single[j][sign], along[j][sign]), sign)]
            for j, ends in enumerate(groups)
        ]

    def _along(self, groups: list[dict[int, list[_Group]]]) -> list[dict[int, list[_Group]]]:
        """Sort the groups of each feature and end by z-score times cosine with the decoder row."""
        nothing: list[dict[int, list[_Group]]] = [{1: [], -1: []} for _ in groups]
        shown = sorted({g.shown for ends in groups for end in ends.values() for g in end})
        if self.embedder is None or self.decoder is None or len(shown) < 3:
            return nothing
        vectors = self.embedder.embed(shown)
        if vectors.shape[1] != self.decoder.shape[1]:
            return nothing
        centred = vectors - vectors.mean(axis=0)
        centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        place = {phrase: i for i, phrase in enumerate(shown)}
        for j, ends in enumerate(groups):
            for sign, end in ends.items():
                cosine = sign * centred[[place[g.shown] for g in end]] @ self.decoder[j]
                order = np.argsort([-g.z * c for g, c in zip(end, cosine, strict=True)], kind="stable")
                nothing[j][sign] = [end[i] for i in order.tolist() if cosine[i] > 0]
        return nothing


def _naming(terms: Terms, common: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which phrases may stand in a name.

    Those with a content word, and those of three or four common words ("why do you").
    """
    words = terms.phrases[: terms.n_words]
    share = common[: terms.n_words]
    content = dict(zip(words, content_words(words, share).tolist(), strict=True))
    glue = dict(zip(words, glue_words(words, share).tolist(), strict=True))
    allowed = np.zeros(len(terms.phrases), dtype=bool)
    for i, phrase in enumerate(terms.phrases):
        parts, shown = phrase.split(" "), displayed(phrase)
        if len(parts) > 1 and " " not in shown:
            telling = True  # letters of a script without spaces: as a rule a word
        else:
            telling = len(parts) > 2 or any(content[part] for part in parts)
            telling &= not (glue[parts[0]] or glue[parts[-1]])
        allowed[i] = telling and 2 <= len(shown) <= _WIDEST and not shown.replace(" ", "").isdigit()
    return allowed & (common <= _COMMON)


def _contrast(
    terms: Terms, common: NDArray[np.float64], e: Evidence, used: NDArray[np.int64]
) -> tuple[NDArray[np.float64], dict[int, NDArray[np.float64]]]:
    """z-scores of all phrases, the weaker of per text and per word, and their counts on either side.

    Pairs that share a prompt weigh as much as the root of their number together; a phrase needs some prompts.
    """
    from scipy.sparse import csr_array

    _, prompt = np.unique(e.prompt, return_inverse=True)
    n = int(prompt.max(initial=-1)) + 1
    size = np.bincount(prompt, minlength=n)
    share = 1.0 / np.sqrt(np.maximum(size, 1))
    of_prompt = csr_array(
        (share[prompt].astype(np.float32), (prompt, np.arange(prompt.size))), shape=(n, prompt.size)
    )
    rows = [np.searchsorted(used, side) for side in (e.more, e.less)]
    sides = [terms.present[r] for r in rows]
    more, less = (np.asarray((of_prompt @ s).sum(axis=0)).ravel().astype(np.float64) for s in sides)
    size_more, size_less = (float((of_prompt @ terms.sizes[r]).sum()) for r in rows)
    seen = np.asarray(((of_prompt @ (sides[0] + sides[1])) > 0).sum(axis=0)).ravel()
    weight = float(np.sqrt(size).sum())
    # A prior as heavy as one side: a light one makes the variance of what the other side never says huge.
    per_text = log_odds(more, less, weight, weight, common, weight)
    typical = float(terms.sizes.mean())
    per_word = log_odds(more, less, size_more, size_less, common / typical, weight * typical)
    weaker = np.where(np.abs(per_text) < np.abs(per_word), per_text, per_word)
    z = np.where((np.sign(per_text) == np.sign(per_word)) & (seen >= min(_FEWEST_PROMPTS, n)), weaker, 0.0)
    return z, {1: more, -1: less}


def _groups(terms: Terms, z: NDArray[np.float64], count: NDArray[np.float64]) -> list[_Group]:
    """Return the telling phrases of one end, the longer one where it says the same, without repetitions."""
    order = [i for i in np.argsort(-z, kind="stable")[:_LOOK_AT].tolist() if z[i] >= _Z]
    spaced = {i: f" {terms.phrases[i]} " for i in order}
    forms: dict[str, list[int]] = {}
    for i in order:
        if i < terms.n_words:
            forms.setdefault(stem(terms.phrases[i]), []).append(i)
    out: list[_Group] = []
    taken: set[str] = set()
    for i in order:
        best = max(
            (k for k in order if spaced[i] in spaced[k] and count[k] >= _STANDS_FOR * count[i]),
            key=lambda k: (len(spaced[k].split()), z[k]),
        )
        stems = {stem(word) for word in terms.phrases[best].split(" ")}
        if taken & stems:
            continue
        taken |= stems
        members = forms[stem(terms.phrases[best])] if best < terms.n_words else [best]
        out.append(
            _Group(displayed(terms.phrases[best]), tuple(terms.phrases[k] for k in members), float(z[i]))
        )
        if len(out) == _GROUPS:
            break
    return out


def _candidates(lists: Sequence[list[_Group]], sign: int) -> list[Candidate]:
    """Return names of growing length from each list."""
    found: dict[tuple[str, ...], Candidate] = {}
    for groups in lists:
        for size in range(1, _MOST + 1):
            candidate = _candidate(groups[:size], sign)
            if len(groups) < size or len(candidate.name) > _LONGEST_NAME:
                break
            found.setdefault(tuple(sorted(candidate.terms)), candidate)
    return list(found.values())


def _candidate(groups: Sequence[_Group], sign: int) -> Candidate:
    told = []
    for g in groups:
        others = [displayed(m) for m in g.members if displayed(m) != g.shown]
        told.append(f"“{g.shown}” ({f'also {quoted(others)}; ' if others else ''}z {g.z:.1f})")
    return Candidate(
        f"says {quoted([g.shown for g in groups])}",
        "phrases",
        tuple(m for g in groups for m in g.members),
        sign,
        f"says more often: {', '.join(told)}",
    )
