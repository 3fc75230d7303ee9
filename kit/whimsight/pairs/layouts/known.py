"""The layouts that `whimsight.read` recognises, most particular first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from whimsight.pairs.layouts.base import Draft, Layout, rest_of
from whimsight.pairs.layouts.conversations import (
    history,
    is_messages,
    prompt_and_response,
    split_transcript,
    to_messages,
    to_text,
)
from whimsight.pairs.layouts.ranked import pairs_of_responses

__all__ = ["LAYOUTS"]

_ANNOTATOR = {
    "annotator_id": "annotator", "user_id": "annotator", "worker_id": "annotator", "judge": "annotator",
    "rater_id": "annotator", "judge_hash": "annotator", "visitor_id": "annotator", "annotator": "annotator",
}  # fmt: skip
_SIDES = (
    ("response_a", "response_b"), ("answer_a", "answer_b"), ("completion_a", "completion_b"),
    ("output_a", "output_b"), ("text_a", "text_b"), ("response_1", "response_2"), ("answer1", "answer2"),
    ("output_1", "output_2"), ("response1", "response2"), ("response_0", "response_1"),
    ("assistant_a", "assistant_b"), ("model_a_response", "model_b_response"),
)  # fmt: skip
_PROMPTS = (
    "prompt",
    "question",
    "instruction",
    "input",
    "query",
    "user_prompt",
    "context",
    "history",
    "opening_msg",
)
_LABELS = (
    "preference", "label", "labels", "winner", "preferred", "choice", "chosen_side", "vote", "verdict",
    "preferred_response", "preferred_text", "overall_preference", "human_label",
)  # fmt: skip


def _has(frame: pd.DataFrame, *columns: str) -> bool:
    return set(columns) <= set(frame.columns)


def _first(frame: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    return next((n for n in names if n in frame.columns), None)


def _sample(frame: pd.DataFrame, column: str) -> Any:
    given = frame[column].dropna()
    return given.iloc[0] if len(given) else None


def _object(frame: pd.DataFrame, column: str) -> np.ndarray[Any, np.dtype[np.object_]]:
    return frame[column].to_numpy(dtype=object)


def _build(frame: pd.DataFrame, used: set[str], **columns: Any) -> pd.DataFrame:
    rest = rest_of(frame, used, _ANNOTATOR)
    out = pd.DataFrame(columns, index=frame.index)
    out["_row"] = np.arange(len(frame))
    return pd.concat([out, rest[[c for c in rest.columns if c not in out.columns]]], axis=1)


# --- A and B with a label -----------------------------------------------------------------------


def _ab_sides(frame: pd.DataFrame) -> tuple[str, str] | None:
    return next((s for s in _SIDES if _has(frame, *s)), None)


def _ab(frame: pd.DataFrame) -> Draft:
    sides = _ab_sides(frame)
    assert sides is not None
    prompt, label = _first(frame, _PROMPTS), _first(frame, _LABELS)
    notes = []
    used = {*sides, *(c for c in (prompt, label) if c)}
    if label is None and _has(frame, "winner_model_a", "winner_model_b"):
        values: Any = np.select(
            [frame["winner_model_a"] == 1, frame["winner_model_b"] == 1], ["a", "b"], default="tie"
        ).astype(object)
        used |= {"winner_model_a", "winner_model_b", "winner_tie"}
    elif label is None:
        values = np.full(len(frame), np.nan)
        notes.append("no label column: these pairs say what could be measured, not what people prefer")
    else:
        values = _object(frame, label)
    if prompt is None:
        notes.append("no prompt column: every row counts as a prompt of its own")
    texts = {s: _list_text(_object(frame, s)) for s in (*sides, *([prompt] if prompt else []))}
    return Draft(
        _build(
            frame,
            used,
            prompt=texts[prompt]
            if prompt
            else np.array([f"(row {i})" for i in range(len(frame))], dtype=object),
            response_a=texts[sides[0]],
            response_b=texts[sides[1]],
            preference=values,
        ),
        notes=notes,
    )


def _list_text(values: np.ndarray[Any, np.dtype[np.object_]]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Texts as they are; lists of turns (or JSON strings of them, as on Kaggle) joined to one text."""
    import json

    first = next((v for v in values if v is not None and v == v), None) if values.size else None
    as_json = isinstance(first, str) and first.startswith('["') and first.endswith('"]')
    if not as_json and not isinstance(first, (list, np.ndarray)):
        return values
    out = np.empty(values.size, dtype=object)
    for i, value in enumerate(values):
        try:
            turns = json.loads(value) if as_json else list(value)
            out[i] = "\n\n".join(str(t) for t in turns if t is not None)
        except (TypeError, ValueError):
            out[i] = value
    return out


