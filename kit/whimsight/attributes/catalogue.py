"""Every measured attribute with its formula."""

from __future__ import annotations

from dataclasses import dataclass

from whimsight.attributes.lexicons import LEXICONS

__all__ = ["ATTRIBUTES", "PATTERNS", "Attribute"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A deterministic property of a text.

    Attributes
    ----------
    id : str
        Stable id, such as ``m_bullets``.
    name : str
        What a response with more of it has, for tables.
    formula : str
        How the value is computed, in words.
    unit : str
        Of the value: words, log count, share, yes or no.
    phrase : str
        Completes "The response that ...".
    """

    id: str
    name: str
    formula: str
    unit: str
    phrase: str


PATTERNS: dict[str, str] = {
    # Linear-time (RE2) patterns that Python's re reads in the same way; counted without overlaps.
    "m_sentences": r"[.!?。！？؟]+(?:[\"'”’)\]]*)(?:\s|$)",
    "m_bullets": r"(?m)^[ \t]*[-*•‣–][ \t]+",
    "m_numbered": r"(?m)^[ \t]*\d{1,3}[.)][ \t]+",
    "m_headings": r"(?m)^(?:#{1,6}[ \t]+|\*\*[^*\n]{1,80}\*\*:?[ \t]*$)",
    "m_bold": r"\*\*[^*\n]+\*\*",
    "m_code": r"```|`[^`\n]+`|(?m)^(?: {4}|\t)\S|^(?:def|class|import|#include|return)\b",
    "m_tables": r"(?m)^[ \t]*\|.*\|",
    "m_links": r"https?://|www\.",
    "m_quotes": r"[\"“”«»„]",
    "m_ends_question": r"[?？؟][\"'”’)\]]*\s*$",
    "m_unfinished": r"[^.!?。！？؟:;\"'”’)\]}*`…\s]\s*$",
    "m_opener": r"^\s*(?i:sure|certainly|of course|absolutely|yes|great|okay|ok|hello|hi|hey|thank|thanks)\b",
    "m_paragraphs": r"\n[ \t]*\n",
    "m_math": r"\$[^$\n]+\$|\\\(|\\\[|\\frac|[=<>≤≥±×÷√∑∫]|\d\s*[+*/^]\s*\d",
    "m_emoji": r"[\x{1F300}-\x{1FAFF}\x{2600}-\x{27BF}\x{1F1E6}-\x{1F1FF}]",
    "m_ellipses": r"\.\.\.+|…",
    "m_dashes": r"—| – | -- ",
}
"""Patterns of the attributes that count matches."""

_LEXICON_NAMES = {
    "m_hedges": ("hedges (perhaps, might, usually)", "hedges more"),
    "m_certainty": ("certainty (definitely, always, must)", "sounds more certain"),
    "m_apologies": ("apologies and regret", "apologises more"),
    "m_refusals": ("refusals (I can't, I'm unable)", "refuses more"),
    "m_ai_self": ("speaks of itself as an AI", "speaks more of itself as an AI"),
    "m_cautions": ("warnings and cautions", "warns more"),
    "m_first_person": ("first person (I, my)", "says I more often"),
    "m_second_person": ("second person (you, your)", "addresses the reader more"),
    "m_we": ("we, us, our", "says we more often"),
    "m_third_person": ("he, she, they", "speaks more of other people"),
    "m_politeness": ("politeness (please, thanks, glad)", "is more polite"),
    "m_praise": ("praise and agreement", "praises or agrees more"),
    "m_advice": ("advice (should, try, consider)", "gives more advice"),
    "m_examples": ("examples (for example, such as)", "gives more examples"),
    "m_contrast": ("contrast (but, however, although)", "contrasts more"),
    "m_reasons": ("reasons (because, therefore)", "gives more reasons"),
    "m_steps": ("steps (first, then, finally)", "goes more step by step"),
    "m_conclusion": ("conclusions (overall, in summary)", "concludes more"),
    "m_profanity": ("profanity", "swears more"),
    "m_positive": ("positive words", "uses more positive words"),
    "m_negative": ("negative words", "uses more negative words"),
    "m_past": ("past tense, narration", "tells more in the past tense"),
    "m_senses": ("senses and body (eyes, light, cold)", "appeals more to the senses"),
    "m_numbers_in_words": ("numbers in words (two, half)", "uses more numbers in words"),
}

_COUNTED = {
    "m_sentences": ("sentences", "sentence ends (. ! ? and their like)", "has more sentences"),
    "m_bullets": ("bullet points", "lines that start with a bullet (- * •)", "uses more bullet points"),
    "m_numbered": (
        "numbered lists",
        "lines that start with a number and a dot or bracket",
        "uses more numbered items",
    ),
    "m_headings": ("headings", "Markdown headings and lines all in bold", "uses more headings"),
    "m_bold": ("bold text", "passages in Markdown bold", "uses more bold text"),
    "m_code": ("code", "code fences, inline code and lines that look like code", "has more code"),
    "m_tables": ("tables", "lines of Markdown tables", "has more table rows"),
    "m_links": ("links", "web addresses", "has more links"),
    "m_quotes": ("quotation marks", "double quotation marks of any kind", "quotes more"),
    "m_paragraphs": ("paragraphs", "blank lines", "has more paragraphs"),
    "m_math": ("formulas", "mathematical signs and LaTeX", "has more mathematics"),
    "m_emoji": ("emoji", "emoji and pictographs", "uses more emoji"),
    "m_ellipses": ("ellipses", "runs of three dots or more", "uses more ellipses"),
    "m_dashes": ("dashes", "dashes between words", "uses more dashes"),
}

_PUNCTUATION = {
    "m_exclamations": ("exclamation marks", "exclamation marks", "exclaims more"),
    "m_questions": ("question marks", "question marks", "asks more questions"),
    "m_colons": ("colons and semicolons", "colons and semicolons", "uses more colons and semicolons"),
    "m_commas": ("commas", "commas", "uses more commas"),
    "m_parentheses": ("parentheses", "opening brackets ( and [", "uses more parentheses"),
    "m_lines": ("lines", "line breaks", "has more lines"),
}


def _catalogue() -> dict[str, Attribute]:
    rows = [
        Attribute("m_words", "longer (words)", "number of words between white space; signs of scripts "
                  "without spaces (Chinese, Japanese, Thai, ...) count one word for two", "words", "is longer"),
        Attribute("m_log_words", "longer (log words)", "log(1 + words)", "log count", "is longer in proportion"),
        *(Attribute(i, n, f"log(1 + number of {f})", "log count", p) for i, (n, f, p) in _COUNTED.items()),
        *(Attribute(i, n, f"log(1 + number of {f})", "log count", p) for i, (n, f, p) in _PUNCTUATION.items()),
        Attribute("m_sentence_length", "long sentences", "log(1 + words / max(1, sentences))", "log words",
                  "has longer sentences"),
        Attribute("m_word_length", "long words", "mean letters and digits of a word", "letters", "uses longer words"),
        Attribute("m_diversity", "varied vocabulary", "distinct words / square root of words", "ratio",
                  "uses a more varied vocabulary"),
        Attribute("m_repetition", "repetition", "1 - distinct / all sequences of three words", "share", "repeats itself more"),
        Attribute("m_capitals", "capital letters", "share of capitals among A-Z and a-z", "share", "uses more capital letters"),
        Attribute("m_all_caps", "words in capitals", "log(1 + number of words of two letters or more, all capitals)",
                  "log count", "shouts more words in capitals"),
        Attribute("m_digits", "digits", "log(1 + number of digits 0-9)", "log count", "uses more digits"),
        Attribute("m_non_ascii", "letters beyond A-Z", "share of bytes outside ASCII", "share", "uses more letters beyond A-Z"),
        Attribute("m_ends_question", "ends with a question", "1 if the last sign is a question mark", "yes or no",
                  "ends with a question"),
        Attribute("m_unfinished", "breaks off", "1 if the text ends without closing punctuation", "yes or no", "breaks off"),
        Attribute("m_opener", "opens with Sure, Yes, Hello", "1 if the first word is an opener such as Sure, Of course, "
                  "Great, Hello", "yes or no", "opens with a pleasantry"),
        *(
            Attribute(i, n, f"log(1 + number of words or phrases of a list of {len(LEXICONS[i])})", "log count", p)
            for i, (n, p) in _LEXICON_NAMES.items()
        ),
    ]  # fmt: skip
    return {row.id: row for row in rows}


ATTRIBUTES: dict[str, Attribute] = _catalogue()
"""All measured attributes by id, in the order of the columns that `measure` returns."""
