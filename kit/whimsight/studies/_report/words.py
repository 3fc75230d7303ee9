"""Numbers and findings in plain words; every sentence says "associated", none says "because"."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whimsight.studies._study import Study

__all__ = [
    "adjusted_for",
    "chart_label",
    "feature_name",
    "finding",
    "flat",
    "listed",
    "number",
    "points",
    "variation",
    "without_paths",
]

_BIDI = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
# No XML holds the last two: the drawing of a chart with one of them ends the whole Python process.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")
# A run of slashes is looked at once, from its beginning: a text of nothing but slashes must not take minutes.
_PATH = re.compile(r"(?<![\\/])(?:~|\b[A-Za-z]:)?(?:[\\/]++[^\\/\s'\"<>|:;,]++){2,}[\\/]?")
_QUOTED_PATH = re.compile(r"(['\"])((?:~|[A-Za-z]:)?[\\/]++[^\\/'\"\n]++[\\/][^'\"\n]*+)\1")
"""In quotation marks, as in an OSError, a path may hold spaces: the names of many people's folders do."""

_LABEL = 40


def number(value: Any, decimals: int = 2, *, sign: bool = False) -> str:
    """Format a number with a real minus sign; "–" where there is none.

    Examples
    --------
    >>> number(-0.123), number(0.5, 1, sign=True), number(float("nan"))
    ('−0.12', '+0.5', '–')
    """
    if value is None or value != value:
        return "–"
    text = f"{float(value):{'+' if sign else ''},.{decimals}f}"
    if not text.strip("+-0.,"):
        text = text.lstrip("+-")
    return text.replace("-", "−")


def points(share: Any, decimals: int = 0, *, sign: bool = False) -> str:
    """Format a share as percentage points: 0.093 is "9"."""
    return number(None if share is None or share != share else 100 * float(share), decimals, sign=sign)


def chart_label(name: Any) -> str:
    r"""Return a name as one short line without control characters, fit for a chart's axis.

    Examples
    --------
    >>> chart_label("says\x00 \u202ehello"), len(chart_label("x" * 300))
    ('says hello', 40)
    """
    text = name if isinstance(name, str) else ""
    text = text.encode("utf-8", "replace").decode()
    line = " ".join(_BIDI.sub("", _CONTROL.sub(" ", text)).split())
    return line if len(line) <= _LABEL else line[: _LABEL - 1].rstrip() + "…"


def feature_name(study: Study, feature: str) -> str:
    """Return what to call a feature; its id says which it is where it has no name yet."""
    from whimsight.names import UNNAMED

    name = study.features.at[feature, "name"]
    known = isinstance(name, str) and name.strip() not in ("", UNNAMED, feature)
    return str(name) if known else f"unnamed feature {feature}"


def adjusted_for(study: Study, feature: str) -> str:
    """Return what the effect of a feature is adjusted for, as the end of a sentence."""
    own = {"length": "m_words"}
    controls = [c for c in study.settings.controls if own.get(c, c) != feature]
    return f", adjusted for {listed(controls)}" if controls else ""


def finding(study: Study, feature: str) -> tuple[str, str, str]:
    """Return a finding in three parts: how much, what, and how sure.

    Examples
    --------
    >>> finding(study, "m_bullets")    # doctest: +SKIP
    ('9 points more often', 'the response that uses more bullet points', '5 to 13')
    """
    row: Any = study.features.loc[feature]
    effect, low, high = (float(row[c]) for c in ("delta_win", "delta_win_low", "delta_win_high"))
    if effect < 0:
        low, high = -high, -low
    size = points(abs(effect))
    much = f"{size} {'point' if size == '1' else 'points'} {'more' if effect >= 0 else 'less'} often"
    sure = f"{points(low)} to {points(high)}"
    if study.settings.controls and not adjusted_for(study, feature):
        sure += ", not adjusted"
    if row["kind"] == "discovered" and row["stability"] == row["stability"]:
        sure += f"; stability {number(row['stability'])}"
    return much, _which(study, feature)[0], sure


def variation(study: Study, feature: str) -> tuple[str, str, str]:
    """Return ("32 % of pairs", "one response uses more bullet points", "28 to 36")."""
    row: Any = study.features.loc[feature]
    sure = f"{points(row['prevalence_low'])} to {points(row['prevalence_high'])}"
    return f"{points(row['prevalence'])}\u00a0% of pairs", f"one response {_which(study, feature)[1]}", sure


def _which(study: Study, feature: str) -> tuple[str, str]:
    """Return ("the response that uses more bullet points", "uses more bullet points")."""
    from whimsight.attributes import ATTRIBUTES
    from whimsight.names import UNNAMED
    from whimsight.studies.work import shown_name

    found = str(study.found.at[feature, "name"])
    turned = bool(study.polarity[study.column(feature)] < 0)
    drafted = str(study.features.at[feature, "name"]) == shown_name(found, "", turned=turned)
    if feature in ATTRIBUTES and drafted and not turned:
        phrase = ATTRIBUTES[feature].phrase
        return f"the response that {phrase}", phrase
    # More of the opposite of a thing is plainly less of it.
    more = "less" if turned and drafted else "more"
    name = found if turned and drafted and found != UNNAMED else feature_name(study, feature)
    if name.startswith("says "):
        has = f"{more} often {name}"
    else:
        has = f"has {more} of {name}" if name.startswith("unnamed") else f"has {more} of “{name}”"
    return f"the response that {has}", has


def without_paths(value: Any) -> Any:
    """Shorten every file path in a text, list or dictionary to its last part.

    Examples
    --------
    >>> without_paths({"model": "/srv/people/ann/models/e5", "n": 3})
    {'model': 'e5', 'n': 3}
    """
    if isinstance(value, str):
        value = _QUOTED_PATH.sub(lambda m: f"{m[1]}{_last_part(m[2])}{m[1]}", value)
        return _PATH.sub(lambda m: _last_part(m[0]), value)
    if isinstance(value, dict):
        return {without_paths(k): without_paths(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_paths(v) for v in value]
    return value


def _last_part(path: str) -> str:
    return re.split(r"[\\/]+", path.rstrip("\\/"))[-1]


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> listed(["length", "tone", "topic"])
    'length, tone and topic'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return nested settings or facts as lines of (key, value)."""
    lines: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, dict):
            lines += flat(value, f"{name}: ")
        elif isinstance(value, list | tuple):
            lines.append((name, ", ".join(map(str, value)) or "none"))
        elif isinstance(value, float):
            lines.append((name, "–" if not math.isfinite(value) else f"{value:.4g}".replace("-", "−")))
        else:
            lines.append((name, str(value)))
    return lines
