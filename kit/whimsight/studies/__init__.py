"""One dataset's study: made, looked at, saved, reported."""

from whimsight.studies._study import FEATURE_COLUMNS, PREDICTION_COLUMNS, Study
from whimsight.studies.run import study
from whimsight.studies.settings import Settings

open = Study.open  # noqa: A001 - `whimsight.open` reads as a sentence

__all__ = ["FEATURE_COLUMNS", "PREDICTION_COLUMNS", "Settings", "Study", "open", "study"]
