"""Where in a text a feature lies: the sentences that drive a code, or what a measured attribute counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.errors import EmbeddingError, StudyError
from whimsight.studies.inputs import difference_factor
from whimsight.studies.pieces import MOST_PIECES, pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.studies._study import Study

__all__ = ["Highlights", "Span", "highlights"]

Span = tuple[int, int, float]

_MOST_CHARACTERS = 100_000  # embedded for one response: a long text is cut into fewer pieces
_TOO_LONG = 60_000  # characters of a response whose sentences are not weighed: that would take minutes
_MOST_SPANS = 1_000
_TOLERANCE = 0.1  # how far a code may lie from the study's, relatively: precision differs between machines


@dataclass(frozen=True, slots=True)
class Highlights:
    """Spans of the two responses of a pair, in code points.

    Attributes
    ----------
    more, less : list of (int, int, float)
        Start, end and weight: what the span adds to the size of the code, in units of the whole code. A
        negative weight pulls against it.
    reason : str
        Why there are none, where there are none.
    """

    more: list[Span]
    less: list[Span]
    reason: str = ""


def highlights(study: Study, feature: str, row: int, *, embedder: Any = None) -> Highlights:
    """Say which parts of a pair's responses make the code of a feature.

    For a discovered feature: leave one sentence out. The pair is embedded again without each of its sentences,
    and a sentence weighs what the activation, before the threshold, loses without it. Sentences
    are not independent, so weights need not add up to 1. For a measured attribute: the spans that it counts,
    each with the same weight.

    Parameters
    ----------
    study : Study
    feature : str
    row : int
        Position of the pair; the response with more of the feature, as found, is ``more``.
    embedder : str, Embedder or callable, optional
        The one that the study was made with, where it cannot be made again from its name.

    Raises
    ------
    StudyError
        If the pair or feature is unknown, or the study's embedder is not to be had.

    Examples
    --------
    >>> found = highlights(study, "d07", 12)                                     # doctest: +SKIP
    >>> max(found.more, key=lambda span: span[2])                                # doctest: +SKIP
    (104, 151, 0.62)
    """
    column = study.column(feature)
    if isinstance(row, bool) or not isinstance(row, int | np.integer) or not 0 <= row < len(study.pairs):
        raise StudyError(f"row must be the position of a pair, 0 to {len(study.pairs) - 1:,}; found {row!r}.")
    code = float(study.pair_codes[study.pair_of_row[row], column])
    if code == 0:
        return Highlights([], [], "The two responses of this pair do not differ in this feature.")
    frame = study.pairs.frame
    a, b = (str(frame[c].iat[int(row)]) for c in ("response_a", "response_b"))
    more, less = (a, b) if code > 0 else (b, a)
    if column >= study.autoencoder.n_features:
        return _matches(feature, more, less)
    prompt, factor = str(frame["prompt"].iat[int(row)]), difference_factor(study, int(row))
    return _left_out(study, column, abs(code), prompt, more, less, embedder, factor)


def _matches(feature: str, more: str, less: str) -> Highlights:
    from whimsight.attributes import ATTRIBUTES, spans

    attribute = ATTRIBUTES.get(feature)
    if attribute is None:
        return Highlights(
            [], [], "This feature was measured by an attribute that this version does not know."
        )
    if attribute.matches is None:
        return Highlights([], [], f"“{attribute.name}” belongs to a text as a whole, not to places in it.")
    here, there = spans(more, feature), spans(less, feature)
    weight = 1.0 / max(len(here), len(there), 1)
    return Highlights(
        [(s, e, weight) for s, e in here[:_MOST_SPANS]], [(s, e, -weight) for s, e in there[:_MOST_SPANS]]
    )


def _left_out(
    study: Study,
    column: int,
    code: float,
    prompt: str,
    more: str,
    less: str,
    embedder: Any,
    factor: float,
) -> Highlights:
    cuts = [_pieces(text) for text in (more, less)]
    shorter = [_without(text, cut) for text, cut in zip((more, less), cuts, strict=True)]
    texts = [more, less, *shorter[0], *shorter[1]]
    vectors = _embed(study, embedder, prompt, texts)
    if vectors.shape[1] != study.autoencoder.dimensions:
        raise StudyError(
            f"This embedder makes vectors of {vectors.shape[1]} dimensions, that of the study "
            f"{study.autoencoder.dimensions}: it is not the embedder that the study was made with."
        )
    m = len(shorter[0])
    side_more = np.concatenate([[0], np.arange(2, 2 + m), np.zeros(len(shorter[1]), dtype=np.int64)])
    side_less = np.concatenate([[1], np.ones(m, dtype=np.int64), np.arange(2 + m, len(texts))])
    differences = (vectors[side_more] - vectors[side_less]) * np.float32(factor)
    if study.residual_map is not None:
        differences = differences - _measured(study, texts, side_more, side_less) @ study.residual_map
    activation = (differences @ study.autoencoder.encoder[:, column]).astype(np.float64)
    whole = float(activation[0])
    if abs(whole - code) > _TOLERANCE * code + 1e-3:
        raise StudyError(
            f"With this embedder the code of the pair is {whole:.3g}, in the study {code:.3g}: it is not the "
            "embedder that the study was made with. Give that one as embedder=."
        )
    weights = ((whole - activation[1:]) / whole).tolist()
    spans = [(s, e, w) for (s, e), w in zip([*cuts[0], *cuts[1]], weights, strict=True)]
    reason = ""
    if max(len(more), len(less)) > _TOO_LONG:
        reason = f"The sentences of a response of more than {_TOO_LONG:,} characters are not weighed."
    return Highlights(spans[:m], spans[m:], reason)


def _pieces(text: str) -> list[tuple[int, int]]:
    if len(text) > _TOO_LONG:
        return []
    return pieces(text, max(4, min(MOST_PIECES, _MOST_CHARACTERS // max(len(text), 1))))


def _without(text: str, cut: list[tuple[int, int]]) -> list[str]:
    """Return the text without each piece and the white space after it."""
    ends = [*(start for start, _ in cut[1:]), len(text)][: len(cut)]
    return [text[:start] + text[end:] for (start, _), end in zip(cut, ends, strict=True)]


def _measured(
    study: Study, texts: list[str], more: NDArray[np.int64], less: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Measured codes of the variants of a pair, in the study's units."""
    from whimsight.attributes import measure

    ids = [str(f) for f in study.found.index[study.autoencoder.n_features :]]
    values = measure(texts, ids=ids).astype(np.float64)
    scale = study.attribute_scale.astype(np.float64)
    difference = values[more] - values[less]
    codes = np.divide(difference, scale, out=np.zeros_like(difference), where=scale > 0)
    return codes.astype(np.float32)


