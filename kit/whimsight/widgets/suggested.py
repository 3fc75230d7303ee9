"""Names that stand beside a feature for a person to take: drafts, and what language models proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.attributes import ATTRIBUTES
from whimsight.studies.snapshot import clean
from whimsight.studies.work import shown_name

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.studies._study import Study

__all__ = ["drafted", "proposed"]


def drafted(study: Study, feature: str) -> list[dict[str, Any]]:
    """Return candidates of the describers that need no model, as ``Suggestion`` of ``protocol.ts``.

    Only those for the end of the feature that is now called more of it.
    """
    sign = _sign(study, feature)
    if feature in ATTRIBUTES:
        name = shown_name(ATTRIBUTES[feature].name, "", turned=sign < 0)
        return [{"name": name, "fit": None, "source": "measured"}]
    drafts = study.drafts
    if feature not in drafts.index or "candidates" not in drafts:
        return []
    candidates = [c for c in drafts["candidates"][feature] or () if len(c) == 3]
    return [
        {"name": clean(str(name)), "fit": float(fit), "source": str(study.found["judge"][feature])}
        for name, fit, end in candidates
        if end * sign > 0 and np.isfinite(fit)
    ]


def proposed(study: Study, feature: str, *, undecided: bool = False) -> list[dict[str, Any]]:
    """Return what language models proposed for the end of a feature that is now called more of it.

    Parameters
    ----------
    study : Study
    feature : str
    undecided : bool
        A run goes on: a name that does not fit beyond chance yet may still do.
    """
    table: pd.DataFrame = study.suggestions
    sign = _sign(study, feature)
    found = []
    for row in table[(table["feature"] == feature) & (table["end"] * sign > 0)].to_dict("records"):
        fidelity = _number(row["fidelity"])
        scored = fidelity is not None
        found.append(
            {
                "name": clean(row["name"]),
                "fit": fidelity if scored else _number(row["fit"]),
                "source": clean(row["source"]),
                "note": clean(row["note"]) or None,
                "low": _number(row["fidelity_low"]),
                "high": _number(row["fidelity_high"]),
                "n": int(row["n"]) if scored else None,
                "kept": bool(row["kept"]) if scored and (row["kept"] or not undecided) else None,
                "winner": bool(row["winner"]),
            }
        )
    return found


def _sign(study: Study, feature: str) -> float:
    return float(study.polarity[study.column(feature)])


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
