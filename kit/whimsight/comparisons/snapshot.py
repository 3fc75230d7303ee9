"""A bounded picture of a comparison, ready for JSON: enough for a widget to be useful without Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.comparisons.conflicts import conflicts
from whimsight.comparisons.heterogeneity import heterogeneity
from whimsight.comparisons.ratios import ratios
from whimsight.comparisons.sentences import Compared, left_out_said
from whimsight.comparisons.verdict import verdicts
from whimsight.errors import StudyError
from whimsight.studies._report.words import without_paths
from whimsight.studies.reading import Reading
from whimsight.studies.snapshot import clean, fitting, note, plain_number, recurs, size_of, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from whimsight.comparisons._comparison import Comparison
    from whimsight.comparisons.estimates import Estimates
    from whimsight.comparisons.slices import Slice

__all__ = ["about_slice", "comparison_snapshot", "own_votes", "slice_readings"]

_DIGITS = 7
"""Significant digits of a number: there are dozens for every feature and dataset."""


def comparison_snapshot(
    comparison: Comparison,
    *,
    examples: int = 6,
    characters: int = 2_000,
    names_only: bool = False,
    max_bytes: int = 2_000_000,
    reading: Sequence[Reading] | None = None,
) -> dict[str, Any]:
    """Return datasets, features, conflicts and first examples, as ``ComparisonSnapshot`` of ``protocol.ts``.

    Numbers, conflicts and sentences are those of the features as found: what people named or turned is in
    `whimsight.studies.snapshot.labels_dict`. Examples come from the pairs to read alone, each with the votes of its
    dataset. Where the whole is larger than allowed, all texts are shortened to the same length, and then examples
    left out, evenly.

    Parameters
    ----------
    comparison : Comparison
    examples : int
        At most so many a feature and dataset.
    characters : int
        At most so many code points of a text; its whole length stands beside it.
    names_only : bool
        Leave out every text of the datasets, and what drafts quote of them.
    max_bytes : int
        Of the JSON in UTF-8.
    reading : sequence of Reading, optional
        Those of the datasets (`slice_readings`), where there are some already.

    Returns
    -------
    dict
        Numbers have seven significant digits. Without NaN, lone surrogates, paths, authors or times.

    Raises
    ------
    StudyError
        If ``max_bytes`` does not hold even the features, or another choice makes no sense.

    Examples
    --------
    >>> ready = comparison_snapshot(comparison, max_bytes=500_000)    # doctest: +SKIP
    """
    if examples < 0 or characters < 1:
        raise StudyError(
            f"examples must be 0 or more and characters 1 or more; found {examples} and {characters}."
        )
    study, effects = comparison.study, comparison.measured.delta_win
    agreement = heterogeneity(effects, bound=1.0)
    said = Compared.of(comparison.datasets, comparison.by, effects, agreement["q"].to_numpy())
    names = [str(f) for f in study.found.index]
    k = len(comparison.slices)
    facts = {
        "schema": 1,
        "comparison": {
            "name": clean(without_paths(comparison.name)),
            "by": clean(comparison.by),
            "linked": comparison.linked,
            "controls": [clean(str(c)) for c in study.settings.controls],
            "names_only": names_only,
            "left_out": clean(left_out_said(comparison.left_out)),
        },
        "datasets": [about_slice(comparison, part) for part in comparison.slices],
        "features": _features(comparison, agreement, said, quotes=not names_only),
        "conflicts": _conflicts(effects, said, names),
    }
    empty = {"examples": {f: [[] for _ in range(k)] for f in names}, "texts": []}
    room = max_bytes - size_of(facts) - size_of(empty)
    if room < 0:
        raise StudyError(
            f"A snapshot of {len(names)} features in {k} datasets needs at least {max_bytes - room:,} bytes; "
            f"max_bytes is {max_bytes:,}. Give it more, or compare fewer."
        )
    if names_only or not examples:
        return facts | empty
    readings = reading if reading is not None else slice_readings(comparison)
    shown = [one.show(f, one.top(j, examples)) for j, f in enumerate(names) for one in readings]
    laid, texts = fitting(study, shown, examples, characters, room)
    return facts | {"examples": {f: laid[j * k : (j + 1) * k] for j, f in enumerate(names)}, "texts": texts}


def slice_readings(comparison: Comparison, whole: Reading | None = None) -> list[Reading]:
    """Return for each dataset the pairs of it to read, with its own votes."""
    whole = whole or Reading(comparison.study)
    return [whole.part(part.rows, part.preference) for part in comparison.slices]


def own_votes(comparison: Comparison, part: Slice) -> bool:
    """Return whether the votes of a slice are those that stand in the pairs, so that their people cast them."""
    pairs = comparison.study.pairs
    return bool(np.array_equal(part.preference, pairs.preference[part.rows], equal_nan=True))


def about_slice(comparison: Comparison, part: Slice) -> dict[str, Any]:
    """Return what a dataset holds, as ``ComparedDataset`` of ``protocol.ts``."""
    study, frame = comparison.study, comparison.study.pairs.frame
    people = "annotator" in frame and own_votes(comparison, part)
    return {
        "name": clean(without_paths(part.name)),
        "rows": int(part.rows.size),
        "pairs": int(np.unique(study.pair_of_row[part.rows]).size),
        "prompts": study.pairs.count_prompts(part.rows),
        "annotators": int(frame["annotator"].iloc[part.rows].nunique()) if people else 0,
        "labelled": int(np.isfinite(part.preference).sum()),
    }


def _features(
    comparison: Comparison, agreement: pd.DataFrame, said: Compared, *, quotes: bool
) -> list[dict[str, Any]]:
    study, effects = comparison.study, comparison.measured.delta_win
    numbers = [c for c in agreement.columns if c != "datasets"]
    rows = agreement[numbers].to_dict("records")
    cells, turned = _cells(comparison, said), said.turned()
    out = []
    for j, feature in enumerate(str(f) for f in study.found.index):
        row: Any = study.found.loc[feature]
        out.append(
            {
                "feature": feature,
                **{c: word(row[c]) for c in ("kind", "name", "judge")},
                "note": note(study, feature, quotes=quotes),
                "recurs": recurs(study, row),
                **{c: _brief(row[c]) for c in ("stability", "fidelity", "fidelity_low", "fidelity_high")},
                "cells": cells[j],
                "covariance": [[_brief(v) for v in line] for line in effects.covariance[j]],
                **{str(c): _brief(v) for c, v in rows[j].items()},
                "sentence": clean(said.feature(j)),
                "sentence_turned": clean(turned.feature(j)),
            }
        )
    return out


def _cells(comparison: Comparison, said: Compared) -> list[list[dict[str, Any]]]:
    """Return, for each feature, what each dataset says of it."""
    made = comparison.measured
    k, f = made.n.shape
    against_first = ratios(made.prevalence, made.prevalence_low, made.prevalence_high, 0)
    beta_low, beta_high = made.beta.interval()
    shown: dict[str, NDArray[Any]] = {
        "prevalence": made.prevalence.value,
        "prevalence_low": made.prevalence_low,
        "prevalence_high": made.prevalence_high,
    }
    for key, column in (("ratio", "ratio"), ("ratio_low", "low"), ("ratio_high", "high")):
        shown[key] = against_first[column].to_numpy(dtype=np.float64).reshape(k, f).copy()
        # Of judges of the same pairs a ratio would count how often each voted.
        shown[key][: k if comparison.by == "votes" else 1] = np.nan
    shown["ratio_low"][~np.isfinite(shown["ratio"])] = np.nan
    shown |= {
        "beta": made.beta.value,
        "beta_low": beta_low,
        "beta_high": beta_high,
        "delta_win": said.value,
        "delta_win_low": said.low,
        "delta_win_high": said.high,
        "degrees": made.delta_win.degrees,
        "share": made.share,
        "share_se": made.share_se,
    }
    verdict = verdicts(said.low, said.high, said.q_single)
    has_prompts = [comparison.study.pairs.count_prompts(part.rows) > 0 for part in comparison.slices]

    def cell(i: int, j: int) -> dict[str, Any]:
        numbers = {key: _brief(values[i, j]) for key, values in shown.items()}
        counts = {"n": int(made.n[i, j])}
        if has_prompts[i]:
            counts["prompts"] = int(made.prompts[i, j])
        return {**numbers, **counts, "verdict": str(verdict[i, j])}

    return [[cell(i, j) for i in range(k)] for j in range(f)]


def _conflicts(effects: Estimates, said: Compared, names: list[str]) -> list[dict[str, Any]]:
    turned = said.turned()
    return [
        {
            "feature": names[row["feature"]],
            "for": int(row["for"]),
            "against": int(row["against"]),
            "difference": _brief(row["difference"]),
            "difference_low": _brief(max(row["difference_low"], -2.0)),
            "difference_high": _brief(min(row["difference_high"], 2.0)),
            "q": _brief(row["q"]),
            "sentence": clean(said.conflict(row["feature"], row["for"], row["against"])),
            "sentence_turned": clean(turned.conflict(row["feature"], row["against"], row["for"])),
        }
        for row in conflicts(effects).to_dict("records")
    ]


def _brief(value: Any) -> float | None:
    found = plain_number(value)
    return None if found is None else float(f"{found:.{_DIGITS}g}")
