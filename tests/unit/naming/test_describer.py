"""A language model as a describer: which pairs it sees, and what becomes of its answers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.endpoints.fake_faults import refuses
from tests.unit.endpoints.fake_server import said
from tests.unit.naming.readers import asking, read
from whimsight.names import Candidate, Evidence
from whimsight.naming.describer import LanguageDescriber, draw

TEXTS = [f"text number {i}." for i in range(200)]
PROMPTS = [f"prompt number {i}?" for i in range(50)]
NAMED = {"name": "Gives an example.", "note": "It shows the steps."}


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def evidence(m=40, prompts=20, near=6, start=0):
    i = np.arange(m)
    return Evidence(
        start + 2 * i,
        start + 2 * i + 1,
        np.linspace(3, 1, m).astype(np.float32),
        i % prompts,
        np.stack([100 + 2 * np.arange(near), 101 + 2 * np.arange(near)], axis=1),
        40 + np.arange(near),
    )


def numbers(texts):
    return [int(t.split()[-1].rstrip(".?")) for (t,) in texts]


def shown(request):
    """Return the positions of (more, less, prompt) of the pairs of a request, and those of its near misses."""
    sections = read(request.user).sections
    kinds = ("more", "less", "prompt")
    pairs = [numbers([sections[k] for k in sections if k.startswith(kind)]) for kind in kinds]
    return list(zip(*pairs, strict=True)), numbers(
        [sections[k] for k in sections if k.startswith("contrast") and not k.endswith("prompt")]
    )


class TestRequests:
    @pytest.fixture
    def asker(self):
        with asking(lambda _: NAMED) as (asker, server):
            yield asker
            assert server.calls == 0

    def test_are_one_a_sample_and_say_which(self, asker):
        requests = LanguageDescriber(asker, TEXTS, PROMPTS, candidates=4).requests(
            [evidence(), evidence(start=80)]
        )
        assert [r.sample for r in requests] == [0, 1, 2, 3] * 2
        assert len({r.key for r in requests}) == 8

    def test_show_pairs_of_the_evidence_turned_with_their_prompts(self, asker):
        for request in LanguageDescriber(asker, TEXTS, PROMPTS).requests([evidence()]):
            pairs, _ = shown(request)
            assert len(pairs) == 8
            assert all(less == more + 1 and prompt == more // 2 % 20 for more, less, prompt in pairs)

    def test_show_mostly_other_pairs_in_every_sample(self, asker):
        requests = LanguageDescriber(asker, TEXTS, PROMPTS, candidates=5, pairs=8).requests([evidence(40)])
        seen = [pair for request in requests for pair in shown(request)[0]]
        assert len(seen) == 40
        assert (
            len(set(seen)) > 40 * (1 - (1 - 8 / 40) ** 5) + 3
        )  # draws that know nothing of each other hold 27

    def test_show_a_prompt_once(self, asker):
        for request in LanguageDescriber(asker, TEXTS, PROMPTS).requests([evidence(prompts=10)]):
            prompts = [prompt for *_, prompt in shown(request)[0]]
            assert len(set(prompts)) == 8

    def test_show_a_prompt_again_where_there_are_too_few(self, asker):
        for request in LanguageDescriber(asker, TEXTS, PROMPTS).requests([evidence(prompts=3)]):
            pairs, _ = shown(request)
            assert len(set(pairs)) == 8
            assert len({prompt for *_, prompt in pairs}) == 3

    def test_show_near_misses_other_ones_in_every_sample(self, asker):
        requests = LanguageDescriber(asker, TEXTS, PROMPTS, candidates=2, near=3).requests([evidence(near=6)])
        one, other = (shown(r)[1] for r in requests)
        assert sorted(one + other) == list(range(100, 112))

    def test_show_no_near_miss_with_a_text_of_their_pairs_or_the_prompt_of_another(self, asker):
        e = evidence(20, near=12)
        texts = e.near.copy()
        texts[:6, 0] = e.more[:6]  # these six share a text with a pair
        e = Evidence(e.more, e.less, e.strength, e.prompt, texts, np.arange(12) // 2)
        for request in LanguageDescriber(asker, TEXTS, PROMPTS).requests([e]):
            pairs, near = shown(request)
            assert not {text for more, less, _ in pairs for text in (more, less)} & set(near)
            sections = read(request.user).sections
            prompts = numbers(
                [sections[k] for k in sections if k.startswith("contrast") and k.endswith("prompt")]
            )
            assert len(set(prompts)) == 3

    def test_show_what_near_misses_answer(self, asker):
        (request,) = LanguageDescriber(asker, TEXTS, PROMPTS, candidates=1).requests([evidence(near=6)])
        sections = read(request.user).sections
        ones = numbers([sections[f"contrast-{i}-one"] for i in (1, 2, 3)])
        prompts = numbers([sections[f"contrast-{i}-prompt"] for i in (1, 2, 3)])
        assert prompts == [40 + (one - 100) // 2 for one in ones]

    def test_show_all_there_is_where_that_is_little(self, asker):
        (request,) = LanguageDescriber(asker, TEXTS, PROMPTS, candidates=1).requests([evidence(5, near=1)])
        pairs, near = shown(request)
        assert len(pairs) == 5
        assert near == [100, 101]

    def test_of_fewer_than_four_pairs_are_none(self, asker):
        assert LanguageDescriber(asker, TEXTS, PROMPTS).requests([evidence(3)]) == []

    def test_are_the_same_for_the_same_seed_wherever_the_feature_stands(self, asker):
        one = LanguageDescriber(asker, TEXTS, PROMPTS, seed=1)
        alone = [r.key for r in one.requests([evidence()])]
        assert [r.key for r in one.requests([evidence(start=80), evidence()])][5:] == alone
        assert [
            r.key for r in LanguageDescriber(asker, TEXTS, PROMPTS, seed=2).requests([evidence()])
        ] != alone

    def test_without_prompts_show_none(self, asker):
        e = evidence()
        nowhere = Evidence(
            e.more, e.less, e.strength, np.full_like(e.prompt, -1), e.near, np.full_like(e.near_prompt, -1)
        )
        (request,) = LanguageDescriber(asker, TEXTS, PROMPTS, candidates=1).requests([nowhere])
        assert not any("prompt" in kind for kind in read(request.user).sections)

    def test_keep_within_their_characters(self, asker):
        long = ["word " * 2_000 for _ in range(200)]
        (request,) = LanguageDescriber(asker, long, PROMPTS, candidates=1, characters=1_000).requests(
            [evidence()]
        )
        assert len(request.user) < 8 * 2 * 1_100 + 3 * 2 * 600 + 8 * 400 + 2_000


def unshared(pairs: int) -> NDArray[np.int64]:
    """Two texts for each pair that no other has."""
    return np.arange(2 * pairs).reshape(-1, 2)


class TestDraws:
    def test_take_strong_pairs_more_often(self):
        strength = np.repeat(np.array([4.0, 1.0], dtype=np.float32), 50)
        rng = np.random.default_rng(0)
        prompt = np.arange(100)
        first = [draw(strength, prompt, unshared(100), 1, 1, rng)[0][0] < 50 for _ in range(2_000)]
        # One of 50 with weight 4 and 50 with weight 1: 200 / 250.
        assert np.mean(first) == pytest.approx(0.8, abs=4 * np.sqrt(0.8 * 0.2 / 2_000))

    def test_take_a_pair_again_with_a_ninth_of_its_weight(self):
        rng = np.random.default_rng(0)
        twice = [
            draw(np.ones(2, dtype=np.float32), np.arange(2), unshared(2), 2, 1, rng) for _ in range(2_000)
        ]
        # Both of its texts were held once: 1/9 against 1.
        again = np.mean([one == other for one, other in twice])
        assert again == pytest.approx(0.1, abs=4 * np.sqrt(0.1 * 0.9 / 2_000))

    def test_take_a_pair_again_only_when_all_were_taken_where_that_is_wanted(self):
        rng = np.random.default_rng(0)
        drawn = draw(np.ones(10, dtype=np.float32), np.arange(10), unshared(10), 4, 5, rng, again=1e-9)
        assert sorted(drawn[0] + drawn[1]) == sorted(drawn[2] + drawn[3]) == list(range(10))

    def test_take_strong_pairs_in_every_sample(self):
        strength = np.linspace(0.1, 3, 80).astype(np.float32)
        rng = np.random.default_rng(0)
        drawn = [draw(strength, np.arange(80), unshared(80), 5, 8, rng) for _ in range(300)]
        by_sample = np.mean([[np.mean(rows) for rows in samples] for samples in drawn], axis=0)
        assert (by_sample > 39.5 + 4).all()  # a draw without regard to strength has 39.5, give or take .4

    def test_leave_out_texts_that_a_sample_holds_already(self):
        texts = np.array([[0, 1], [2, 3], [4, 5], [6, 0]])
        rng = np.random.default_rng(0)
        drawn = draw(np.ones(4, dtype=np.float32), np.arange(4), texts, 2, 4, rng, held=[{0}, {1, 3, 4}])
        assert [sorted(rows) for rows in drawn] == [[1, 2], [3]]

    def test_bear_no_strength_at_all(self):
        drawn = draw(np.zeros(5, dtype=np.float32), np.arange(5), unshared(5), 1, 5, np.random.default_rng(0))
        assert sorted(drawn[0]) == [0, 1, 2, 3, 4]

    def test_hold_a_text_once_and_in_one_sample_where_that_is_possible(self):
        texts = np.array([[0, t] for t in range(1, 21)] + [[21 + 2 * t, 22 + 2 * t] for t in range(6)])
        strong = np.repeat(np.array([100.0, 1.0], dtype=np.float32), [20, 6])
        drawn = draw(strong, np.arange(26), texts, 2, 4, np.random.default_rng(0), again=1e-9)
        # Text 0 is in all the strong pairs: one of them, and three of the six others, in one sample or the other.
        assert [sum(row < 20 for row in rows) for rows in drawn] == [1, 1]
        assert len({row for rows in drawn for row in rows}) == 8

    def test_hold_a_text_again_rather_than_too_few_pairs(self):
        texts = np.array([[0, t] for t in range(1, 6)])
        drawn = draw(np.ones(5, dtype=np.float32), np.arange(5), texts, 1, 5, np.random.default_rng(0))
        assert sorted(drawn[0]) == [0, 1, 2, 3, 4]

    def test_hold_a_prompt_again_rather_than_a_text(self):
        texts = np.array([[0, 1], [0, 2], [3, 4], [5, 6]])
        drawn = draw(
            np.ones(4, dtype=np.float32), np.array([0, 1, 2, 2]), texts, 1, 3, np.random.default_rng(0)
        )
        assert {2, 3} < set(drawn[0])


class TestCandidates:
    def test_are_clean_names_with_their_notes(self):
        with asking(lambda _: NAMED) as (asker, server):
            described = LanguageDescriber(asker, TEXTS, PROMPTS).describe([evidence()])
            assert server.calls == 5
        assert described == [[Candidate("gives an example", "concept", ())]]
        assert described[0][0].note == "It shows the steps."

    def test_stay_with_their_feature_the_most_proposed_first(self):
        names = iter(["refuses", "asks back", "Asks back!", "none", "apologizes"])
        by_key = {}

        def answer(payload):
            apart = "text number 0." in said(payload) or "prompt number" in said(payload)
            assert apart
            return {"name": by_key[said(payload)], "note": "why"}

        with asking(answer) as (asker, _):
            describer = LanguageDescriber(asker, TEXTS, PROMPTS)
            first, second = evidence(), evidence(start=80)
            by_key.update((r.user, next(names)) for r in describer.requests([first]))
            by_key.update((r.user, "uses lists") for r in describer.requests([second]))
            found = describer.describe([first, evidence(2), second])
        assert [[c.name for c in feature] for feature in found] == [
            ["asks back", "refuses", "apologizes"],
            [],
            ["uses lists"],
        ]

    def test_do_not_depend_on_which_answer_comes_first(self):
        def answer(payload):
            return {
                "name": f"name {len(said(payload)) % 7} {said(payload)[-1]}",
                "note": said(payload)[-40:-30],
            }

        found = []
        for _ in range(3):
            with asking(answer) as (asker, _server):
                found.append(LanguageDescriber(asker, TEXTS, PROMPTS).describe([evidence()]))
        assert found[0] == found[1] == found[2]

    def test_that_failed_are_told(self):
        with asking(lambda _: refuses()) as (asker, _):
            describer = LanguageDescriber(asker, TEXTS, PROMPTS, candidates=2)
            assert describer.describe([evidence()]) == [[]]
        assert [(p.feature, p.sample) for p in describer.failures] == [(0, 0), (0, 1)]

    def test_come_as_they_are_proposed(self):
        with asking(lambda _: NAMED) as (asker, server):
            describing = LanguageDescriber(asker, TEXTS, PROMPTS, candidates=40).describing([evidence()])
            assert next(describing).candidate.name == "gives an example"
            describing.close()
            assert server.calls < 40
