"""A study with two planted features, and a scripted model that knows what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import whimsight as ws
from tests.unit.endpoints.fake_server import schema_fields
from tests.unit.naming.readers import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from whimsight.studies import Study

MARKS = {"sums it up": "in short", "gives an example": "for example"}
"""Concept to the words that carry it."""

_WORDS = [
    "the",
    "answer",
    "lists",
    "reasons",
    "and",
    "says",
    "which",
    "one",
    "matters",
    "to",
    "a",
    "reader",
    "now",
]


def planted_study(*, prompts: int = 60, each: int = 4, seed: int = 0) -> Study:
    """Return a study of two discovered features, unnamed; each is one of the marks in many responses."""
    rng = np.random.default_rng(seed)
    n = prompts * each

    def response(i: int, marked: dict[str, np.ndarray]) -> str:
        words = [" ".join(rng.choice(_WORDS, 12)), *(f"{m}, so it is." for m, on in marked.items() if on[i])]
        return f"{words[0]} {i}. {' '.join(words[1:])}".strip()

    a, b = ({m: rng.random(n) < 0.4 for m in MARKS.values()} for _ in range(2))
    frame = pd.DataFrame(
        {
            "prompt": [f"What about {i // each}?" for i in range(n)],
            "response_a": [response(i, a) for i in range(n)],
            "response_b": [response(i, b) for i in range(n)],
            "preference": rng.choice([0.0, 1.0], n),
        }
    )
    pairs = ws.read(frame)
    texts = pairs.texts().unique
    embeddings = rng.normal(scale=0.05, size=(len(texts), 8))
    for axis, mark in enumerate(MARKS.values()):
        embeddings[:, axis] += [mark in text for text in texts]
    study = ws.study(
        pairs,
        embeddings=embeddings.astype(np.float32),
        n_features=2,
        k=2,
        prefixes=(2,),
        folds=2,
        names=False,
    )
    study.found.loc[study.found["kind"] == "discovered", "name"] = "unnamed"
    return study


def scripted(
    note: str = "Its end says the same again, in fewer words.",
) -> Callable[[dict[str, Any]], dict[str, str]]:
    """Return what a model that understands everything answers."""

    def answer(payload: dict[str, Any]) -> dict[str, str]:
        fields = schema_fields(payload)
        sections = read(payload["messages"][-1]["content"]).sections
        if "name" in fields:
            return {"name": _described(sections), "note": note}
        return {k: _judged(sections, "\n".join(sections[f"concept-{k}"])) for k in fields}

    return answer


def _described(sections: dict[str, list[str]]) -> str:
    def gain(mark: str) -> int:
        count = dict.fromkeys(("more", "less"), 0)
        for kind, texts in sections.items():
            side = kind.split("-")[0]
            if side in count:
                count[side] += mark in "".join(texts)
        return count["more"] - count["less"]

    return max(MARKS, key=lambda concept: gain(MARKS[concept]))


def _judged(sections: dict[str, list[str]], concept: str) -> str:
    mark = next((m for c, m in MARKS.items() if c in concept), None)
    if mark is None:
        return "tie"
    in_a, in_b = (mark in "".join(sections[f"response-{side}"]) for side in "AB")
    return "tie" if in_a == in_b else "A" if in_a else "B"
