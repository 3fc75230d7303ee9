"""`whimsight.read`: any table of preferences to `Pairs`, with an account of what happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from whimsight._suggest import nearest
from whimsight.errors import PairsError
from whimsight.pairs.layouts import LAYOUTS, UNKNOWN, Draft, to_preference
from whimsight.pairs.layouts.base import rest_of
from whimsight.pairs.report import ReadReport
from whimsight.pairs.sources import to_frame
from whimsight.pairs.table import Pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read"]

_TEXTS = ("prompt", "response_a", "response_b")


def read(
    source: Any,
    *,
    layout: str | None = None,
    prompt: str | None = None,
    response_a: str | None = None,
    response_b: str | None = None,
    preference: str | None = None,
    annotator: str | None = None,
    model_a: str | None = None,
    model_b: str | None = None,
    weight: str | None = None,
    missing: Literal["unlabelled", "tie"] = "unlabelled",
    hash_annotators: bool = False,
    split: str | None = None,
    name: str | None = None,
    seed: int = 0,
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
        Columns named by hand. With both responses named no layout is needed; ``preference`` and
        ``annotator`` may also correct a recognised layout.
    missing : {"unlabelled", "tie"}
        What an empty label stands for.
    hash_annotators : bool
        Keep a salted hash in place of each annotator's id (the salt is not kept).
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
        When the table cannot be read, no layout fits, a column is missing, more than half of the labels
        are unknown, or nothing is left.

    Examples
    --------
    >>> pairs = read([{"prompt": "Hi", "chosen": "Hello!", "rejected": "What?"}])
    >>> pairs.report.layout, len(pairs)
    ('chosen/rejected', 1)
    """
    frame, found_name, notes = to_frame(source, split=split)
    if frame.columns.duplicated().any():
        twice = frame.columns[frame.columns.duplicated()][0]
        raise PairsError(f"Two columns are called {twice!r}; rename one of them.")
    frame = frame.reset_index(drop=True)
    by_hand = {
        "prompt": prompt,
        "response_a": response_a,
        "response_b": response_b,
        "preference": preference,
        "annotator": annotator,
        "model_a": model_a,
        "model_b": model_b,
        "weight": weight,
    }
    named = {canonical: column for canonical, column in by_hand.items() if column is not None}
    _known_columns(frame, named)
    if layout is None and response_a is not None and response_b is not None:
        draft, kind = _by_hand(frame, named), "columns named by hand"
    else:
        draft, kind = _recognise(frame, layout, named)
    report = ReadReport(
        layout=kind, source=name or found_name, read=_rows_read(draft, frame), notes=[*notes, *draft.notes]
    )
    for reason, rows in draft.dropped.items():
        report.drop(reason, rows)
    table = _clean(draft.frame.reset_index(drop=True), report, missing)
    if draft.chosen_first:
        table = _shuffle_sides(table, seed)
        report.side_seed = seed
    if hash_annotators and "annotator" in table:
        table["annotator"] = _hashed(table["annotator"])
        report.notes.append("annotator ids hashed on reading; the salt was not kept")
    _warn_constant(table, report)
    table = table.drop(columns="_row")
    report.kept = len(table)
    return Pairs(table, name=name or found_name, report=report)


def _known_columns(frame: pd.DataFrame, named: dict[str, str]) -> None:
    columns = [str(c) for c in frame.columns]
    for canonical, column in named.items():
        if column not in columns:
            raise PairsError(
                f"No column {column!r} (given as {canonical}).{nearest(column, columns)} Columns: {', '.join(columns)}."
            )


def _by_hand(frame: pd.DataFrame, named: dict[str, str]) -> Draft:
    made = pd.DataFrame({c: frame[source].to_numpy(dtype=object) for c, source in named.items()})
    notes = []
    if "prompt" not in made:
        made["prompt"] = [f"(row {i})" for i in range(len(frame))]
        notes.append("no prompt column named: every row counts as a prompt of its own")
    if "preference" not in made:
        made["preference"] = np.nan
    made["_row"] = np.arange(len(frame))
    rest = rest_of(frame, set(named.values()))
    rest = rest[[c for c in rest.columns if c not in made.columns]]
    return Draft(pd.concat([made, rest], axis=1), notes=notes)


