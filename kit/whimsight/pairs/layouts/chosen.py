"""Tables with a chosen and a rejected response: texts, message lists, transcripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from whimsight._plural import counted
from whimsight.pairs.layouts.ab import plain_texts
from whimsight.pairs.layouts.base import (
    PROMPTS,
    Draft,
    Layout,
    build,
    first_of,
    first_value,
    has,
    objects,
    values_of,
)
from whimsight.pairs.layouts.conversations import Turn, is_messages, split_pair, to_turns, transcript_turns

__all__ = ["CHOSEN", "MESSAGES", "TRANSCRIPTS"]


def _texts(frame: pd.DataFrame) -> Draft:
    prompt = first_of(frame, PROMPTS)
    return Draft(
        build(
            frame,
            {"chosen", "rejected", *([prompt] if prompt else [])},
            prompt=plain_texts(frame[prompt]) if prompt else None,
            response_a=frame["chosen"],
            response_b=frame["rejected"],
            preference=1.0,
        ),
        chosen_first=True,
        own_prompt=prompt is None,
        columns={"response_a": "chosen", "response_b": "rejected", **({"prompt": prompt} if prompt else {})},
    )


def _conversations(
    frame: pd.DataFrame, turns_of: Callable[[Any], list[Turn] | None], prompt: str | None
) -> Draft:
    """Split each row's conversations where they part; a prompt column is used where they share nothing."""
    split = [
        split_pair(turns_of(chosen), turns_of(rejected))
        for chosen, rejected in zip(values_of(frame, "chosen"), values_of(frame, "rejected"), strict=True)
    ]
    shared = objects([s[0] for s in split])
    if prompt is not None:
        given = plain_texts(frame[prompt])
        shared = objects([s if s else g for g, s in zip(given, shared, strict=True)])
    early = sum(s[3] for s in split)
    notes = (
        [
            f"parted before the last answer: {counted(early, 'pair')}, whose response is everything after the "
            "shared turns"
        ]
        if early
        else []
    )
    return Draft(
        build(
            frame,
            {"chosen", "rejected", *([prompt] if prompt else [])},
            prompt=shared,
            response_a=objects([s[1] for s in split]),
            response_b=objects([s[2] for s in split]),
            preference=1.0,
        ),
        chosen_first=True,
        columns={"response_a": "chosen", "response_b": "rejected"},
        notes=notes,
    )


def _messages(frame: pd.DataFrame) -> Draft:
    return _conversations(frame, to_turns, first_of(frame, PROMPTS))


def _transcripts(frame: pd.DataFrame) -> Draft:
    return _conversations(frame, transcript_turns, None)


def _is_transcript(frame: pd.DataFrame) -> bool:
    value = first_value(frame, "chosen")
    return isinstance(value, str) and "\n\nAssistant:" in value and "\n\nHuman:" in f"\n\n{value.lstrip()}"


TRANSCRIPTS = Layout(
    "hh-rlhf transcripts",
    "chosen and rejected transcripts with Human: and Assistant: turns",
    lambda f: has(f, "chosen", "rejected") and _is_transcript(f),
    _transcripts,
)
MESSAGES = Layout(
    "chosen/rejected messages",
    "TRL, UltraFeedback, Tulu: chosen and rejected are lists of messages",
    lambda f: has(f, "chosen", "rejected") and is_messages(first_value(f, "chosen")),
    _messages,
)
CHOSEN = Layout(
    "chosen/rejected",
    "chosen and rejected texts, usually with a prompt",
    lambda f: has(f, "chosen", "rejected"),
    _texts,
)
