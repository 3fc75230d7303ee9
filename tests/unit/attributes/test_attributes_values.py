"""Attributes of small texts, worked out by hand."""

from __future__ import annotations

import math

import pytest

from whimsight.attributes import ATTRIBUTES, documentation, measure, spans
from whimsight.attributes.lexicons import LEXICONS


def value(text: str, attribute: str) -> float:
    return float(measure([text], [attribute])[0, 0])


def found(text: str, attribute: str) -> list[str]:
    return [text[start:end] for start, end in spans(text, attribute)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        (" \n\t ", 0),
        ("It's a well-known fact - really.", 6),
        ("one\u00a0two\u3000three", 3),
        ("我喜欢猫。", 4),
        ("我用Python写", 4),
        ("ひらがな カナ", 6),
        ("안녕 하세요", 2),
        ("Привет, мир", 2),
    ],
)
def test_length_is_the_number_of_words_and_of_letters_where_words_are_not_spaced(
    text: str, words: int
) -> None:
    assert value(text, "m_words") == words


def test_three_words_in_two_sentences_of_two_and_one() -> None:
    text = "One two. Three!"
    assert value(text, "m_sentence_length") == 1.5
    assert value(text, "m_sentence_variation") == 0.5
    assert value(text, "m_word_length") == pytest.approx(11 / 3)
    assert value(text, "m_capitals") == pytest.approx(100 * 2 / 11)


def test_reading_ease_is_flesch_with_six_one_syllable_words() -> None:
    assert value("The cat sat on the mat.", "m_readability") == pytest.approx(206.835 - 1.015 * 6 - 84.6)


def test_a_silent_e_is_no_syllable_but_a_table_has_two() -> None:
    ease = 206.835 - 1.015 * 2 - 84.6 * (1 + 2) / 2
    assert value("Make table.", "m_readability") == pytest.approx(ease)


def test_vocabulary_is_distinct_words_over_the_root_of_words_in_any_case() -> None:
    assert value("The dog and the cat", "m_vocabulary") == pytest.approx(4 / math.sqrt(5))


def test_repetition_is_the_share_of_word_triples_seen_before() -> None:
    assert value("a b c a b c", "m_repetition") == 25.0  # abc bca cab abc
    assert value("a b", "m_repetition") == 0.0


def test_a_decimal_point_or_an_abbreviation_before_a_small_bracket_ends_no_sentence() -> None:
    assert value("It costs 3.50 today", "m_sentence_length") == 4


@pytest.mark.parametrize(
    ("text", "attribute", "expected"),
    [
        ("- one\n* two\n-three\n--- \n  • four", "m_bullets", ["- one", "* two", "• four"]),
        (
            "1. one\n22) two\n(3) three\n1984. four\n3.5 five",
            "m_numbered",
            ["1. one", "22) two", "(3) three"],
        ),
        ("# One\n###Two\n####### Three\n## Four", "m_headings", ["# One", "## Four"]),
        ("**a** b **c\nd**\n**e**", "m_bold", ["**a**", "**e**"]),
        ("x `a` ``b`` `c\nd`", "m_code", ["`a`"]),
        ("```py\nx\n```\ny\n```\nz", "m_code", ["```py\nx\n```", "```\nz"]),
        ("a\n\nb\nc\n \nd", "m_paragraphs", ["a", "b", "d"]),
        ("a\n\nb", "m_lines", ["a", "b"]),
        ("| a | b |\n|---|---|", "m_tables", ["| a | b |", "|---|---|"]),
        ("See https://a.b/c, or www.d.e now", "m_links", ["https://a.b/c,", "www.d.e"]),
        ('He said "yes" and “no”.', "m_quotes", ['"yes"', "“"]),
        ("(a) [b] c—d", "m_asides", ["(", "[", "—"]),
        ("Why? なぜ？ لماذا؟", "m_questions", ["?", "？", "؟"]),
        ("In 2024, 1,000.5 of 3 4ths", "m_numbers", ["2024", "1", "3", "4ths"]),
        ("👍🏽 👨\u200d👩\u200d👧 🇩🇪🇫🇷 ☺️", "m_emoji", ["👍", "👨", "🇩", "🇫", "☺"]),
        ("\\frac{1}{2} = x", "m_math", ["\\", "="]),
        ("I CAN’T. I can't, or I  can't", "m_refusals", ["I CAN’T", "I can't"]),
        ("Sure, I am not sure. Great question!", "m_agreement", ["Sure", "Great question"]),
        ('# A\n```\n# b\n- c\n"d"\n```\n# E', "m_headings", ["# A", "# E"]),
        ("The US and us", "m_we", ["us"]),
        ("Perhaps; perhapses, it  seems", "m_hedges", ["Perhaps"]),
        ("As an AI language model, I", "m_as_an_ai", ["As an AI", "AI language model", "language model"]),
        ("I'm me. My i", "m_first_person", ["I'm", "me", "My", "i"]),
    ],
)
def test_spans_are_where_a_reader_would_mark_them(text: str, attribute: str, expected: list[str]) -> None:
    marked = found(text, attribute)
    assert [m if len(expected[0]) > 1 else m[0] for m in marked] == expected
    assert value(text, attribute) == pytest.approx(math.log1p(len(expected)))