def _recognise(frame: pd.DataFrame, layout: str | None, named: dict[str, str]) -> tuple[Draft, str]:
    lower = frame.rename(columns={c: str(c).lower() for c in frame.columns})
    lower = lower.loc[:, ~lower.columns.duplicated()]
    if layout is not None:
        chosen = next((one for one in LAYOUTS if one.name == layout), None)
        if chosen is None:
            names = [one.name for one in LAYOUTS]
            raise PairsError(f"No layout {layout!r}.{nearest(layout, names)} Layouts: {', '.join(names)}.")
        if not chosen.matches(lower):
            raise PairsError(
                f"This table does not have the layout {layout!r} ({chosen.description}). "
                f"Columns: {', '.join(map(str, frame.columns))}."
            )
    else:
        chosen = next((one for one in LAYOUTS if one.matches(lower)), None)
        if chosen is None:
            raise PairsError(_unrecognised(frame))
    draft = chosen.convert(lower)
    for canonical, column in named.items():
        values = frame[column].to_numpy(dtype=object)
        draft.frame[canonical] = values[draft.frame["_row"].to_numpy(dtype=np.int64)]
        if canonical == "preference":
            draft.chosen_first = False
    return draft, chosen.name


def _unrecognised(frame: pd.DataFrame) -> str:
    columns = ", ".join(map(str, frame.columns))
    known = "\n".join(f"  {one.name}: {one.description}" for one in LAYOUTS)
    return (
        f"No known layout fits these columns: {columns}.\nName them by hand, for example "
        "read(source, prompt='question', response_a='first', response_b='second', preference='winner'), "
        f"or rename them to one of:\n{known}"
    )


def _rows_read(draft: Draft, frame: pd.DataFrame) -> int:
    made_of_one = draft.frame["_row"].is_unique if len(draft.frame) else True
    return len(frame) if made_of_one else len(draft.frame) + sum(map(len, draft.dropped.values()))


def _clean(table: pd.DataFrame, report: ReadReport, missing: str) -> pd.DataFrame:
    """Leave out what cannot be a pair, repair what can, and count both."""
    keep = np.ones(len(table), dtype=bool)

    def leave_out(reason: str, bad: NDArray[np.bool_]) -> None:
        bad = bad & keep
        report.drop(reason, table["_row"].to_numpy()[bad].tolist())
        keep[bad] = False

    values = {c: table[c].to_numpy(dtype=object) for c in _TEXTS}
    if len(table):
        for column in _TEXTS:
            is_text = np.fromiter((isinstance(v, str) for v in values[column]), dtype=bool, count=len(table))
            empty = pd.isna(pd.Series(values[column], dtype=object)).to_numpy()
            what = column.replace("_", " ")
            leave_out(f"missing {what}", empty)
            leave_out(f"{what} that is not text", ~is_text & ~empty)
    if not keep.any():
        raise PairsError(_nothing_left(report))
    for column in _TEXTS:
        values[column] = _repair(values[column], keep, table["_row"].to_numpy(), column, report)
    stripped = {
        c: np.fromiter(
            (bool(v.strip()) if k else False for v, k in zip(values[c], keep, strict=True)),
            dtype=bool,
            count=len(table),
        )
        for c in _TEXTS[1:]
    }
    leave_out("empty response", ~(stripped["response_a"] & stripped["response_b"]))
    leave_out("identical responses", values["response_a"] == values["response_b"])
    preference, how = to_preference(table["preference"], missing=0.5 if missing == "tie" else np.nan)
    unknown = (preference == UNKNOWN) & keep
    if unknown.sum() > keep.sum() / 2:
        row = int(np.flatnonzero(unknown)[0])
        raise PairsError(
            f"Column 'preference', row {table['_row'].iloc[row]}: cannot tell A from B in "
            f"{table['preference'].iloc[row]!r}; {unknown.sum():,} of {keep.sum():,} rows are like that. "
            "Use 1/0, A/B, 1/2 or model_a/model_b/tie."
        )
    if unknown.any():
        examples = sorted({str(v)[:40] for v in table["preference"].to_numpy(dtype=object)[unknown]})[:3]
        leave_out(f"unknown label (such as {', '.join(map(repr, examples))})", unknown)
    if np.isfinite(preference[keep]).any():
        report.notes.append(
            f"labels: {how}; an empty label is {'a tie' if missing == 'tie' else 'unlabelled'}"
        )
    out = table.assign(preference=preference, **values)
    leave_out("duplicate", _duplicates(out, keep))
    if not keep.any():
        raise PairsError(_nothing_left(report))
    return out[keep].reset_index(drop=True)


