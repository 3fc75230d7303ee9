"""What is an answer and what is none: never a guess."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whimsight.language import Field, Unreadable, read
from whimsight.language.reading import _without_thinking, schema, spelled

VERDICT = Field("verdict", ("A", "B", "tie"))
WHY = Field("why")


@pytest.mark.parametrize(
    "text",
    [
        '{"verdict": "A"}',
        ' \n{"verdict":"A"}\n',
        '```json\n{"verdict": "A"}\n```',
        '```\n{"verdict": "A"}```',
        'Sure, here it is: {"verdict": "A"}. Anything else?',
        '{"verdict": "a"}',
        '{"Verdict": " A. "}',
        '{"verdict": "A", "confidence": 0.9}',
        '<think>B, so {"verdict": "B"}</think>{"verdict": "A"}',
        'B is tempting {"verdict": "B"} but no</think>\n{"verdict": "A"}',
        '<THINK>{"verdict": "B"}</THINK> {"verdict": "A"}',
        '{"verdict": "A"}\n{"verdict": "A"}',
        '{broken} {"verdict": "A"}',
        'The format is {"verdict": "..."}; mine is {"verdict": "A"}',
        '{"verdict": "A", "verdict": "A"}',
        '\ufeff{"verdict": "A"}',
    ],
)
def test_one_clear_answer_is_read_whatever_stands_around_it(text):
    assert read(text, [VERDICT]) == {"verdict": "A"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("A", "no JSON"),
        ("The answer is A.", "no JSON"),
        ('"A"', "no JSON"),
        ('["A"]', "no JSON"),
        ("{}", "nothing of 'verdict'"),
        ('{"verdict": null}', "nothing of 'verdict'"),
        ('{"verdict": ""}', "none of A, B, tie"),
        ('{"verdict": "C"}', "none of A, B, tie"),
        ('{"verdict": "A or B"}', "none of A, B, tie"),
        ('{"verdict": "AB"}', "none of A, B, tie"),
        ('{"verdict": ["A"]}', "'verdict'"),
        ('{"verdict": true}', "'verdict'"),
        ('{"verdict": "A"', "no JSON"),
        ('{"verdict": "A"} or {"verdict": "B"}', "two different"),
        ('{"verdict": "A", "verdict": "B"}', "no JSON"),
        ('{"verdict": "A", "Verdict": "B"}', "twice"),
        ('<think>{"verdict": "A"}', "is empty"),
        ('<think>so {"verdict": "A"}</think>', "is empty"),
        ('<think>a</think><thinking>{"verdict": "A"}', "is empty"),
        ("<think>" * 28_571, "is empty"),
        ("<think><reasoning>" * 11_111 + "</thinking>", "is empty"),
        ("{" * 100_000, "no JSON"),
        ('{"a":' * 50_000, "no JSON"),
    ],
)
def test_what_is_missing_or_not_clear_is_not_guessed(text, reason):
    with pytest.raises(Unreadable, match=reason) as caught:
        read(text, [VERDICT])
    assert len(str(caught.value)) < 200


PATTERN = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)


@given(
    st.lists(
        st.sampled_from(["<think>", "</think>", "<Reasoning>", "</reasoning>", "</THINK>", "a", "<", "\n"])
    )
)
def test_thoughts_end_at_the_first_mark_of_their_kind(parts):
    """As a pattern says it, which takes the square of the time."""
    text = "".join(parts)
    assert _without_thinking(text) == PATTERN.sub(" ", text)


def test_every_field_has_to_be_there():
    with pytest.raises(Unreadable, match="'why'"):
        read('{"verdict": "A"}', [VERDICT, WHY])
    with pytest.raises(Unreadable, match="'why'"):
        read('{"verdict": "A", "why": "  "}', [VERDICT, WHY])


def test_names_of_fields_that_differ_in_case_only_are_kept_apart():
    fields = [Field("a", ("1", "2")), Field("A", ("1", "2"))]
    assert read('{"a": "1", "A": 2}', fields) == {"a": "1", "A": "2"}


def test_values_that_differ_in_case_only_are_not_mixed_up():
    one = [Field("x", ("a", "A"))]
    assert read('{"x": "A"}', one) == {"x": "A"}
    with pytest.raises(Unreadable):
        read('{"x": "A."}', one)


def test_line_breaks_inside_a_text_are_forgiven():
    assert read('{"why": "two\nlines"}', [WHY]) == {"why": "two\nlines"}


def test_braces_in_a_text_are_text():
    assert read('{"why": "{\\"verdict\\": \\"B\\"}", "verdict": "A"}', [VERDICT, WHY])["verdict"] == "A"


@given(st.text())
def test_any_text_is_read_back_from_what_json_makes_of_it(text):
    value = text.strip()
    if value:
        assert read(json.dumps({"why": text}), [WHY]) == {"why": value}


@given(st.text(alphabet='{}[]",:\\ABtie verdict<think>/\n', max_size=60))
def test_any_reply_is_an_answer_or_unreadable(text):
    try:
        found = read(text, [VERDICT])
    except Unreadable:
        return
    assert found["verdict"] in VERDICT.allowed


def test_the_schema_is_closed_and_lists_what_is_allowed():
    assert schema([VERDICT, WHY]) == {
        "type": "object",
        "properties": {"verdict": {"type": "string", "enum": ["A", "B", "tie"]}, "why": {"type": "string"}},
        "required": ["verdict", "why"],
        "additionalProperties": False,
    }


def test_what_is_asked_for_in_words_can_be_read_itself_when_filled_in():
    said = spelled([Field("winner", ("A",)), WHY])
    assert read(said, [Field("winner", ("A",)), WHY]) == {"winner": "A", "why": "..."}
