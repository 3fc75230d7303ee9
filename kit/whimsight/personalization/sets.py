"""Responses to one prompt as a set that weights can rank: where each stands, and how it fared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whimsight.personalization.evidence import standardised
from whimsight.studies.reading import reading_split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.personalization._personalization import Personalization

__all__ = ["MOST", "ResponseSet", "places", "response_sets"]

MOST = 8
"""Responses of a set; of more, some that are spread evenly over everyone's ranking."""

_CANDIDATES = 400


@dataclass(frozen=True, slots=True)
class ResponseSet:
    """Two or more responses to one prompt.

    Attributes
    ----------
    row : int
        A row of the study in which the prompt stands.
    texts : tuple of str
        (n,): the responses.
    places : tuple of (int, str)
        (n,): where each stands in the study: a row, and "a" or "b".
    labels : tuple of str
        (n,): who wrote them where the study knows it, else A, B and so on.
    codes : ndarray
        float64 (n, F): the mean of each response's codes against all n, itself counted as 0, in standard deviations,
        features as computed; see `places`. So codes times weights are `Reward.score`, and of two responses the scores
        differ by exactly the pair's.
    won, votes : ndarray
        int64 (n,): decided votes over the response and another of the set, and how many of them it won.
    """

    row: int
    texts: tuple[str, ...]
    places: tuple[tuple[int, str], ...]
    labels: tuple[str, ...]
    codes: NDArray[np.float64]
    won: NDArray[np.int64]
    votes: NDArray[np.int64]


def response_sets(people: Personalization, n: int, *, seed: int = 0, most: int = MOST) -> list[ResponseSet]:
    """Choose prompts with the most responses, in which responses differ in as many features as possible.

    Pairs that blind tests ask about are left out, with their prompts. Among prompts with as many responses (``most`` or
    more count as ``most``) chance chooses 400; of these one after the other that adds most to
    sum over features of sqrt(sum over sets of the variance of the codes), by which a feature that several sets show
    already counts for less.

    Parameters
    ----------
    people : Personalization
    n : int
        How many; fewer come where there are fewer prompts.
    seed : int
    most : int
        Responses of a set at most.

    Returns
    -------
    list of ResponseSet
    """
    edges = _Edges.of(people)
    candidates = [found for prompt in edges.prompts(n, most, seed) if (found := edges.set(prompt, most))]
    sizes = np.array([len(one.texts) for one in candidates], dtype=np.int64)
    out: list[ResponseSet] = []
    seen = np.zeros(len(people.features))
    spread = np.array([one.codes.var(axis=0) for one in candidates]).reshape(len(candidates), -1)
    for size in sorted(set(sizes.tolist()), reverse=True):
        left = np.flatnonzero(sizes == size).tolist()
        while left and len(out) < n:
            worth = np.sqrt(seen + spread[left]).sum(axis=1)
            best = left.pop(int(np.argmax(worth)))
            seen = seen + spread[best]
            out.append(candidates[best])
    return out


