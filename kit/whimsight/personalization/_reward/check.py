"""Reading fields of a JSON object that may hold anything: each has its type, or the file is refused by name."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whimsight.errors import EmbeddingError, StudyFileError

__all__ = ["Fields", "matrix", "written"]

_MOST_CHARACTERS = 10_000
_MOST_DIMENSIONS = 65_536


class Fields:
    """The fields of one JSON object.

    Examples
    --------
    >>> Fields({"weight": 2}, "a feature").number("weight")
    2.0
    """

    def __init__(self, values: Any, of: str) -> None:
        if not isinstance(values, dict):
            raise StudyFileError(f"{of} is not a JSON object but {type(values).__name__}.")
        self._values = values
        self._of = of

    def has(self, key: str) -> bool:
        """Whether there is a value that is not null."""
        return self._values.get(key) is not None

    def text(self, key: str) -> str:
        """Return a text of at most 10,000 characters."""
        value = self._get(key)
        if not isinstance(value, str) or len(value) > _MOST_CHARACTERS:
            raise self._wrong(key, f"a text of at most {_MOST_CHARACTERS:,} characters")
        return value

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        """Return one of some words."""
        value = self.text(key)
        if value not in allowed:
            raise self._wrong(key, " or ".join(map(repr, allowed)))
        return value

    def number(self, key: str, *, least: float = -math.inf) -> float:
        """Return a finite number."""
        return self._number(key, self._get(key), least)

    def numbers(self, key: str) -> dict[str, float]:
        """Return finite numbers by name."""
        value = self._get(key)
        if not isinstance(value, dict):
            raise self._wrong(key, "an object of numbers")
        return {name: self._number(key, one, -math.inf) for name, one in value.items()}

    def whole(self, key: str) -> int:
        """Return a whole number."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, "a whole number")
        return value

    def sign(self, key: str) -> int:
        """Return 1 or -1."""
        value = self.whole(key)
        if value not in (1, -1):
            raise self._wrong(key, "1 or -1")
        return value

    def template(self, key: str) -> str:
        """Return a text that says what is embedded."""
        from whimsight.embed import Template

        try:
            return Template(self.text(key)).text
        except EmbeddingError as error:
            raise StudyFileError(str(error)) from None

    def object(self, key: str) -> Fields:
        """Return an object."""
        return Fields(self._get(key), f"{key!r} of {self._of}")

    def objects(self, key: str, *, most: int) -> list[Fields]:
        """Return a list of objects."""
        value = self._get(key)
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(key, f"a list of at most {most:,} objects")
        return [Fields(one, f"{key}[{place}]") for place, one in enumerate(value)]

    def _get(self, key: str) -> Any:
        if key not in self._values:
            raise StudyFileError(f"{self._of} lacks {key!r}.")
        return self._values[key]

    def _number(self, key: str, value: Any, least: float) -> float:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or abs(value) > 1e300
            or value != value
        ):
            raise self._wrong(key, "a finite number")
        if value < least:
            raise self._wrong(key, f"a number, {least:g} or more")
        return float(value)

    def _wrong(self, key: str, wanted: str) -> StudyFileError:
        found = self._values.get(key)
        shown = repr(found)[:60] if isinstance(found, str | int | float) else type(found).__name__
        return StudyFileError(f"{key!r} of {self._of} must be {wanted}; found {shown}.")


def written(values: NDArray[Any]) -> dict[str, Any]:
    """Return a matrix as JSON has it.

    Examples
    --------
    >>> written(np.array([1.0, -2.0]))
    {'shape': [2], 'float32': 'AACAPwAAAMA='}
    """
    data = np.ascontiguousarray(values, dtype="<f4").tobytes()
    return {"shape": list(values.shape), "float32": base64.b64encode(data).decode("ascii")}


def matrix(fields: Fields, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Read a matrix of a known shape (-1: 1 to 65,536 rows); sizes are checked before anything is allocated.

    Raises
    ------
    StudyFileError
        If the shape is another, the text is not as long as it must be or not base64, or a number is not finite.
    """
    found = fields._get("shape")
    whole = isinstance(found, list) and all(isinstance(n, int) and not isinstance(n, bool) for n in found)
    fits = (
        whole
        and len(found) == len(shape)
        and all(
            f == wanted or (wanted == -1 and 1 <= f <= _MOST_DIMENSIONS)
            for f, wanted in zip(found, shape, strict=True)
        )
    )
    if not fits:
        raise StudyFileError(f"{fields._of} has the shape {str(found)[:60]}; expected {list(shape)}.")
    size = math.prod(found)
    text = fields._get("float32")
    if not isinstance(text, str) or len(text) != 4 * ((4 * size + 2) // 3):
        raise StudyFileError(f"{fields._of} is not as long as its shape {found} says; it is damaged.")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise StudyFileError(f"{fields._of} is not base64; it is damaged.") from None
    if len(data) != 4 * size:
        raise StudyFileError(f"{fields._of} is not as long as its shape {found} says; it is damaged.")
    out = np.frombuffer(data, dtype="<f4").astype(np.float32).reshape(found)
    if not np.isfinite(out).all():
        raise StudyFileError(f"{fields._of} holds NaN or infinity.")
    return out
