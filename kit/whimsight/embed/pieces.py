"""Words of many texts at once, for embeddings that are a sum over words.

A BERT tokenizer reads a text word by word: what it makes of a word does not depend on the words around it. So
each distinct word need be tokenized once only. Finding the words, and looking them up, is done on bytes with
NumPy: many times faster than tokenizing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["PieceTable", "split"]

_LONGEST = 24  # bytes of a piece that is looked up by its bytes; longer ones by a digest
_SPACE, _WORD, _MARK = 0, 1, 2
# What BERT's normaliser deletes, and what it turns into spaces; the rest of ASCII but letters stays.
_DELETED = bytes([*range(9), 11, 12, *range(14, 32), 127])
_LOWER = bytes(32 if c in b"\t\n\r" else c + 32 if 65 <= c <= 90 else c for c in range(256))
_KIND = np.array(
    [_SPACE if c <= 32 else _WORD if chr(c).isalnum() or c >= 128 else _MARK for c in range(256)],
    dtype=np.uint8,
)
_KEEP = np.array([(1 << (8 * n)) - 1 for n in range(9)], dtype=np.uint64)
_ODD = np.uint64(0x9E3779B97F4A7C15)


def split(texts: Sequence[str]) -> tuple[bytes, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Find the pieces of texts: runs of letters and digits, and single marks.

    Characters outside ASCII count as letters here; a tokenizer takes such pieces further apart.

    Returns
    -------
    data : bytes
        The texts in lower case (ASCII only), one after the other, with some bytes of padding.
    start, length : ndarray
        int64 (n_pieces,), in bytes.
    first : ndarray
        int64 (n_texts,): number of the first piece of each text.

    Examples
    --------
    >>> data, start, length, first = split(["Don't!", "", "Go"])
    >>> [data[s : s + n].decode() for s, n in zip(start, length)], first.tolist()
    (['don', "'", 't', '!', 'go'], [0, 4, 4])
    """
    raw = [text.encode("utf-8", "replace").translate(_LOWER, _DELETED) for text in texts]
    offset = np.zeros(len(raw), dtype=np.int64)
    np.cumsum([len(r) + 1 for r in raw[:-1]], out=offset[1:])
    data = b" ".join(raw) + b" " * 9
    kind = _KIND[np.frombuffer(data, dtype=np.uint8)]
    word = kind == _WORD
    begins = word.copy()
    begins[1:] &= ~word[:-1]
    ends = np.flatnonzero(word[:-1] & ~word[1:]) + 1
    begins |= kind == _MARK
    start = np.flatnonzero(begins)
    length = np.ones(start.size, dtype=np.int64)
    is_word = word[start]
    length[is_word] = ends - start[is_word]
    return data, start, length, np.searchsorted(start, offset)


def keys(data: bytes, start: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return 64 bits for each piece: its bytes where they fit, else mixed; equal pieces have equal keys."""
    eight: NDArray[np.uint64] = np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
    out = eight[start] & _KEEP[np.minimum(length, 8)]
    long = np.flatnonzero(length > 8)
    if long.size:
        out[long] = _mix(out[long])
        for skip in range(8, _LONGEST, 8):
            rows = long[length[long] > skip]
            part = eight[start[rows] + skip] & _KEEP[np.minimum(length[rows] - skip, 8)]
            out[rows] = _mix(out[rows] ^ part)
        for row in np.flatnonzero(length > _LONGEST).tolist():
            piece = data[start[row] : start[row] + length[row]]
            out[row] = int.from_bytes(hashlib.blake2b(piece, digest_size=8).digest(), "little")
    return out


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Splitmix64's finisher (Steele, Lea and Flood 2014): a bijection that spreads every bit over all."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


class PieceTable:
    """Vectors of pieces, made once each and found again by the piece's bytes.

    Parameters
    ----------
    vectors_of : callable
        From a list of pieces to a float32 matrix (n, d).
    dimensions : int
    most : int
        Pieces kept at most; when there are more the table starts over, so that memory stays bounded.
    """

    def __init__(
        self, vectors_of: Callable[[list[str]], NDArray[np.float32]], dimensions: int, *, most: int = 100_000
    ) -> None:
        self._vectors_of, self._dimensions, self._most = vectors_of, dimensions, most
        self._vectors = np.empty((0, dimensions), dtype=np.float32)
        self._used = 0
        self._key, self._row = _empty()

    def rows(
        self, data: bytes, start: NDArray[np.int64], length: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the row of each piece, int64 (n_pieces,), and the matrix that the rows are of."""
        wanted = keys(data, start, length)
        found = self._find(wanted)
        missing = np.flatnonzero(found < 0)
        if missing.size:
            new, where = np.unique(wanted[missing], return_index=True)
            if self._used + new.size > self._most:
                self._vectors, self._used = self._vectors[:0], 0
                self._key, self._row = _empty()
                new, where = np.unique(wanted, return_index=True)
                missing = np.arange(wanted.size)
            where = missing[where]
            pieces = [
                data[s : s + n].decode("utf-8")
                for s, n in zip(start[where].tolist(), length[where].tolist(), strict=True)
            ]
            self._add(new, self._vectors_of(pieces))
            found[missing] = self._find(wanted[missing])
        return found, self._vectors[: self._used]

    def _find(self, wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Rows of keys by open addressing; -1 where a key is not there."""
        out = np.full(wanted.size, -1, dtype=np.int64)
        slot = self._slot(wanted)
        row = self._row[slot]
        hit = self._key[slot] == wanted
        hit &= row >= 0
        np.copyto(out, row, where=hit)
        left = np.flatnonzero(~hit & (row >= 0))
        while left.size:
            slot[left] = (slot[left] + 1) & (self._key.size - 1)
            row_left = self._row[slot[left]]
            hit_left = (row_left >= 0) & (self._key[slot[left]] == wanted[left])
            out[left[hit_left]] = row_left[hit_left]
            left = left[(row_left >= 0) & ~hit_left]
        return out

    def _slot(self, key: NDArray[np.uint64]) -> NDArray[np.int64]:
        return (_mix(key) >> np.uint64(65 - self._key.size.bit_length())).astype(np.int64)

    def _add(self, new: NDArray[np.uint64], vectors: NDArray[np.float32]) -> None:
        total = self._used + new.size
        if total > self._vectors.shape[0]:
            grown = np.empty((max(total, 2 * self._vectors.shape[0]), self._dimensions), dtype=np.float32)
            grown[: self._used] = self._vectors[: self._used]
            self._vectors = grown
        self._vectors[self._used : total] = vectors
        rows = np.arange(self._used, total)
        self._used = total
        if 4 * total > self._key.size:  # sparse enough that most pieces are found at the first look
            before = self._row >= 0
            new, rows = np.append(self._key[before], new), np.append(self._row[before], rows)
            size = 1 << int(4 * total).bit_length()
            self._key, self._row = _empty(size)
        slot = self._slot(new)
        while new.size:
            free = self._row[slot] < 0
            claimed = np.zeros(new.size, dtype=bool)
            claimed[np.unique(slot, return_index=True)[1]] = True  # of several for one place, the first
            placed = free & claimed
            self._key[slot[placed]], self._row[slot[placed]] = new[placed], rows[placed]
            new, rows, slot = new[~placed], rows[~placed], slot[~placed]
            slot = np.where(self._row[slot] >= 0, (slot + 1) & (self._key.size - 1), slot)


def _empty(size: int = 1 << 12) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    return np.zeros(size, dtype=np.uint64), np.full(size, -1, dtype=np.int64)
