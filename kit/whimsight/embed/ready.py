"""Embedders that people bring along: a function, or a matrix."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.embed.base import Progress, check_texts, normalise
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Callback", "Matrix"]


class Callback:
    """Any function from a list of texts to a matrix.

    Parameters
    ----------
    function : callable
        From a list of n texts to n rows of one width. It is called once with one text, to learn the width.
    name : str
        What studies made with it call it.
    """

    def __init__(self, function: Callable[[list[str]], Any], *, name: str = "function") -> None:
        self._function = function
        self.name = name
        self.dimensions = 0
        self.dimensions = self._call(["."]).shape[1]
        self.fingerprint = f"function:{name}:{self.dimensions}"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions), rows of length 1."""
        check_texts(texts)
        if len(texts) == 0:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        out = normalise(self._call(list(texts)))
        if progress is not None:
            progress("embed", len(texts), len(texts))
        return out

    def _call(self, texts: list[str]) -> NDArray[np.float32]:
        try:
            matrix = np.asarray(self._function(texts), dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise EmbeddingError(
                f"The embedding function {self.name!r} did not give numbers for {len(texts)} texts: {error}. It must "
                "take a list of texts and return a matrix, one row a text."
            ) from error
        wanted = (len(texts), self.dimensions or (matrix.shape[1] if matrix.ndim == 2 else 1))
        if matrix.shape != wanted or not matrix.size:
            raise EmbeddingError(
                f"The embedding function {self.name!r} must return a matrix {wanted} for {len(texts)} texts; "
                f"found shape {matrix.shape}."
            )
        return matrix


class Matrix:
    """A ready matrix with the text of each row.

    Parameters
    ----------
    matrix : ndarray
        (n_texts, d), finite.
    texts : sequence of str
        The text that each row embeds.

    Examples
    --------
    >>> Matrix(np.array([[3.0, 4.0], [0.0, 2.0]]), texts=["a", "b"]).embed(["b", "a"]).round(1).tolist()
    [[0.0, 1.0], [0.6000000238418579, 0.800000011920929]]
    """

    name = "matrix"

    def __init__(self, matrix: NDArray[Any], *, texts: Sequence[str] | None = None) -> None:
        if texts is None:
            raise EmbeddingError(
                "A matrix needs texts=, the text of each row. To give ready embeddings of pairs.texts().unique "
                "use ws.study(pairs, embeddings=matrix)."
            )
        if matrix.ndim != 2 or matrix.shape[0] != len(texts) or not matrix.shape[1]:
            raise EmbeddingError(
                f"A matrix of {len(texts)} texts has {len(texts)} rows; found {matrix.shape}."
            )
        try:
            self._matrix = normalise(np.asarray(matrix, dtype=np.float32))
        except (TypeError, ValueError) as error:
            raise EmbeddingError(f"The matrix does not hold numbers: {error}.") from error
        self._row = {text: row for row, text in enumerate(texts)}
        self.dimensions = int(matrix.shape[1])
        self.fingerprint = f"matrix:{hashlib.blake2b(self._matrix.tobytes(), digest_size=8).hexdigest()}"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions), rows of length 1."""
        check_texts(texts)
        missing = [i for i, text in enumerate(texts) if text not in self._row]
        if missing:
            raise EmbeddingError(
                f"{len(missing)} of {len(texts)} texts have no row in the matrix, the first is text {missing[0]}: "
                f"{texts[missing[0]][:60]!r}. Give a row for every text, or another embedder."
            )
        return self._matrix[[self._row[text] for text in texts]].reshape(len(texts), self.dimensions)
