import numpy as np
import pytest

import whimsight as ws
from whimsight.attributes import ATTRIBUTES, measure
from whimsight.names import UNNAMED, Candidate, FormulaJudge, draft, log_odds
from whimsight.names.drafting import _deal
from whimsight.names.formula import combined
from whimsight.pairs import Texts
from whimsight.studies import Settings
from whimsight.studies.reading import held_out_rows

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


def test_a_note_and_the_candidates_speak_of_the_feature_as_its_name_reads_it():
    texts, truth, prompt = made(900, 1, lambda t, _: "\n".join(["- " + t[:60], "- " + t[60:]]))
    one, other = drafted(texts, truth, prompt), drafted(texts, -truth, prompt)
    assert (one["sign"], other["sign"]) == (1, -1)
    assert one["note"].startswith("the side with more of the feature has more of")
    assert other["note"] == one["note"]
    assert other["candidates"][0] == one["candidates"][0]
    assert one["candidates"][0][2] == 1


def noise(n: int, m: int, seed: int) -> np.ndarray:
    """Codes that know nothing of the texts."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, m)) * (rng.random((n, m)) < 0.3)).astype(np.float32)


def test_noise_stays_unnamed():
    texts, _, prompt = made(900, 3, lambda t, _: t)
    names = draft(noise(900, 40, 5), texts, prompt, measure(texts.unique), seed=0)["name"]
    # The family's rate is held at 5 % of runs; one false name in this one run would already be rare.
    assert (names != UNNAMED).sum() <= 1


def test_intervals_of_the_fidelity_of_noise_cover_0_although_names_were_chosen_among_many():
    rng = np.random.default_rng(7)
    vocabulary = np.array([f"word{k}" for k in range(400)])
    share = 1 / np.arange(1, 401)
    texts = [" ".join(rng.choice(vocabulary, p=share / share.sum(), size=25)) for _ in range(1800)]
    found = draft(
        noise(900, 400, 8),
        Texts(unique=texts, a=np.arange(900), b=np.arange(900, 1800)),
        np.arange(900) // 3,
        measure(texts),
        seed=0,
    )
    known = found[np.isfinite(found["fidelity_low"])]
    assert len(known) > 350
    # 400 tries: two standard errors are 2.2 points.
    assert 0.92 <= ((known["fidelity_low"] < 0) & (known["fidelity_high"] > 0)).mean() <= 0.98
    # What chose looks better than it is; what scored does not.
    chosen = np.array([candidates[0][1] for candidates in known["candidates"]])
    assert chosen.mean() > 0.05
    assert abs(known["fidelity"].mean()) < 0.02


def test_the_pairs_that_suggest_choose_and_score_share_no_prompt():
    prompt = np.random.default_rng(0).integers(0, 100, size=1000)
    part = _deal(prompt, 0, None)
    assert set(part) == {0, 1, 2}
    assert all(len(set(part[prompt == p])) == 1 for p in range(100))


@pytest.mark.parametrize(("held", "parts"), [(30, (35, 25, 40)), (40, (35, 25, 40)), (70, (18, 12, 70))])
def test_pairs_that_others_will_be_tested_on_score_and_do_nothing_else(held, parts):
    prompt = np.random.default_rng(0).integers(0, 100, size=1000)
    held_out = prompt < held
    part = _deal(prompt, 0, held_out)
    assert set(part[held_out]) == {2}
    assert all(len(set(part[prompt == p])) == 1 for p in range(100))
    assert tuple(len(set(prompt[part == k])) for k in range(3)) == parts


def test_drafts_of_a_study_never_saw_what_blind_tests_ask_about():
    """The two splits are made by one seed: without care the same prompts would suggest and test."""
    pairs = ws.load("creative-writing")
    held_out = held_out_rows(pairs, Settings())[pairs.unique_pairs()[0]]
    part = _deal(pairs.components()[pairs.unique_pairs()[0]], 0, held_out)
    assert held_out.any()
    assert set(part[held_out]) == {2}


def test_small_words_of_the_longer_side_do_not_make_a_name():
    # One side is longer and so has more of every word; only "zebra" is there more often per word as well.
    rng = np.random.default_rng(11)
    small = ["of", "it", "is", "if", "for", "be", "in", "or"]
    truth = rng.choice([-1, 1], size=600)
    texts = []
    for end in (1, -1):
        for t in truth:
            words = rng.choice([*small, *WORDS], size=24 if t == end else 12).tolist()
            texts.append(" ".join(words + (["zebra"] if t == end and rng.random() < 0.9 else [])))
    row = drafted(Texts(unique=texts, a=np.arange(600), b=np.arange(600, 1200)), truth, np.arange(600))
    assert row["name"] in {"length", "says “zebra”, in more words", "says “zebra”"}


def test_forms_of_a_word_are_named_once_and_all_looked_for():
    forms = ["stealing", "steals", "steal"]
    row = drafted(*made(900, 12, lambda t, rng: swapped(t, str(rng.choice(forms)))))
    assert row["name"] in {f"says “{form}”" for form in forms}
    assert row["fidelity"] > 0.8


def test_a_word_of_a_script_without_spaces_names_a_feature():
    rng = np.random.default_rng(13)
    letters = np.array(list("山水风花雪月江河湖海春夏秋冬东西南北"))
    texts = ["".join(rng.choice(letters, size=30)) for _ in range(1800)]
    truth = rng.choice([-1, 0, 1], size=900, p=[0.2, 0.6, 0.2])
    for i in np.flatnonzero(truth):
        where = i if truth[i] > 0 else 900 + i
        texts[where] = texts[where][:10] + "抱歉" + texts[where][12:]
    row = drafted(Texts(unique=texts, a=np.arange(900), b=np.arange(900, 1800)), truth, np.arange(900) // 3)
    assert row["name"] == "says “抱歉”"
    assert row["fidelity"] > 0.8


def test_a_feature_of_phrase_and_form_together_is_judged_by_both():
    texts = Texts(
        unique=["sorry", "no no no no", "sorry sorry no no no", "no"], a=np.arange(4), b=np.arange(4)
    )
    values = measure(texts.unique)
    length = Candidate("length", "attribute", ("m_words",), -1)
    sorry = Candidate("says “sorry”", "phrases", ("sorry",))
    [both] = combined(sorry, length)
    assert both.name == "says “sorry”, in fewer words"
    answers = FormulaJudge(texts.unique, values).judge(both, np.array([0, 0, 1, 1]), np.array([1, 2, 2, 3]))
    # Shorter and sorry; shorter, as sorry; less sorry but shorter; as sorry, longer.
    assert answers.tolist() == [1.0, 1.0, 0.0, -1.0]


def test_two_things_of_opposite_ends_are_not_named_together_but_for_length():
    bullets = Candidate("bullet points", "attribute", ("m_bullets",), 1)
    code = Candidate("code", "attribute", ("m_code",), -1)
    length = Candidate("length", "attribute", ("m_words",), -1)
    assert combined(bullets, code) == []
    assert (
        combined(bullets, length)[0].name == combined(length, bullets)[0].name == "bullet points and brevity"
    )


def test_a_feature_of_few_prompts_says_so():
    texts, truth, prompt = made(300, 14, lambda t, _: t + " zebra")
    code = (truth * 0.1).astype(np.float32)
    code[prompt == prompt[np.flatnonzero(truth)[0]]] *= 100
    note = draft(code[:, None], texts, prompt, measure(texts.unique), seed=0).iloc[0]["note"]
    assert note.endswith("half of this feature lies in one prompt")


def test_the_same_seed_gives_the_same_drafts():
    texts, truth, prompt = made(300, 4, lambda t, _: t + " zebra")
    first, second = drafted(texts, truth, prompt), drafted(texts, truth, prompt)
    assert first.drop("candidates").equals(second.drop("candidates"))
    assert first["candidates"] == second["candidates"]


def test_names_are_single_printable_lines_however_hostile_the_texts():
    long = "z" * 5_000
    row = drafted(
        *made(600, 6, lambda t, _: f"{t} <script>alert(1)</script>\x07\u202e zebra\u200b {long} 😀")
    )
    assert row["name"].isprintable()
    assert "<" not in row["name"]
    assert len(row["name"]) <= 40


def test_log_odds_agree_with_the_formula_of_monroe_and_others():
    # Worked by hand: prior 10 texts, share .2, so a = 2; y = 32 of 110 and 7 of 110.
    delta = np.log(32 / 78) - np.log(7 / 103)
    z = delta / np.sqrt(1 / 32 + 1 / 7)
    assert log_odds(np.array([30.0]), np.array([5.0]), 100, 100, np.array([0.2]))[0] == pytest.approx(z)
