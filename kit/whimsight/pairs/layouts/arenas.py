"""Arenas: two whole conversations side by side, and a vote."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight._plural import counted
from whimsight.pairs.layouts.base import Draft, Layout, build, has, objects, values_of
from whimsight.pairs.layouts.conversations import split_sides, to_turns

__all__ = ["ARENA", "COMPARIA"]


def _sides(frame: pd.DataFrame) -> tuple[dict[str, Any], list[str]]:
    split = [
        split_sides(to_turns(a), to_turns(b))
        for a, b in zip(values_of(frame, "conversation_a"), values_of(frame, "conversation_b"), strict=True)
    ]
    several = sum(s[3] for s in split)
    notes = []
    if several:
        notes.append(
            f"of several turns: {counted(several, 'conversation')}, where all that was asked is the prompt and all "
            "answers are the response"
        )
    names = ("prompt", "response_a", "response_b")
    return {name: objects([s[i] for s in split]) for i, name in enumerate(names)}, notes


def _arena(frame: pd.DataFrame) -> Draft:
    texts, notes = _sides(frame)
    used = {"conversation_a", "conversation_b", "winner"}
    return Draft(
        build(frame, used, **texts, preference=values_of(frame, "winner")),
        columns={"response_a": "conversation_a", "response_b": "conversation_b", "preference": "winner"},
        notes=notes,
    )


def _comparia(frame: pd.DataFrame) -> Draft:
    texts, notes = _sides(frame)
    used = {"conversation_a", "conversation_b", "chosen_model_name", "both_equal"}
    chosen = values_of(frame, "chosen_model_name")
    sides = [chosen == values_of(frame, c) for c in _model_columns(frame)]
    choice = np.select([_true(frame, "both_equal"), *sides], ["tie", "a", "b"], default="").astype(object)
    strange = (choice == "") & frame["chosen_model_name"].notna().to_numpy()
    choice[strange] = chosen[strange]
    return Draft(
        build(frame, used, **texts, preference=choice),
        columns={"preference": "chosen_model_name"},
        notes=["compar:IA votes: chosen_model_name names the side, both_equal is a tie", *notes],
    )


def _model_columns(frame: pd.DataFrame) -> tuple[str, str]:
    return ("model_a_name", "model_b_name") if has(frame, "model_a_name") else ("model_a", "model_b")


def _true(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    words = frame[column].astype(object).map(lambda v: str(v).strip().lower())
    return words.isin(["true", "1", "1.0"]).to_numpy(dtype=bool)


ARENA = Layout(
    "arena",
    "LMArena: conversation_a, conversation_b, winner; model_a, model_b, judge are kept",
    lambda f: has(f, "conversation_a", "conversation_b", "winner"),
    _arena,
)
COMPARIA = Layout(
    "compar:ia",
    "compar:IA votes: conversation_a and _b, model_a_name and _b_, chosen_model_name, both_equal",
    lambda f: has(f, "conversation_a", "conversation_b", "chosen_model_name", *_model_columns(f)),
    _comparia,
)
