"""Tables with a response A, a response B and a label."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight.pairs.layouts.base import PROMPTS, Draft, Layout, build, first_of, has, objects, values_of
from whimsight.pairs.layouts.conversations import as_text, to_turns

__all__ = ["AB", "ANNOTATED", "PKU", "SHP", "lone_side"]

_SIDES = (
    ("response_a", "response_b"), ("answer_a", "answer_b"), ("completion_a", "completion_b"),
    ("output_a", "output_b"), ("text_a", "text_b"), ("response_1", "response_2"), ("answer_1", "answer_2"),
    ("response1", "response2"), ("answer1", "answer2"), ("output_1", "output_2"), ("output1", "output2"),
    ("completion1", "completion2"), ("text1", "text2"), ("response_0", "response_1"), ("answer_0", "answer_1"),
    ("output_0", "output_1"), ("completion_0", "completion_1"), ("text_0", "text_1"),
    ("assistant_a", "assistant_b"), ("model_a_response", "model_b_response"),
)  # fmt: skip
_LABELS = (
    "preference", "label", "labels", "winner", "preferred", "choice", "chosen_side", "vote", "verdict",
    "preferred_response", "preferred_text", "overall_preference", "human_label",
)  # fmt: skip
_ONE_HOT = ("winner_model_a", "winner_model_b", "winner_tie")


def _sides(frame: pd.DataFrame) -> tuple[str, str] | None:
    return next((s for s in _SIDES if has(frame, *s)), None)


def lone_side(columns: list[str]) -> tuple[str, str] | None:
    """Return a column with one side's responses, and the other side's, which is not there.

    Examples
    --------
    >>> lone_side(["prompt", "chosen", "label"])
    ('chosen', 'rejected')
    """
    sides = [("chosen", "rejected"), *_SIDES]
    return next(
        ((a, b) for one in sides for a, b in (one, one[::-1]) if a in columns and b not in columns), None
    )


def _ab(frame: pd.DataFrame) -> Draft:
    sides = _sides(frame)
    if sides is None:  # pragma: no cover - `matches` has looked
        raise AssertionError("not an A/B table")
    prompt, label = first_of(frame, PROMPTS), first_of(frame, _LABELS)
    columns = {"response_a": sides[0], "response_b": sides[1]}
    notes = []
    used = {*sides, *(c for c in (prompt, label) if c)}
    if label is not None:
        choice = values_of(frame, label)
        columns["preference"] = label
        if label == "overall_preference":
            choice = _signed_scale(choice)
            notes.append("overall_preference: below zero is A, above is B, zero is a tie (HelpSteer)")
    elif has(frame, *_ONE_HOT[:2]):  # the arena as it was on Kaggle
        won = [pd.to_numeric(frame[c], errors="coerce") == 1 for c in _ONE_HOT[:2]]
        choice = np.select(won, ["a", "b"], default="tie").astype(object)
        used |= set(_ONE_HOT)
    else:
        choice = objects([None] * len(frame))
        notes.append("no label column: these pairs say what could be measured, not what people prefer")
    if prompt is not None:
        columns["prompt"] = prompt
    texts = {c: plain_texts(frame[c]) for c in (*sides, *([prompt] if prompt else []))}
    return Draft(
        build(
            frame,
            used,
            prompt=texts[prompt] if prompt else None,
            response_a=texts[sides[0]],
            response_b=texts[sides[1]],
            preference=choice,
        ),
        own_prompt=prompt is None,
        columns=columns,
        notes=notes,
    )


def _signed_scale(values: NDArray[np.object_]) -> NDArray[np.object_]:
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64)
    words = np.select([numbers < 0, numbers > 0, numbers == 0], ["a", "b", "tie"], default="").astype(object)
    return np.where(np.isfinite(numbers), words, values)


def plain_texts(column: pd.Series) -> Any:
    """Texts as they are; message lists and lists of turns (or JSON strings of them) as one text."""
    first = next((v for v in column if v is not None and not isinstance(v, float)), None)
    is_json = isinstance(first, str) and first.startswith(('["', "[{")) and first.endswith("]")
    if not is_json and not isinstance(first, (list, tuple, np.ndarray)):
        return column  # a long column of plain texts is not copied
    return objects([_plain(v) for v in column])


def _plain(value: Any) -> Any:
    turns = to_turns(value)
    if turns is not None:
        return as_text(turns)
    try:
        parts = json.loads(value) if isinstance(value, str) else list(value)
        return "\n\n".join(str(p) for p in parts if p is not None) if isinstance(parts, list) else value
    except (TypeError, ValueError):
        return value


def _shp(frame: pd.DataFrame) -> Draft:
    return Draft(
        build(
            frame,
            {"history", "human_ref_a", "human_ref_b", "labels"},
            prompt=frame["history"],
            response_a=frame["human_ref_a"],
            response_b=frame["human_ref_b"],
            preference=values_of(frame, "labels"),
        ),
        columns={
            "prompt": "history",
            "response_a": "human_ref_A",
            "response_b": "human_ref_B",
            "preference": "labels",
        },
        notes=["SHP: labels is 1 where human_ref_A was scored higher"],
    )


def _pku(frame: pd.DataFrame) -> Draft:
    which = "better_response_id" if "better_response_id" in frame else "safer_response_id"
    other = "better_response_id" if which == "safer_response_id" else "safer_response_id"
    return Draft(
        build(
            frame,
            {"prompt", "response_0", "response_1", which},
            prompt=frame["prompt"],
            response_a=frame["response_0"],
            response_b=frame["response_1"],
            preference=values_of(frame, which),
        ),
        labels={0: "a", 1: "b", -1: "tie"},
        columns={"response_a": "response_0", "response_b": "response_1", "preference": which},
        notes=[
            f"PKU-SafeRLHF: the choice is {which} (0 is response_0, our A); preference={other!r} takes that"
        ],
    )


def _annotated(frame: pd.DataFrame) -> Draft:
    return Draft(
        build(
            frame,
            {"prompt", "text_a", "text_b", "_pref"},
            prompt=frame["prompt"],
            response_a=frame["text_a"],
            response_b=frame["text_b"],
            preference=values_of(frame, "_pref"),
        ),
        notes=["annotated pairs: the choice is the default annotator's; people beside it are columns"],
    )


AB = Layout(
    "A/B",
    "response_a and response_b (or answer, text, output; 1 and 2) with a label; also WIMHF's own table",
    lambda f: _sides(f) is not None,
    _ab,
)
SHP = Layout(
    "shp",
    "SHP: history, human_ref_A, human_ref_B, labels",
    lambda f: has(f, "history", "human_ref_a", "human_ref_b", "labels"),
    _shp,
)
PKU = Layout(
    "pku-saferlhf",
    "PKU-SafeRLHF: prompt, response_0, response_1, better_response_id or safer_response_id",
    lambda f: (
        has(f, "prompt", "response_0", "response_1")
        and bool({"better_response_id", "safer_response_id"} & set(f.columns))
    ),
    _pku,
)
ANNOTATED = Layout(
    "annotated pairs",
    "JSON of Inverse Constitutional AI and Feedback Forensics: comparisons with annotations",
    lambda f: has(f, "prompt", "text_a", "text_b", "_pref"),
    _annotated,
)
