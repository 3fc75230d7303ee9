"""From responses to codes without the study: where each response stands, and what sets two of them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from whimsight.errors import StudyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.progress import Progress
    from whimsight.studies import Study

__all__ = ["Coder", "against_others"]

_TEXTS = 8_192  # responses embedded and measured before their vectors are let go
_CELLS = 2_000_000  # numbers in one block of differences between responses


@dataclass(frozen=True, eq=False)
class Coder:
    """What turns responses into the codes of some features of a study; m discovered, then q measured ones.

    A pair's activations are linear in the embeddings and measures of its two responses: so every response has a
    *place*, float64 (m + q,), and the code of a pair is the difference of two places, with 0 for a discovered feature
    where it does not exceed the threshold: the study's code but for float32 rounding.

    Attributes
    ----------
    encoder : ndarray
        float32 (d, m): the autoencoder's columns of the m features, as computed.
    threshold : float
        Of the autoencoder.
    residual : ndarray or None
        float32 (p, m): what the measured codes take off the activations, in a study on residuals (its residual map
        times ``encoder``).
    attributes : tuple of str
        (p,): ids of the attributes to measure.
    scale : ndarray
        float32 (p,): the unit of each, the root mean square of its differences in the study; 0 where none differs.
    measured : ndarray
        int64 (q,): which attribute each measured feature is.
    polarity : ndarray
        float32 (m + q,): -1 for features that people turned round.
    template : str
        What is embedded of a response.
    factors : dict
        What the embedding differences of a dataset are multiplied by, in a study of several; 1 for all others.

    Examples
    --------
    >>> coder = Coder.of_measures(["m_words"], np.array([2.0], dtype=np.float32))
    >>> places = coder.place(["", ""], ["one two three", "one"])
    >>> coder.codes(places[:1], places[1:]).tolist()
    [[1.0]]
    """

    encoder: NDArray[np.float32]
    threshold: float
    residual: NDArray[np.float32] | None
    attributes: tuple[str, ...]
    scale: NDArray[np.float32]
    measured: NDArray[np.int64]
    polarity: NDArray[np.float32]
    template: str = "{response}"
    factors: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of_study(cls, study: Study, columns: NDArray[np.int64]) -> Coder:
        """Keep of a study's dictionary, attributes and residual map what some features need.

        Parameters
        ----------
        study : Study
        columns : ndarray
            int64 (F,): positions in ``study.features``, increasing, so that discovered features come first.

        Raises
        ------
        StudyError
            If this version does not know an attribute that the study measured.
        """
        model = study.autoencoder
        discovered = columns[columns < model.n_features]
        measured = columns[columns >= model.n_features] - model.n_features
        encoder = np.ascontiguousarray(model.encoder[:, discovered])
        wanted, residual = measured, None
        if study.residual_map is not None and discovered.size:
            wanted = np.union1d(np.flatnonzero(study.attribute_scale > 0), measured)
            product = study.residual_map[wanted].astype(np.float64) @ encoder.astype(np.float64)
            residual = product.astype(np.float32)
        return cls(
            encoder=encoder,
            threshold=float(np.float32(model.threshold)),
            residual=residual,
            attributes=_known([str(f) for f in study.found.index[model.n_features :][wanted]]),
            scale=study.attribute_scale[wanted].astype(np.float32),
            measured=np.searchsorted(wanted, measured).astype(np.int64),
            polarity=study.polarity[columns],
            template=study.settings.template,
            factors=_factors(study) if discovered.size else {},
        )

    @classmethod
    def of_measures(cls, attributes: Sequence[str], scale: NDArray[np.float32]) -> Coder:
        """Return the coder of measured features alone."""
        n = len(attributes)
        return cls(
            encoder=np.zeros((0, 0), dtype=np.float32),
            threshold=0.0,
            residual=None,
            attributes=tuple(attributes),
            scale=scale,
            measured=np.arange(n),
            polarity=np.ones(n, dtype=np.float32),
        )

    @property
    def discovered(self) -> int:
        """How many of the features are discovered ones."""
        return int(self.encoder.shape[1])

    @property
    def needs_embedder(self) -> bool:
        """Whether any feature is a discovered one."""
        return self.discovered > 0

    @cached_property
    def needs_prompt(self) -> bool:
        """Whether the same response to another prompt has another place."""
        from whimsight.embed import Template

        return self.needs_embedder and Template(self.template).needs_prompt

    def place(
        self,
        prompts: Sequence[str],
        responses: Sequence[str],
        embedder: Embedder | None = None,
        *,
        factor: float | NDArray[np.float64] = 1.0,
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """Place responses, each text once; memory holds the embeddings of a few thousand at a time.

        Parameters
        ----------
        prompts, responses : sequence of str
            t each; equal ones may repeat.
        embedder : Embedder, optional
            Asked where a feature is a discovered one.
        factor : float or ndarray of float64 (t,)
            See ``factors``.
        progress : callable, optional
            Called with ("place", done, distinct texts).

        Returns
        -------
        ndarray
            float64 (t, m + q).
        """
        keys = list(zip(prompts, responses, strict=True)) if self.needs_prompt else list(responses)
        number: dict[object, int] = {}
        row = np.fromiter((number.setdefault(key, len(number)) for key in keys), np.int64, len(keys))
        first = np.unique(row, return_index=True)[1]
        embedded = np.empty((first.size, self.discovered))
        values = np.empty((first.size, len(self.attributes)))
        for start in range(0, first.size, _TEXTS):
            block = slice(start, start + _TEXTS)
            part = first[block].tolist()
            texts = [responses[i] for i in part]
            values[block] = self._measured(texts)
            embedded[block] = self._activated([prompts[i] for i in part], texts, embedder)
            if progress is not None:
                progress("place", min(start + _TEXTS, first.size), int(first.size))
        out = np.empty((row.size, self.discovered + self.measured.size))
        scaled = np.broadcast_to(np.asarray(factor, dtype=np.float64), row.shape)
        out[:, : self.discovered] = embedded[row] * scaled[:, None]
        if self.residual is not None:
            out[:, : self.discovered] -= (values @ self.residual.astype(np.float64))[row]
        out[:, self.discovered :] = values[row][:, self.measured]
        out *= self.polarity
        return out

    def codes(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the codes of pairs from the places of their responses, float64 (..., m + q), signed."""
        out = a - b
        active = out[..., : self.discovered]
        active[np.abs(active) <= np.float32(self.threshold)] = 0.0
        return out

    def factor(self, dataset: str | None) -> float:
        """Return what the embedding differences of a dataset are multiplied by.

        Raises
        ------
        StudyError
            If the study did not have that dataset.
        """
        if dataset is None:
            return 1.0
        if dataset not in self.factors:
            known = ", ".join(map(repr, self.factors)) or "none: it was made from one dataset"
            raise StudyError(f"The study of this reward has no dataset {dataset!r}. Datasets: {known}.")
        return self.factors[dataset]

    def _activated(
        self, prompts: list[str], responses: list[str], embedder: Embedder | None
    ) -> NDArray[np.float64]:
        if not self.needs_embedder:
            return np.empty((len(responses), 0))
        if embedder is None:
            raise StudyError("Discovered features need an embedder.")
        from whimsight.embed import Template

        plain = self.template == "{response}"
        vectors = embedder.embed(responses if plain else Template(self.template).render(prompts, responses))
        if vectors.shape[1] != self.encoder.shape[0]:
            raise StudyError(
                f"This embedder makes vectors of {vectors.shape[1]} dimensions, that of the study "
                f"{self.encoder.shape[0]}: it is not the embedder that the study was made with."
            )
        activated: NDArray[np.float64] = vectors.astype(np.float64) @ self.encoder.astype(np.float64)
        return activated

    def _measured(self, responses: list[str]) -> NDArray[np.float64]:
        from whimsight.attributes import measure

        if not self.attributes:
            return np.empty((len(responses), 0))
        values = measure(responses, ids=self.attributes).astype(np.float64)
        scale = self.scale.astype(np.float64)
        return np.divide(values, scale, out=np.zeros_like(values), where=scale > 0)


