"""What reading did to a table: everything dropped or repaired, counted by reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from html import escape
from typing import Any, Self

from whimsight._plural import counted
from whimsight.tables import verbatim

__all__ = ["ReadReport"]

_EXAMPLES = 5


@dataclass(slots=True)
class ReadReport:
    """What was read, left out and repaired.

    Attributes
    ----------
    layout : str
        The layout that was recognised or given, such as ``"chosen/rejected messages"``.
    source : str
        File name, sample or kind of object; never a full path.
    read : int
        Rows of the source (for several responses to a prompt: the pairs made of them).
    kept : int
        Rows that became pairs.
    dropped, repaired : dict of str to int
        Rows by reason.
    examples : dict of str to list of int
        For each reason, the first few rows of the source (0 is the first row of data).
    side_seed : int or None
        The seed that shuffled the sides where the layout always puts the chosen response first.
    notes : list of str
        What was assumed, in a sentence each.

    Examples
    --------
    >>> report = ReadReport(layout="A/B", source="votes.csv", read=3, kept=2)
    >>> report.drop("empty response", [2])
    >>> print(report)
    votes.csv: 3 rows read as A/B, 2 kept
      left out: 1 for an empty response (row 2, counted from 0)
    """

    layout: str
    source: str = ""
    read: int = 0
    kept: int | None = None
    dropped: dict[str, int] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[int]] = field(default_factory=dict)
    side_seed: int | None = None
    notes: list[str] = field(default_factory=list)

    def drop(self, reason: str, rows: list[int]) -> None:
        """Count rows that were left out."""
        self._count(self.dropped, reason, rows)

    def repair(self, reason: str, rows: list[int]) -> None:
        """Count rows that were changed."""
        self._count(self.repaired, reason, rows)

    def _count(self, where: dict[str, int], reason: str, rows: list[int]) -> None:
        if rows:
            where[reason] = where.get(reason, 0) + len(rows)
            shown = self.examples.setdefault(reason, [])
            shown.extend(rows[: _EXAMPLES - len(shown)])

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild a report from `to_dict`; keys that are not known are left out."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in values.items() if k in known})

    def _rows(self, reason: str, count: int) -> str:
        rows = self.examples.get(reason, [])
        if not rows:
            return ""
        listed = ", ".join(map(str, rows)) + (", ..." if count > len(rows) else "")
        return f" ({'row' if len(rows) == 1 else 'rows'} {listed}, counted from 0)"

    def _lines(self) -> list[str]:
        kept = self.read if self.kept is None else self.kept
        source = self.source or "table"
        lines = [f"{source}: {counted(self.read, 'row')} read as {self.layout}, {kept:,} kept"]
        for reason, count in self.dropped.items():
            article = "an" if reason[0] in "aeio" else "a"
            lines.append(f"left out: {count:,} for {article} {reason}{self._rows(reason, count)}")
        for reason, count in self.repaired.items():
            lines.append(f"repaired: {count:,} with {reason}{self._rows(reason, count)}")
        if self.side_seed is not None:
            lines.append(
                f"sides shuffled with seed {self.side_seed}, because the source always puts the chosen "
                "response first; the column swapped says where"
            )
        return [*lines, *self.notes]

    def __str__(self) -> str:
        head, *rest = self._lines()
        return "\n".join([head, *(f"  {line}" for line in rest)])

    def _repr_html_(self) -> str:
        head, *rest = self._lines()
        items = "".join(f"<li>{escape(line)}</li>" for line in rest)
        return verbatim(f"<p>{escape(head)}</p>" + (f"<ul>{items}</ul>" if items else ""))
