"""Every attribute against a slow, plain-Python reading of its formula, on texts that look like real ones."""

from __future__ import annotations

import bisect
import itertools
import math
import random
import re
import unicodedata

import numpy as np
import pytest

from whimsight.attributes import ATTRIBUTES, measure, spans
from whimsight.attributes.lexicons import LEXICONS

PIECES = (
    """
Sure!|Great question.|As an AI language model|I can't|I’m sorry, but I cannot help with that.|perhaps|it's
don’t|don't|The cat sat on the mat.|However,|for example|You should consult a doctor.|first|in conclusion
damn|happy|sad|definitely|no doubt|**bold**|__also bold__|`code`|"quoted words"|“curly”|(aside)|[1]|see www.
https://example.org/a?b=c|www.example.com|3.14|1,000
NASA|the US|us|I|We|my|your|thank you|Dr. Who|e.g.|walked|was|needed
tapestry|élan|ÉCOLE|naïve|что это|Привет!|字が好き。|「はい」|สวัสดี|안녕하세요|👍|👍🏽|🇩🇪
😀!|…|...|?|?!|!!|:|;|—|–|-|x = 2|👨\u200d👩\u200d👧|$5|\\frac{1}{2}|≤|rhythm|queue|table|makes|beautiful|a
b's|rock 'n' roll|'quoted'|snake_case|well-known|100%|no.|No!|what?|"Is it?"|ok|(see below).
lower case start. and so|please|step|the end|the cat sat|the cat sat
more or less|kind of|مرحبا؟|नमस्ते दुनिया|İstanbul|ﬁn|\u00a0|\u3000|\t
""".strip()
    .replace("\n", "|")
    .split("|")
)
JOINTS = [" "] * 12 + [
    "  ",
    "\n",
    "\n\n",
    "\n- ",
    "\n* ",
    "\n1. ",
    "\n12) ",
    "\n(3) ",
    "\n## ",
    "\n| ",
    "\r\n",
    "",
    ". ",
    "\n \n",
]
FENCES = ["\n```py\n", "\n~~~\n", "\n  ```\n"]