# --- chosen and rejected ------------------------------------------------------------------------


def _chosen_messages(frame: pd.DataFrame) -> Draft:
    chosen = [prompt_and_response(v) for v in _object(frame, "chosen")]
    rejected = [prompt_and_response(v) for v in _object(frame, "rejected")]
    prompt = _first(frame, _PROMPTS)
    if prompt is not None:
        given = [
            history(
                [
                    (str(m.get("role", m.get("from"))), to_text(m.get("content", m.get("value"))))
                    for m in found
                ]
            )
            if (found := to_messages(v))
            else v
            for v in _object(frame, prompt)
        ]
    else:
        given = [p for p, _ in chosen]
    return Draft(
        _build(
            frame,
            {"chosen", "rejected", *([prompt] if prompt else [])},
            prompt=_objects(given),
            response_a=_objects([r for _, r in chosen]),
            response_b=_objects([r for _, r in rejected]),
            preference=1.0,
        ),
        chosen_first=True,
    )


def _transcripts(frame: pd.DataFrame) -> Draft:
    chosen = [split_transcript(v) for v in _object(frame, "chosen")]
    rejected = [split_transcript(v) for v in _object(frame, "rejected")]
    different = [i for i, ((p, _), (q, _)) in enumerate(zip(chosen, rejected, strict=True)) if p != q]
    made = _build(
        frame,
        {"chosen", "rejected"},
        prompt=_objects([p for p, _ in chosen]),
        response_a=_objects([r for _, r in chosen]),
        response_b=_objects([r for _, r in rejected]),
        preference=1.0,
    )
    dropped = {"the two transcripts differ before the last answer": different} if different else {}
    keep = np.ones(len(frame), dtype=bool)
    keep[different] = False
    return Draft(made[keep], chosen_first=True, dropped=dropped)


def _chosen_strings(frame: pd.DataFrame) -> Draft:
    prompt = _first(frame, _PROMPTS)
    return Draft(
        _build(
            frame,
            {"chosen", "rejected", *([prompt] if prompt else [])},
            prompt=_object(frame, prompt) if prompt else _objects([f"(row {i})" for i in range(len(frame))]),
            response_a=_object(frame, "chosen"),
            response_b=_object(frame, "rejected"),
            preference=1.0,
        ),
        chosen_first=True,
        notes=[] if prompt else ["no prompt column: every row counts as a prompt of its own"],
    )


def _is_transcript(frame: pd.DataFrame) -> bool:
    value = _sample(frame, "chosen")
    return isinstance(value, str) and "\n\nAssistant:" in value and "\n\nHuman:" in f"\n\n{value.lstrip()}"


# --- arenas -------------------------------------------------------------------------------------


def _arena(frame: pd.DataFrame) -> Draft:
    a = [prompt_and_response(v) for v in _object(frame, "conversation_a")]
    b = [prompt_and_response(v) for v in _object(frame, "conversation_b")]
    used = {"conversation_a", "conversation_b", "winner", "chosen_model_name", "both_equal"}
    if "winner" in frame:
        choice: Any = _object(frame, "winner")
        notes = []
    else:
        names = frame.rename(columns={"model_a_name": "model_a", "model_b_name": "model_b"})
        chosen = _object(frame, "chosen_model_name")
        equal = (
            frame["both_equal"].fillna(False).astype(bool)
            if "both_equal" in frame
            else np.zeros(len(frame), bool)
        )
        choice = np.select(
            [np.asarray(equal), chosen == _object(names, "model_a"), chosen == _object(names, "model_b")],
            ["tie", "a", "b"],
            default="",
        ).astype(object)
        notes = ["compar:IA votes: chosen_model_name names the side, both_equal is a tie"]
    multi = sum(len(to_messages(v) or []) > 2 for v in _object(frame, "conversation_a"))
    if multi:
        notes.append(f"{multi:,} conversations have several turns: the last answer is the response")
    renamed = frame.rename(columns={"model_a_name": "model_a", "model_b_name": "model_b"})
    return Draft(
        _build(
            renamed,
            used,
            prompt=_objects([p for p, _ in a]),
            response_a=_objects([r for _, r in a]),
            response_b=_objects([r for _, r in b]),
            preference=choice,
        ),
        notes=notes,
    )


# --- several responses to a prompt ----------------------------------------------------------------


