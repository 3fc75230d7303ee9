"""`Pairs`: the table of responses and choices that everything else starts from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight._suggest import nearest
from whimsight.errors import PairsError
from whimsight.pairs.placeholders import made_up
from whimsight.pairs.report import ReadReport
from whimsight.pairs.splits import balanced_folds, connected_components, held_out_split
from whimsight.tables import Table, verbatim

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["COLUMNS", "Pairs", "Texts"]

COLUMNS: tuple[str, ...] = ("id", "prompt", "response_a", "response_b", "preference", "weight")
"""Columns that every table of pairs has, in order."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The distinct responses of some pairs, and where they stand.

    Attributes
    ----------
    unique : list of str
        Distinct responses, in order of first appearance (all of A, then all of B).
    a, b : ndarray
        int64 (n_pairs,): position in ``unique`` of each row's response A and response B.
    """

    unique: list[str]
    a: NDArray[np.int64]
    b: NDArray[np.int64]


class Pairs:
    """Pairs of responses with the choice that people made between them.

    Made by `whimsight.read` and `whimsight.load`; the constructor takes a table that is already clean.

    Parameters
    ----------
    frame : DataFrame
        Columns ``prompt``, ``response_a``, ``response_b`` (text) and optionally ``id``, ``preference``
        (1.0 A, 0.0 B, 0.5 tie, NaN unlabelled), ``weight``, ``annotator``, ``model_a``, ``model_b``, and
        ``conversation`` (prompts of one conversation, such as a question and its follow-up: like one
        prompt, they are never split, and intervals respect that they belong together); any other column is
        kept.
    name : str
        What tables, files and reports call these pairs.
    report : ReadReport, optional
        What reading dropped and repaired.
    texts : Texts, optional
        What `texts` returns, where it is known already: to find it in long responses takes a while.

    Raises
    ------
    PairsError
        If a column is missing, a text is not text, or a preference lies outside [0, 1].

    Examples
    --------
    >>> pairs = Pairs(
    ...     pd.DataFrame(
    ...         {
    ...             "prompt": ["Hi", "Hi", "Bye"],
    ...             "response_a": ["Hello!", "Hello!", "See you."],
    ...             "response_b": ["What?", "Hm.", "Go."],
    ...             "preference": [1.0, 0.5, 0.0],
    ...         }
    ...     )
    ... )
    >>> len(pairs), pairs.prompt_codes.tolist(), pairs.texts().unique[0]
    (3, [0, 0, 1], 'Hello!')
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        name: str = "pairs",
        report: ReadReport | None = None,
        texts: Texts | None = None,
    ) -> None:
        self._frame = _canonical(frame)
        self.name = name
        self.report = report if report is not None else ReadReport(layout="pairs", read=len(frame))
        self._texts = texts
        self._made_up: NDArray[np.bool_] | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """The table; treat it as read-only (`take` and the constructor make new pairs)."""
        return self._frame

    @property
    def preference(self) -> NDArray[np.float64]:
        """float64 (n_pairs,): 1.0 A, 0.0 B, 0.5 tie, NaN unlabelled."""
        return self._frame["preference"].to_numpy(dtype=np.float64)

    @property
    def weight(self) -> NDArray[np.float64]:
        """float64 (n_pairs,): how much each row counts; 1.0 unless reading split a ranking into pairs."""
        return self._frame["weight"].to_numpy(dtype=np.float64)

    @property
    def labelled(self) -> bool:
        """Whether any row carries a preference."""
        return bool(np.isfinite(self.preference).any())

    @property
    def prompt_codes(self) -> NDArray[np.int64]:
        """int64 (n_pairs,): 0 .. n_prompts - 1, in order of first appearance."""
        return self.codes("prompt")

    @property
    def has_prompts(self) -> bool:
        """Whether the rows have prompts of their own; where `read` found none it made some up, such as "(pair 7)"."""
        return not self.made_up_prompts.all()

    @property
    def made_up_prompts(self) -> NDArray[np.bool_]:
        """Rows whose prompt `read` made up, bool (n_pairs,): all of a dataset, which may be one of a comparison."""
        if self._made_up is None:
            dataset = np.zeros(len(self), dtype=np.int64)
            if "dataset" in self._frame.columns:
                dataset = pd.factorize(self._frame["dataset"].map(str))[0].astype(np.int64)
            self._made_up = made_up(self._frame["prompt"].to_numpy(dtype=object), dataset)
        return self._made_up

    def shown_prompts(self, rows: NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the prompts of some rows as people see them, (n_rows,): empty where `read` made them up."""
        prompts = self._frame["prompt"].to_numpy(dtype=object)[rows]
        return np.where(self.made_up_prompts[rows], "", prompts)

    def count_prompts(self, rows: NDArray[np.int64] | None = None) -> int:
        """Return how many prompts some rows have, all by default; those that `read` made up are none."""
        own = ~self.made_up_prompts
        codes = self.prompt_codes[own] if rows is None else self.prompt_codes[rows[own[rows]]]
        return int(np.unique(codes).size)

    def codes(self, column: str) -> NDArray[np.int64]:
        """Number the values of a column in order of first appearance.

        Returns
        -------
        ndarray
            int64 (n_pairs,); -1 where the value is missing.

        Raises
        ------
        PairsError
            If there is no such column.
        """
        if column not in self._frame.columns:
            known = [str(c) for c in self._frame.columns]
            raise PairsError(
                f"No column {column!r} in {self.name!r}.{nearest(column, known)} Columns: {', '.join(known)}."
            )
        return pd.factorize(self._frame[column])[0].astype(np.int64)

    def components(self, columns: Sequence[str] = ()) -> NDArray[np.int64]:
        """Connected components of rows that share a prompt, a conversation or a value of the given columns.

        Returns
        -------
        ndarray
            int64 (n_pairs,); rows with different numbers share nothing, directly or through others.
        """
        ties = ["conversation"] if "conversation" in self._frame.columns else []
        return connected_components([self.prompt_codes, *(self.codes(c) for c in (*ties, *columns))])

    def folds(self, n_folds: int = 5, seed: int = 0, columns: Sequence[str] = ()) -> NDArray[np.int64]:
        """Assign rows to folds of nearly equal size that never separate a component, int64 (n_pairs,)."""
        return balanced_folds(self.components(columns), n_folds, seed=seed)

    def split(
        self, held_out: float = 0.3, seed: int = 0, columns: Sequence[str] = ()
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (training rows, held-out rows), int64; components stay whole."""
        return held_out_split(self.components(columns), held_out, seed=seed)

    def texts(self) -> Texts:
        """Return the distinct responses and where each row's A and B are among them."""
        if self._texts is None:
            n = len(self)
            both = pd.concat([self._frame["response_a"], self._frame["response_b"]], ignore_index=True)
            place, unique = pd.factorize(both)
            place = place.astype(np.int64)
            self._texts = Texts(unique=_strings(unique), a=place[:n], b=place[n:])
        return self._texts

    def unique_pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the distinct (prompt, response_a, response_b) behind the rows; rows are votes on them.

        Returns
        -------
        first : ndarray
            int64 (n_unique,): the first row of each distinct pair, increasing.
        inverse : ndarray
            int64 (n_pairs,): which distinct pair each row is.
        """
        texts = self.texts()
        keys = np.column_stack([self.prompt_codes, texts.a, texts.b])
        frame = pd.DataFrame(keys, columns=["prompt", "a", "b"])
        inverse = frame.groupby(["prompt", "a", "b"], sort=False).ngroup().to_numpy().astype(np.int64)
        _, first = np.unique(inverse, return_index=True)
        return first.astype(np.int64), inverse

    def matchups(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Number the distinct (prompt, two responses) whichever of the two is A.

        Returns
        -------
        inverse : ndarray
            int64 (n_pairs,): which matchup each row is, in order of first appearance.
        swapped : ndarray
            bool (n_pairs,): whether A and B stand the other way round than in the matchup's first row.
        """
        keys = pd.DataFrame({"prompt": self.prompt_codes, "responses": self.response_pairs()})
        inverse = keys.groupby(["prompt", "responses"], sort=False).ngroup().to_numpy().astype(np.int64)
        _, first = np.unique(inverse, return_index=True)
        a = self.texts().a
        return inverse, np.asarray(a != a[first][inverse])

    def response_pairs(self) -> NDArray[np.int64]:
        """Number the distinct two responses whichever of them is A, and whatever prompt they stand under.

        Returns
        -------
        ndarray
            int64 (n_pairs,), in order of first appearance.
        """
        texts = self.texts()
        low, high = np.minimum(texts.a, texts.b), np.maximum(texts.a, texts.b)
        return np.asarray(pd.factorize(low * len(texts.unique) + high)[0], dtype=np.int64)

    @property
    def fingerprint(self) -> str:
        """sha256 of the content: column names and every value, in order."""
        digest = hashlib.sha256()
        for column in self._frame.columns:
            digest.update(str(column).encode("utf-8", "surrogatepass"))
            digest.update(_hashes(self._frame[column]).tobytes())
        return digest.hexdigest()

    def take(self, rows: ArrayLike) -> Pairs:
        """Return the pairs at the given positions (or under a boolean mask), with the same report."""
        where = np.asarray(rows)
        where = np.flatnonzero(where) if where.dtype == bool else where.astype(np.int64)
        return Pairs(self._frame.iloc[where].reset_index(drop=True), name=self.name, report=self.report)

    def to_parquet(self, path: str | Path) -> Path:
        """Write the table with its name and report to one Parquet file; `from_parquet` reads it back."""
        from whimsight.pairs.parquet import write_parquet

        return write_parquet(self, Path(path))

    @classmethod
    def from_parquet(cls, path: str | Path) -> Self:
        """Read what `to_parquet` wrote."""
        from whimsight.pairs.parquet import read_parquet

        frame, name, report = read_parquet(Path(path))
        return cls(frame, name=name, report=report)

    def __len__(self) -> int:
        return len(self._frame)

    def __repr__(self) -> str:
        return f"<Pairs {self.name!r}: {', '.join(self._counts())}>"

    def _counts(self) -> Iterable[str]:
        yield counted(len(self), "row")
        yield counted(self.unique_pairs()[0].size, "distinct pair")
        if self.has_prompts:
            yield counted(self.count_prompts(), "prompt")
        if "conversation" in self._frame:
            yield counted(int(self.components().max(initial=-1)) + 1, "conversation")
        if "annotator" in self._frame:
            yield counted(self._frame["annotator"].nunique(), "annotator")
        preference = self.preference
        labelled = np.isfinite(preference)
        if not labelled.any():
            yield "no labels"
            return
        ties = (preference[labelled] == 0.5).mean()
        a, b = np.mean(preference[labelled] > 0.5), np.mean(preference[labelled] < 0.5)
        yield f"A preferred {a:.0%}, B {b:.0%}"
        if ties > 0:
            yield f"ties {ties:.0%}"
        if not labelled.all():
            yield f"unlabelled {1 - labelled.mean():.0%}"

    def _repr_html_(self) -> str:
        from whimsight.pairs.display import pairs_html

        return verbatim(pairs_html(self))


def _strings(values: Any) -> list[str]:
    strings: list[str] = (
        values.to_numpy(dtype=object).tolist() if isinstance(values, pd.Index) else list(values)
    )
    return strings


def _hashes(values: pd.Series) -> NDArray[np.uint64]:
    """uint64 (n,), the same before and after a file: missing is missing, lists are JSON."""
    from whimsight.pairs.parquet import plain

    if values.dtype != object:
        return np.asarray(pd.util.hash_pandas_object(values, index=False), dtype=np.uint64)

    def hashable(value: Any) -> bytes:
        text = value if isinstance(value, str) else json.dumps(value, default=plain, sort_keys=True)
        return text.encode("utf-8", "surrogatepass")  # half a surrogate pair: broken JSON leaves it behind

    out = np.empty(len(values), dtype=object)
    missing = values.isna().to_numpy()
    out[~missing] = [hashable(value) for value in values.to_numpy()[~missing]]
    return np.asarray(pd.util.hash_array(out), dtype=np.uint64)


def _canonical(frame: pd.DataFrame) -> pd.DataFrame:
    """Check the columns, add the ones that have a default, and put them in order."""
    missing = [c for c in ("prompt", "response_a", "response_b") if c not in frame.columns]
    if missing:
        raise PairsError(
            f"Pairs need the columns prompt, response_a and response_b; missing: {', '.join(missing)}. "
            "Use whimsight.read to recognise other layouts or to name columns by hand."
        )
    out = Table(frame.reset_index(drop=True))
    for column in ("prompt", "response_a", "response_b"):
        _require_text(out[column], column)
    if "id" not in out.columns:
        out["id"] = [str(i) for i in range(len(out))]
    out["id"] = out["id"].astype(str)
    if "preference" not in out.columns:
        out["preference"] = np.nan
    if "weight" not in out.columns:
        out["weight"] = 1.0
    for column, low, high in (("preference", 0.0, 1.0), ("weight", 0.0, np.inf)):
        out[column] = _numbers(out[column], column, low, high)
    rest = [c for c in out.columns if c not in COLUMNS]
    return out[[*COLUMNS, *rest]]


def _require_text(values: pd.Series, column: str) -> None:
    if not values.isna().any() and pd.api.types.infer_dtype(values, skipna=False) == "string":
        return
    bad = np.flatnonzero(~values.map(lambda v: isinstance(v, str)).to_numpy(dtype=bool))
    if bad.size:
        found = values.iloc[int(bad[0])]
        raise PairsError(
            f"Column {column!r}, row {int(bad[0])}: expected text, found {found!r} ({type(found).__name__}); "
            f"{counted(bad.size, 'such row')}. Drop or fix them, or let whimsight.read leave them out with a count."
        )


def _numbers(values: pd.Series, column: str, low: float, high: float) -> NDArray[np.float64]:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
    given = values.notna().to_numpy()
    bad = np.flatnonzero(given & ~((numbers >= low) & (numbers <= high)))
    if column == "weight":
        bad = np.union1d(bad, np.flatnonzero(~np.isfinite(numbers)))
    if bad.size:
        found = values.iloc[int(bad[0])]
        shown = repr(found) if isinstance(found, str) else str(found)
        expected = "0 or more" if column == "weight" else f"from {low:g} to {high:g}, or a missing value"
        raise PairsError(
            f"Column {column!r}, row {int(bad[0])}: found {shown}; expected a number, {expected}."
        )
    return numbers
