"""What the front end may ask of a comparison, beside what it may ask of any study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whimsight.comparisons.snapshot import slice_readings
from whimsight.widgets.answers import Answers

if TYPE_CHECKING:
    from whimsight.comparisons import Comparison
    from whimsight.studies.reading import Reading
    from whimsight.widgets.answers import Arguments

__all__ = ["ComparedAnswers"]


class ComparedAnswers(Answers):
    """Answers requests about a comparison's study; examples are those of a dataset, with its votes.

    Parameters
    ----------
    comparison : Comparison
    **choices
        As for `Answers`.
    """

    def __init__(self, comparison: Comparison, **choices: Any) -> None:
        super().__init__(comparison.study, **choices)
        self.comparison = comparison
        self.readings = slice_readings(comparison, self.reading)

    def _reading(self, args: Arguments) -> Reading:
        if not args.has("dataset"):
            return self.reading
        return self.readings[args.whole("dataset", 0, len(self.readings) - 1)]
