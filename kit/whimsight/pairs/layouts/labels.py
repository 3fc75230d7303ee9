"""The many ways to write down a choice, as numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight.errors import PairsError

__all__ = ["UNKNOWN", "to_preference"]

UNKNOWN = -1.0
"""Stands for a value that no rule knows."""

_WORDS = {
    **dict.fromkeys(("a", "left", "first", "a>b", "a>>b", "chosen_a", "a is better"), 1.0),
    **dict.fromkeys(("b", "right", "second", "b>a", "b>>a", "chosen_b", "b is better"), 0.0),
    **dict.fromkeys(
        ("tie", "ties", "tied", "both", "neither", "equal", "draw", "same", "c", "a=b", "tie (bothbad)",
         "bothbad", "both bad", "tie (both bad)", "tie (bothgood)", "bothgood", "both good", "both equal",
         "no preference"),
        0.5,
    ),
}  # fmt: skip
_MISSING = frozenset({"", "nan", "none", "null", "na", "n/a", "<na>"})
_SIDE = re.compile(
    r"(?:model|response|answer|output|text|assistant|option|completion|player|system)[ _-]?([ab]|[012])"
)


def to_preference(
    values: pd.Series, *, missing: float = np.nan, labels: Mapping[Any, str] | None = None
) -> tuple[NDArray[np.float64], str]:
    """Turn labels into preferences.

    Recognised: 0/1 and True/False (1 is A), 1/2 (1 is A, 2 is B; 0 or 3 beside them is a tie), -1/0/1 (1 is
    A, tie in the middle), shares between 0 and 1, the usual words for A, B and a tie in any case, and names
    of sides such as ``model_a`` or ``response_1`` (with ``response_0`` among the labels the count starts
    at 0).

    Parameters
    ----------
    values : Series
        One label a row.
    missing : float
        What an empty cell stands for: NaN (unlabelled) or 0.5 (a tie).
    labels : mapping, optional
        What labels mean (``"a"``, ``"b"`` or ``"tie"``); goes before every rule.

    Returns
    -------
    preference : ndarray
        float64 (n,): 1.0 A, 0.0 B, 0.5 tie, NaN unlabelled, `UNKNOWN` for what no rule knows.
    how : str
        The rule in words.

    Examples
    --------
    >>> to_preference(pd.Series(["model_a", "model_b", "tie (bothbad)", "?"]))
    (array([ 1. ,  0. ,  0.5, -1. ]), 'A, B and tie in words')
    """
    values = values.astype(object)
    try:
        codes, distinct = pd.factorize(values)
    except TypeError:  # lists and dictionaries: no rule knows them, and they must not stop the others
        codes, distinct = pd.factorize(values.map(str, na_action="ignore"))
    table, how = _decode([_normal(v) for v in distinct], missing, labels or {})
    return np.append(table, missing)[codes], how  # code -1 (missing) takes the last entry


def _normal(value: Any) -> str:
    """Write a label in the one form that the rules know."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip().lower().removeprefix("[[").removesuffix("]]")
    text = {"true": "1", "false": "0"}.get(text, text)
    return text[:-2] if re.fullmatch(r"-?\d+\.0", text) else text


def _decode(found: list[str], missing: float, labels: Mapping[Any, str]) -> tuple[NDArray[np.float64], str]:
    wrong = next((v for v in labels.values() if _normal(v) not in ("a", "b", "tie")), None)
    if wrong is not None:
        raise PairsError(f"labels says that something means {wrong!r}; a label means 'a', 'b' or 'tie'.")
    given = {_normal(k): _WORDS[_normal(v)] for k, v in labels.items()}
    numbers = pd.to_numeric(pd.Series(found, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
    seen = {float(v) for v, text in zip(numbers, found, strict=True) if np.isfinite(v) and text not in given}
    rule, how = _number_rule(seen)
    from_zero = any(m and m[1] == "0" for m in map(_SIDE.fullmatch, found))
    if given:
        names = {1.0: "A", 0.0: "B", 0.5: "a tie"}
        how = ", ".join(f"{k} is {names[v]}" for k, v in given.items())
    out = np.full(len(found), UNKNOWN)
    for i, (text, number) in enumerate(zip(found, numbers, strict=True)):
        side = _SIDE.fullmatch(text)
        if text in given:
            out[i] = given[text]
        elif text in _MISSING:
            out[i] = missing
        elif np.isfinite(number):
            out[i] = rule.get(float(number), number if not rule and 0 <= number <= 1 else UNKNOWN)
        elif side and side[1] in "ab":
            out[i] = _WORDS[side[1]]
        elif side:
            out[i] = 1.0 if int(side[1]) == (0 if from_zero else 1) else 0.0
        else:
            out[i] = _WORDS.get(text.replace("_", " "), _WORDS.get(text, UNKNOWN))
    return out, how


def _number_rule(seen: set[float]) -> tuple[dict[float, float], str]:
    """Return what the numbers among the labels mean, and say it; an empty rule takes them as shares."""
    if not seen:
        return {}, "A, B and tie in words"
    if 2.0 in seen and seen <= {0.0, 1.0, 2.0, 3.0}:
        ties = [f"{t:g}" for t in (0.0, 3.0) if t in seen]
        how = "1 is A, 2 is B" + (f", {' and '.join(ties)} a tie" if ties else "")
        return {1.0: 1.0, 2.0: 0.0, 0.0: 0.5, 3.0: 0.5}, how
    if -1.0 in seen and seen <= {-1.0, 0.0, 1.0}:
        return {1.0: 1.0, -1.0: 0.0, 0.0: 0.5}, "1 is A, -1 is B, 0 is a tie"
    between = sorted(v for v in seen if 0.0 < v < 1.0)
    if between == [0.5]:
        return {}, "1 is A, 0 is B, 0.5 is a tie"
    return {}, "1 is A, 0 is B" + (", between them a share of votes" if between else "")
