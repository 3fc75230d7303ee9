"""Measuring many texts, hostile ones among them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from whimsight.attributes import ATTRIBUTES, measure, measuring, spans
from whimsight.errors import WhimsightError

TEXTS = [
    "Sure! Perhaps.",
    "",
    "- a\n- b",
    "Привет?",
    "x" * 1000,
    "I can't. 👍",
    "```\ncode",
    '"',
    "* * *",
] * 40


def test_a_text_measures_the_same_alone_in_another_order_and_among_others() -> None:
    together = measure(TEXTS)
    alone = np.concatenate([measure([text]) for text in TEXTS[:9]])
    order = np.random.default_rng(0).permutation(len(TEXTS))
    assert together.dtype == np.float32
    assert together.shape == (len(TEXTS), len(ATTRIBUTES))
    assert np.array_equal(together[:9], alone)
    assert np.array_equal(measure([TEXTS[i] for i in order]), together[order])


def test_where_texts_are_cut_into_pieces_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measure(TEXTS)
    monkeypatch.setattr(measuring, "_PAGE_CHARACTERS", 50)
    seen: list[tuple[str, int, int]] = []
    assert np.array_equal(measure(TEXTS, progress=lambda *step: seen.append(step)), whole)
    assert [s for s, _, _ in seen] == ["attributes"] * len(seen)
    done = [d for _, d, _ in seen]
    assert len(done) > 10
    assert done == sorted(set(done))
    assert seen[-1] == ("attributes", len(TEXTS), len(TEXTS))


def test_chosen_attributes_are_columns_in_the_order_asked_for() -> None:
    ids = ["m_questions", "m_words"]
    columns = [list(ATTRIBUTES).index(i) for i in ids]
    assert np.array_equal(measure(TEXTS, ids), measure(TEXTS)[:, columns])


def test_words_that_cross_the_border_of_a_hashing_block_are_found() -> None:
    from whimsight.attributes import page

    for shift in range(12):
        text = "," * (page._BLOCK - 8 - 6 + shift) + " perhaps " + "," * 50 + "as an ai, perhaps"
        assert measure([text], ["m_hedges", "m_as_an_ai"])[0] == pytest.approx(np.log([3, 2]))


def test_a_column_of_a_frame_is_read_by_position_whatever_its_index() -> None:
    import pandas as pd

    column = pd.Series(["a b", "c"], index=[1, 0])
    assert measure(column, ["m_words"]).ravel().tolist() == [2, 1]  # type: ignore[arg-type]


def test_no_texts_give_no_rows() -> None:
    assert measure([]).shape == (0, len(ATTRIBUTES))


@pytest.mark.parametrize("missing", [None, float("nan"), b"bytes", 3])
def test_what_is_no_text_is_refused_by_its_row(missing: object) -> None:
    with pytest.raises(WhimsightError, match=rf"Text 1 is not a str: found {type(missing).__name__}"):
        measure(["fine", missing])  # type: ignore[list-item]


def test_a_single_string_in_place_of_a_list_is_refused() -> None:
    with pytest.raises(WhimsightError, match="Put it into a list"):
        measure("text")


def test_a_subclass_of_str_is_a_text() -> None:
    class Name(str):
        __slots__ = ()

    assert measure([Name("two words")], ["m_words"]).tolist() == [[2.0]]


@pytest.mark.parametrize("ask", [lambda: measure(["a"], ["m_bulets"]), lambda: spans("a", "m_bulets")])
def test_an_unknown_attribute_is_named_with_the_nearest_one(ask: object) -> None:
    with pytest.raises(WhimsightError, match=r"'m_bulets'.*'m_bullets'"):
        ask()  # type: ignore[operator]


@pytest.mark.parametrize(
    "unit",
    [*"a (\n`*\"'.?#|=wI字\0\ud800", "👍", "🇩🇪", "**", "```\n", "- ", "I can't ", "://", "\u202e", "e\u0301"],
)
def test_a_long_run_of_anything_has_finite_values_and_as_many_spans_as_counted(unit: str) -> None:
    text = unit * 20_000
    values = measure([text])[0]
    assert np.isfinite(values).all()
    for (name, attribute), value in zip(ATTRIBUTES.items(), values, strict=True):
        if attribute.matches is not None:
            assert len(spans(text, name)) == np.rint(np.expm1(float(value)))


def test_control_characters_and_lone_surrogates_are_characters_like_others() -> None:
    values = measure(["a\0b c", "\ud800 \udfff", "\u202eabc def\u202c"], ["m_words", "m_questions"])
    assert values.tolist() == [[2, 0], [2, 0], [2, 0]]


def test_importing_the_attributes_loads_neither_pandas_nor_arrow_nor_torch() -> None:
    heavy = "{'pandas', 'pyarrow', 'torch', 'sklearn', 'transformers'}"
    command = f"import sys, whimsight.attributes; print(sorted({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
