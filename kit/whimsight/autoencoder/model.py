"""The signed sparse autoencoder: exactly odd, so that swapping A and B flips every code."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from whimsight.autoencoder.selection import largest
from whimsight.errors import FitError, StudyFileError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from whimsight.progress import Progress

__all__ = ["SparseAutoencoder"]

_CHUNK = 16_384
_FORMAT = "whimsight-autoencoder-1"


@dataclass(frozen=True, eq=False, repr=False)
class SparseAutoencoder:
    """A dictionary of ``n_features`` directions and a rule that says which are active in a difference.

    The code of a difference ``x`` is ``z = x @ encoder``, with 0 in place of every entry whose magnitude
    does not exceed ``threshold``; the reconstruction is ``z @ decoder``. There are no biases, so
    ``encode(-x) == -encode(x)`` bit for bit: it does not matter which response is called A.

    Attributes
    ----------
    encoder : ndarray of float32 (d, n_features)
    decoder : ndarray of float32 (n_features, d)
        Unit rows.
    threshold : float
        Set after training so that ``k`` features are active in an average held-out pair.
    k : int
    prefixes : tuple of int
        Matryoshka prefixes: the first ``prefixes[0]`` features alone are a good dictionary, and so on.
    history : list of dict
        One entry an epoch: ``epoch``, ``held_out_error``, ``dead``.
    """

    encoder: NDArray[np.float32]
    decoder: NDArray[np.float32]
    threshold: float
    k: int
    prefixes: tuple[int, ...]
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def n_features(self) -> int:
        """Number of features in the dictionary."""
        return int(self.decoder.shape[0])

    @property
    def dimensions(self) -> int:
        """Width of the differences."""
        return int(self.decoder.shape[1])

    @classmethod
    def fit(
        cls,
        differences: ArrayLike,
        *,
        n_features: int = 32,
        k: int = 4,
        prefixes: Sequence[int] | None = None,
        groups: ArrayLike | None = None,
        weights: ArrayLike | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> SparseAutoencoder:
        """Learn a dictionary from embedding differences.

        Parameters
        ----------
        differences : array-like of float32 (n, d)
            Embedding of response A minus embedding of response B.
        n_features : int
            Size M of the dictionary.
        k : int
            Features active in an average pair.
        prefixes : sequence of int, optional
            Rising, the last one ``n_features``. The loss is the mean of the errors with the first so many
            features. ``(8, n_features)`` by default.
        groups : array-like (n,), optional
            Rows with the same value (the same prompt) are never split between learning and checking. Each
            row is its own group by default.
        weights : array-like of float (n,), optional
            How much each row counts in the loss; 1 by default.
        seed : int
            The same data and seed give the same model.
        progress : callable, optional
            Called with ``("autoencoder", done, total)``.

        Returns
        -------
        SparseAutoencoder

        Raises
        ------
        FitError
            Too few pairs or groups, values that are not finite, sizes that do not fit.

        Notes
        -----
        Four fifths of the groups teach, one fifth stops the training and sets the threshold. The steps are
        told in the modules: leading principal subspace (`subspace`), independent components as the start
        (`independent`), batches of gradient steps and detectors refitted by regression (`training`).

        Examples
        --------
        >>> rng = np.random.default_rng(0)
        >>> codes = rng.standard_normal((600, 6)) * (rng.random((600, 6)) < 0.25)
        >>> differences = codes @ np.eye(6, 20) + 0.01 * rng.standard_normal((600, 20))
        >>> model = SparseAutoencoder.fit(differences, n_features=6, k=2)
        >>> model
        SparseAutoencoder(dimensions=20, n_features=6, k=2)
        >>> bool((model.encode(-differences) == -model.encode(differences)).all())
        True
        """
        from whimsight.autoencoder.fitting import fit_dictionary

        fitted = fit_dictionary(
            differences,
            n_features=n_features,
            k=k,
            prefixes=prefixes,
            groups=groups,
            weights=weights,
            seed=seed,
            progress=progress,
        )
        return cls(
            encoder=fitted.encoder,
            decoder=fitted.decoder,
            threshold=fitted.threshold,
            k=k,
            prefixes=fitted.prefixes,
            history=fitted.history,
        )

    def __repr__(self) -> str:
        return f"SparseAutoencoder(dimensions={self.dimensions}, n_features={self.n_features}, k={self.k})"

    def turned(self, sign: NDArray[np.float32]) -> SparseAutoencoder:
        """Return the model with the features of ``sign`` (n_features,) -1 read the other way round."""
        return replace(self, encoder=self.encoder * sign, decoder=self.decoder * sign[:, None])

    def encode(self, differences: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return signed sparse codes, float32 (n, n_features), exactly 0 where a feature is not active."""
        x = self._rows(differences, self.dimensions, "differences")
        codes = np.empty((x.shape[0], self.n_features), dtype=np.float32)
        for start in range(0, x.shape[0], _CHUNK):
            codes[start : start + _CHUNK] = largest(x[start : start + _CHUNK] @ self.encoder, self.threshold)
        return codes

    def decode(self, codes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the differences that codes stand for, float32 (n, d)."""
        z = self._rows(codes, self.n_features, "codes")
        return z @ self.decoder

    def reconstruction_error(self, differences: NDArray[np.float32]) -> float:
        """Squared error of the reconstruction as a share of the squared length of the differences.

        0 is perfect, 1 is what reconstructing nothing gives.
        """
        x = self._rows(differences, self.dimensions, "differences")
        lost = total = 0.0
        for start in range(0, x.shape[0], _CHUNK):
            rows = x[start : start + _CHUNK]
            residual = rows - self.decode(self.encode(rows))
            lost += float(np.vdot(residual, residual))
            total += float(np.vdot(rows, rows))
        return lost / total if total > 0 else 0.0

    def to_bytes(self) -> bytes:
        """Return the model in safetensors format."""
        from safetensors.numpy import save

        about = {
            "format": _FORMAT,
            "k": self.k,
            "threshold": self.threshold.hex(),
            "prefixes": list(self.prefixes),
            "history": self.history,
        }
        tensors = {
            "encoder": np.ascontiguousarray(self.encoder),
            "decoder": np.ascontiguousarray(self.decoder),
        }
        return bytes(save(tensors, metadata={"whimsight": json.dumps(about)}))

    @classmethod
    def from_bytes(cls, data: bytes) -> SparseAutoencoder:
        """Read a model written by `to_bytes`.

        Raises
        ------
        StudyFileError
            Where the bytes are damaged or are something else.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            tensors = load(data)
            length = int.from_bytes(data[:8], "little")
            about = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["whimsight"])
            if about["format"] != _FORMAT:
                raise ValueError(f"format {about['format']!r}")
            model = cls(
                encoder=np.asarray(tensors["encoder"], dtype=np.float32),
                decoder=np.asarray(tensors["decoder"], dtype=np.float32),
                threshold=float.fromhex(about["threshold"]),
                k=int(about["k"]),
                prefixes=tuple(int(end) for end in about["prefixes"]),
                history=list(about["history"]),
            )
            if model.encoder.shape != model.decoder.shape[::-1] or model.decoder.ndim != 2:
                raise ValueError(f"encoder {model.encoder.shape} does not fit decoder {model.decoder.shape}")
        except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StudyFileError(
                f"The autoencoder cannot be read ({len(data)} bytes: {error}). The file is damaged or "
                "was not written by SparseAutoencoder.save; fit the study again or restore the file."
            ) from error
        return model

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a ``.safetensors`` file and return its path."""
        target = Path(path)
        target.write_bytes(self.to_bytes())
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SparseAutoencoder:
        """Read a file written by `save`."""
        return cls.from_bytes(Path(path).read_bytes())

    @staticmethod
    def _rows(values: NDArray[np.float32], width: int, what: str) -> NDArray[np.float32]:
        rows = np.ascontiguousarray(values, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[1] != width:
            raise FitError(
                f"{what} must have {width} columns, as the autoencoder has; found shape {rows.shape}. "
                "Pass the differences of the embedder that the autoencoder was fitted with."
            )
        return rows
