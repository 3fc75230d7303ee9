"""The measured attributes, one row each, in the order of their columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from whimsight.attributes import form, totals
from whimsight.attributes.attribute import Attribute
from whimsight.attributes.page import Matches, Page
from whimsight.attributes.scaling import Match, counted, logged, share_of_words
from whimsight.attributes.wording import lexicon_matches

__all__ = ["ATTRIBUTES"]

_LOG = "ln(1 + count)"
_SHARE = "per 100 words"


def _whole(
    id: str, name: str, formula: str, unit: str, phrase: str, value: Callable[[Page], NDArray[np.float64]]
) -> Attribute:
    """Attribute of a text as a whole."""
    return Attribute(id, name, formula, unit, phrase, value)


def _number(id: str, name: str, what: str, phrase: str, match: Match) -> Attribute:
    """Attribute that counts matches."""
    return Attribute(id, name, f"number of {what}", "count", phrase, counted(match), match)


def _log(id: str, name: str, what: str, phrase: str, match: Match) -> Attribute:
    """Attribute that is the logarithm of 1 + matches."""
    return Attribute(id, name, f"logarithm of 1 + the number of {what}", _LOG, phrase, logged(match), match)


def _share(id: str, name: str, what: str, phrase: str, match: Match) -> Attribute:
    """Attribute that is matches per hundred words."""
    return Attribute(id, name, f"{what}, per 100 words", _SHARE, phrase, share_of_words(match), match)


def _words(lexicon: str) -> Callable[[Page], Matches]:
    return partial(lexicon_matches, name=lexicon)


def _marks(characters: str) -> Callable[[Page], Matches]:
    return partial(form.marks, characters=characters)


def _lexicon(id: str, name: str, lexicon: str, phrase: str) -> Attribute:
    """Attribute that counts a lexicon's words and phrases."""
    return _log(id, name, f'words and phrases of the lexicon "{lexicon}"', phrase, _words(lexicon))