def _prism(frame: pd.DataFrame) -> Draft:
    work = frame.assign(_row=np.arange(len(frame)), _set=pd.factorize(_object(frame, "interaction_id"))[0])
    work = work.rename(
        columns={
            "user_prompt": "prompt",
            "model_response": "response",
            "model_name": "model",
            "user_id": "annotator",
        }
    )
    drop = [c for c in ("utterance_id", "within_turn_id", "if_chosen", "model_provider") if c in work]
    made = pairs_of_responses(work.drop(columns=drop), set_column="_set").drop(columns="_set")
    return Draft(
        made,
        notes=[
            "PRISM: responses of one turn compared by score; equal scores are ties; a turn's pairs weigh 1"
        ],
    )


def _community_alignment(frame: pd.DataFrame) -> Draft:
    letters = [c[-1] for c in frame.columns if c.startswith("first_turn_response_") and len(c) == 21]
    chosen = frame["first_turn_preferred_response"].astype(object).map(lambda v: str(v).strip().lower()[-1:])
    turns = [
        c
        for c in frame.columns
        if c.startswith(("first_turn_", "second_turn_", "third_turn_", "fourth_turn_"))
    ]
    rest = rest_of(frame, set(turns), _ANNOTATOR)
    parts = [
        rest.assign(
            prompt=_object(frame, "first_turn_prompt"),
            response=_object(frame, f"first_turn_response_{letter}"),
            score=(chosen == letter).astype(float).to_numpy(),
            _row=np.arange(len(frame)),
        )
        for letter in letters
    ]
    long = pd.concat(parts, ignore_index=True).sort_values("_row", kind="stable")
    known = chosen.isin(letters).to_numpy()
    long = long[known[long["_row"].to_numpy()] & long["response"].notna().to_numpy()]
    made = pairs_of_responses(long.assign(_set=long["_row"]), set_column="_set", only_best=True).drop(
        columns="_set"
    )
    unknown = np.flatnonzero(~known).tolist()
    return Draft(
        made,
        dropped={"no known choice among the responses": unknown} if unknown else {},
        notes=[
            "Community Alignment: first turn, the chosen response against each other one; a choice weighs 1"
        ],
    )


def _completions(frame: pd.DataFrame) -> Draft:
    column = _first(frame, ("completions", "responses", "answers", "candidates")) or ""
    scores = _first(frame, ("scores", "ratings", "ranking", "ranks", "rank", "rewards"))
    prompt = _first(frame, _PROMPTS)
    rows: list[dict[str, Any]] = []
    bad: list[int] = []
    for i, values in enumerate(_object(frame, column)):
        found = _scored(
            values, _object(frame, scores)[i] if scores else None, bool(scores and scores.startswith("rank"))
        )
        if found is None:
            bad.append(i)
            continue
        rows.extend(
            {"_row": i, "response": text, "score": score, "model": model} for text, score, model in found
        )
    long = pd.DataFrame(rows, columns=["_row", "response", "score", "model"])
    where = long["_row"].to_numpy(dtype=np.int64)
    long["prompt"] = (
        _object(frame, prompt)[where] if prompt else np.array([f"(row {i})" for i in where], dtype=object)
    )
    if long["model"].isna().all():
        long = long.drop(columns="model")
    rest = rest_of(frame, {column, *(c for c in (scores, prompt) if c)}, _ANNOTATOR)
    rest = rest[[c for c in rest.columns if c not in long.columns]]
    long = pd.concat([long, rest.iloc[where].reset_index(drop=True)], axis=1)
    made = pairs_of_responses(long.assign(_set=long["_row"]), set_column="_set").drop(columns="_set")
    return Draft(
        made,
        dropped={"responses and scores do not match": bad} if bad else {},
        notes=[
            "several responses to a prompt: every two are compared, and a prompt's pairs weigh 1 together"
        ],
    )


def _scored(values: Any, scores: Any, rank: bool) -> list[tuple[Any, float, Any]] | None:
    """Responses with scores (higher is better) and models, from parallel lists or a list of records."""
    items = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(items, (list, tuple)) or len(items) < 2:
        return None
    numbers = scores.tolist() if hasattr(scores, "tolist") else scores
    out = []
    for i, item in enumerate(items):
        score: Any = numbers[i] if isinstance(numbers, (list, tuple)) and len(numbers) == len(items) else None
        text, model = item, None
        if isinstance(item, Mapping):
            text = next((item[k] for k in ("response", "text", "content", "completion") if k in item), None)
            model = item.get("model")
            if score is None:
                score = next(
                    (item[k] for k in ("overall_score", "score", "rating", "reward") if k in item), None
                )
        try:
            value = float(score)
        except (TypeError, ValueError):
            return None
        out.append((text, -value if rank else value, model))
    return out


