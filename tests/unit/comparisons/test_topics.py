"""Topics: prompts about different things fall apart, and are called by their own words."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from whimsight.comparisons.topics import topics
from whimsight.errors import StudyError
from whimsight.pairs import Pairs

KITCHEN = ["soup", "oven", "recipe", "butter", "dough", "simmer", "garlic", "pepper"]
SPACE = ["orbit", "rocket", "planet", "comet", "lunar", "galaxy", "telescope", "astronaut"]
LAW = ["court", "judge", "lawsuit", "contract", "verdict", "attorney", "clause", "tribunal"]
THEMES = {"kitchen": KITCHEN, "space": SPACE, "law": LAW}


def prompts(theme: list[str], n: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [f"Please tell me about {', '.join(rng.choice(theme, 4, replace=False))} ({i})" for i in range(n)]


def asked(texts: list[str], **columns) -> Pairs:
    return Pairs(
        pd.DataFrame({"prompt": texts, "response_a": "yes", "response_b": "no", "preference": 1.0, **columns})
    )


def vocabulary(texts: list[str]) -> np.ndarray:
    """An embedder that counts the words of each theme, with a little of the text's own."""
    out = [[sum(w in text.lower() for w in words) for words in THEMES.values()] for text in texts]
    own = np.array([[len(text) % 7] for text in texts]) / 100
    return np.hstack([np.array(out, dtype=float), own, np.full((len(texts), 1), 0.1)])


@pytest.fixture(scope="module")
def planted() -> tuple[Pairs, np.ndarray]:
    texts = [*prompts(KITCHEN, 40, 0), *prompts(SPACE, 30, 1), *prompts(LAW, 20, 2)]
    truth = np.repeat([0, 1, 2], [40, 30, 20])
    order = np.random.default_rng(3).permutation(90)
    order = np.concatenate([order, order[:25]])  # some prompts have two rows
    return asked([texts[i] for i in order]), truth[order]


@pytest.mark.parametrize("embedder", ["minilm", vocabulary], ids=["minilm", "function"])
def test_planted_topics_are_found_and_called_by_their_words(planted, embedder):
    pairs, truth = planted
    found = topics(pairs, n=3, embedder=embedder)
    assert found.of_row.dtype == np.int64
    np.testing.assert_array_equal(found.of_row, truth)  # the largest first
    assert found.size.tolist() == [40, 30, 20]
    for name, words, theme in zip(found.names, found.words, THEMES.values(), strict=True):
        assert len(name.split(", ")) == 3
        assert set(name.split(", ")) <= set(theme)
        assert words[:3] == name.split(", ")


def test_the_same_topics_on_every_run_and_with_any_number_of_threads(planted):
    pairs, _ = planted
    one = topics(pairs, n=5, seed=4)
    with threadpool_limits(1):
        other = topics(pairs, n=5, seed=4)
    assert one.names == other.names
    assert one.words == other.words
    np.testing.assert_array_equal(one.of_row, other.of_row)
    assert one.size.tolist() == sorted(one.size.tolist(), reverse=True)


def test_speakers_of_a_transcript_name_nothing():
    turns = [*prompts(KITCHEN, 20, 0), *prompts(SPACE, 20, 1)]
    texts = [f"\n\nHuman: {t}\n\nAssistant: I am an assistant.\n\nHuman: and {t}" for t in turns[:20]]
    found = topics(asked([*texts, *turns[20:]]), n=2, embedder=vocabulary)
    assert not {"human", "assistant"} & {word for words in found.words for word in words}


def test_names_are_distinct_plain_text():
    hostile = [f"<b>soup</b>\x00 oven\u202e \x1b[31m {i}" for i in range(20)]
    found = topics(asked([*hostile, *[f"?? {i} !!" for i in range(20)]]), n=4, embedder=lambda t: _numbers(t))
    assert len(set(found.names)) == len(found.names) == 4
    for name in found.names:
        assert name
        assert name.isprintable()
        assert "<" not in name


def _numbers(texts: list[str]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(len(texts), 4))


def test_a_conversation_that_repeats_itself_counts_as_one_text():
    """A word that three turns of one conversation repeat tells less of a topic than one in two of them."""
    kitchen = [f"soup pepper {i}" for i in range(9)] + [f"soup garlic {i}" for i in range(9)]
    conversation = [*range(9), *[9] * 9, *range(10, 28)]
    pairs = asked([*kitchen, *[f"rocket lunar {i}" for i in range(18)]], conversation=conversation)
    found = topics(pairs, n=2, embedder=vocabulary)
    words = next(w for w in found.words if "soup" in w)
    assert words.index("pepper") < words.index("garlic")


def test_scripts_without_spaces_are_named_by_pairs_of_letters():
    texts = [*[f"天气怎么样 {i}" for i in range(10)], *[f"音乐好听吗 {i}" for i in range(10)]]
    found = topics(asked(texts), n=2, embedder=lambda t: np.array([["天" in x, "音" in x] for x in t]) + 0.01)
    assert any("天气" in words for words in found.words)


def test_never_more_topics_than_one_for_eight_prompts():
    found = topics(asked(prompts(KITCHEN, 17, 0)), n=8, embedder=vocabulary)
    assert len(found.names) == 2


@pytest.mark.parametrize(
    ("texts", "options", "says"),
    [
        (prompts(KITCHEN, 15, 0), {}, "at least 16 distinct prompts.*has 15"),
        ([f"(pair {i})" for i in range(40)], {}, "found in prompts, and .* has none"),
        (prompts(KITCHEN, 40, 0), {"n": 1}, "at least 2; found 1"),
        (prompts(KITCHEN, 40, 0), {"embedder": "minilmm"}, "cannot be embedded: No embedder 'minilmm'"),
    ],
)
def test_what_cannot_be_grouped_is_refused(texts, options, says):
    with pytest.raises(StudyError, match=says):
        topics(asked(texts), **options)
