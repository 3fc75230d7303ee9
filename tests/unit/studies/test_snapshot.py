"""The snapshot: what a widget and a report show of a study, bounded and ready for JSON."""

import getpass
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.unit.studies.making import make_pairs, make_study
from whimsight.errors import StudyError
from whimsight.pairs import Pairs
from whimsight.studies import Study
from whimsight.studies.reading import Reading, reading_split
from whimsight.studies.sentences import sentence
from whimsight.studies.snapshot import histogram, labels_dict, page, snapshot

HOSTILE = [
    "</script><script>alert(1)</script>",
    "half a pair \ud83d of surrogates \udc00",
    "nul \x00 and \x1b escape",
    "עברית \u202e turned",
    "👩‍👩‍👧‍👦🙂" * 500,
    "long " * 40_000,
    "javascript:alert(1) <img src=x onerror=alert(1)>",
    '"quotes" \\ and \u2028 separators',
]


def rows_of(picture: dict) -> list[int]:
    return [example["row"] for several in picture["examples"].values() for example in several]


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")


def hostile_study(n: int = 80) -> Study:
    texts = np.resize(np.array(HOSTILE, dtype=object), n)
    responses = pd.Series([f"{i} {t}" for i, t in enumerate(texts)], dtype=object)
    return make_study(make_pairs(n, response_a=responses, prompt=pd.Series(texts[::-1], dtype=object)))


def test_reading_and_held_out_rows_share_no_prompt_and_are_all_rows(study: Study) -> None:
    read, held = reading_split(study)
    prompt = study.pairs.prompt_codes
    assert not set(prompt[read]) & set(prompt[held])
    assert sorted([*read, *held]) == list(range(len(study.pairs)))
    assert held.size > 0


def test_with_a_single_prompt_everything_is_read_and_nothing_held_out() -> None:
    one = make_study(make_pairs(40, prompt=["the same"] * 40))
    read, held = reading_split(one)
    assert read.size == 40
    assert held.size == 0
    assert len(snapshot(one)["examples"]["d00"]) > 0


def test_examples_come_from_the_reading_part_alone(study: Study) -> None:
    assert set(rows_of(snapshot(study))) <= set(reading_split(study)[0].tolist())


def test_examples_are_those_with_the_largest_codes_each_pair_once(study: Study) -> None:
    read = reading_split(study)[0]
    for column, feature in enumerate(study.found.index):
        code = np.abs(study.pair_codes[study.pair_of_row[read], column])
        best: dict[int, float] = {}
        for pair, size in zip(study.pairs.matchups()[0][read], code, strict=True):
            best[int(pair)] = float(size)
        expected = sorted((v for v in best.values() if v > 0), reverse=True)[:3]
        assert [e["code"] for e in snapshot(study, examples=3)["examples"][feature]] == expected


