"""The stand-in: answers by counting, wrong as often as it is told to be."""

from __future__ import annotations

import json

import numpy as np
import pytest

from whimsight.language.base import Request
from whimsight.names import Candidate
from whimsight.naming import PracticeModel
from whimsight.naming.wording.describing import Turned, describing
from whimsight.naming.wording.judging import judging

SORRY = Candidate("apologies", "concept", ())


def answer(model: PracticeModel, request: Request) -> dict[str, str]:
    said: dict[str, str] = json.loads(model.complete(request).text)
    return said


def test_counts_an_attribute_and_quoted_phrases() -> None:
    model = PracticeModel(wrong=0)
    assert answer(model, judging([SORRY], "I am sorry.", "No.")) == {"1": "A"}
    assert answer(model, judging([SORRY], "No.", "I am sorry.")) == {"1": "B"}
    assert answer(model, judging([SORRY], "No.", "Yes.")) == {"1": "tie"}
    assert answer(model, judging([Candidate("says “blue”", "concept", ())], "Red", "Blue, blue")) == {
        "1": "B"
    }


def test_is_wrong_as_often_as_it_was_told() -> None:
    model = PracticeModel(wrong=0.3)
    said = [answer(model, judging([SORRY], f"Sorry {i}.", "No."))["1"] for i in range(600)]
    # Of the answers drawn at random a third is right by chance.
    assert np.mean([s == "A" for s in said]) == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / 600))


def test_proposes_what_the_sides_differ_in() -> None:
    pairs = [
        Turned(f"I am sorry, number {i} is not there.", f"The number {i} is not there today.")
        for i in range(8)
    ]
    said = [answer(PracticeModel(), describing(pairs, sample=sample))["name"] for sample in range(20)]
    assert "apologies" in said


def test_gives_the_same_reply_to_the_same_request() -> None:
    request = judging([SORRY], "Sorry.", "No.")
    texts = {PracticeModel(wrong=1.0).complete(request).text for _ in range(5)}
    assert len(texts) == 1


def test_says_that_it_is_none() -> None:
    assert "no language model" in repr(PracticeModel())
    with pytest.raises(ValueError, match="share"):
        PracticeModel(wrong=2)