def _texts(n: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    texts = ["", " ", "\n", "a", "?", "word", "- ", "-", "```", "'", "\0", "\ud800 x"]
    while len(texts) < n:
        parts: list[str] = []
        for _ in range(rng.choice([1, 3, 10, 60])):
            parts += [rng.choice(PIECES), rng.choice(JOINTS + (FENCES if rng.random() < 0.1 else []))]
        texts.append("".join(parts))
    return texts


TEXTS = _texts(400, seed=7)


# Characters -------------------------------------------------------------------------------------------------


def letter(c: str) -> bool:
    return unicodedata.category(c)[0] == "L"


def word_character(c: str) -> bool:
    return letter(c) or unicodedata.category(c)[0] == "M" or unicodedata.category(c) == "Nd"


def unspaced(c: str) -> bool:
    names = ("CJK ", "HIRAGANA", "KATAKANA", "THAI", "LAO ", "KHMER", "MYANMAR", "IDEOGRAPHIC")
    return letter(c) and unicodedata.name(c, "").startswith(names)


def capital(c: str) -> bool:
    return unicodedata.category(c) in ("Lu", "Lt")


def latin(c: str) -> bool:
    return unicodedata.name(c, "").startswith(("LATIN", "FULLWIDTH LATIN"))


# Words, lines, sentences ------------------------------------------------------------------------------------


def tokens(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for i, c in enumerate(text):
        inside = word_character(c) or (
            c in "'’" and 0 < i < len(text) - 1 and letter(text[i - 1]) and letter(text[i + 1])
        )
        if not inside:
            continue
        mark = unicodedata.category(c)[0] == "M"
        goes_on = bool(found) and found[-1][1] == i and (mark or not (unspaced(c) or unspaced(text[i - 1])))
        if goes_on:
            found[-1] = (found[-1][0], i + 1)
        else:
            found.append((i, i + 1))
    return found


def word_count(text: str) -> int:
    n = 0
    for part in text.split():
        for i, c in enumerate(part):
            other = (letter(c) or unicodedata.category(c) == "Nd") and not unspaced(c)
            n += i == 0 or unspaced(c) or (other and unspaced(part[i - 1]))
    return n


def fold(word: str) -> str:
    small = "".join(c.lower() if len(c.lower()) == 1 else c for c in word)
    return small.replace("’", "'")


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


SENTENCE_END = r"[.!?…。！？।](?![.!?…。！？।])(?=[\s\"'”’)\]*_»」』`]|$|(?<=[。！？।]))"


def sentences(text: str) -> list[str]:
    cut = re.sub(SENTENCE_END, lambda end: end[0] + "\n", text)
    return [s for s in cut.split("\n") if any(letter(s[a]) for a, _ in tokens(s))]


def in_pairs(text: str, mark: str) -> int:
    return sum(len(re.findall(mark, line)) // 2 for line in text.split("\n"))


def lexicon_places(name: str, text: str) -> list[int]:
    places = tokens(text)
    words = [fold(text[a:b]) for a, b in places]
    near = [
        len(g) == 1 and (g.isspace() or g == ".")
        for g in (text[p[1] : q[0]] for p, q in itertools.pairwise(places))
    ]
    entries = [re.split("[ .]", e) for e in LEXICONS[name]]
    return [
        places[i][0]
        for i in range(len(words))
        if any(words[i : i + len(e)] == e and all(near[i : i + len(e) - 1]) for e in entries)
    ]


def lexicon(name: str, text: str) -> int:
    return len(lexicon_places(name, text))


def syllables(word: str) -> int:
    plain = [unicodedata.normalize("NFKD", c)[0].lower() if latin(c) else "." for c in word]
    vowels = [c in "aeiouy" for c in plain]
    groups = sum(v and not (i and vowels[i - 1]) for i, v in enumerate(vowels))
    if groups > 1 and word[-1] in "eE" and not vowels[-2] and word[-2] not in "lL":
        groups -= 1
    return max(groups, 1)


def emoji(text: str) -> int:
    joined = re.sub("\u200d.", "", text, flags=re.S)
    joined = re.sub("[\U0001f1e6-\U0001f1ff]{1,2}", "🏁", joined)
    return len(re.findall("[\u2600-\u27bf\u2b05-\u2b55\U0001f300-\U0001f3fa\U0001f400-\U0001faff]", joined))


def ending(text: str) -> str:
    left = text.rstrip()
    while left and (left[-1].isspace() or left[-1] in "\"'”’)]*_»」』`"):
        left = left[:-1]
    return left[-1:]


def outside(text: str) -> str:
    """The text with the lines of its code blocks made empty."""
    kept, inside = [], False
    for line in text.split("\n"):
        fence = line.strip().startswith(("```", "~~~"))
        kept.append("" if fence or inside else line)
        inside ^= fence
    return "\n".join(kept)


def opening(name: str, text: str) -> int:
    borders = sorted(
        [0, *(m.end() for m in re.finditer(SENTENCE_END, text)), *(m.end() for m in re.finditer("\n", text))]
    )
    first: dict[int, int] = {}
    for start, _ in tokens(text):
        if letter(text[start]):
            first.setdefault(bisect.bisect_right(borders, start), start)
    return len(set(first.values()) & set(lexicon_places(name, text)))


def fenced(text: str) -> int:
    return math.ceil(sum(line.startswith(("```", "~~~")) for line in lines(text)) / 2)


COUNTS = {
    "m_lines": lambda t: len(lines(t)),
    "m_paragraphs": lambda t: len([p for p in re.split(r"\n[^\S\n]*(?:\n[^\S\n]*)+", t) if p.strip()]),
    "m_bullets": lambda t: sum(bool(re.match(r"[-*+•‣◦▪●○–—·∙]\s+\S", s)) for s in lines(outside(t))),
    "m_numbered": lambda t: sum(bool(re.match(r"\(?\d{1,3}[.):、](\s|$)", s)) for s in lines(outside(t))),
    "m_headings": lambda t: sum(bool(re.match(r"#{1,6}(\s|$)", s)) for s in lines(outside(t))),
    "m_bold": lambda t: in_pairs(outside(t), r"(?<!\*)\*\*(?!\*)"),
    "m_tables": lambda t: sum(s.startswith("|") for s in lines(t)),
    "m_code": lambda t: fenced(t) + in_pairs(t, r"(?<!`)`(?!`)"),
    "m_math": lambda t: len(re.findall(r"\\(?=[({\[]|[^\W\d_])|[=≈≠≤≥×÷√∑∫∞π]", t)),
    "m_links": lambda t: len(re.findall(r"(?<=[A-Za-z])://|(?<![\w/])[wW]{3}\.", t)),
    "m_numbers": lambda t: sum(
        t[a].isdigit() and not (a > 1 and t[a - 1] in ".," and t[a - 2].isdigit()) for a, _ in tokens(t)
    ),
    "m_quotes": lambda t: in_pairs(outside(t), '"') + len(re.findall("[“«「『]", outside(t))),
    "m_asides": lambda t: len(re.findall("[(（\\[–—]", t)),
    "m_colons": lambda t: len(re.findall("[:;：；]", t)),
    "m_exclamations": lambda t: len(re.findall("[!！¡]", t)),
    "m_questions": lambda t: len(re.findall("[?？؟]", t)),
    "m_emoji": emoji,
    "m_hedges": lambda t: lexicon("hedges", t),
    "m_certainty": lambda t: lexicon("certainty", t),
    "m_apologies": lambda t: lexicon("apologies", t),
    "m_refusals": lambda t: lexicon("refusals", t),
    "m_cautions": lambda t: lexicon("cautions", t),
    "m_as_an_ai": lambda t: lexicon("as an ai", t),
    "m_first_person": lambda t: lexicon("first person", t),
    "m_second_person": lambda t: lexicon("second person", t),
    "m_we": lambda t: lexicon("we", t) - len(re.findall(r"(?<![\w'’])US(?![\w'’])", t)),
    "m_politeness": lambda t: lexicon("politeness", t),
    "m_agreement": lambda t: opening("agreement", t),
    "m_advice": lambda t: lexicon("advice", t),
    "m_examples": lambda t: lexicon("examples", t),
    "m_connectives": lambda t: lexicon("connectives", t),
    "m_signposts": lambda t: lexicon("signposts", t),
    "m_profanity": lambda t: lexicon("profanity", t),
    "m_ornate": lambda t: lexicon("ornate", t),
}


def over(a: float, b: float, factor: float = 1.0) -> float:
    return factor * a / b if b else 0.0


def letters(text: str) -> int:
    return sum(map(letter, text))


def sizes(text: str) -> list[int]:
    return [len(tokens(s)) for s in sentences(text)]


def repeated(text: str) -> float:
    words = [fold(text[a:b]) for a, b in tokens(text)]
    threes = list(zip(words, words[1:], words[2:], strict=False))
    return over(len(threes) - len(set(threes)), len(threes), 100)


def flesch(text: str) -> float:
    words = [text[a:b] for a, b in tokens(text) if letter(text[a])]
    if not words:
        return 0.0
    ease = (
        206.835 - 1.015 * len(words) / len(sentences(text)) - 84.6 * sum(map(syllables, words)) / len(words)
    )
    return min(max(ease, -100.0), 121.0)


def past(text: str) -> float:
    ed = sum(text[a:b].endswith("ed") and b - a > 4 for a, b in tokens(text))
    return over(ed + lexicon("past", text), word_count(text), 100)


WHOLE = {
    "m_words": word_count,
    "m_sentence_length": lambda t: over(word_count(t), len(sentences(t))),
    "m_sentence_variation": lambda t: float(np.std(sizes(t))) if sizes(t) else 0.0,
    "m_word_length": lambda t: over(letters(t), word_count(t)),
    "m_readability": flesch,
    "m_vocabulary": lambda t: over(len({fold(t[a:b]) for a, b in tokens(t)}), math.sqrt(len(tokens(t)))),
    "m_repetition": repeated,
    "m_capitals": lambda t: over(sum(map(capital, t)), letters(t), 100),
    "m_lowercase_starts": lambda t: over(
        sum(latin(c) and not capital(c) for c in map(first_letter, sentences(t))), len(sentences(t)), 100
    ),
    "m_other_scripts": lambda t: over(sum(letter(c) and not latin(c) for c in t), letters(t), 100),
    "m_ends_with_question": lambda t: float(ending(t) in ("?", "？", "؟")),
    "m_unfinished": lambda t: float(
        ending(t) != "" and (word_character(ending(t)) or ending(t) in ",;:-–—(，、")
    ),
    "m_past": past,
    "m_tone": lambda t: over(lexicon("positive", t) - lexicon("negative", t), word_count(t), 100),
}


def first_letter(sentence: str) -> str:
    return next(sentence[a] for a, _ in tokens(sentence) if letter(sentence[a]))


@pytest.fixture(scope="module")
def measured() -> dict[str, np.ndarray]:
    return dict(zip(ATTRIBUTES, measure(TEXTS).T, strict=True))


def test_the_oracle_knows_every_attribute() -> None:
    assert {*COUNTS, *WHOLE} == set(ATTRIBUTES)


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_logarithms_of_what_plain_python_counts(
    name: str, measured: dict[str, np.ndarray]
) -> None:
    counts = [COUNTS[name](t) for t in TEXTS]
    assert sum(counts) > 0, "the texts hold none, so that nothing was tested"
    assert np.rint(np.expm1(measured[name].astype(float))).tolist() == counts
    np.testing.assert_allclose(measured[name], np.log1p(counts), rtol=1e-6)


@pytest.mark.parametrize("name", WHOLE)
def test_values_of_whole_texts_are_what_plain_python_computes(
    name: str, measured: dict[str, np.ndarray]
) -> None:
    values = [WHOLE[name](t) for t in TEXTS]
    assert np.ptp(values) > 0, "the texts do not differ, so that nothing was tested"
    np.testing.assert_allclose(measured[name], values, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", COUNTS)
def test_a_count_is_the_number_of_its_spans(name: str, measured: dict[str, np.ndarray]) -> None:
    for text, value in zip(TEXTS[:150], measured[name], strict=False):
        found = spans(text, name)
        assert len(found) == round(math.expm1(value))
        assert all(0 <= start < end <= len(text) for start, end in found)
        assert found == sorted(found)


@pytest.mark.parametrize("name", WHOLE)
def test_attributes_of_whole_texts_have_no_spans(name: str) -> None:
    assert spans("I was happy. Were you?", name) == []


def test_plain_words_are_those_of_str_split(measured: dict[str, np.ndarray]) -> None:
    spaced = [i for i, t in enumerate(TEXTS) if not any(map(unspaced, t))]
    assert len(spaced) > 50
    assert measured["m_words"][spaced].tolist() == [len(TEXTS[i].split()) for i in spaced]
