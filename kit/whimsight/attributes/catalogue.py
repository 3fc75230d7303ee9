"""The measured attributes, one row each, in the order of their columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from whimsight.attributes import form, totals
from whimsight.attributes.attribute import Attribute
from whimsight.attributes.page import Matches, Page
from whimsight.attributes.scaling import Match, logged
from whimsight.attributes.wording import first_plural, lexicon_matches, opening_matches

__all__ = ["ATTRIBUTES"]

_LOG = "ln(1 + count)"


def _whole(
    id_: str, name: str, formula: str, unit: str, phrase: str, value: Callable[[Page], NDArray[np.float64]]
) -> Attribute:
    """Attribute of a text as a whole."""
    return Attribute(id_, name, formula, unit, phrase, value)


def _log(id_: str, name: str, what: str, phrase: str, match: Match) -> Attribute:
    """Attribute that is the logarithm of 1 + matches."""
    return Attribute(id_, name, f"logarithm of 1 + the number of {what}", _LOG, phrase, logged(match), match)


def _words(lexicon: str) -> Callable[[Page], Matches]:
    return partial(lexicon_matches, name=lexicon)


def _layer(name: str) -> Callable[[Page], Matches]:
    return attrgetter(name)


def _marks(characters: str) -> Callable[[Page], Matches]:
    return partial(form.marks, characters=characters)


def _lexicon(id_: str, name: str, lexicon: str, phrase: str) -> Attribute:
    """Attribute that counts a lexicon's words and phrases."""
    return _log(id_, name, f'words and phrases of the lexicon "{lexicon}"', phrase, _words(lexicon))


_READING = "Flesch reading ease: 206.835 - 1.015 words per sentence - 84.6 syllables per word"

