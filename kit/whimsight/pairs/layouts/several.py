"""Tables with several responses to a prompt: scored, ranked, or with one chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight.pairs.layouts.ab import plain_texts
from whimsight.pairs.layouts.base import PROMPTS, Draft, Layout, first_of, has, rest_of, values_of
from whimsight.pairs.layouts.ranked import pairs_of_responses

__all__ = ["COMMUNITY_ALIGNMENT", "PRISM", "SEVERAL"]

_RESPONSES = ("completions", "responses", "answers", "candidates")
_SCORES = ("scores", "ratings", "ranking", "ranks", "rank", "rewards")
_LATER = ("second", "third", "fourth")


def _prism(frame: pd.DataFrame) -> Draft:
    turn = [c for c in ("user_id", "conversation_id", "interaction_id") if c in frame]
    own = {
        "user_prompt",
        "model_response",
        "model_name",
        "score",
        "utterance_id",
        "within_turn_id",
        "if_chosen",
    }
    rest = rest_of(frame, own | {"model_provider"})
    long = rest.assign(
        prompt=values_of(frame, "user_prompt"),
        response=values_of(frame, "model_response"),
        score=pd.to_numeric(frame["score"], errors="coerce"),
        _row=np.arange(len(frame)),
        _set=frame.groupby(turn, sort=False, dropna=False).ngroup(),
    )
    if "model_name" in frame:
        long["model"] = values_of(frame, "model_name")
    return Draft(
        pairs_of_responses(long, set_column="_set"),
        columns={"prompt": "user_prompt", "response_a": "model_response", "response_b": "model_response"},
        notes=["PRISM: a turn's responses are compared by score, equal ones tie; its pairs weigh 1 together"],
    )


def _community_alignment(frame: pd.DataFrame) -> Draft:
    letters = [c[-1] for c in frame.columns if c.startswith("first_turn_response_") and len(c) == 21]
    chosen = frame["first_turn_preferred_response"].astype(object).map(lambda v: str(v).strip().lower()[-1:])
    turns = {c for c in frame.columns if c.startswith(("first_turn_", *(f"{t}_turn_" for t in _LATER)))}
    rest = rest_of(frame, turns - {"first_turn_feedback"}).rename(columns={"first_turn_feedback": "reason"})
    parts = [
        rest.assign(
            prompt=values_of(frame, "first_turn_prompt"),
            response=values_of(frame, f"first_turn_response_{letter}"),
            score=(chosen == letter).astype(float).to_numpy(),
            _row=np.arange(len(frame)),
        )
        for letter in letters
    ]
    long = pd.concat(parts, ignore_index=True).sort_values("_row", kind="stable")
    known = chosen.isin(letters).to_numpy()
    long = long[known[long["_row"].to_numpy()] & long["response"].notna().to_numpy()]
    made = pairs_of_responses(long.assign(_set=long["_row"]), set_column="_set", only_best=True)
    later = sum(int(frame[c].notna().sum()) for t in _LATER if (c := f"{t}_turn_preferred_response") in frame)
    notes = ["Community Alignment: the chosen response against each other; a choice's pairs weigh 1 together"]
    if later:
        notes.append(f"only first turns are read; left out: {counted(later, 'choice')} in later turns")
    unknown = np.flatnonzero(~known).tolist()
    return Draft(
        made,
        columns={"prompt": "first_turn_prompt"},
        dropped={"no known choice among the responses": unknown} if unknown else {},
        notes=notes,
    )


def _lists(frame: pd.DataFrame) -> Draft:
    column = first_of(frame, _RESPONSES) or ""
    scores, prompt = first_of(frame, _SCORES), first_of(frame, PROMPTS)
    ranked = bool(scores and scores.startswith("rank"))
    numbers = values_of(frame, scores) if scores else np.full(len(frame), None, dtype=object)
    found = [
        _scored(v, n, ranked, required=scores is not None)
        for v, n in zip(values_of(frame, column), numbers, strict=True)
    ]  # one short list a prompt
    bad = [i for i, f in enumerate(found) if f is None]
    rows = [(i, *one) for i, f in enumerate(found) if f is not None for one in f]
    long = pd.DataFrame(rows, columns=["_row", "response", "score", "model"])
    where = long["_row"].to_numpy(dtype=np.int64)
    if long["model"].isna().all():
        long = long.drop(columns="model")
    rest = rest_of(frame, {column, *(c for c in (scores, prompt) if c)})
    rest = rest[[c for c in rest.columns if c not in (*long.columns, "prompt")]]
    long = pd.concat([long, rest.iloc[where].reset_index(drop=True)], axis=1)
    long["prompt"] = np.asarray(plain_texts(frame[prompt]), dtype=object)[where] if prompt else None
    notes = ["several responses to a prompt: every two are compared, and a prompt's pairs weigh 1 together"]
    if len(long) and long["score"].isna().all():
        notes.append("no scores: these pairs say what could be measured, not what people prefer")
    return Draft(
        pairs_of_responses(long.assign(_set=where), set_column="_set"),
        own_prompt=prompt is None,
        columns={"response_a": column, "response_b": column, **({"prompt": prompt} if prompt else {})},
        dropped={"responses and scores do not match": bad} if bad else {},
        notes=notes,
    )


def _scored(values: Any, scores: Any, ranked: bool, *, required: bool) -> list[tuple[Any, float, Any]] | None:
    """Responses with scores (higher is better) and models, from parallel lists or a list of records.

    None where they do not fit together; a score that is missing and not ``required`` is NaN.
    """
    items = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(items, (list, tuple)) or len(items) < 2:
        return None
    numbers = scores.tolist() if hasattr(scores, "tolist") else scores
    parallel = isinstance(numbers, (list, tuple))
    if parallel and len(numbers) != len(items):
        return None
    out = []
    for i, item in enumerate(items):
        score: Any = numbers[i] if parallel else None
        text, model = item, None
        if isinstance(item, Mapping):
            text = next((item[k] for k in ("response", "text", "content", "completion") if k in item), None)
            model = item.get("model")
            if score is None:
                score = next(
                    (item[k] for k in ("overall_score", "score", "rating", "reward") if k in item), None
                )
        try:
            value = float("nan") if score is None and not required else float(score)
        except (TypeError, ValueError):
            return None
        out.append((text, -value if ranked else value, model))
    return out


PRISM = Layout(
    "prism",
    "PRISM utterances: interaction_id, user_prompt, model_response, score; user_id becomes the annotator",
    lambda f: has(f, "interaction_id", "user_prompt", "model_response", "score"),
    _prism,
)
COMMUNITY_ALIGNMENT = Layout(
    "community alignment",
    "first_turn_prompt, first_turn_response_a .. d, first_turn_preferred_response, annotator_id",
    lambda f: has(f, "first_turn_prompt", "first_turn_response_a", "first_turn_preferred_response"),
    _community_alignment,
)
SEVERAL = Layout(
    "several responses",
    "a prompt with a list of responses or completions and their scores or ranking (UltraFeedback)",
    lambda f: first_of(f, _RESPONSES) is not None,
    _lists,
)