def _embed(study: Study, given: Any, prompt: str, texts: list[str]) -> NDArray[np.float32]:
    from whimsight.embed import Template

    model = _embedder(study, given)
    rendered = Template(study.settings.template).render([prompt] * len(texts), texts)
    try:
        return model.embed(rendered)
    except EmbeddingError as error:
        raise StudyError(f"The sentences cannot be embedded: {error}") from error


def _embedder(study: Study, given: Any) -> Embedder:
    """Make the study's embedder, or check the given one."""
    from whimsight.embed import embedder

    wanted = str(study.facts.get("embedder", ""))
    try:
        if given is not None:
            model = embedder(given, cache=False)
        elif study.settings.embedder == "ready" or wanted == "ready embeddings":
            raise StudyError(
                "The study was made from ready embeddings, so its sentences cannot be embedded. Give the embedder "
                "that they came from: FeatureLabeler(study, embedder=...)."
            )
        else:
            model = _made(study.settings.embedder, study.settings.windows)
    except EmbeddingError as error:
        raise StudyError(
            f"The embedder of the study, {study.settings.embedder!r}, cannot be made here: {error} Or give it: "
            "FeatureLabeler(study, embedder=...)."
        ) from error
    if wanted not in ("", "ready embeddings") and model.fingerprint != wanted:
        raise StudyError(
            f"The study was made with the embedder {wanted!r}; here is {model.fingerprint!r}, whose vectors "
            "differ. Install the same model and precision, or give the embedder as embedder=."
        )
    return model


@lru_cache(maxsize=2)
def _made(name: str, windows: str) -> Embedder:
    """Make an embedder once; models are slow to load. The disk keeps no vectors of torn texts."""
    from whimsight.embed import embedder

    return embedder(name, windows=windows, cache=False)
