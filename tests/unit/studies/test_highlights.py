"""Highlights, held against planted truth: which sentence carries a feature is known here."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.unit.studies.making import make_pairs, make_study
from whimsight.attributes import ATTRIBUTES, measure, spans
from whimsight.autoencoder import SparseAutoencoder
from whimsight.errors import StudyError
from whimsight.pairs import Pairs
from whimsight.studies import Study
from whimsight.studies.highlights import highlights
from whimsight.studies.pieces import pieces

APOLOGY = "I am sorry 🙂 about that!"
CALM = "Here is a plain fact. " + "👩‍👩‍👧 Another one follows. "
D = 8


class Linear:
    """Adds up the vectors of words: what a sentence brings to a text is known exactly."""

    fingerprint = "linear"
    dimensions = D
    name = "linear"

    def __init__(self) -> None:
        self.calls = 0

    def embed(self, texts: Sequence[str], *, progress: object = None) -> NDArray[np.float32]:
        self.calls += 1
        return np.array([self.vector(t) for t in texts], dtype=np.float32)

    @staticmethod
    def vector(text: str) -> NDArray[np.float64]:
        out = np.zeros(D)
        for word in re.findall(r"\w+", text.lower()):
            out[0] += 5.0 * (word == "sorry")
            out[1 + len(word) % (D - 1)] += 0.1
        return out


def planted(*, residuals: bool = False, swap: bool = False) -> Study:
    """A study whose d00 is the word sorry, which stands in one sentence of response A of row 0."""
    a = [CALM + APOLOGY + " Good bye." if i < 2 else f"Answer {i}. Nothing here." for i in range(40)]
    b = [f"Well then {i}. It is so. Truly." for i in range(40)]
    if swap:
        a, b = b, a
    study = make_study(make_pairs(40, response_a=a, response_b=b))
    encoder = np.zeros((D, 3), dtype=np.float32)
    encoder[:, 0] = [1.0, 0.2, 0.1, 0.3, 0.1, 0.2, 0.1, 0.1]
    encoder[1, 1] = encoder[2, 2] = 1.0
    study.autoencoder = SparseAutoencoder(
        encoder=encoder,
        decoder=np.ascontiguousarray(encoder.T),
        threshold=0.01,
        k=2,
        prefixes=(3,),
        history=[],
    )
    first, _ = study.pairs.unique_pairs()
    differences = np.array(
        [Linear.vector(a[i]) - Linear.vector(b[i]) for i in first.tolist()], dtype=np.float32
    )
    study.residual_map = None
    study.attribute_scale = np.array([10.0, 1.0], dtype=np.float32)
    if residuals:
        study.residual_map = np.full((2, D), 0.05, dtype=np.float32)
        ids = ["m_words", "m_bullets"]
        measured = measure([a[i] for i in first], ids=ids) - measure([b[i] for i in first], ids=ids)
        differences = differences - (measured / study.attribute_scale) @ study.residual_map
    study.pair_codes[:, :3] = study.autoencoder.encode(differences)
    return study


def texts(study: Study, row: int) -> tuple[str, str]:
    frame = study.pairs.frame
    return frame["response_a"][row], frame["response_b"][row]


def test_the_sentence_that_carries_the_feature_weighs_most() -> None:
    study = planted()
    found = highlights(study, "d00", 0, embedder=Linear())
    start, end, weight = max(found.more, key=lambda span: span[2])
    assert texts(study, 0)[0][start:end] == APOLOGY
    assert weight > 0.8
    assert all(w < 0.2 for *_, w in found.more + found.less if w != weight)


def test_weights_are_what_each_sentence_adds_where_the_embedding_adds_up() -> None:
    study = planted()
    a, b = texts(study, 0)
    found = highlights(study, "d00", 0, embedder=Linear())
    w = study.autoencoder.encoder[:, 0].astype(float)
    whole = (Linear.vector(a) - Linear.vector(b)) @ w
    for spans_, text, sign in ((found.more, a, 1), (found.less, b, -1)):
        for start, end, weight in spans_:
            assert weight == pytest.approx(sign * Linear.vector(text[start:end]) @ w / whole, abs=1e-5)
    assert sum(weight for *_, weight in found.more + found.less) == pytest.approx(1.0, abs=1e-5)


def test_every_text_is_embedded_in_one_call() -> None:
    embedder = Linear()
    highlights(planted(), "d00", 0, embedder=embedder)
    assert embedder.calls == 1


def test_an_empty_response_has_no_pieces() -> None:
    study = planted()
    frame = study.pairs.frame.copy()
    frame.loc[:1, "response_b"] = " "
    study.pairs = Pairs(frame)
    study.pair_codes[0, :3] = study.autoencoder.encode(
        Linear.vector(texts(study, 0)[0])[None, :].astype(np.float32)
    )
    found = highlights(study, "d00", 0, embedder=Linear())
    assert found.less == []
    assert len(found.more) == 4


def test_a_response_too_long_to_weigh_says_so_and_the_other_is_weighed() -> None:
    study = planted()
    frame = study.pairs.frame.copy()
    frame.loc[:1, "response_b"] = "Well then. " * 6_000
    study.pairs = Pairs(frame)
    a, b = texts(study, 0)
    difference = (Linear.vector(a) - Linear.vector(b)).astype(np.float32)
    study.pair_codes[0, :3] = study.autoencoder.encode(difference[None, :])
    found = highlights(study, "d00", 0, embedder=Linear())
    sides = {len(found.more), len(found.less)}
    assert min(sides) == 0 < max(sides)
    assert "more than 60,000 characters are not weighed" in found.reason


def test_swapping_a_and_b_changes_nothing() -> None:
    one = highlights(planted(), "d00", 0, embedder=Linear())
    other = highlights(planted(swap=True), "d00", 0, embedder=Linear())
    assert one == other


def test_what_the_shorter_text_measures_is_taken_out_again_where_residuals_were_learnt() -> None:
    study = planted(residuals=True)
    a, b = texts(study, 0)
    found = highlights(study, "d00", 0, embedder=Linear())
    assert study.residual_map is not None

    def activation(more: str) -> float:
        ids = ["m_words", "m_bullets"]
        measured = (measure([more], ids=ids) - measure([b], ids=ids)) / study.attribute_scale
        left = Linear.vector(more) - Linear.vector(b) - (measured @ study.residual_map)[0]
        return float(left @ study.autoencoder.encoder[:, 0])

    start, _, weight = found.more[0]
    without = a[found.more[1][0] :]
    assert start == 0
    assert weight == pytest.approx((activation(a) - activation(without)) / activation(a), abs=1e-4)


def test_the_prompt_of_a_template_stays_in_every_variant() -> None:
    seen: list[str] = []

    class Spy(Linear):
        def embed(self, texts: Sequence[str], *, progress: object = None) -> NDArray[np.float32]:
            seen.extend(texts)
            return super().embed([t.partition("\n")[2] for t in texts])

    study = planted()
    study.settings = replace(study.settings, template="Q {prompt}\n{response}")
    highlights(study, "d00", 0, embedder=Spy())
    assert all(t.startswith("Q Question 0\n") for t in seen)


def test_measured_attributes_show_what_they_count_with_equal_weights() -> None:
    a = "Maybe 🙂 so.\nPerhaps, perhaps not."
    study = make_study(make_pairs(40, response_a=[a] * 40, response_b=["Surely maybe."] * 40))
    study.found = study.found.rename(index={"m_bullets": "m_hedges"})
    study.pair_codes[:, 4] = 1.0
    found = highlights(study, "m_hedges", 0)
    assert [a[s:e] for s, e, _ in found.more] == ["Maybe", "Perhaps", "perhaps"]
    assert [(s, e) for s, e, _ in found.more] == spans(a, "m_hedges")
    assert [w for *_, w in found.more] == [pytest.approx(1 / 3)] * 3
    assert [w for *_, w in found.less] == [pytest.approx(-1 / 3)]


def test_an_attribute_of_the_whole_text_has_no_places_and_says_so(study: Study) -> None:
    row = int(np.flatnonzero(study.code("m_words"))[0])
    assert ATTRIBUTES["m_words"].matches is None
    found = highlights(study, "m_words", row)
    assert (found.more, found.less) == ([], [])
    assert "text as a whole" in found.reason


def test_a_pair_that_does_not_differ_says_so(study: Study) -> None:
    row = int(np.flatnonzero(study.code("d01") == 0)[0])
    assert "do not differ" in highlights(study, "d01", row).reason


def test_a_study_of_ready_embeddings_asks_for_its_embedder() -> None:
    study = planted()
    study.settings = replace(study.settings, embedder="ready")
    with pytest.raises(StudyError, match=r"ready embeddings.*embedder="):
        highlights(study, "d00", 0)


def test_an_embedder_that_cannot_be_made_is_an_error_that_says_what_to_do() -> None:
    study = planted()
    study.settings = replace(study.settings, embedder="nowhere")
    with pytest.raises(StudyError, match=r"cannot be made here.*embedder="):
        highlights(study, "d00", 0)


def test_another_embedder_than_the_study_had_is_refused() -> None:
    study = planted()
    study.facts["embedder"] = "linear:2"
    with pytest.raises(StudyError, match="made with the embedder 'linear:2'"):
        highlights(study, "d00", 0, embedder=Linear())
    study.facts["embedder"] = "ready embeddings"
    study.pair_codes[:, 0] *= 2  # as another embedder would have made them
    with pytest.raises(StudyError, match="not the embedder that the study was made with"):
        highlights(study, "d00", 0, embedder=Linear())


@pytest.mark.parametrize("row", [-1, 40, True, "0", None])
def test_a_row_that_is_none_is_an_error(row: object) -> None:
    with pytest.raises(StudyError, match="row must be the position of a pair, 0 to 39"):
        highlights(planted(), "d00", row, embedder=Linear())  # type: ignore[arg-type]


# -- pieces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("See Dr. Li, e.g. here. 3.5 is less.", ["See Dr. Li, e.g. here.", "3.5 is less."]),
        ("“Really?” he said. “No.”", ["“Really?” he said.", "“No.”"]),
        ("你好。再见！真的？是", ["你好。", "再见！", "真的？", "是"]),
        ("مرحبا؟ نعم. لا", ["مرحبا؟", "نعم.", "لا"]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
        ("1. First. Then.\n2. Second\n\n- third", ["1. First.", "Then.", "2. Second", "- third"]),
        ("See:\n```py\nx = 1.\n\ny()\n```\nDone.", ["See:", "```py\nx = 1.\n\ny()\n```", "Done."]),
        ("{\n  a\n}", ["{", "a\n}"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_texts_are_cut_into_sentences_lines_and_blocks(text: str, expected: list[str]) -> None:
    assert [text[s:e] for s, e in pieces(text)] == expected


@given(st.text(alphabet=st.sampled_from('a.B !?\n`~。🙂-1)" ')))
def test_pieces_are_in_order_apart_and_leave_out_nothing_but_white_space(text: str) -> None:
    found = pieces(text)
    assert all(s < e for s, e in found)
    assert all(e <= s for (_, e), (s, _) in pairwise(found))
    inside = "".join(text[s:e] for s, e in found)
    assert "".join(inside.split()) == "".join(text.split())


def test_a_long_text_has_at_most_forty_pieces_of_about_the_same_length() -> None:
    text = " ".join(f"Sentence number {i} is here." for i in range(1000))
    sizes = [e - s for s, e in pieces(text)]
    assert len(sizes) == 40
    assert max(sizes) < 1.2 * min(sizes)


@pytest.mark.parametrize(
    "text", ["." * 200_000, '."' * 100_000, "```\n" * 50_000, "~" * 200_000, "。" * 200_000]
)
def test_texts_made_to_be_slow_are_cut_all_the_same(text: str) -> None:
    assert 1 <= len(pieces(text)) <= 40
