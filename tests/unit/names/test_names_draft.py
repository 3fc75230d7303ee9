import numpy as np
import pytest

from whimsight.attributes import ATTRIBUTES, measure
from whimsight.names import UNNAMED, draft, log_odds
from whimsight.pairs import Texts

WORDS = [
    "river",
    "stone",
    "green",
    "walk",
    "paper",
    "table",
    "quiet",
    "early",
    "garden",
    "window",
    "letter",
    "road",
    "music",
    "simple",
    "bread",
]


def made(n: int, seed: int, add) -> tuple[Texts, np.ndarray, np.ndarray]:
    """Pairs of random texts; ``add`` puts something into the side that the truth says."""
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS, size=20)) for _ in range(2 * n)]
    truth = rng.choice([-1, 0, 1], size=n, p=[0.2, 0.6, 0.2])
    for i in np.flatnonzero(truth):
        where = i if truth[i] > 0 else n + i
        texts[where] = add(texts[where], rng)
    return Texts(unique=texts, a=np.arange(n), b=np.arange(n, 2 * n)), truth, np.arange(n) // 3


def swapped(text: str, phrase: str) -> str:
    """Put a phrase in the place of as many words, so that nothing else changes."""
    words = text.split()
    n = len(phrase.split())
    return " ".join([*words[: 10 - n], phrase, *words[10:]])


def drafted(texts, truth, prompt, noise=0.1):
    rng = np.random.default_rng(9)
    code = (truth * rng.uniform(0.5, 2, size=truth.size)).astype(np.float32)
    return draft(code[:, None], texts, prompt, measure(texts.unique), seed=0).iloc[0]


def test_a_planted_phrase_names_the_feature_with_high_fidelity():
    row = drafted(*made(900, 0, lambda t, _: swapped(t, "forgive the zebra")))
    assert "zebra" in row["name"] or "forgive" in row["name"] or row["name"] == ATTRIBUTES["m_apologies"].name
    assert row["fidelity"] > 0.8
    assert row["fidelity_low"] > 0.7


def test_a_planted_form_is_named_by_its_attribute():
    row = drafted(*made(900, 1, lambda t, _: "\n".join(["- " + t[:60], "- " + t[60:]])))
    assert row["name"] in {ATTRIBUTES[i].name for i in ("m_bullets", "m_lines", "m_words")}
    assert row["fidelity"] > 0.6


def test_a_name_that_fits_the_other_end_comes_with_sign_minus_one():
    texts, truth, prompt = made(900, 2, lambda t, _: swapped(t, "zebra crossing"))
    row = drafted(texts, -truth, prompt)
    assert row["sign"] == -1
    assert "zebra" in row["name"] or "crossing" in row["name"]
    assert row["fidelity"] > 0.8


def test_noise_stays_unnamed():
    texts, _, prompt = made(900, 3, lambda t, _: t)
    values = measure(texts.unique)
    rng = np.random.default_rng(5)
    codes = rng.normal(size=(900, 40)).astype(np.float32) * (rng.random((900, 40)) < 0.3)
    names = draft(codes, texts, prompt, values, seed=0)["name"]
    # The family's rate is held at 5 % of runs; one false name in this one run would already be rare.
    assert (names != UNNAMED).sum() <= 1


def test_the_same_seed_gives_the_same_drafts():
    texts, truth, prompt = made(300, 4, lambda t, _: t + " zebra")
    first, second = drafted(texts, truth, prompt), drafted(texts, truth, prompt)
    assert first.drop("candidates").equals(second.drop("candidates"))
    assert first["candidates"] == second["candidates"]


def test_names_are_single_printable_lines_however_hostile_the_texts():
    row = drafted(*made(600, 6, lambda t, _: t + " <script>alert(1)</script>\x07\u202e zebra"))
    assert row["name"].isprintable()
    assert "<" not in row["name"]
    assert len(row["name"]) <= 80


def test_log_odds_agree_with_the_formula_of_monroe_and_others():
    # Worked by hand: prior 10 texts, share .2, so a = 2; y = 32 of 110 and 7 of 110.
    delta = np.log(32 / 78) - np.log(7 / 103)
    z = delta / np.sqrt(1 / 32 + 1 / 7)
    assert log_odds(np.array([30.0]), np.array([5.0]), 100, 100, np.array([0.2]))[0] == pytest.approx(z)
