"""The kinds of trouble, one class each.

Every message says what went wrong, where, what was found there and what to do next.
"""

from __future__ import annotations

__all__ = [
    "EmbeddingError",
    "FitError",
    "LabelsError",
    "LanguageError",
    "PairsError",
    "StudyError",
    "StudyFileError",
    "WhimsightError",
]


class WhimsightError(Exception):
    """Base class of everything that this package raises on purpose."""


class PairsError(WhimsightError, ValueError):
    """A table of pairs cannot be read or used: names the row, the column and what was found."""


class EmbeddingError(WhimsightError):
    """Texts cannot be embedded: a model that cannot be loaded, an endpoint that fails, a bad matrix."""


class FitError(WhimsightError, ValueError):
    """A model cannot be fitted to what it was given: too few pairs, one constant label, not finite."""


class StudyError(WhimsightError):
    """A study cannot answer a request, for example because it was made without labels."""


class StudyFileError(StudyError):
    """A ``.whim`` file cannot be read or written: damaged, too new, or hostile."""


class LanguageError(WhimsightError):
    """A language model cannot be asked: no endpoint, no such model, a bad key, a price that is not known."""


class LabelsError(WhimsightError):
    """People's labels cannot be read, written or merged: names the file or the feature and what to do."""
