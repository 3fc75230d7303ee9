"""Whimsight: see what is really in human preference data, and act on it.

>>> import whimsight as ws
>>> pairs = ws.load("mt-bench")               # a shipped sample; ws.read("votes.parquet") for your own
>>> study = ws.study(pairs)                   # doctest: +SKIP
>>> study.features                            # doctest: +SKIP
>>> study.report("report.html")               # doctest: +SKIP

Importing the package is light: torch and friends are imported by the first call that needs them.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whimsight.attributes import ATTRIBUTES
    from whimsight.autoencoder import SparseAutoencoder
    from whimsight.comparisons import Comparison, compare, match
    from whimsight.comparisons.topics import topics
    from whimsight.embed import embedder
    from whimsight.errors import (
        EmbeddingError,
        FitError,
        LabelsError,
        LanguageError,
        PairsError,
        StudyError,
        StudyFileError,
        WhimsightError,
    )
    from whimsight.labels import LabelStore
    from whimsight.language.factory import language_model
    from whimsight.naming import Naming, PracticeModel
    from whimsight.pairs import Pairs, load, read, samples
    from whimsight.personalization import Person, Personalization, Reward
    from whimsight.personalization.votes_file import gather_votes
    from whimsight.studies import Settings, Study, open, study  # noqa: A004
    from whimsight.widgets import (
        Calibrator,
        DatasetComparison,
        FeatureLabeler,
        FeatureReport,
        PreferenceMixer,
    )

_HOME = {
    "ATTRIBUTES": "whimsight.attributes",
    "Calibrator": "whimsight.widgets",
    "Comparison": "whimsight.comparisons",
    "DatasetComparison": "whimsight.widgets",
    "EmbeddingError": "whimsight.errors",
    "FeatureLabeler": "whimsight.widgets",
    "FeatureReport": "whimsight.widgets",
    "FitError": "whimsight.errors",
    "LabelStore": "whimsight.labels",
    "LabelsError": "whimsight.errors",
    "LanguageError": "whimsight.errors",
    "Naming": "whimsight.naming",
    "Pairs": "whimsight.pairs",
    "PairsError": "whimsight.errors",
    "Person": "whimsight.personalization",
    "Personalization": "whimsight.personalization",
    "PracticeModel": "whimsight.naming",
    "PreferenceMixer": "whimsight.widgets",
    "Reward": "whimsight.personalization",
    "Settings": "whimsight.studies",
    "SparseAutoencoder": "whimsight.autoencoder",
    "Study": "whimsight.studies",
    "StudyError": "whimsight.errors",
    "StudyFileError": "whimsight.errors",
    "WhimsightError": "whimsight.errors",
    "compare": "whimsight.comparisons",
    "embedder": "whimsight.embed",
    "gather_votes": "whimsight.personalization.votes_file",
    "language_model": "whimsight.language.factory",
    "load": "whimsight.pairs",
    "match": "whimsight.comparisons",
    "open": "whimsight.studies",
    "read": "whimsight.pairs",
    "samples": "whimsight.pairs",
    "study": "whimsight.studies",
    "topics": "whimsight.comparisons",
}

__all__ = [
    "ATTRIBUTES",
    "Calibrator",
    "Comparison",
    "DatasetComparison",
    "EmbeddingError",
    "FeatureLabeler",
    "FeatureReport",
    "FitError",
    "LabelStore",
    "LabelsError",
    "LanguageError",
    "Naming",
    "Pairs",
    "PairsError",
    "Person",
    "Personalization",
    "PracticeModel",
    "PreferenceMixer",
    "Reward",
    "Settings",
    "SparseAutoencoder",
    "Study",
    "StudyError",
    "StudyFileError",
    "WhimsightError",
    "compare",
    "embedder",
    "gather_votes",
    "language_model",
    "load",
    "match",
    "open",
    "read",
    "samples",
    "study",
    "topics",
]

try:
    __version__ = version("whimsight")
except PackageNotFoundError:  # pragma: no cover - a source tree that was never installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'whimsight' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