def _repair(
    values: NDArray[np.object_],
    keep: NDArray[np.bool_],
    rows: NDArray[np.int64],
    column: str,
    report: ReadReport,
) -> NDArray[np.object_]:
    """Remove NUL characters and replace lone surrogates, which neither Parquet nor a browser can hold."""
    nul = np.fromiter(
        (k and "\x00" in v for v, k in zip(values, keep, strict=True)), dtype=bool, count=values.size
    )
    lone = np.fromiter(
        (k and not _encodable(v) for v, k in zip(values, keep, strict=True)), dtype=bool, count=values.size
    )
    out = values.copy()
    for i in np.flatnonzero(nul | lone).tolist():
        out[i] = out[i].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    what = column.replace("_", " ")
    report.repair(f"NUL characters removed from {what}", rows[nul].tolist())
    report.repair(f"half characters replaced in {what}", rows[lone].tolist())
    return out


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _duplicates(table: pd.DataFrame, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows that repeat an earlier one: the same pair, choice and annotator, and the same id if it has one."""
    same = [c for c in (*_TEXTS, "preference", "annotator", "id") if c in table.columns]
    codes = pd.DataFrame({c: pd.factorize(table[c])[0] for c in same})
    out = np.zeros(len(table), dtype=bool)
    out[keep] = codes[keep].duplicated().to_numpy()
    return out


def _shuffle_sides(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Swap A and B in a random half of the rows, with everything that belongs to a side."""
    swap = np.random.default_rng(seed).random(len(table)) < 0.5
    out = table.copy()
    sides = [
        ("response_a", "response_b"),
        *(
            (c, c[:-2] + "_b")
            for c in table.columns
            if c.endswith("_a") and c != "response_a" and c[:-2] + "_b" in table.columns
        ),
    ]
    for a, b in sides:
        first, second = table[a].to_numpy(dtype=object), table[b].to_numpy(dtype=object)
        out[a], out[b] = np.where(swap, second, first), np.where(swap, first, second)
    preference = table["preference"].to_numpy(dtype=np.float64)
    out["preference"] = np.where(swap, 1.0 - preference, preference)
    out["swapped"] = swap
    return out


def _hashed(ids: pd.Series) -> NDArray[np.object_]:
    import hashlib
    import secrets

    salt = secrets.token_bytes(16)
    names = {
        v: hashlib.blake2b(str(v).encode(), key=salt, digest_size=6).hexdigest()
        for v in ids.dropna().unique()
    }
    return ids.map(names).to_numpy(dtype=object)


def _warn_constant(table: pd.DataFrame, report: ReadReport) -> None:
    labels = table["preference"].dropna().unique()
    if len(labels) == 1 and len(table) > 1:
        side = {1.0: "A is always preferred", 0.0: "B is always preferred", 0.5: "every label is a tie"}
        report.notes.append(
            f"warning: {side.get(float(labels[0]), 'every label is the same')}; effects cannot be estimated. If the "
            "chosen response always comes first, call the columns chosen and rejected"
        )


def _nothing_left(report: ReadReport) -> str:
    reasons = "; ".join(f"{n:,} {reason}" for reason, n in report.dropped.items()) or "the table has no rows"
    return f"No pair is left of {report.read:,} rows read as {report.layout}: {reasons}."
