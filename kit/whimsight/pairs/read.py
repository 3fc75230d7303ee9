"""`whimsight.read`: any table of preferences to `Pairs`, with an account of what happened to it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Literal, Never

import numpy as np
import pandas as pd

from whimsight._suggest import nearest
from whimsight.errors import PairsError
from whimsight.pairs.cleaning import clean
from whimsight.pairs.formats import mend
from whimsight.pairs.hashing import hash_ids, written
from whimsight.pairs.layouts import LAYOUTS, Draft, lone_side
from whimsight.pairs.layouts.base import rest_of
from whimsight.pairs.report import ReadReport
from whimsight.pairs.sources import to_frame
from whimsight.pairs.table import Pairs

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = ["read"]


def read(
    source: Any,
    *,
    layout: str | None = None,
    prompt: str | None = None,
    response_a: str | None = None,
    response_b: str | None = None,
    preference: str | None = None,
    annotator: str | None = None,
    conversation: str | None = None,
    model_a: str | None = None,
    model_b: str | None = None,
    weight: str | None = None,
    labels: Mapping[Any, str] | None = None,
    missing: Literal["unlabelled", "tie"] = "unlabelled",
    max_characters: int | None = None,
    hash_annotators: bool | str = False,
    split: str | None = None,
    name: str | None = None,
    seed: int = 0,
    **unknown: Never,
) -> Pairs:
    """Read pairs from a file, a frame or a dataset.

    Parameters
    ----------
    source : str, Path, DataFrame, or datasets object
        CSV, TSV, JSON, JSONL (plain or ``.gz``), Parquet, Arrow or Feather; a pandas or polars frame; a
        Hugging Face ``datasets`` object or hub id; a list of dictionaries.
    layout : str, optional
        Force one of the known layouts instead of recognising it; a wrong name lists them.
    prompt, response_a, response_b, preference, annotator, model_a, model_b, weight : str, optional
        Columns named by hand. With both responses named no layout is needed; the others may also correct
        a recognised layout.
    conversation : str, optional
        Column that says which prompts continue each other; see `Pairs`.
    labels : mapping, optional
        What labels mean: ``"a"``, ``"b"`` or ``"tie"`` for each. Needed only for words that no rule knows
        or for numbers that mean something else, such as ``{0: "a", 1: "b"}``.
    missing : {"unlabelled", "tie"}
        What an empty label stands for.
    max_characters : int, optional
        Leave out pairs with a longer response.
    hash_annotators : bool or str
        Keep a keyed hash in place of each annotator's id, in whatever column it stands; the report says where. True
        draws a key that is kept nowhere; a text of your own, kept secret, gives a person the same hash in every file.
    split : str, optional
        Which split of a hub dataset; ``train`` or the first by default.
    name : str, optional
        What to call the pairs; the file's name by default.
    seed : int
        Shuffles the sides where the layout always puts the chosen response first.

    Returns
    -------
    Pairs
        ``pairs.report`` says what was left out and repaired, and why.

    Raises
    ------
    PairsError
        When the table cannot be read, no layout fits, a column is missing, most labels are unknown, or
        nothing is left.
    TypeError
        For a keyword that does not exist; the message suggests the nearest.

    Examples
    --------
    >>> votes = [
    ...     {"prompt": "Hi", "response_a": "Hello!", "response_b": "What?", "winner": "model_a"},
    ...     {"prompt": "Hi", "response_a": "Hello!", "response_b": "Hello!", "winner": "tie"},
    ... ]
    >>> pairs = read(votes)
    >>> pairs.preference
    array([1.])
    >>> print(pairs.report)
    table: 2 rows read as A/B, 1 kept
      left out: 1 for a pair of identical responses (row 1, counted from 0)
      labels: A, B and tie in words
      warning: A is always preferred, so effects cannot be estimated; is the right column read?
    """
    _known_keywords(unknown)
    _sensible(missing, max_characters, seed, hash_annotators)
    found = to_frame(source, split=split)
    frame = found.frame
    if frame.empty:
        raise PairsError(f"There are no rows in this {found.label}.")
    if frame.columns.duplicated().any():
        twice = frame.columns[frame.columns.duplicated()][0]
        raise PairsError(f"Two columns are called {twice!r}; rename one of them.")
    frame = frame.set_axis([str(c) for c in frame.columns], axis=1).reset_index(drop=True)
    named = {
        canonical: column
        for canonical, column in (
            ("prompt", prompt), ("response_a", response_a), ("response_b", response_b),
            ("preference", preference), ("annotator", annotator),
            ("conversation", conversation), ("model_a", model_a), ("model_b", model_b),
            ("weight", weight),
        )
        if column is not None
    }  # fmt: skip
    _known_columns(frame, named)
    frame, broken = mend(frame)
    draft, kind = _draft(frame, layout, named)
    report = ReadReport(
        layout=kind,
        source=name or found.label,
        read=_rows_read(draft, frame),
        notes=[*found.notes, *draft.notes],
    )
    report.repair("halves of characters replaced by question marks", broken)
    for reason, rows in draft.dropped.items():
        report.drop(reason, rows)
    table = clean(
        draft, report, missing=missing, labels=labels, max_characters=max_characters, untyped=found.untyped
    )
    if "_set" in table and "weight" not in named:
        table["weight"] /= table.groupby("_set")["weight"].transform("sum")
    if draft.chosen_first:
        table = _shuffle_sides(table, seed)
        report.side_seed = seed
    if hash_annotators is not False:
        table = hash_ids(table, hash_annotators, report)
    if "annotator" in table and table["annotator"].isna().all():
        table = table.drop(columns="annotator")
    elif "annotator" in table and pd.api.types.is_float_dtype(table["annotator"]):
        table = table.assign(annotator=written(table["annotator"]))  # numbers with gaps: 101, not 101.0
    _warn_constant(table, report)
    table = _unique_ids(table, report).drop(columns=["_row", "_set"], errors="ignore")
    report.kept = len(table)
    return Pairs(table, name=name or found.name, report=report)


def _known_keywords(unknown: Mapping[str, Any]) -> None:
    for keyword in unknown:
        known = [k for k, p in inspect.signature(read).parameters.items() if p.kind is p.KEYWORD_ONLY]
        raise TypeError(
            f"read() has no keyword {keyword!r}.{nearest(keyword, known)} Keywords: {', '.join(known)}."
        )


def _sensible(missing: str, max_characters: int | None, seed: int, hash_annotators: bool | str) -> None:
    if missing not in ("unlabelled", "tie"):
        raise PairsError(f"missing is 'unlabelled' or 'tie'; found {missing!r}.")
    if max_characters is not None and max_characters < 1:
        raise PairsError(f"max_characters is 1 or more, or None for no limit; found {max_characters!r}.")
    if seed < 0:
        raise PairsError(f"seed is 0 or more; found {seed!r}.")
    if not isinstance(hash_annotators, bool | str) or hash_annotators == "":
        raise PairsError(
            f"hash_annotators is True, False or a text kept secret; found {hash_annotators!r:.40}."
        )


def _known_columns(frame: pd.DataFrame, named: Mapping[str, str]) -> None:
    columns = list(frame.columns)
    for canonical, column in named.items():
        if column not in columns:
            raise PairsError(
                f"No column {column!r} (given as {canonical}).{nearest(column, columns)} "
                f"Columns: {', '.join(columns)}."
            )
    if ("response_a" in named) != ("response_b" in named):
        given, other = ("response_a", "response_b") if "response_a" in named else ("response_b", "response_a")
        raise PairsError(f"{given} is named by hand and {other} is not; name both.")


def _draft(frame: pd.DataFrame, layout: str | None, named: Mapping[str, str]) -> tuple[Draft, str]:
    if layout is None and "response_a" in named:
        return _by_hand(frame, named), "columns named by hand"
    folded = [str(c).lower() for c in frame.columns]
    lower = frame.set_axis(
        [low if folded.count(low) == 1 else c for c, low in zip(frame.columns, folded, strict=True)], axis=1
    )
    if layout is not None:
        chosen = next((one for one in LAYOUTS if one.name == layout), None)
        if chosen is None:
            names = [one.name for one in LAYOUTS]
            raise PairsError(f"No layout {layout!r}.{nearest(layout, names)} Layouts: {', '.join(names)}.")
        if not chosen.matches(lower):
            raise PairsError(
                f"This table does not have the layout {layout!r} ({chosen.description}). "
                f"Columns: {', '.join(frame.columns)}."
            )
    else:
        chosen = next((one for one in LAYOUTS if one.matches(lower)), None)
        if chosen is None:
            raise PairsError(_unrecognised(frame))
    draft = chosen.convert(lower)
    for canonical, column in named.items():
        values = frame[column].to_numpy(dtype=object)
        where = draft.frame["_row"].to_numpy(dtype=np.int64)
        if column.lower() != canonical and column.lower() in draft.frame:
            draft.frame = draft.frame.drop(columns=column.lower())
        draft.frame[canonical] = values[where]
        draft.columns[canonical] = column
        if canonical == "preference":
            draft.chosen_first = False
        if canonical == "prompt":
            draft.own_prompt = False
    return draft, chosen.name


def _by_hand(frame: pd.DataFrame, named: Mapping[str, str]) -> Draft:
    made = pd.DataFrame({c: frame[column] for c, column in named.items()})
    notes = []
    if "prompt" not in made:
        made["prompt"] = None
    if "preference" not in made:
        made["preference"] = np.nan
        notes.append("no label column: these pairs say what could be measured, not what people prefer")
    made["_row"] = np.arange(len(frame))
    rest = rest_of(frame, set(named.values()))
    rest = rest[[c for c in rest.columns if c not in made.columns]]
    draft = Draft(pd.concat([made, rest], axis=1), columns=dict(named), notes=notes)
    draft.own_prompt = "prompt" not in named
    return draft


def _unrecognised(frame: pd.DataFrame) -> str:
    known = "\n".join(f"  {one.name}: {one.description}" for one in LAYOUTS)
    lone = lone_side([str(c).lower() for c in frame.columns])
    half = f" There is a column {lone[0]!r} and none called {lone[1]!r}." if lone else ""
    return (
        f"No known layout fits these columns: {', '.join(frame.columns)}.{half}\nName them by hand, for example "
        "read(source, prompt='question', response_a='first', response_b='second', preference='winner'), "
        f"or rename them to one of:\n{known}"
    )


def _rows_read(draft: Draft, frame: pd.DataFrame) -> int:
    """Count the rows of the source; for several responses to a prompt the pairs made of them."""
    if len(draft.frame) and draft.frame["_row"].is_unique and "weight" not in draft.frame:
        return len(frame)
    return len(draft.frame) + sum(map(len, draft.dropped.values()))


def _shuffle_sides(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Swap A and B in a random half of the rows, with everything that belongs to a side."""
    swap = np.random.default_rng(seed).random(len(table)) < 0.5
    out = table.copy(deep=False)
    if "swapped" in out:
        out = out.rename(columns={"swapped": "swapped_in_source"})
    for a in [c for c in table.columns if c.endswith("_a") and f"{c[:-2]}_b" in table.columns]:
        b = f"{a[:-2]}_b"
        out[a], out[b] = table[a].where(~swap, table[b]), table[b].where(~swap, table[a])
    preference = table["preference"].to_numpy(dtype=np.float64)
    out["preference"] = np.where(swap, 1.0 - preference, preference)
    out["swapped"] = swap
    return out


def _unique_ids(table: pd.DataFrame, report: ReadReport) -> pd.DataFrame:
    """Give every row an id of its own: a repeated one gets ``#2``, ``#3`` ... behind it."""
    if "id" not in table:
        return table
    given = table["id"].notna()
    ids = table["id"].astype(object).where(given, table["_row"]).astype(str)
    nth = ids.groupby(ids, sort=False).cumcount()
    again = nth.to_numpy() > 0
    if again.any():
        ids = ids.where(~again, ids + "#" + (nth + 1).astype(str))
        if table["_row"].is_unique:
            report.repair("a repeated id made unique", table["_row"].to_numpy()[again].tolist())
    return table.assign(id=ids)


def _warn_constant(table: pd.DataFrame, report: ReadReport) -> None:
    labels = table["preference"].dropna().unique()
    if len(labels) == 1:
        side = {1.0: "A is always preferred", 0.0: "B is always preferred", 0.5: "every label is a tie"}
        report.notes.append(
            f"warning: {side.get(float(labels[0]), 'every label is the same')}, so effects cannot be "
            "estimated; is the right column read?"
        )