def test_an_example_shows_the_texts_the_side_and_the_votes_of_its_pair(study: Study) -> None:
    picture = snapshot(study)
    frame, preference = study.pairs.frame, study.pairs.preference
    example = picture["examples"]["m_bullets"][0]
    row = example["row"]
    code = study.pair_codes[study.pair_of_row[row], study.column("m_bullets")]
    more, less = ("a", "b") if code > 0 else ("b", "a")
    assert example["more_is"] == more.upper()
    shown = [picture["texts"][example[part]]["text"] for part in ("prompt", "more", "less")]
    assert shown == [frame[c][row] for c in ("prompt", f"response_{more}", f"response_{less}")]
    # Two votes on each distinct pair, rows 2k and 2k + 1; a missing one does not count.
    votes = preference[[row // 2 * 2, row // 2 * 2 + 1]]
    votes = votes[np.isfinite(votes)]
    assert example["votes"] == votes.size
    assert example["preferred"] == pytest.approx(np.mean(votes if code > 0 else 1 - votes))


def test_votes_on_a_pair_shown_the_other_way_round_count_the_other_way_round() -> None:
    pairs = make_pairs(40)
    frame = pairs.frame.copy()
    a, b = frame.loc[1, "response_a"], frame.loc[1, "response_b"]
    frame.loc[1, ["response_a", "response_b"]] = [b, a]
    frame.loc[[0, 1], "preference"] = [1.0, 0.0]  # both people chose the same text
    turned = make_study(Pairs(frame))
    turned.pair_codes[turned.pair_of_row[1], 0] = -turned.pair_codes[turned.pair_of_row[0], 0]
    reading = Reading(turned)
    first, second = reading.show("d00", np.array([0, 1]))
    assert (first.preferred, first.votes) == (second.preferred, second.votes) == (1.0, 2)
    assert {first.more_is, second.more_is} == {"A", "B"}


def test_each_text_is_sent_once(study: Study) -> None:
    texts = [t["text"] for t in snapshot(study)["texts"]]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("max_bytes", [60_000, 200_000, 1_000_000])
def test_a_snapshot_of_hostile_texts_is_json_within_its_bound(max_bytes: int) -> None:
    sent = as_json(snapshot(hostile_study(), characters=50_000, max_bytes=max_bytes))
    assert len(sent) <= max_bytes
    assert json.loads(sent)["schema"] == 1


def test_texts_are_cut_in_code_points_and_say_how_long_they_were() -> None:
    odd = hostile_study()
    picture = snapshot(odd, characters=100)
    whole = {str(t) for c in ("prompt", "response_a", "response_b") for t in odd.pairs.frame[c]}
    lengths = {len(t) for t in whole}
    assert max(len(t["text"]) for t in picture["texts"]) == 100
    assert all(t["length"] in lengths for t in picture["texts"])


def test_a_smaller_bound_shortens_all_texts_alike_before_it_leaves_out_examples() -> None:
    large, small = snapshot(hostile_study()), snapshot(hostile_study(), max_bytes=60_000)
    cut = {len(t["text"]) for t in small["texts"] if len(t["text"]) < t["length"]}
    assert len(cut) == 1
    assert rows_of(small) == rows_of(large)
    tiny = snapshot(hostile_study(), max_bytes=20_000)
    assert 0 < len(rows_of(tiny)) < len(rows_of(large))
    assert tiny == snapshot(hostile_study(), max_bytes=20_000)


def test_a_bound_too_small_for_the_features_says_how_much_they_need(study: Study) -> None:
    with pytest.raises(StudyError, match=r"needs at least [\d,]+ bytes; max_bytes is 100"):
        snapshot(study, max_bytes=100)


def test_choices_that_make_no_sense_are_refused(study: Study) -> None:
    with pytest.raises(StudyError, match="examples must be 0 or more"):
        snapshot(study, examples=-1)
    assert snapshot(study, examples=0)["texts"] == []


def test_names_only_holds_no_text_of_the_dataset(study: Study) -> None:
    picture = snapshot(study, names_only=True)
    assert picture["texts"] == []
    assert picture["study"]["names_only"]
    sent = as_json(picture).decode()
    assert not any(t in sent for t in ("Answer A", "Question 0", "I am sorry"))


def test_nothing_of_this_machine_is_in_a_snapshot(tmp_path: Path) -> None:
    secret = make_study(Pairs(make_pairs().frame, name=str(tmp_path / "votes")))
    secret.path = tmp_path / "votes.whim"
    secret.labels.edit("d00", name="sorry", author="Ann Example")
    sent = as_json([snapshot(secret), labels_dict(secret, report=True)]).decode()
    for word in (str(tmp_path), str(Path.home()), "Ann Example", f'"{getpass.getuser()}"', '"time"'):
        assert word not in sent
    assert "sorry" in sent


def test_the_histogram_counts_what_numpy_counts(study: Study) -> None:
    for column, feature in enumerate(snapshot(study)["features"]):
        code = study.codes[:, column].astype(float)
        drawn = feature["histogram"]
        reach = np.abs(code).max()
        expected, _ = np.histogram(code[code != 0], bins=len(drawn["counts"]), range=(-reach, reach))
        assert drawn["counts"] == expected.tolist()
        assert (drawn["low"], drawn["high"]) == (-reach, reach)
        assert drawn["zero"] == int((code == 0).sum())


def test_a_feature_that_is_never_active_has_an_empty_histogram() -> None:
    drawn = histogram(np.zeros(7, dtype=np.float32))
    assert sum(drawn["counts"]) == 0
    assert drawn["zero"] == 7
    assert drawn["low"] == -drawn["high"] < 0


def test_numbers_are_those_found_and_nan_is_null(study: Study) -> None:
    sent = {f["feature"]: f for f in snapshot(study)["features"]}
    assert sent["d00"]["delta_win"] == study.found.loc["d00", "delta_win"]
    assert sent["d02"]["fidelity"] is None
    assert sent["m_words"]["significant"] is True
    assert list(sent) == list(study.found.index)


def test_people_turning_a_feature_changes_nothing_in_the_snapshot() -> None:
    ours = make_study()
    before = snapshot(ours)
    ours.labels.edit("d00", turned=True, name="plain")
    assert snapshot(ours) == before
    assert labels_dict(ours, report=True) == {"d00": {"name": "plain", "status": "named", "turned": True}}


def test_a_feature_recurs_when_its_directions_agree_better_than_chance() -> None:
    ours = make_study()
    ours.facts["chance_stability"] = 0.2
    recurs = {f["feature"]: f["recurs"] for f in snapshot(ours)["features"]}
    assert recurs == {"d00": True, "d01": False, "d02": False, "m_words": True, "m_bullets": True}
    ours.facts["chance_stability"] = 0.95
    assert not snapshot(ours)["features"][0]["recurs"]


def test_a_feature_with_hardly_a_pair_to_read_says_so() -> None:
    ours = make_study()
    ours.pair_codes[:, 1] = 0
    note = snapshot(ours)["features"][1]["note"]
    assert note.endswith("Few pairs differ in it: 0 to read, 0 held out for blind tests.")


# -- the sentence


def said(study: Study, feature: str, *, turned: bool = False, **changes: float) -> str:
    row = study.found.loc[feature].copy()
    for column, value in changes.items():
        row[column] = value
    return sentence(study, feature, row, turned=turned)


def test_the_sentence_tells_points_interval_and_controls(study: Study) -> None:
    assert said(study, "m_bullets") == (
        "More of ‘NAME’ is associated with being preferred 9.0 points more often than the other response "
        "(95 % interval 5.0 to 13.0), adjusted for length."
    )


def test_the_sentence_of_a_turned_feature_is_the_mirror_image(study: Study) -> None:
    assert said(study, "d00") == said(
        study, "d00", turned=True, delta_win=0.12, delta_win_low=0.09, delta_win_high=0.15
    )
    assert "12.0 points less often than the other response (95 % interval 9.0 to 15.0)" in said(study, "d00")


def test_an_interval_that_holds_0_could_be_chance(study: Study) -> None:
    assert said(study, "d02").endswith(
        "(95 % interval −3.0 to 5.0), adjusted for length. This could be chance."
    )


def test_many_tests_can_make_a_difference_chance(study: Study) -> None:
    assert said(study, "m_bullets", q=0.2).endswith("it could still be chance (q = 0.20).")


def test_length_is_not_adjusted_for_itself(study: Study) -> None:
    assert "adjusted" not in said(study, "m_words")


def test_without_labels_or_numbers_the_sentence_says_that_nothing_is_known(study: Study) -> None:
    assert "no labels say which" in said(make_study(labels=False), "m_bullets")
    assert "too few decided votes" in said(study, "m_bullets", delta_win=float("nan"))


def test_no_made_up_prompt_is_shown_where_data_has_none() -> None:
    bare = make_study(make_pairs(80, prompt=[f"(pair {i // 2})" for i in range(80)]))
    picture = snapshot(bare)
    texts = picture["texts"]
    shown = [example for several in picture["examples"].values() for example in several]
    assert shown
    assert {texts[example["prompt"]]["text"] for example in shown} == {""}
    assert not [text for text in texts if text["text"].startswith("(pair")]
    some = page(bare, Reading(bare), "d00", np.array([example["row"] for example in shown[:2]]))
    assert {some["texts"][example["prompt"]]["length"] for example in some["examples"]} == {0}


def test_no_made_up_prompt_is_in_a_table_of_examples() -> None:
    bare = make_study(make_pairs(80, prompt=[f"(pair {i // 2})" for i in range(80)]))
    assert set(bare.examples("d00")["prompt"]) == {""}
    assert snapshot(bare)["study"]["prompts"] == 0
    assert make_study().examples("d00")["prompt"].str.startswith("Question ").all()