_ALL = (
    # id, name, formula, unit, phrase, value
    _whole(
        "m_words",
        "length",
        "words between white space, as str.split cuts them; in scripts written without spaces (Chinese,"
        " Japanese, Thai, Lao, Khmer, Burmese) each letter is a word",
        "words",
        "is longer",
        totals.words,
    ),
    _whole(
        "m_sentence_length",
        "long sentences",
        "words divided by sentences",
        "words per sentence",
        "has longer sentences",
        totals.sentence_length,
    ),
    _whole(
        "m_sentence_variation",
        "sentences of varied length",
        "standard deviation of the words per sentence",
        "words",
        "varies the length of its sentences more",
        totals.sentence_variation,
    ),
    _whole(
        "m_word_length",
        "long words",
        "letters divided by words",
        "letters per word",
        "uses longer words",
        totals.word_length,
    ),
    _whole("m_readability", "easy reading", _READING, "points", "is easier to read", totals.readability),
    _whole(
        "m_vocabulary",
        "rich vocabulary",
        "distinct words divided by the square root of the words (Guiraud's index)",
        "distinct words per root of words",
        "uses more different words",
        totals.vocabulary,
    ),
    _whole(
        "m_repetition",
        "repetition",
        "sequences of three words that stood in the text before, per 100 such sequences",
        "per 100 sequences",
        "repeats itself more",
        totals.repetition,
    ),
    _whole(
        "m_capitals",
        "capital letters",
        "capital letters per 100 letters",
        "per 100 letters",
        "uses more capital letters",
        totals.capitals,
    ),
    _whole(
        "m_lowercase_starts",
        "sentences without a capital",
        "sentences that begin with a small Latin letter, per 100 sentences",
        "per 100 sentences",
        "begins more sentences without a capital",
        totals.lowercase_starts,
    ),
    _whole(
        "m_other_scripts",
        "other scripts",
        "letters outside the Latin script per 100 letters",
        "per 100 letters",
        "uses more letters of other scripts than Latin",
        totals.other_scripts,
    ),
    _whole(
        "m_ends_with_question",
        "a question at the end",
        "1 where the last character, closing quotes and brackets left out, is a question mark, else 0",
        "0 or 1",
        "ends with a question",
        totals.ends_with_question,
    ),
    _whole(
        "m_unfinished",
        "an unfinished end",
        "1 where the text ends in a letter, digit, comma, colon, dash or opening bracket, else 0",
        "0 or 1",
        "ends without closing punctuation",
        totals.unfinished,
    ),
    _whole(
        "m_past",
        "past tense",
        'words in -ed of five letters or more and the words of the lexicon "past", per 100 words',
        "per 100 words",
        "tells more in the past tense",
        totals.past,
    ),
    _whole(
        "m_tone",
        "positive tone",
        'words of the lexicon "positive" less those of the lexicon "negative", per 100 words',
        "per 100 words",
        "sounds more positive",
        totals.tone,
    ),
    # id, name, what is counted, phrase, matches
    _log("m_lines", "lines", "lines with something on them", "has more lines", _layer("lines")),
    _log(
        "m_paragraphs",
        "paragraphs",
        "stretches of lines between blank lines",
        "has more paragraphs",
        _layer("paragraphs"),
    ),
    _log(
        "m_bullets",
        "bullet points",
        "lines that begin with a bullet (- * + • and the like) and a space, outside code blocks",
        "uses more bullet points",
        form.bullets,
    ),
    _log(
        "m_numbered",
        "numbered lists",
        "lines that begin with one to three digits, a dot, colon or bracket, and a space, not in code blocks",
        "uses more numbered points",
        form.numbered,
    ),
    _log(
        "m_headings",
        "headings",
        "lines that begin with one to six # and a space, outside code blocks",
        "uses more headings",
        form.headings,
    ),
    _log(
        "m_bold",
        "bold text",
        "stretches between two ** on one line, outside code blocks",
        "puts more in bold",
        form.bold,
    ),
    _log(
        "m_tables", "tables", "lines that begin with | (rows of tables)", "uses more tables", form.table_rows
    ),
    _log(
        "m_code",
        "code",
        "blocks between code fences, and stretches between single backticks on one line",
        "has more code",
        form.code,
    ),
    _log("m_math", "mathematics", "LaTeX commands and signs of equations", "has more mathematics", form.math),
    _log(
        "m_links",
        "links",
        "addresses that begin with a scheme and :// or with www.",
        "has more links",
        form.links,
    ),
    _log("m_numbers", "numbers", "numbers in digits", "uses more numbers", form.numbers),
    _log(
        "m_quotes",
        "quotations",
        "stretches between straight double quotes on one line, and opening quotes, outside code blocks",
        "quotes more, or has more dialogue",
        form.quotations,
    ),
    _log(
        "m_asides",
        "asides",
        "opening brackets ( and [, and long dashes (– and —)",
        "sets more asides in brackets and dashes",
        _marks("([（–—"),
    ),
    _log(
        "m_colons",
        "colons and semicolons",
        "colons and semicolons",
        "uses more colons and semicolons",
        _marks(":;：；"),
    ),
    _log(
        "m_exclamations",
        "exclamation marks",
        "exclamation marks",
        "uses more exclamation marks",
        _marks("!！¡"),
    ),
    _log("m_questions", "questions", "question marks", "asks more questions", _marks("?？؟")),
    _log(
        "m_emoji",
        "emoji",
        "emoji and pictographs; joined ones and flags count once",
        "uses more emoji",
        form.emoji,
    ),
    # id, name, lexicon, phrase
    _lexicon("m_hedges", "hedges", "hedges", "hedges more"),
    _lexicon("m_certainty", "certainty", "certainty", "sounds more certain"),
    _lexicon("m_apologies", "apologies", "apologies", "apologises more"),
    _lexicon("m_refusals", "refusals", "refusals", "refuses more"),
    _lexicon("m_cautions", "cautions", "cautions", "warns more, or sends to a professional"),
    _lexicon("m_as_an_ai", "speaking as an AI", "as an ai", "speaks of itself as an AI more"),
    _lexicon("m_first_person", "first person", "first person", "says I more often"),
    _lexicon("m_second_person", "second person", "second person", "speaks to the reader more often"),
    _log(
        "m_we",
        "we",
        'words of the lexicon "we", other than US in capitals',
        "says we more often",
        first_plural,
    ),
    _lexicon("m_politeness", "politeness", "politeness", "is more polite"),
    _log(
        "m_agreement",
        "agreement and flattery",
        'sentences that begin with a word or phrase of the lexicon "agreement"',
        "agrees, flatters or greets more",
        partial(opening_matches, name="agreement"),
    ),
    _lexicon("m_advice", "direct advice", "advice", "gives more direct advice"),
    _lexicon("m_examples", "examples", "examples", "gives more examples"),
    _lexicon("m_connectives", "connectives", "connectives", "contrasts and gives reasons more"),
    _lexicon("m_signposts", "signposts", "signposts", "orders things in steps and sums up more"),
    _lexicon("m_profanity", "profanity", "profanity", "swears or insults more"),
    _lexicon("m_ornate", "ornate words", "ornate", "uses more ornate words"),
)

ATTRIBUTES: dict[str, Attribute] = {attribute.id: attribute for attribute in _ALL}
"""Every measured attribute by its id, in the order of the columns of `measure`."""