def _known(attributes: list[str]) -> tuple[str, ...]:
    from whimsight.attributes import ATTRIBUTES

    gone = [one for one in attributes if one not in ATTRIBUTES]
    if gone:
        raise StudyError(
            f"This version of Whimsight does not measure {', '.join(gone)}, which the study has. Make the study anew, "
            "or install the version that made it."
        )
    return tuple(attributes)


def _factors(study: Study) -> dict[str, float]:
    from whimsight.studies.inputs import DIFFERENCE_FACTORS

    found = study.facts.get(DIFFERENCE_FACTORS)
    if not isinstance(found, dict):
        return {}
    return {str(k): float(v) for k, v in found.items() if isinstance(v, int | float) and np.isfinite(v)}


def against_others(coder: Coder, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the codes of each of n responses against all n, averaged: float64 (n, F); 0 against itself.

    With two responses, the two rows differ by the code of the pair.

    Examples
    --------
    >>> coder = Coder.of_measures(["m_words"], np.array([1.0], dtype=np.float32))
    >>> against_others(coder, np.array([[3.0], [1.0]])).tolist()
    [[1.0], [-1.0]]
    """
    n, m = places.shape[0], coder.discovered
    out: NDArray[np.float64] = places - places.mean(axis=0)
    step = max(1, _CELLS // max(1, n * m))
    for start in range(0, n if m else 0, step):
        rows = slice(start, start + step)
        out[rows, :m] = coder.codes(places[rows, None, :m], places[None, :, :m]).mean(axis=1)
    return out