def test_spans_are_positions_in_characters_not_bytes() -> None:
    text = "👍 Ünïcödé, perhaps"
    assert spans(text, "m_hedges") == [(11, 18)]


@pytest.mark.parametrize(
    ("text", "question", "unfinished"),
    [
        ("Is it?", 1, 0),
        ('"Is it?" ', 1, 0),
        ("**Is it?**\n", 1, 0),
        ("It is? Yes.", 0, 0),
        ("and then the", 0, 1),
        ("such as:", 0, 1),
        ("Done!", 0, 0),
        ("", 0, 0),
        ("))", 0, 0),
    ],
)
def test_how_a_text_ends(text: str, question: int, unfinished: int) -> None:
    assert value(text, "m_ends_with_question") == question
    assert value(text, "m_unfinished") == unfinished


def test_tone_is_positive_less_negative_words_per_hundred() -> None:
    assert value("good good bad day", "m_tone") == 25.0


def test_past_counts_endings_and_listed_forms() -> None:
    assert value("she walked and was red", "m_past") == pytest.approx(100 * 2 / 5)


def test_other_scripts_are_letters_that_are_not_latin() -> None:
    assert value("ab где", "m_other_scripts") == 60.0
    assert value("Ünïcödé ﬁ Ｘ", "m_other_scripts") == 0.0


def test_an_empty_text_is_zero_everywhere() -> None:
    assert not measure(["", " \n "]).any()


def test_there_are_thirty_to_forty_eight_documented_attributes_and_length_is_the_first() -> None:
    assert 30 <= len(ATTRIBUTES) <= 48
    assert next(iter(ATTRIBUTES)) == "m_words"
    assert all(key == a.id and key.startswith("m_") for key, a in ATTRIBUTES.items())
    table = documentation()
    assert list(table.index) == list(ATTRIBUTES)
    assert (table[["name", "formula", "unit", "phrase"]] != "").all(axis=None)
    assert table["name"].is_unique
    assert table["phrase"].is_unique


@pytest.mark.parametrize("name", LEXICONS)
def test_every_entry_of_a_lexicon_is_found_in_a_sentence(name: str) -> None:
    from whimsight.attributes.page import Page
    from whimsight.attributes.wording import lexicon_matches

    page = Page([f"Qqq, {entry.upper()} zzz." for entry in LEXICONS[name]])
    matches = lexicon_matches(page, name)
    for row, entry in enumerate(LEXICONS[name]):
        whole = (matches.start == page.start[row] + 5) & (matches.end == page.start[row] + 5 + len(entry))
        assert whole.any(), entry
