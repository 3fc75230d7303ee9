import numpy as np
import pytest

from whimsight.names.terms import count_terms
from whimsight.names.texts import displayed, plain, quoted
from whimsight.names.words import content_words, stem


def test_phrases_and_the_texts_that_hold_them_are_counted_as_a_naive_search_does():
    rng = np.random.default_rng(0)
    words = ["ash", "bee", "cat", "dog", "elk", "fox"]
    texts = [" ".join(rng.choice(words, size=rng.integers(1, 12))) for _ in range(60)]
    terms = count_terms(texts, fewest=4)
    held = np.array([[f" {p} " in f" {t} " for p in terms.phrases] for t in texts])
    assert np.array_equal(terms.present.toarray(), held)
    everything = {
        " ".join(t.split()[i : i + n])
        for t in texts
        for n in range(1, 5)
        for i in range(len(t.split()) - n + 1)
    }
    often = {p for p in everything if sum(f" {p} " in f" {t} " for t in texts) >= 4}
    assert set(terms.phrases) == often
    assert terms.sizes.tolist() == [len(set(t.split())) for t in texts]


def test_texts_without_a_word_have_no_phrases():
    terms = count_terms(["", "😀 !!", "\x00"], fewest=1)
    assert terms.phrases == []
    assert terms.present.shape == (3, 0)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("'Tis \"rock'n'roll\", she SAID…", " tis rock'n'roll she said "),
        ("don’t_stop", " don't stop "),
        ("今天天气", " 今 天 天 气 "),
        ("สวัสดี ok", " ส วั ส ดี ok "),  # marks stay on their letters
        ("नमस्ते दुनिया", " नमस्ते दुनिया "),
        ("cafe\u0301 \u202eevil\u202c\x07", " café evil "),
        ("", "  "),
    ],
)
def test_texts_of_any_script_become_words_between_single_spaces(text, form):
    assert plain(text) == form


def test_phrases_are_shown_as_people_write_them():
    assert displayed("天 气") == "天气"
    assert displayed("good idea") == "good idea"
    assert quoted(["天 气", "a\x07b"]) == "“天气”, “ab”"


def test_frequent_words_name_nothing_in_any_language():
    words = ["de", "la", "maison", "que", "chat", "et", "soleil", "mer", "pain", "vin"]
    share = np.array([0.9, 0.8, 0.1, 0.7, 0.1, 0.75, 0.1, 0.1, 0.1, 0.1])
    alone = dict(zip(words, content_words(words, share).tolist(), strict=True))
    assert not alone["de"]
    assert not alone["la"]
    assert alone["maison"]
    assert alone["chat"]


def test_forms_of_a_word_share_a_stem_and_other_words_do_not():
    assert stem("feelings") == stem("feeling") == stem("feel")
    assert stem("steals") == stem("stealing") == stem("steal")
    assert stem("planned") == stem("planning") == stem("plan")
    assert len({stem(w) for w in ("general", "generate", "gas", "this", "king")}) == 5
