"""Language models: asked in parallel, within a budget, every paid answer kept.

Knows nothing of features, names or studies.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from whimsight.language.base import Answer, Failure, Field, LanguageModel, Price, Reply, Request

if TYPE_CHECKING:
    from whimsight.endpoints.faults import Fault
    from whimsight.language.answers import AnswerCache
    from whimsight.language.asking import Asker
    from whimsight.language.budget import Budget, Tally
    from whimsight.language.endpoint import EndpointModel
    from whimsight.language.estimate import Estimate, Estimator
    from whimsight.language.factory import language_model
    from whimsight.language.local import LocalModel
    from whimsight.language.reading import Unreadable, read

_HOME = {
    "AnswerCache": "answers",
    "Asker": "asking",
    "Budget": "budget",
    "EndpointModel": "endpoint",
    "Estimate": "estimate",
    "Estimator": "estimate",
    "Fault": ".endpoints.faults",  # next door
    "LocalModel": "local",
    "Tally": "budget",
    "Unreadable": "reading",
    "language_model": "factory",
    "read": "reading",
}

__all__ = [
    "Answer",
    "AnswerCache",
    "Asker",
    "Budget",
    "EndpointModel",
    "Estimate",
    "Estimator",
    "Failure",
    "Fault",
    "Field",
    "LanguageModel",
    "LocalModel",
    "Price",
    "Reply",
    "Request",
    "Tally",
    "Unreadable",
    "language_model",
    "read",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
