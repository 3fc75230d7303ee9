"""Names and judgments by language models: what it costs, how well they fit, and how few calls it takes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whimsight.naming._naming import Naming
    from whimsight.naming.describer import LanguageDescriber
    from whimsight.naming.judge import LanguageJudge
    from whimsight.naming.plan import Plan
    from whimsight.naming.practice import PracticeModel

_HOME = {
    "LanguageDescriber": "describer",
    "LanguageJudge": "judge",
    "Naming": "_naming",
    "Plan": "plan",
    "PracticeModel": "practice",
}

__all__ = ["LanguageDescriber", "LanguageJudge", "Naming", "Plan", "PracticeModel"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
