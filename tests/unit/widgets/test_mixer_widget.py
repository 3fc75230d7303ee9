"""PreferenceMixer: what is sent, what a person sets and reads from Python, what the page may set, rewards."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import comm
import numpy as np
import pandas as pd
import pytest
import traitlets

from tests.unit.personalization.mixing import decoded, several, standard
from tests.unit.personalization.peopling import peopled_study
from tests.unit.widgets.test_widgets import BUILT, Recorder, error, result, sent, set_state
from whimsight.errors import StudyError
from whimsight.labels import LabelStore
from whimsight.personalization import Personalization
from whimsight.personalization.reward import Reward
from whimsight.personalization.snapshot import mixer_snapshot
from whimsight.studies.reading import reading_split
from whimsight.widgets import PreferenceMixer, view

MODULES = {**BUILT, "mixer.js": "export default { render() {} }", "mixer.css": ".mx {}"}


@pytest.fixture(autouse=True)
def _no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", lambda **kwargs: Recorder(**kwargs))
    monkeypatch.setattr(view, "built", MODULES.__getitem__)


@pytest.fixture(scope="module")
def shared() -> Personalization:
    study, _ = peopled_study(people=12, votes=60)
    study.pairs.frame["cohort"] = np.where(study.pairs.frame["annotator"] < "person 05", "early", "late")
    return study.personalize()


@pytest.fixture
def people(shared: Personalization, tmp_path: Path) -> Personalization:
    shared.study.labels = LabelStore(tmp_path / "work.labels", author="Ann")
    return shared


@pytest.fixture
def mixer(people: Personalization) -> PreferenceMixer:
    return PreferenceMixer(people, annotators=["person 03"], groups="cohort")


def last(widget: Any) -> dict[str, Any]:
    return [m["data"]["state"] for m in sent(widget) if m["data"].get("method") == "update"][-1]


# -- what is sent


def test_the_first_message_holds_what_the_page_needs(people: Personalization) -> None:
    mixer = PreferenceMixer(people)
    state = sent(mixer)[0]["data"]["state"]
    assert state["snapshot"] == json.loads(json.dumps(mixer_snapshot(people)))
    assert state["weights"] == state["snapshot"]["presets"][0]["weights"]
    assert (state["preset"], state["locked"], state["set"]) == ("everyone", [], 0)
    assert state["selected"] == "m_words"  # in which people differ most
    assert state["_esm"] == MODULES["mixer.js"]
    assert len(sent(mixer)) == 1


def test_no_annotator_is_sent_who_was_not_asked_for(people: Personalization, mixer: PreferenceMixer) -> None:
    assert [name for name in people.annotators if name in json.dumps(sent(mixer))] == ["person 03"]


def test_a_study_is_personalized_with_the_features_that_may_differ(tmp_path: Path) -> None:
    study = several([(0, 1), (1, 2)])
    study.labels = LabelStore(tmp_path / "work.labels")
    mixer = PreferenceMixer(study, features=["m_words"])
    assert mixer.people.personal.tolist() == [False, False, False, True, False]
    assert "analyst" in mixer.snapshot["stated"]
    with pytest.raises(StudyError, match="leave out features"):
        PreferenceMixer(mixer.people, features=["m_words"])
    with pytest.raises(StudyError, match="looks at people"):
        PreferenceMixer("votes.whim")


def test_the_first_message_stays_under_two_megabytes_whatever_the_texts(tmp_path: Path) -> None:
    texts = ["</script>é🙂" * 4_000, "'\"\\<" * 10_000, "\ud83d\x00" * 10_000]
    study = several([(0, 1), (1, 2), (0, 2)], prompts=60, texts=texts)
    study.labels = LabelStore(tmp_path / "work.labels")
    mixer = PreferenceMixer(study)
    assert sent(mixer)[0]["bytes"] < 2_000_000 - 130_000
    assert len(mixer.snapshot["sets"]) == 24


# -- weights


def test_weights_read_as_a_mapping_and_those_not_named_stay(mixer: PreferenceMixer) -> None:
    before = dict(mixer.weights)
    assert list(before) == list(mixer.people.features)
    assert before == pytest.approx(mixer.people.mean.to_dict(), rel=1e-6)
    mixer.weights = {"m_words": -1, "d00": np.float64(0.25)}
    assert dict(mixer.weights) == {**before, "m_words": -1.0, "d00": 0.25}
    assert last(mixer) == {"weights": mixer.weights.found.tolist()}
    mixer.weights = pd.Series({"d01": 2.0})
    assert mixer.weights["d01"] == 2.0
    assert mixer.weights["m_words"] == -1.0
    mixer.weights = [0.0, 1, 2, 3, 4]
    assert list(mixer.weights.values()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"m_word": 1}, "No feature 'm_word' in this study. Did you mean 'm_words'"),
        ({"m_words": float("nan")}, "The weight of 'm_words' is nan"),
        ({"m_words": float("inf")}, "The weight of 'm_words' is inf"),
        ({"m_words": None}, "a number for each of the 5 features"),
        ({"m_words": "1"}, "a number for each of the 5 features"),
        ({"m_words": True}, "a number for each of the 5 features"),
        ([1, 2], "a number for each of the 5 features"),
        ("abcde", "a number for each of the 5 features"),
        (None, "a number for each of the 5 features"),
        (3, "a number for each of the 5 features"),
    ],
)
def test_weights_that_are_none_are_refused_with_what_to_give(
    mixer: PreferenceMixer, value: Any, says: str
) -> None:
    before = dict(mixer.weights)
    with pytest.raises(traitlets.TraitError, match=re.escape(says)):
        mixer.weights = value
    assert dict(mixer.weights) == before


def test_a_feature_that_people_turn_round_is_turned_in_python_and_not_on_the_wire(
    mixer: PreferenceMixer,
) -> None:
    mixer.weights = {"m_words": 0.5}
    wire = mixer.weights.found.tolist()
    result(mixer, "edit", feature="m_words", changes={"turned": True})
    assert mixer.weights["m_words"] == -0.5
    assert mixer.weights.found.tolist() == wire
    mixer.weights = {"m_words": 2.0}
    assert last(mixer)["weights"][3] == -2.0
    tally = mixer.tally
    set_state(mixer, weights=[*wire[:3], -2.0, wire[4]])
    assert mixer.weights["m_words"] == 2.0
    assert mixer.tally.equals(tally)


def test_observers_hear_of_weights_and_linked_mixers_move_together(
    people: Personalization, mixer: PreferenceMixer
) -> None:
    heard: list[float] = []
    mixer.observe(lambda change: heard.append(change.new["m_words"]), names="weights")
    other = PreferenceMixer(people)
    link = traitlets.link((mixer, "weights"), (other, "weights"))
    mixer.weights = {"m_words": 0.125}
    set_state(other, weights=[0, 0, 0, 0.25, 0])
    link.unlink()
    assert heard == [0.125, 0.25]
    assert dict(mixer.weights) == dict(other.weights)


# -- presets, locks, sets


def test_choosing_a_preset_moves_all_weights_but_the_locked_ones(mixer: PreferenceMixer) -> None:
    person = mixer.people.person("person 03").mean
    mixer.weights, mixer.locked = {"d00": 3.0}, "d00"
    mixer.preset = "person 03"
    assert mixer.preset == "annotator:person 03"
    assert mixer.weights["d00"] == 3.0
    rest = {f: w for f, w in mixer.weights.items() if f != "d00"}
    assert rest == pytest.approx(person.drop("d00").to_dict(), rel=1e-6)
    mixer.locked = ()
    mixer.preset = "everyone"
    assert dict(mixer.weights) == pytest.approx(mixer.people.mean.to_dict(), rel=1e-6)
    assert list(mixer.presets.index) == [
        "everyone", "group:cohort=late", "group:cohort=early", "annotator:person 03",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("trait", "value", "says"),
    [
        ("preset", "person 3", "No preset 'person 3'. Did you mean 'person 03'"),
        ("preset", "person:nobody", "mixer.add"),
        ("locked", ["d0"], "No feature 'd0'"),
        ("locked", 3, "ids of features"),
        ("set", 99, "Sets of responses have the numbers 0 to"),
        ("selected", "m_wrods", "Did you mean 'm_words'"),
    ],
)
def test_what_is_not_there_cannot_be_set(mixer: PreferenceMixer, trait: str, value: Any, says: str) -> None:
    before = getattr(mixer, trait)
    with pytest.raises(traitlets.TraitError, match=re.escape(says)):
        setattr(mixer, trait, value)
    assert getattr(mixer, trait) == before


def test_the_page_sets_its_own_and_nothing_else_and_is_not_told_what_it_said(mixer: PreferenceMixer) -> None:
    before, count = dict(mixer.snapshot), len(sent(mixer))
    set_state(
        mixer, preset="annotator:person 03", weights=[1, 2, 3, 4, 5.5], locked=["d01"], set=1, selected="d02",
        snapshot={}, labels={"d00": {"name": "x"}}, work={}, height=9, _esm="alert(1)",
    )  # fmt: skip
    assert mixer.weights.found.tolist() == [1, 2, 3, 4, 5.5]
    assert (mixer.preset, mixer.locked, mixer.set) == ("annotator:person 03", ("d01",), 1)
    assert mixer.selected == "d02"
    assert mixer.snapshot == before
    assert mixer._esm == MODULES["mixer.js"]
    assert not [m for m in sent(mixer)[count:] if m["data"].get("method") == "update"]
    set_state(mixer, weights=[])
    assert mixer.weights["d00"] == pytest.approx(mixer.people.person("person 03").mean["d00"], rel=1e-6)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("weights", [1, 2]),
        ("weights", [1, 2, 3, 4, None]),
        ("weights", [1, 2, 3, 4, True]),
        ("weights", [1, 2, 3, 4, 1e99]),
        ("weights", {"d00": 1}),
        ("weights", None),
        ("preset", "annotator:person 04"),
        ("preset", 3),
        ("preset", "person:" + "x" * 500),
        ("locked", ["d99"]),
        ("locked", "d00"),
        ("locked", [3]),
        ("set", -1),
        ("set", 0.5),
        ("set", True),
        ("set", 10_000),
        ("selected", "d99"),
    ],
)
def test_what_a_page_may_not_set_is_set_back(mixer: PreferenceMixer, key: str, value: Any) -> None:
    true = mixer.get_state([key])[key]
    set_state(mixer, **{key: value})
    assert mixer.get_state([key])[key] == true
    assert last(mixer) == {key: true}


def test_a_person_who_came_to_the_page_from_a_calibrator_may_be_its_preset(mixer: PreferenceMixer) -> None:
    set_state(mixer, preset="person:you", weights=[1, 1, 1, 1, 1])
    assert mixer.preset == "person:you"
    assert list(mixer.tally.index) == ["everyone"]
    assert "moved by hand" in repr(mixer)


# -- people


def test_a_person_is_added_chosen_and_replaced_by_the_next_of_the_name(mixer: PreferenceMixer) -> None:
    me = mixer.people.new_person([0, 8, 16], [1, 0, 1], name="me")
    assert mixer.add(me) == mixer.preset == "person:me"
    assert dict(mixer.weights) == pytest.approx(me.mean.to_dict(), rel=1e-6)
    assert last(mixer)["weights"] == mixer.added[-1]["weights"]
    wiser = me.learn([24, 32], [0, 0])
    mixer.add(wiser, select=False)  # is followed, for nothing was moved by hand
    assert dict(mixer.weights) == pytest.approx(wiser.mean.to_dict(), rel=1e-6)
    mixer.weights = {"d00": 9}
    mixer.add(me, select=False)
    assert mixer.weights["d00"] == 9
    assert [p["label"] for p in mixer.added] == ["me"]


def test_adding_somebody_sends_little_and_leaves_the_picture_as_it_is(mixer: PreferenceMixer) -> None:
    picture, count = mixer.snapshot, len(sent(mixer))
    for rows in ([0, 8], [0, 8, 16], [0, 8, 16, 24]):
        mixer.add(mixer.people.new_person(rows, [1] * len(rows), name="me"))
    mixer.add(mixer.people.person("person 07"))
    told = [m for m in sent(mixer)[count:] if m["data"].get("method") == "update"]
    assert "snapshot" not in {key for message in told for key in message["data"]["state"]}
    assert [list(message["data"]["state"]) for message in told[:3]] == [["added"], ["preset"], ["weights"]]
    assert mixer.snapshot is picture
    assert max(message["bytes"] for message in told) < 0.1 * sent(mixer)[0]["bytes"]
    mixer.remove("person:me")
    assert [p["id"] for p in last(mixer)["added"]] == ["annotator:person 07"]
    assert mixer.snapshot is picture


def test_somebody_who_was_there_from_the_beginning_can_be_renewed_and_taken_away(
    people: Personalization,
) -> None:
    mixer = PreferenceMixer(people, person=people.new_person([0], [1], name="me"))
    wiser = people.new_person([0, 8], [1, 1], name="me")
    mixer.add(wiser)
    assert mixer.added[0]["votes"] == 2
    assert mixer.reward().weights.size
    mixer.remove("person:me")
    assert [p["id"] for p in mixer.snapshot["presets"]] == ["everyone"]
    assert (mixer.added, mixer.preset) == ([], "everyone")
    with pytest.raises(StudyError, match="No person 'person:me' was added"):
        mixer.remove("person:me")


def test_an_annotator_is_added_with_the_votes(mixer: PreferenceMixer) -> None:
    people = mixer.people
    mixer.add(people.person("person 07"))
    assert mixer.preset == "annotator:person 07"
    assert mixer.tally.loc["person 07", "votes"] == people.votes["person 07"]
    (sent_preset,) = mixer.added
    assert sent_preset["held_out"] is not None
    mine = people.ballots.annotator == 7
    assert sent_preset["cast"]["n"] == mine.sum()
    votes = decoded({"votes": sent_preset["cast"]})
    assert votes["choice"].tolist() == people.ballots.y[mine].tolist()
    exact = standard(people, people.ballots.rows)[mine]
    assert (np.abs(votes["codes"] - exact) <= np.array(sent_preset["cast"]["scale"]) / 2 + 1e-6).all()
    mixer.add(people.person("person 07"), select=False)
    mixer.add(people.person("person 03"))  # is in the picture, with the votes
    assert [p["id"] for p in mixer.added] == ["annotator:person 07"]
    assert mixer.preset == "annotator:person 03"


def test_people_of_other_features_are_refused(mixer: PreferenceMixer, tmp_path: Path) -> None:
    other = several([(0, 1), (1, 2)])
    with pytest.raises(StudyError, match="features of 'several'"):
        mixer.add(other.personalize().everyone())
    with pytest.raises(StudyError, match="A person is what"):
        mixer.add("me")  # type: ignore[arg-type]


# -- tally


def test_flips_and_agreement_count_all_votes(mixer: PreferenceMixer) -> None:
    people = mixer.people
    mixer.preset = "person 03"
    tally = mixer.tally
    X, y = standard(people, people.ballots.rows), people.ballots.y
    before = X @ people.hierarchy.mean + people.hierarchy.intercept
    after = X @ people.person("person 03").belief.mean + people.hierarchy.intercept
    assert tally.loc["everyone", "votes"] == y.size
    assert tally.loc["everyone", "flips"] == pytest.approx(np.mean((before > 0) != (after > 0)))
    assert tally.loc["everyone", "agreement"] == pytest.approx(np.mean((after > 0) == (y == 1)))
    assert tally.loc["everyone", "everyone"] == pytest.approx(np.mean((before > 0) == (y == 1)))
    mine = people.ballots.annotator == 3
    assert tally.loc["person 03", "agreement"] == pytest.approx(np.mean((after > 0)[mine] == (y[mine] == 1)))
    for column in ("flips", "agreement", "everyone"):
        assert (tally[f"{column}_low"] <= tally[column]).all()
        assert (tally[f"{column}_high"] >= tally[column]).all()


def test_what_the_browser_counts_differs_by_no_more_votes_than_lie_within_half_a_step(
    mixer: PreferenceMixer,
) -> None:
    people, votes = mixer.people, decoded(mixer.snapshot)
    mixer.preset = "person 03"
    scale, intercept = np.array(mixer.snapshot["votes"]["scale"]), people.hierarchy.intercept
    seen, close = {}, np.zeros(len(votes["choice"]), dtype=bool)
    for name, weights in (("now", mixer.weights.found), ("everyone", people.hierarchy.mean)):
        seen[name] = votes["codes"] @ weights + mixer.snapshot["votes"]["intercept"]
        exact = standard(people, people.ballots.rows) @ weights + intercept
        close |= np.abs(exact) <= np.abs(weights) @ scale / 2 + 1e-6
    assert close.mean() < 0.1
    flipped = np.mean((seen["now"] > 0) != (seen["everyone"] > 0))
    agreed = np.mean((seen["now"] > 0) == (votes["choice"] == 1))
    assert flipped == pytest.approx(mixer.tally.loc["everyone", "flips"], abs=close.mean())
    assert agreed == pytest.approx(mixer.tally.loc["everyone", "agreement"], abs=close.mean())


# -- rewards


def test_a_reward_holds_the_weights_as_they_are_set(mixer: PreferenceMixer) -> None:
    mixer.weights = {"m_words": -2.0}
    reward = mixer.reward(title="short")
    assert reward.title == "short"
    made = dict(zip(reward.ids, reward.weights, strict=True))
    assert made == pytest.approx({f: w for f, w in mixer.weights.items() if w}, rel=1e-6)
    assert reward.covariance is None
    assert reward.stated == mixer.people.stated


def test_a_presets_own_weights_keep_what_is_known_of_them(mixer: PreferenceMixer) -> None:
    mixer.preset = "person 03"
    reward, person = mixer.reward(), mixer.people.person("person 03")
    assert reward.title == "person 03"
    assert np.asarray(reward.covariance) == pytest.approx(person.covariance.to_numpy(), rel=1e-5, abs=1e-9)
    mixer.preset = "early"
    assert np.sqrt(np.diag(np.asarray(mixer.reward().covariance))) == pytest.approx(
        mixer._presets["group:cohort=early"].sd, rel=1e-5
    )


def test_the_page_gets_the_reward_as_a_file_that_opens(mixer: PreferenceMixer, tmp_path: Path) -> None:
    made = result(mixer, "reward", weights=[0, 0, 0, 1.5, 0], preset="everyone")
    assert made["filename"] == "peopled-weights-set-by-hand.json"
    (tmp_path / made["filename"]).write_text(made["json"], encoding="utf-8")
    assert dict(zip((r := Reward.open(tmp_path / made["filename"])).ids, r.weights, strict=True)) == {
        "m_words": 1.5
    }
    for wrong in ({"weights": [1], "preset": ""}, {"weights": "x", "preset": ""}, {"weights": [0] * 5}, None):
        assert error(mixer, "reward", wrong)


# -- texts


def test_whole_texts_are_sent_from_where_the_snapshot_says_they_stand(tmp_path: Path) -> None:
    study = several([(0, 1), (1, 2), (0, 2)], texts=["long " * 900, "longer " * 900, "</script>\ud83d" * 400])
    study.labels = LabelStore(tmp_path / "work.labels")
    mixer, frame = PreferenceMixer(study), study.pairs.frame
    cut = 0
    for one in mixer.snapshot["sets"]:
        prompt = result(mixer, "whole", row=one["row"], part="prompt")["text"]
        assert prompt == one["prompt"]
        for response in one["responses"]:
            text = result(mixer, "whole", row=response["row"], part=response["side"])["text"]
            assert len(text) == response["length"]
            assert text.startswith(response["text"])
            assert frame["prompt"][response["row"]] == prompt
            cut += len(response["text"]) < len(text)
    assert cut > 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"part": None}, "'whole' needs 'part' (str)"),
        ({"part": "annotator"}, "has the parts 'prompt', 'a' and 'b'"),
        ({"part": ["a"]}, "'whole' needs 'part' (str)"),
        ({"row": None}, "needs the whole number 'row'"),
        ({"row": -1}, "'row' must be a whole number from 0"),
        ({"row": 10**9}, "'row' must be a whole number from 0"),
        ({"row": 0.5}, "'row' must be a whole number from 0"),
        ({"row": True}, "needs the whole number 'row'"),
        ({"row": float("nan")}, "needs the whole number 'row'"),
        ({"row": "0"}, "needs the whole number 'row'"),
    ],
)
def test_a_text_from_nowhere_is_refused(mixer: PreferenceMixer, wrong: dict[str, Any], says: str) -> None:
    right = {"row": int(reading_split(mixer.study)[0][0]), "part": "a"}
    assert result(mixer, "whole", **right)["text"]
    assert says in error(mixer, "whole", right | wrong)
    assert error(mixer, "whole")


def test_a_pair_that_blind_tests_ask_about_is_not_read_beforehand(mixer: PreferenceMixer) -> None:
    row = int(reading_split(mixer.study)[1][0])
    assert "blind tests" in error(mixer, "whole", {"row": row, "part": "a"})


# -- names, pages


def test_a_name_given_here_is_in_the_study(mixer: PreferenceMixer) -> None:
    result(mixer, "edit", feature="d02", changes={"name": "plain talk"})
    assert mixer.labels.loc["d02", "name"] == "plain talk"
    assert "plain talk" in mixer.people.names


@pytest.mark.usefixtures("built_page")
def test_a_page_of_its_own_opens_as_the_mixer_stands(mixer: PreferenceMixer, tmp_path: Path) -> None:
    mixer.weights, mixer.set = {"m_words": 7}, 1
    page = mixer.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    found = re.search(r'id="whimsight-state">(.*?)</script>', page, re.DOTALL)
    assert found
    state = json.loads(found[1])
    assert (state["weights"][3], state["set"], state["preset"]) == (7.0, 1, "everyone")
    assert "/* mixer.js */" in page
    assert "Question" in page
    assert state["added"] == []
    mixer.add(mixer.people.new_person([0, 8], [1, 0], name="Bea"))
    page = mixer.to_html(tmp_path / "later.html").read_text(encoding="utf-8")
    later = re.search(r'id="whimsight-state">(.*?)</script>', page, re.DOTALL)
    assert later
    state = json.loads(later[1])
    assert [one["id"] for one in state["snapshot"]["presets"]] == list(mixer.presets.index)
    assert (state["preset"], state["added"]) == ("person:Bea", [])
    names = mixer.to_html(tmp_path / "names.html", names_only=True).read_text(encoding="utf-8")
    assert "Question" not in names


@pytest.mark.usefixtures("built_page")
def test_a_saved_notebook_carries_a_bounded_sandboxed_page_whatever_the_texts(tmp_path: Path) -> None:
    study = several([(0, 1), (1, 2), (0, 2)], prompts=60, texts=["<" * 40_000, "é<" * 20_000, "<&'"])
    study.labels = LabelStore(tmp_path / "work.labels")
    mixer = PreferenceMixer(study)
    bundle = mixer._repr_mimebundle_()
    assert bundle is not None
    html = bundle[0]["text/html"]
    assert html.startswith("<iframe sandbox='allow-scripts allow-downloads' ")
    assert len(html.encode()) < 1_300_000
    assert mixer.to_html(tmp_path / "page.html").stat().st_size < 5_000_000


@pytest.fixture
def built_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whimsight.studies.page.built", lambda name: f"/* {name} */")
