"""A static embedding distilled from MiniLM: a text's vector is the sum of its tokens' vectors."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.embed.base import Progress, check_texts, normalise
from whimsight.embed.cache import cache_folder
from whimsight.embed.pieces import PieceTable, split
from whimsight.embed.quiet import quiet
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Static", "distil"]

_VERSION = 2
_CHUNK = 2_000_000  # characters looked at together


class Static:
    """A static embedding: no attention, tens of thousands of texts a second, any length.

    The recipe is model2vec's (Tulkens and van Dongen 2024): each token alone through MiniLM, principal
    components, smooth inverse frequency weights, and a text is the sum of its tokens. Built once, in about
    ten seconds on two cores, and kept in the cache folder as one safetensors file. The build computes in
    float32 on every machine, so that a class of students sees the same numbers.

    Raises
    ------
    EmbeddingError
        If there is nothing to build it from.
    """

    name = "static"
    dimensions = 256

    def __init__(self, *, windows: str = "pool") -> None:
        if windows not in ("pool", "cut"):
            raise EmbeddingError(f"windows must be 'pool' or 'cut'; found {windows!r}.")
        path = cache_folder() / f"static-minilm-{self.dimensions}-v{_VERSION}.safetensors"
        tensors = _read(path)
        if tensors is None:
            tensors = _build(path, self.dimensions)
        from tokenizers import Tokenizer

        self._token_vectors = tensors["vectors"].astype(np.float32)
        self._tokenizer = Tokenizer.from_str(tensors["tokenizer"].tobytes().decode("utf-8"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._table = PieceTable(self._vectors_of, self.dimensions)
        self.fingerprint = f"static:minilm:{_digest(tensors)[:16]}"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, 256), rows of length 1."""
        check_texts(texts)
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        start = 0
        while start < len(texts):
            stop, size = start, 0
            while stop < len(texts) and (stop == start or size + len(texts[stop]) <= _CHUNK):
                size += len(texts[stop])
                stop += 1
            data, begins, length, first = split(texts[start:stop])
            rows, matrix = self._table.rows(data, begins, length)
            out[start:stop] = normalise(_sums(matrix, rows, first))
            start = stop
            if progress is not None:
                progress("embed", stop, len(texts))
        return out

    def _vectors_of(self, pieces: list[str]) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode_batch_fast(pieces, add_special_tokens=False)
        count = np.fromiter((len(e.ids) for e in encoded), dtype=np.int64, count=len(encoded))
        ids = np.fromiter((i for e in encoded for i in e.ids), dtype=np.int64, count=int(count.sum()))
        return _sums(self._token_vectors, ids, np.cumsum(count) - count)


def distil(dimensions: int) -> dict[str, NDArray[Any]]:
    """Make the static embedding from MiniLM.

    Returns
    -------
    dict
        ``vectors`` float16 (n_tokens, dimensions); ``tokenizer`` uint8, the JSON of the tokenizer.
    """
    from whimsight.embed.transformer import MiniLM
    from whimsight.embed.weights import minilm_folder

    tokenizer = (minilm_folder() / "tokenizer.json").read_bytes()
    model = MiniLM(dtype="float32")
    tokens, raw = model.token_vectors()
    used = np.array([not (t.startswith("[") and t.endswith("]") and len(t) > 2) for t in tokens])
    centred = raw[used].astype(np.float64)
    centred -= centred.mean(axis=0)
    basis = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :dimensions]
    basis *= np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(basis.shape[1])])
    # Arora, Liang and Ma 2017: a / (a + p), the frequency p by Zipf's law from the place in the vocabulary.
    zipf = 1 / np.arange(2, centred.shape[0] + 2)
    weight = 1e-4 / (1e-4 + zipf / zipf.sum())
    vectors = np.zeros((len(tokens), dimensions), dtype=np.float16)
    vectors[used] = centred @ basis * weight[:, None]
    return {"vectors": vectors, "tokenizer": np.frombuffer(tokenizer, dtype=np.uint8)}


def _build(path: Path, dimensions: int) -> dict[str, NDArray[Any]]:
    """Distil, and keep the result where the cache can be written: whole or not at all."""
    from safetensors.numpy import save_file

    with quiet():
        tensors = distil(dimensions)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        save_file(tensors, temporary, metadata={"digest": _digest(tensors)})
        temporary.replace(path)  # a second process that builds at the same time puts the same file there
    except Exception as error:  # the library has its own kinds for a full disk
        warnings.warn(
            f"The static embedding cannot be kept in {path.parent.name!r} ({error}); it will be built again the "
            "next time. Set WHIMSIGHT_CACHE to a folder that can be written.",
            stacklevel=4,
        )
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return tensors


def _read(path: Path) -> dict[str, NDArray[Any]] | None:
    """Return what is kept; None where it is absent or damaged, and so to be built again."""
    from safetensors import safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in ("vectors", "tokenizer")}
            digest = (file.metadata() or {}).get("digest")
    except Exception:  # absent, truncated, not safetensors: the library raises many kinds
        return None
    return tensors if digest == _digest(tensors) else None


def _digest(tensors: dict[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(np.ascontiguousarray(tensors[name]).tobytes())
    return digest.hexdigest()


def _sums(
    matrix: NDArray[np.float32], rows: NDArray[np.int64], first: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Sums of rows of a matrix: sum i is over ``rows[first[i]:first[i + 1]]``, which may be none."""
    if rows.size == 0:
        return np.zeros((first.size, matrix.shape[1]), dtype=np.float32)
    import torch

    summed = torch.nn.functional.embedding_bag(
        torch.from_numpy(rows), torch.from_numpy(matrix), torch.from_numpy(first), mode="sum"
    )
    return np.asarray(summed.numpy(), dtype=np.float32)