def places(
    n: int, a: NDArray[np.int64], b: NDArray[np.int64], codes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Place n responses so that differences of places are nearest to the codes of the pairs: float64 (n, F), mean 0.

    By least squares (Jiang et al. 2011, "Statistical ranking and combinatorial Hodge theory"): exact for codes that are
    differences, as measured attributes are, whichever pairs occur; and where all pairs occur the place is the mean of
    a response's codes against all n (0 against itself), whatever they are. So nothing need be embedded or measured
    anew for pairs that do not occur. The responses must hang together by pairs.

    Parameters
    ----------
    n : int
    a, b : ndarray
        int64 (m,): the responses of each pair.
    codes : ndarray
        float64 (m, F): a minus b.

    Examples
    --------
    >>> places(3, np.array([0, 1]), np.array([1, 2]), np.array([[2.0], [1.0]])).ravel().round(6).tolist()
    [1.666667, -0.333333, -1.333333]
    """
    incidence = np.zeros((a.size, n))
    incidence[np.arange(a.size), a] += 1.0
    incidence[np.arange(a.size), b] -= 1.0
    # The vector of ones is all that the pairs leave open; adding it makes the normal equations regular.
    made = np.linalg.solve(incidence.T @ incidence + 1.0 / n, incidence.T @ codes)
    return np.asarray(made)


@dataclass(frozen=True, slots=True)
class _Edges:
    """Distinct pairs to read, sorted by prompt."""

    people: Personalization
    rows: NDArray[np.int64]
    prompt: NDArray[np.int64]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    votes: NDArray[np.int64]
    won: NDArray[np.int64]

    @classmethod
    def of(cls, people: Personalization) -> _Edges:
        pairs = people.study.pairs
        matchup, swapped = pairs.matchups()
        readable, _ = reading_split(people.study)
        _, first = np.unique(matchup[readable], return_index=True)
        rows = readable[first]
        prompt = pairs.prompt_codes[rows]
        order = np.argsort(prompt, kind="stable")
        rows, prompt, texts = rows[order], prompt[order], pairs.texts()
        apart = texts.a[rows] != texts.b[rows]
        rows, prompt = rows[apart], prompt[apart]
        choice = pairs.preference
        decided = np.isfinite(choice) & (choice != 0.5) & (pairs.weight > 0)
        size = int(matchup.max(initial=-1)) + 1
        for_first = (choice > 0.5) != swapped
        votes = np.bincount(matchup[decided], minlength=size)[matchup[rows]]
        won = np.bincount(matchup[decided & for_first], minlength=size)[matchup[rows]]
        won = np.where(swapped[rows], votes - won, won)
        return cls(people, rows, prompt, texts.a[rows], texts.b[rows], votes, won)

    def prompts(self, n: int, most: int, seed: int) -> list[int]:
        """Return candidates: the prompts with the most responses, by chance among those with as many."""
        known, number = np.unique(self.prompt, return_inverse=True)
        both = np.unique(np.column_stack([np.tile(number, 2), np.concatenate([self.a, self.b])]), axis=0)
        size = np.minimum(np.bincount(both[:, 0], minlength=known.size), most)
        shuffled = np.random.default_rng(seed).permutation(known.size)
        order = shuffled[np.argsort(-size[shuffled], kind="stable")]
        return [int(p) for p in known[order[: max(_CANDIDATES, n)]]]

    def set(self, prompt: int, most: int) -> ResponseSet | None:
        """Return the largest set of responses to a prompt that hang together by pairs."""
        start, stop = np.searchsorted(self.prompt, [prompt, prompt + 1])
        part = slice(int(start), int(stop))
        texts, ends = np.unique(np.concatenate([self.a[part], self.b[part]]), return_inverse=True)
        a, b = ends.reshape(2, -1)
        kept = _largest_component(texts.size, a, b)
        inside = np.flatnonzero(np.isin(a, kept))
        number = np.full(texts.size, -1)
        number[kept] = np.arange(kept.size)
        a, b = number[a[inside]], number[b[inside]]
        rows = self.rows[part][inside]
        codes = standardised(self.people, rows)
        placed = places(kept.size, a, b, codes)
        chosen = _spread_out(placed @ self.people.hierarchy.mean, most)
        n = chosen.size
        if n < 2:
            return None
        among = np.isin(a, chosen) & np.isin(b, chosen)
        votes, won = self.votes[part][inside][among], self.won[part][inside][among]
        a, b = a[among], b[among]
        total = np.bincount(a, votes, kept.size) + np.bincount(b, votes, kept.size)
        wins = np.bincount(a, won, kept.size) + np.bincount(b, votes - won, kept.size)
        if among.sum() == n * (n - 1) // 2:  # the mean over those shown, whatever the codes against others
            some = places(n, np.searchsorted(chosen, a), np.searchsorted(chosen, b), codes[among])
        else:
            some = placed[chosen]
        unique = self.people.study.pairs.texts().unique
        ids = texts[kept[chosen]]
        return ResponseSet(
            row=int(rows[0]),
            texts=tuple(unique[i] for i in ids),
            places=self._places(rows, ids),
            labels=self._labels(self.rows[part], ids),
            codes=some - some.mean(axis=0),
            won=wins[chosen].astype(np.int64),
            votes=total[chosen].astype(np.int64),
        )

    def _places(self, rows: NDArray[np.int64], ids: NDArray[np.int64]) -> tuple[tuple[int, str], ...]:
        """Return for each text a row and a side where it stands."""
        texts = self.people.study.pairs.texts()
        where: dict[int, tuple[int, str]] = {}
        for side, of in (("a", texts.a), ("b", texts.b)):
            for row, text in zip(rows.tolist(), of[rows].tolist(), strict=True):
                where.setdefault(text, (row, side))
        return tuple(where[int(i)] for i in ids)

    def _labels(self, rows: NDArray[np.int64], ids: NDArray[np.int64]) -> tuple[str, ...]:
        """Return the models of responses where the pairs name them, else letters."""
        pairs = self.people.study.pairs
        frame, texts = pairs.frame, pairs.texts()
        models: dict[int, str] = {}
        for side, where in (("model_a", texts.a), ("model_b", texts.b)):
            if side in frame.columns:
                named = frame[side].iloc[rows].to_numpy(dtype=object)
                for text, model in zip(where[rows].tolist(), named, strict=True):
                    if isinstance(model, str) and model:
                        models.setdefault(text, model)
        return tuple(models.get(int(i), chr(ord("A") + k)) for k, i in enumerate(ids))


def _spread_out(score: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Return at most so many positions, evenly over the ranking, in their own order."""
    if score.size <= most:
        return np.arange(score.size)
    ranked = np.argsort(-score, kind="stable")
    return np.sort(ranked[np.linspace(0, score.size - 1, most).round().astype(np.int64)])


def _largest_component(n: int, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the responses of the largest part that hangs together by pairs, the first of equals."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, part = connected_components(coo_array((np.ones(a.size), (a, b)), shape=(n, n)), directed=False)
    return np.flatnonzero(part == np.argmax(np.bincount(part)))