_ALL = (
    _whole(
        "m_words",
        "length",
        "number of words between white space, as str.split cuts them; in scripts written without spaces (Chinese,"
        " Japanese, Thai, Lao, Khmer, Burmese) each letter is a word",
        "words",
        "is longer",
        totals.words,
    ),
    _log("m_sentences", "sentences", "sentences: stretches with a word in them that end in . ! ? … or a line's end", "has more sentences", lambda page: page.sentences),
    _whole("m_sentence_length", "long sentences", "words divided by sentences", "words per sentence", "has longer sentences", totals.sentence_length),
    _whole("m_sentence_variation", "varied sentences", "standard deviation of the words per sentence", "words", "varies the length of its sentences more", totals.sentence_variation),
    _whole("m_word_length", "long words", "letters divided by words", "letters per word", "uses longer words", totals.word_length),
    _whole("m_vocabulary", "rich vocabulary", "distinct words divided by the square root of the words (Guiraud's index)", "distinct words per root of words", "uses more different words", totals.vocabulary),
    _whole("m_repetition", "repetition", "sequences of three words that occurred before in the text, per 100 such sequences", "per 100 sequences", "repeats itself more", totals.repetition),
    _whole("m_readability", "easy reading", "Flesch reading ease, 206.835 - 1.015 words per sentence - 84.6 syllables per word", "points", "is easier to read", totals.readability),
    _whole("m_capitals", "capital letters", "capital letters per 100 letters", "per 100 letters", "uses more capital letters", totals.capitals),
    _log("m_all_caps", "words in capitals", "words of two or more characters, all of them capitals", "writes more words in capitals", form.all_caps),
    _log("m_names", "names", "capitalised words inside a sentence, other than I", "names more people, places and things", form.names),
    _log("m_numbers", "numbers", "numbers in digits", "uses more numbers", form.numbers),
    _log("m_bullets", "bullet points", "lines that begin with a bullet (- * + • and the like) and a space", "uses more bullet points", form.bullets),
    _log("m_numbered", "numbered lists", "lines that begin with a number, a dot or bracket, and a space", "uses more numbered points", form.numbered),
    _log("m_headings", "headings", "lines that begin with one to six # and a space", "uses more headings", form.headings),
    _log("m_bold", "bold text", "stretches between two ** or two __ on one line", "puts more in bold", form.bold),
    _log("m_tables", "tables", "lines that begin with |", "uses more table rows", form.table_rows),
    _log("m_code_blocks", "code blocks", "blocks between code fences", "has more code blocks", form.code_blocks),
    _log("m_inline_code", "inline code", "stretches between two single backticks on one line", "marks more words as code", form.inline_code),
    _log("m_math", "mathematics", "LaTeX commands and signs of equations", "has more mathematics", form.math),
    _log("m_links", "links", "addresses that begin with a scheme and :// or with www.", "has more links", form.links),
    _log("m_quotes", "quotations", "stretches between straight double quotes on one line, and typographic opening quotes", "quotes more, or has more dialogue", form.quotations),
    _log("m_parentheses", "parentheses", "opening brackets", "uses more parentheses", _marks("([（")),
    _log("m_colons", "colons and semicolons", "colons and semicolons", "uses more colons and semicolons", _marks(":;：；")),
    _log("m_commas", "commas", "commas", "uses more commas", _marks(",，、،")),
    _log("m_dashes", "dashes", "long dashes (– —)", "uses more dashes", _marks("–—")),
    _log("m_ellipses", "ellipses", "ellipsis characters", "trails off more", _marks("…")),
    _log("m_exclamations", "exclamation marks", "exclamation marks", "uses more exclamation marks", _marks("!！¡")),
    _log("m_questions", "questions", "question marks", "asks more questions", _marks("?？؟")),
    _whole("m_ends_with_question", "a question at the end", "1 where the last visible character, closing quotes and brackets left out, is a question mark, else 0", "0 or 1", "ends with a question", totals.ends_with_question),
    _whole("m_unfinished", "an unfinished end", "1 where the text ends in a letter, digit, comma, colon, dash or opening bracket, else 0", "0 or 1", "ends without closing punctuation", totals.unfinished),
    _log("m_paragraphs", "paragraphs", "stretches of lines between blank lines", "has more paragraphs", lambda page: page.paragraphs),
    _log("m_lines", "lines", "lines with something on them", "has more lines", lambda page: page.lines),
    _log("m_emoji", "emoji", "emoji and pictographs", "uses more emoji", form.emoji),
    _whole("m_other_scripts", "other scripts", "letters outside the Latin script per 100 letters", "per 100 letters", "uses more letters of other scripts than Latin", totals.other_scripts),
    _whole("m_lowercase_starts", "sentences without a capital", "sentences that begin with a lower-case letter, per 100 sentences", "per 100 sentences", "begins more sentences without a capital", totals.lowercase_starts),
    _lexicon("m_hedges", "hedges", "hedges", "hedges more"),
    _lexicon("m_boosters", "certainty", "boosters", "sounds more certain"),
    _lexicon("m_apologies", "apologies", "apologies", "apologises more"),
    _lexicon("m_refusals", "refusals", "refusals", "refuses more"),
    _lexicon("m_cautions", "cautions", "cautions", "warns more, or sends to a professional"),
    _lexicon("m_as_an_ai", "speaking as an AI", "as an ai", "speaks of itself as an AI"),
    _lexicon("m_first_person", "first person", "first person", "says I more often"),
    _lexicon("m_second_person", "second person", "second person", "speaks to the reader more often"),
    _lexicon("m_we", "we", "we", "says we more often"),
    _lexicon("m_third_person", "third person", "third person", "says he, she or they more often"),
    _lexicon("m_politeness", "politeness", "politeness", "is more polite"),
    _lexicon("m_advice", "direct advice", "advice", "gives more direct advice"),
    _lexicon("m_examples", "examples", "examples", "gives more examples"),
    _lexicon("m_contrast", "contrast", "contrast", "contrasts more"),
    _lexicon("m_reasons", "reasons", "reasons", "gives more reasons"),
    _lexicon("m_steps", "steps", "steps", "orders things in steps"),
    _lexicon("m_conclusions", "conclusions", "conclusions", "sums up more"),
    _lexicon("m_profanity", "profanity", "profanity", "swears or insults more"),
    _lexicon("m_positive", "positive words", "positive", "uses more positive words"),
    _lexicon("m_negative", "negative words", "negative", "uses more negative words"),
    _lexicon("m_agreement", "agreement", "agreement", "agrees or flatters more"),
    _whole("m_past", "past tense", "words in -ed of five letters or more and frequent past forms, per 100 words", _SHARE, "tells more in the past tense", totals.past),
    _lexicon("m_informal", "informal words", "informal", "writes more informally"),
    _lexicon("m_ornate", "ornate words", "ornate", "uses more ornate words"),
    _lexicon("m_narration", "narration", "narration", "retells more"),
    _lexicon("m_openers", "openers", "openers", "opens with pleasantries"),
)

ATTRIBUTES: dict[str, Attribute] = {attribute.id: attribute for attribute in _ALL}
"""Every measured attribute by its id, in the order of the columns of `measure`."""
