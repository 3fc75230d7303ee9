"""Settings that everything behind an endpoint takes: whole numbers, and seconds."""

from __future__ import annotations

import math
import numbers

from whimsight.errors import WhimsightError

__all__ = ["seconds", "whole"]

_A_WEEK = 604_800.0  # seconds; no lock waits for ever


def whole(option: str, value: object, least: int, error: type[WhimsightError]) -> int:
    """Return a whole number.

    Raises
    ------
    WhimsightError
        If it is none, or smaller than ``least``.
    """
    if not isinstance(value, numbers.Integral) or int(value) < least:
        raise error(f"{option} must be a whole number, at least {least}; found {str(value)[:80]!r}.")
    return int(value)


def seconds(option: str, value: object, error: type[WhimsightError]) -> float:
    """Return seconds, at most a week of them.

    Raises
    ------
    WhimsightError
        If it is no number above 0.
    """
    if not isinstance(value, numbers.Real) or not 0 < float(value) < math.inf:
        raise error(f"{option} must be a number of seconds above 0; found {str(value)[:80]!r}.")
    return min(float(value), _A_WEEK)
