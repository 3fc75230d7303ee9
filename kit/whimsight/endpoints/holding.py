"""What holds a key is not copied about."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from whimsight.errors import WhimsightError

__all__ = ["KeyHolder"]


class KeyHolder:
    """Something behind an endpoint that holds a key: a copy is itself, and it cannot be pickled."""

    _unpicklable: ClassVar[tuple[type[WhimsightError], str]]
    """What is raised of whoever tries, and what it is and how to make it anew."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> str:
        error, what = self._unpicklable
        raise error(what)