def _shp(frame: pd.DataFrame) -> Draft:
    return Draft(
        _build(
            frame,
            {"history", "human_ref_a", "human_ref_b", "labels"},
            prompt=_object(frame, "history"),
            response_a=_object(frame, "human_ref_a"),
            response_b=_object(frame, "human_ref_b"),
            preference=_object(frame, "labels"),
        ),
        notes=["SHP: labels is 1 where human_ref_A was scored higher"],
    )


def _pku(frame: pd.DataFrame) -> Draft:
    which = "better_response_id" if "better_response_id" in frame else "safer_response_id"
    choice = np.where(frame[which].isna(), None, np.where(frame[which] == 0, "a", "b")).astype(object)
    return Draft(
        _build(
            frame,
            {"prompt", "response_0", "response_1", which},
            prompt=_object(frame, "prompt"),
            response_a=_object(frame, "response_0"),
            response_b=_object(frame, "response_1"),
            preference=choice,
        ),
        notes=[f"PKU-SafeRLHF: the choice is {which}; pass preference='safer_response_id' for the other one"],
    )


def _annotated(frame: pd.DataFrame) -> Draft:
    """Inverse Constitutional AI / Feedback Forensics: one row a comparison, see `sources.read_json`."""
    return Draft(
        _build(
            frame,
            {"prompt", "text_a", "text_b", "_pref"},
            prompt=_object(frame, "prompt"),
            response_a=_object(frame, "text_a"),
            response_b=_object(frame, "text_b"),
            preference=_object(frame, "_pref"),
        ),
        notes=["annotated pairs: the choice is the default annotator's; other annotators are columns"],
    )


def _objects(values: list[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "annotated pairs",
        "JSON of Inverse Constitutional AI and Feedback Forensics: comparisons with annotations",
        lambda f: _has(f, "text_a", "text_b", "_pref"),
        _annotated,
    ),
    Layout(
        "prism",
        "PRISM utterances: interaction_id, user_prompt, model_response, score, user_id",
        lambda f: _has(f, "interaction_id", "user_prompt", "model_response", "score"),
        _prism,
    ),
    Layout(
        "community alignment",
        "first_turn_prompt, first_turn_response_a .. d, first_turn_preferred_response, annotator_id",
        lambda f: _has(f, "first_turn_prompt", "first_turn_response_a", "first_turn_preferred_response"),
        _community_alignment,
    ),
    Layout(
        "arena",
        "LMArena and compar:IA: conversation_a, conversation_b, winner or chosen_model_name",
        lambda f: (
            _has(f, "conversation_a", "conversation_b")
            and bool({"winner", "chosen_model_name"} & set(f.columns))
        ),
        _arena,
    ),
    Layout(
        "shp",
        "SHP: history, human_ref_A, human_ref_B, labels",
        lambda f: _has(f, "human_ref_a", "human_ref_b", "labels"),
        _shp,
    ),
    Layout(
        "pku-saferlhf",
        "PKU-SafeRLHF: prompt, response_0, response_1, better_response_id or safer_response_id",
        lambda f: (
            _has(f, "response_0", "response_1")
            and bool({"better_response_id", "safer_response_id"} & set(f.columns))
        ),
        _pku,
    ),
    Layout(
        "hh-rlhf transcripts",
        "chosen and rejected transcripts with Human: and Assistant: turns",
        lambda f: _has(f, "chosen", "rejected") and _is_transcript(f),
        _transcripts,
    ),
    Layout(
        "chosen/rejected messages",
        "TRL, UltraFeedback, Tulu: chosen and rejected are lists of messages",
        lambda f: _has(f, "chosen", "rejected") and is_messages(_sample(f, "chosen")),
        _chosen_messages,
    ),
    Layout(
        "chosen/rejected",
        "chosen and rejected texts, usually with a prompt",
        lambda f: _has(f, "chosen", "rejected"),
        _chosen_strings,
    ),
    Layout(
        "A/B",
        "response_a and response_b (or answer, text, output, 1 and 2 ...) with a label; also WIMHF's own table",
        lambda f: _ab_sides(f) is not None,
        _ab,
    ),
    Layout(
        "several responses",
        "a prompt with a list of responses or completions and their scores or ranking",
        lambda f: _first(f, ("completions", "responses", "answers", "candidates")) is not None,
        _completions,
    ),
)
