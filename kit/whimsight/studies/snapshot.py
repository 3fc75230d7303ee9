"""A bounded picture of a study, ready for JSON: enough for a widget to be useful without Python."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight.errors import StudyError
from whimsight.studies._report.words import without_paths
from whimsight.studies.reading import Reading, Shown, reading_split
from whimsight.studies.sentences import sentence
from whimsight.studies.work import PERSON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from whimsight.studies._study import Study

__all__ = [
    "clean",
    "fitting",
    "histogram",
    "label_rows",
    "labels_dict",
    "note",
    "page",
    "plain_number",
    "reading_split",
    "recurs",
    "size_of",
    "snapshot",
    "word",
]

_BINS = 40
_SHORTEST = 200  # characters; beyond this examples are left out rather than texts shortened
_FEW = 4
_RECURS = 0.5  # as in `whimsight.autoencoder.stability`
_SURROGATE = re.compile("[\ud800-\udfff]")


def snapshot(
    study: Study,
    *,
    examples: int = 20,
    characters: int = 2_000,
    names_only: bool = False,
    max_bytes: int = 2_000_000,
    reading: Reading | None = None,
) -> dict[str, Any]:
    """Return the features with their pictures and first examples, as ``Snapshot`` of ``protocol.ts``.

    Numbers and codes are those of the study as found: what people named or turned is in `labels_dict`.
    Examples come from the pairs to read alone (`reading_split`). Where the whole is larger than allowed,
    all texts are shortened to the same length, and then examples left out, evenly.

    Parameters
    ----------
    study : Study
    examples : int
        At most so many a feature.
    characters : int
        At most so many code points of a text; its whole length stands beside it.
    names_only : bool
        Leave out every text of the dataset, and what drafts quote of them.
    max_bytes : int
        Of the JSON in UTF-8.
    reading : Reading, optional
        Of this study, where there is one already.

    Returns
    -------
    dict
        Without NaN, lone surrogates, paths, authors or times.

    Raises
    ------
    StudyError
        If ``max_bytes`` does not hold even the features, or another choice makes no sense.

    Examples
    --------
    >>> ready = snapshot(study, max_bytes=500_000)    # doctest: +SKIP
    """
    if examples < 0 or characters < 1:
        raise StudyError(
            f"examples must be 0 or more and characters 1 or more; found {examples} and {characters}."
        )
    reading = reading or Reading(study)
    table = study.found
    facts = {
        "schema": 1,
        "study": _about(study, names_only=names_only),
        "features": _features(study, reading, quotes=not names_only),
    }
    room = max_bytes - size_of(facts) - size_of({"examples": {str(f): [] for f in table.index}, "texts": []})
    if room < 0:
        raise StudyError(
            f"A snapshot of {counted(len(table), 'feature')} needs at least {max_bytes - room:,} bytes; max_bytes is "
            f"{max_bytes:,}. Give it more."
        )
    n = 0 if names_only else examples
    shown = [reading.show(str(f), reading.top(j, n)) if n else [] for j, f in enumerate(table.index)]
    laid, texts = fitting(study, shown, n, characters, room)
    return facts | {"examples": dict(zip(map(str, table.index), laid, strict=True)), "texts": texts}


def labels_dict(study: Study, *, report: bool = False) -> dict[str, dict[str, Any]]:
    """Return what people made of the features, as ``Record<FeatureId, Label>`` of ``protocol.ts``.

    ``fidelity`` is there where people's blind tests of the name, or a language model's answers, have an interval: r
    and its two ends; ``judge`` says whose where it is a model's.

    Parameters
    ----------
    study : Study
    report : bool
        Leave out author and time, as a page for others does.
    """
    made = label_rows(study.labels.labels, report=report)
    features = study.features
    models = set(study.suggestions["source"])
    for feature, row in features[features["judge"].isin({PERSON, *models})].iterrows():
        numbers = [float(row[c]) for c in ("fidelity", "fidelity_low", "fidelity_high")]
        said = made.setdefault(str(feature), {})
        said["fidelity"] = numbers
        if row["judge"] != PERSON:
            said["judge"] = clean(str(row["judge"]))
    return made


def label_rows(table: pd.DataFrame, *, report: bool = False) -> dict[str, dict[str, Any]]:
    """Return a table of labels (`LabelStore.labels`) as `labels_dict` does; what is untouched is left out."""
    keys = [k for k in _LABEL if k in table.columns and not (report and k in ("author", "time"))]
    return {
        str(feature): {k: v for k in keys if (v := _label_value(k, row[k])) is not None}
        for feature, row in zip(table.index, table.to_dict("records"), strict=True)
    }


_LABEL = ("name", "status", "note", "tags", "turned", "author", "time")


def _label_value(key: str, value: Any) -> Any:
    """Return one value ready for JSON; None where nobody touched it."""
    if key == "tags":
        return [clean(str(tag)) for tag in value] if isinstance(value, list | tuple) and value else None
    if key == "turned":
        return True if value is not None and not pd.isna(value) and bool(value) else None
    return clean(value) if isinstance(value, str) and value else None


def page(
    study: Study,
    reading: Reading,
    feature: str,
    rows: NDArray[np.int64],
    *,
    characters: int = 2_000,
) -> dict[str, Any]:
    """Lay out rows of one feature as examples with their texts, as in ``Page`` of ``protocol.ts``."""
    (laid,), texts = _lay_out(study, [reading.show(feature, rows)])
    return {"examples": laid, "texts": [cut(t, characters) for t in texts]}


def clean(text: str) -> str:
    """Replace lone surrogates, which no JSON in UTF-8 can hold, one for one: positions stay.

    Examples
    --------
    >>> clean("half " + chr(0xD83D)) == "half " + chr(0xFFFD)
    True
    """
    return _SURROGATE.sub("\ufffd", text)


def size_of(value: Any) -> int:
    """Return the size of a value as JSON in UTF-8, in bytes."""
    return len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())


def _about(study: Study, *, names_only: bool) -> dict[str, Any]:
    frame = study.pairs.frame
    return {
        "name": clean(without_paths(study.name)),
        "rows": len(study.pairs),
        "pairs": int(study.pair_codes.shape[0]),
        "prompts": study.pairs.count_prompts(),
        "annotators": int(frame["annotator"].nunique()) if "annotator" in frame else 0,
        "labelled": int(np.isfinite(study.pairs.preference).sum()),
        "controls": [clean(str(c)) for c in study.settings.controls],
        "names_only": names_only,
    }


def _features(study: Study, reading: Reading, *, quotes: bool) -> list[dict[str, Any]]:
    table = study.found
    out = []
    for j, feature in enumerate(str(f) for f in table.index):
        row: Any = table.loc[feature]
        numbers = {c: plain_number(row[c]) for c in table.columns if c not in _WORDS}
        out.append(
            {
                "feature": feature,
                **{c: word(row[c]) for c in ("kind", "name", "judge")},
                **numbers,
                "significant": not pd.isna(row["significant"]) and bool(row["significant"]),
                "n": 0 if pd.isna(row["n"]) else int(row["n"]),
                "recurs": recurs(study, row),
                "sentence": sentence(study, feature, row),
                "sentence_turned": sentence(study, feature, row, turned=True),
                "note": note(study, feature, quotes=quotes) + _few(reading, j),
                "histogram": histogram(study.pair_codes[:, j][study.pair_of_row]),
            }
        )
    return out


_WORDS = ("kind", "name", "status", "judge", "significant", "n")


def recurs(study: Study, row: Any) -> bool:
    """Return False for a discovered feature that does not come back on other prompts better than chance."""
    stable = plain_number(row["stability"])
    least = max(_RECURS, plain_number(study.facts.get("chance_stability")) or 0.0)
    return row["kind"] == "measured" or (stable is not None and stable >= least)


def note(study: Study, feature: str, *, quotes: bool) -> str:
    """Say how a measured attribute is computed; of a discovered feature what its draft came from."""
    from whimsight.attributes import ATTRIBUTES

    if feature in ATTRIBUTES:
        attribute = ATTRIBUTES[feature]
        return f"Measured in {attribute.unit}: {attribute.formula}."
    if not quotes or "note" not in study.drafts:
        return ""
    return word(study.drafts["note"].get(feature))


def _few(reading: Reading, column: int) -> str:
    """Say so where there is hardly anything to read."""
    readable = int(np.count_nonzero(reading.columns[:, column]))
    if readable >= _FEW:
        return ""
    held_out = np.count_nonzero(reading.study.pair_codes[reading.study.pair_of_row[reading.held_out], column])
    return f" Few pairs differ in it: {readable} to read, {held_out} held out for blind tests."


def histogram(code: NDArray[np.float32], bins: int = _BINS) -> dict[str, Any]:
    """Count signed codes other than 0 in equal bins over [-m, m], m the largest ``|code|``.

    Examples
    --------
    >>> histogram(np.array([0, 0, 1, -2], dtype=np.float32), bins=4)
    {'low': -2.0, 'high': 2.0, 'counts': [1, 0, 0, 1], 'zero': 2}
    """
    active = code[code != 0]
    reach = float(np.abs(active).max()) if active.size else 1.0
    counts, _ = np.histogram(active.astype(np.float64), bins=bins, range=(-reach, reach))
    return {"low": -reach, "high": reach, "counts": counts.tolist(), "zero": int(code.size - active.size)}


def fitting(
    study: Study, shown: Sequence[list[Shown]], n: int, characters: int, room: int
) -> tuple[list[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Lay out lists of at most ``n`` examples in at most ``room`` bytes: shorter texts first, then fewer examples.

    Returns
    -------
    examples : list
        As many lists as were given; their texts are positions in the other one.
    texts : list
    """
    shortest = min(_SHORTEST, characters)
    while n:
        laid, whole = _lay_out(study, [several[:n] for several in shown])
        space = room - size_of(laid)
        limit = characters
        while limit >= shortest:
            texts = [cut(t, limit) for t in whole]
            size = size_of(texts)
            if size <= space:
                return laid, texts
            if limit == shortest:
                break
            limit = max(min(limit * 19 // 20, int(limit * max(space, 0) / size)), shortest)
        n = min(n * 4 // 5, int(1.2 * n * room / (size + room - space)))
    return [[] for _ in shown], []


def _lay_out(study: Study, shown: Sequence[list[Shown]]) -> tuple[list[list[dict[str, Any]]], list[str]]:
    """Return examples whose texts are positions in a list that holds each text once; a made-up prompt is empty."""
    rows = np.unique([s.row for several in shown for s in several]).astype(np.int64)
    place_of = {row: i for i, row in enumerate(rows.tolist())}
    some = study.pairs.frame[["response_a", "response_b"]].iloc[rows]
    prompt = study.pairs.shown_prompts(rows).tolist()
    a, b = (some[c].tolist() for c in some.columns)
    place: dict[str, int] = {}

    def one(s: Shown) -> dict[str, Any]:
        i = place_of[s.row]
        texts = {"prompt": prompt[i], "more": a[i], "less": b[i]}
        if s.more_is == "B":
            texts["more"], texts["less"] = texts["less"], texts["more"]
        return {
            "row": s.row,
            **{key: place.setdefault(str(text), len(place)) for key, text in texts.items()},
            "more_is": s.more_is,
            "code": s.code,
            "preferred": s.preferred,
            "votes": s.votes,
        }

    return [[one(s) for s in several] for several in shown], list(place)


def cut(text: str, limit: int) -> dict[str, Any]:
    return {"text": clean(text[:limit]), "length": len(text)}


def plain_number(value: Any) -> float | None:
    """Return a number for JSON; None where it is none or not finite."""
    if value is None or pd.isna(value) or not np.isfinite(value):
        return None
    return float(value)


def word(value: Any) -> str:
    """Return a text for JSON; empty where it is none."""
    return clean(value) if isinstance(value, str) else ""
