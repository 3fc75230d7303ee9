"""One dataset's study: made, looked at, saved, reported."""

from whimsight.studies.run import study
from whimsight.studies.settings import Settings
from whimsight.studies.study import FEATURE_COLUMNS, PREDICTION_COLUMNS, Study

open = Study.open  # noqa: A001 - `whimsight.open` reads as a sentence

__all__ = ["FEATURE_COLUMNS", "PREDICTION_COLUMNS", "Settings", "Study", "open", "study"]
