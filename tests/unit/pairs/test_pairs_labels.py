"""Labels: the many ways to write down a choice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from whimsight.pairs.layouts import UNKNOWN, to_preference

NAN = float("nan")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([1, 0, 1], [1, 0, 1]),
        ([1.0, 0.0, np.nan], [1, 0, NAN]),
        ([1, 0, 0.5], [1, 0, 0.5]),
        (["1", "0"], [1, 0]),
        (["1.0", "0.0"], [1, 0]),
        ([True, False], [1, 0]),
        ([1, 2, 1], [1, 0, 1]),
        ([2, 2], [0, 0]),
        ([1, 2, 0], [1, 0, 0.5]),
        ([1, 2, 3], [1, 0, 0.5]),
        ([1, -1, 0], [1, 0, 0.5]),
        ([0.7, 0.2, 1.0], [0.7, 0.2, 1.0]),
        (["A", "b", "tie"], [1, 0, 0.5]),
        (["[[A]]", "[[B]]", "[[C]]"], [1, 0, 0.5]),
        (["model_a", "model_b", "tie", "tie (bothbad)"], [1, 0, 0.5, 0.5]),
        (["Response A", "Response B"], [1, 0]),
        (["response_1", "response_2"], [1, 0]),
        (["response_0", "response_1"], [1, 0]),
        (["left", "right", "both_bad"], [1, 0, 0.5]),
        (["text_a", "text_b", None, ""], [1, 0, NAN, NAN]),
        (["a", "perhaps"], [1, UNKNOWN]),
        ([1, 0, 7], [1, 0, UNKNOWN]),
    ],
)
def test_every_usual_spelling_is_understood(labels: list, expected: list) -> None:
    found, _ = to_preference(pd.Series(labels, dtype=object))
    np.testing.assert_array_equal(found, expected)


def test_an_empty_label_can_stand_for_a_tie() -> None:
    assert to_preference(pd.Series([1, None, 0]), missing=0.5)[0].tolist() == [1, 0.5, 0]


def test_the_callers_meaning_goes_before_every_rule() -> None:
    found, how = to_preference(pd.Series([0, 1, 2]), labels={0: "a", 1: "b", 2: "tie"})
    assert found.tolist() == [1.0, 0.0, 0.5]
    assert how == "0 is A, 1 is B, 2 is a tie"


def test_the_rule_is_said_in_words() -> None:
    assert to_preference(pd.Series([1, 2, 3]))[1] == "1 is A, 2 is B, 3 a tie"
    assert to_preference(pd.Series([1, 0]))[1] == "1 is A, 0 is B"
