"""The vectors in what an ``/embeddings`` endpoint answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["most_bytes", "vectors"]

_NUMBER = 24 + 2 + 16  # any double, a comma and a line end, and how far many services indent each number
_DIMENSIONS = 16_384
_AROUND = 64_000  # bytes of everything else


def most_bytes(count: int) -> int:
    """Return the bytes that an answer of ``count`` vectors may have, of up to 16,384 numbers each."""
    return _AROUND + count * (_DIMENSIONS * _NUMBER + 1_000)


def vectors(answer: dict[str, Any], count: int, model: str) -> NDArray[np.float32] | str:
    """Return the vectors of an answer in the order of the texts, or what is wrong with it.

    Raises nothing: the frames of an error would show the answer, and a server may repeat a key in it.

    Parameters
    ----------
    answer : dict
        ``{"data": [{"index", "embedding"}, ...]}``, in any order.
    count : int
        Texts that were sent.
    model : str

    Returns
    -------
    ndarray or str
        float32 (count, dimensions), as they came.

    Examples
    --------
    >>> vectors({"data": [{"index": 1, "embedding": [3, 4]}, {"index": 0, "embedding": [1, 2]}]}, 2, "small")
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    items = answer["data"]
    if not (isinstance(items, list) and all(map(_whole, items))):
        return _other(model)
    if len(items) != count:
        return f"The endpoint answered {len(items)} vectors for {count} texts."
    rows = {item["index"]: item["embedding"] for item in items}
    if sorted(rows) != list(range(count)):
        found = [item["index"] for item in items[:5]]
        return (
            f"The endpoint numbers its vectors {found}..., not 0 to {count - 1}: which belongs to which text is "
            "not known."
        )
    if len({len(row) for row in rows.values()}) > 1:
        return f"The endpoint answered vectors of different lengths for {model!r}."
    out = _matrix([rows[number] for number in range(count)])
    if out is None or out.ndim != 2 or out.shape[1] == 0:
        return _other(model)
    return out


def _whole(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    return type(item.get("index")) is int and isinstance(item.get("embedding"), list)


def _matrix(rows: list[list[Any]]) -> NDArray[np.float32] | None:
    try:
        with np.errstate(over="ignore"):  # infinite then, which is said later
            return np.asarray(rows, dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        return None


def _other(model: str) -> str:
    return (
        f"The endpoint answered something else than embeddings for model {model!r}; is the address that of an "
        "OpenAI-compatible service, up to and with /v1?"
    )
