"""Topics: groups of prompts about the same things, from their embeddings, named by their own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.errors import EmbeddingError, StudyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.pairs import Pairs
    from whimsight.progress import Progress

__all__ = ["Topics", "topics"]

_PROMPTS_A_TOPIC = 8
_WORDS_A_NAME = 3
_WORDS_A_TOPIC = 10
_CANDIDATES = 30
_LEARNED_FROM = 20_000  # prompts that place the centres; the others join the nearest one
_CHUNK = 16_384
_WIDEST = 24  # characters of a word; longer ones are codes, links and noise
_SPEAKER = re.compile(
    r"^[ \t]*(?:###?[ \t]*)?(?:human|assistant|user|system|ai|bot|prompter|gpt|chatgpt|model)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of some pairs, the one with most prompts first.

    Attributes
    ----------
    names : list of str
        Distinct; the three words that tell a topic from the others.
    of_row : ndarray
        int64 (n_pairs,): the topic of each row's prompt.
    words : list of list of str
        Up to ten words of each topic, the most distinctive first.
    size : ndarray
        int64 (n_topics,): distinct prompts of each.
    """

    names: list[str]
    of_row: NDArray[np.int64]
    words: list[list[str]]
    size: NDArray[np.int64]


def topics(
    pairs: Pairs,
    *,
    n: int = 8,
    embedder: str | Embedder | Any = "minilm",
    seed: int = 0,
    progress: Progress | None = None,
) -> Topics:
    """Group the distinct prompts by k-means on their embeddings and name the groups.

    Parameters
    ----------
    pairs : Pairs
    n : int
        How many topics; fewer where there are fewer than 8 prompts for each.
    embedder : str, Embedder or callable
        As for `whimsight.embedder`; vectors are kept on disk.
    seed : int
        The same pairs, embedder and seed give the same topics, whatever the number of threads.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    Topics

    Raises
    ------
    StudyError
        With no prompts or fewer than two topics' worth of them, or if the prompts cannot be embedded.

    Notes
    -----
    A word belongs to a topic as far as the topic's prompts hold it and the others do not: a class-based tf-idf
    (Grootendorst 2022, arXiv 2203.05794, section 3.3) in which each prompt counts a word once, so that
    one long prompt does not name a topic: ``share * log(share / (share elsewhere + a little))``.

    Examples
    --------
    >>> import whimsight as ws
    >>> topics(ws.load("mt-bench"), n=6).names    # doctest: +SKIP
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 2:
        raise StudyError(f"n must be a whole number of topics, at least 2; found {n!r}.")
    if not pairs.has_prompts:
        raise StudyError(
            f"Topics are found in prompts, and {pairs.name!r} has none. Compare by a column or by masks of your own."
        )
    prompt_of_row = pairs.prompt_codes
    _, first = np.unique(prompt_of_row, return_index=True)
    prompts = [str(p) for p in pairs.frame["prompt"].to_numpy(dtype=object)[first]]
    k = min(int(n), len(prompts) // _PROMPTS_A_TOPIC)
    if k < 2:
        raise StudyError(
            f"Topics need at least {2 * _PROMPTS_A_TOPIC} distinct prompts, {_PROMPTS_A_TOPIC} a topic; "
            f"{pairs.name!r} has {len(prompts)}. Compare by a column or by masks of your own."
        )
    vectors, model = _embedded(prompts, embedder, progress)
    of_prompt = _cluster(vectors, k, seed)
    size = np.bincount(of_prompt)
    candidates = _distinctive(prompts, pairs.components()[first], of_prompt, size.size)
    words = _central(candidates, vectors, of_prompt, model)
    return Topics(names=_names(words), of_row=of_prompt[prompt_of_row], words=words, size=size)


def _embedded(
    prompts: list[str], source: Any, progress: Progress | None
) -> tuple[NDArray[np.float32], Embedder]:
    from whimsight.embed import embedder
    from whimsight.embed.base import normalise

    try:
        model = embedder(source)
        return normalise(model.embed(prompts, progress=progress)), model
    except EmbeddingError as error:
        raise StudyError(f"The prompts cannot be embedded: {error}") from error


def _cluster(vectors: NDArray[np.float32], k: int, seed: int) -> NDArray[np.int64]:
    """K-means with ten starts; returns the cluster of each row, the largest first, none empty."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    sample = vectors
    if len(vectors) > _LEARNED_FROM:
        sample = vectors[np.sort(rng.choice(len(vectors), size=_LEARNED_FROM, replace=False))]
    with threadpool_limits(1):  # sums of threads come in another order each time
        model = KMeans(n_clusters=k, n_init=10, random_state=int(rng.integers(2**31)))
        model.fit(sample.astype(np.float64))
        found = [
            np.asarray(model.predict(vectors[start : start + _CHUNK].astype(np.float64)), dtype=np.int64)
            for start in range(0, len(vectors), _CHUNK)
        ]
    label = np.concatenate(found)
    present, first, inverse, size = np.unique(
        label, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(present.size, dtype=np.int64)
    rank[np.lexsort((first, -size))] = np.arange(present.size)
    return rank[inverse]


def _distinctive(
    prompts: Sequence[str], component: NDArray[np.int64], of_prompt: NDArray[np.int64], k: int
) -> list[dict[str, float]]:
    """Return the words that tell each topic from the others with their scores, one of each stem.

    Prompts of one conversation repeat each other, so those of them in one topic count as one text.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    from whimsight.names.words import stem

    _, inverse = np.unique(component * k + of_prompt, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    starts = np.flatnonzero(np.diff(inverse[order], prepend=-1))
    texts = ["\n".join(prompts[i] for i in part.tolist()) for part in np.split(order, starts[1:])]
    topic = of_prompt[order[starts]]
    fewest = 2 if len(texts) < 1_000 else 3
    try:
        counter = CountVectorizer(analyzer=_words, binary=True, min_df=1, dtype=np.int32)
        present = counter.fit_transform(texts)
    except ValueError:  # no word is left: prompts of signs, or all of them stop words
        return [{} for _ in range(k)]
    vocabulary = [str(word) for word in counter.get_feature_names_out()]
    of_topic = np.zeros((k, len(texts)), dtype=np.float64)
    of_topic[topic, np.arange(len(texts))] = 1.0
    size = of_topic.sum(axis=1)
    holding = np.asarray(of_topic @ present)
    share = holding / size[:, None]
    elsewhere = (holding.sum(axis=0) - holding) / np.maximum(len(texts) - size, 1)[:, None]
    little = 1 / len(texts)
    score = share * np.log((share + little) / (elsewhere + little))
    score[holding < fewest] *= 1e-3  # only where a topic has no other words
    found: list[dict[str, float]] = []
    for row in score:
        kept: dict[str, tuple[str, float]] = {}
        for j in np.argsort(-row, kind="stable").tolist():
            if row[j] <= 0 or len(kept) == _CANDIDATES:
                break
            kept.setdefault(stem(vocabulary[j]), (vocabulary[j], float(row[j])))
        found.append(dict(kept.values()))
    return found


def _central(
    words: Sequence[dict[str, float]],
    vectors: NDArray[np.float32],
    of_prompt: NDArray[np.int64],
    model: Embedder,
) -> list[list[str]]:
    """Order the words of each topic by score times how far they point to where the topic differs from all."""
    known = sorted({word for found in words for word in found})
    try:
        at = dict(zip(known, model.embed(known), strict=True))
    except EmbeddingError:  # a ready matrix knows no words
        return [_apart(list(found))[:_WORDS_A_TOPIC] for found in words]
    middle = vectors.mean(axis=0)
    average = np.mean([at[word] for word in known], axis=0) if known else middle
    out: list[list[str]] = []
    for topic, found in enumerate(words):
        towards = vectors[of_prompt == topic].mean(axis=0) - middle
        value = {w: s * max(float((at[w] - average) @ towards), 0.0) for w, s in found.items()}
        out.append(_apart(sorted(found, key=lambda w: (-value[w], -found[w], w)))[:_WORDS_A_TOPIC])
    return out


def _apart(words: Sequence[str]) -> list[str]:
    """Leave out words that begin like one before them: "sexual" after "sex"."""
    kept: list[str] = []
    for word in words:
        if not any(word.startswith(other) or other.startswith(word) for other in kept):
            kept.append(word)
    return kept


def _words(text: str) -> list[str]:
    """Return the words of a prompt that can name a topic; letters of unspaced scripts two by two."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    from whimsight.names.texts import displayed, plain

    words = plain(_SPEAKER.sub(" ", text)).split()
    both = [one + two for one, two in pairwise(words) if _letter(one) and _letter(two)]
    usable = (word.removesuffix("'s") for word in words)
    return [
        displayed(word)
        for word in usable
        if 3 <= len(word) <= _WIDEST
        and word not in ENGLISH_STOP_WORDS
        and word not in _EMPTY
        and "'" not in word
        and not any(c.isdigit() for c in word)
    ] + both


def _letter(word: str) -> bool:
    return len(word) == 1 and not word.isascii() and word.isalpha()


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_EMPTY = _listed("""
    able according actually additionally ain already also answer answering anybody anyone anything aren
    asap assistant away better bit came cannot cant come coming couldn couple describe described
    describes describing detail detailed details did didn different does doesn doing don done dont else
    especially etc example examples explain follow following gets getting give given gives giving goes
    going gonna good got gotta great guess guy hadn happen happened hasn haven hello help hey hmm huh
    human humans idea ill include included includes including involve involved involves involving isn
    just keep kind know knows let lets like little long look looking looks lot lots love make makes
    making many maybe mean means mrs mustn need needs never new nice okay people person please possible
    pretty previous provide question questions quite really response rest right said say saying says
    shall shouldn something sorry sort start stuff sure tell thank thanks thats thing things think
    thinking thought time told took tried try trying use used uses using want wanted wants wasn way ways
    weren won wondering word words work works wouldn write writing wrote yeah yes yet
""")
"""Words that prompts about anything are made of, beside sklearn's stop words."""


def _names(words: Sequence[Sequence[str]]) -> list[str]:
    """Join the first words of each topic; longer or numbered where two would be called the same."""
    names: list[str] = []
    for number, found in enumerate(words, start=1):
        name = ", ".join(found[:_WORDS_A_NAME]) or f"topic {number}"
        for more in range(_WORDS_A_NAME + 1, len(found) + 1):
            if name not in names:
                break
            name = ", ".join(found[:more])
        names.append(name if name not in names else f"{name} ({number})")
    return names
