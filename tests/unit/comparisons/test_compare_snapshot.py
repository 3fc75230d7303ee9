"""The picture of a comparison: the numbers of its tables, examples to read alone, bounded, ready for JSON."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import whimsight as ws
from tests.unit.comparisons.planting import plant
from tests.unit.comparisons.shown import CHOICES, by_hand, judged, opposed
from whimsight.comparisons import Comparison, compare
from whimsight.comparisons.snapshot import comparison_snapshot, slice_readings
from whimsight.errors import StudyError
from whimsight.pairs import Pairs
from whimsight.studies.reading import reading_split

HOSTILE = [
    "</script><script>alert(1)</script>",
    "half a pair \ud83d of surrogates \udc00",
    "nul \x00 and \x1b escape",
    "עברית \u202e turned",
    "long " * 20_000,
    '"quotes" \\ and \u2028 separators',
]


@pytest.fixture(scope="module")
def made() -> Comparison:
    return opposed()


@pytest.fixture(scope="module")
def picture(made: Comparison) -> dict[str, Any]:
    return comparison_snapshot(made)


def same(found: Any, expected: Any) -> bool:
    """Whether a number of the picture is one of a table; null stands for what is none."""
    if found is None:
        return not np.isfinite(expected)
    return bool(np.isclose(found, expected, rtol=1e-6, atol=1e-12))


def examples(picture: dict[str, Any]) -> list[tuple[str, int, dict[str, Any]]]:
    return [
        (feature, i, example)
        for feature, parts in picture["examples"].items()
        for i, part in enumerate(parts)
        for example in part
    ]


def hostile(n: int = 240) -> Comparison:
    texts = np.resize(np.array(HOSTILE, dtype=object), n)
    responses = pd.Series([f"{i} {t}" for i, t in enumerate(texts)], dtype=object)
    prompts = pd.Series([f"{i // 4} {texts[-1 - i // 4]}" for i in range(n)], dtype=object)
    return by_hand(n, response_a=responses, prompt=prompts)


# -- numbers


def test_every_number_of_a_cell_is_that_of_the_table(made, picture):
    table, ratios = made.table, made.prevalence_ratios()
    columns = [c for c in table.columns if c not in ("p", "q", "n", "verdict")]
    for feature in picture["features"]:
        for name, cell in zip(made.datasets, feature["cells"], strict=True):
            row = table.loc[(name, feature["feature"])]
            assert all(same(cell[c], row[c]) for c in columns)
            assert (cell["n"], cell["verdict"]) == (row["n"], row["verdict"])
            if name == made.datasets[0]:
                assert cell["ratio"] is cell["ratio_low"] is cell["ratio_high"] is None
            elif cell["ratio"] is not None:
                found = ratios.loc[(name, feature["feature"])]
                assert same(cell["ratio"], found["ratio"])
                assert same(cell["ratio_low"], found["low"])
                assert same(cell["ratio_high"], found["high"])


def test_what_all_datasets_say_is_that_of_the_table_of_features(made, picture):
    table = made.features
    for feature in picture["features"]:
        row = table.loc[feature["feature"]]
        for column in (
            "pooled",
            "pooled_low",
            "pooled_high",
            "tau",
            "tau_low",
            "tau_high",
            "Q",
            "i2",
            "p",
            "q",
        ):
            assert same(feature[column], row[column]), column


def test_conflicts_are_those_of_the_table_as_positions_largest_first(made, picture):
    table = made.conflicts
    assert len(table) == len(picture["conflicts"]) >= 1
    for found, row in zip(picture["conflicts"], table.to_dict("records"), strict=True):
        assert found["feature"] == row["feature"]
        assert made.datasets[found["for"]] == row["for"]
        assert made.datasets[found["against"]] == row["against"]
        assert same(found["difference"], row["difference"])
        assert same(found["q"], row["q"])
        assert f"in {row['for']} (+" in found["sentence"]
        assert f"less of it in {row['against']} (−" in found["sentence"]
        assert f"more of ‘NAME’ in {row['against']} (+" in found["sentence_turned"]
    sizes = [c["difference"] for c in picture["conflicts"]]
    assert sizes == sorted(sizes, reverse=True)


def test_a_page_can_mix_the_datasets_from_what_it_holds(made, picture):
    weights = np.array([3.0, 1.0, 0.0])
    expected = made.mixture(list(weights))
    for feature in picture["features"]:
        cells = feature["cells"]
        known = [i for i, c in enumerate(cells) if c["delta_win"] is not None and weights[i] > 0]
        part = np.array([weights[i] * cells[i]["share"] for i in known])
        row = expected.loc[feature["feature"]]
        if not np.isfinite(row["delta_win"]):
            continue
        r = part / part.sum()
        value = np.array([cells[i]["delta_win"] for i in known])
        covariance = np.array([[feature["covariance"][i][j] for j in known] for i in known])
        assert r @ value == pytest.approx(row["delta_win"], rel=1e-5, abs=1e-9)
        off = (
            (value - r @ value)
            * weights[known]
            / part.sum()
            * np.array([cells[i]["share_se"] for i in known])
        )
        assert np.sqrt(r @ covariance @ r + off @ off) < row["delta_win_high"] - row["delta_win"]
        assert all(cells[i]["degrees"] > 0 for i in known)


def test_a_dataset_too_small_to_say_anything_says_nothing_and_not_zero(picture):
    few = [f["cells"][2] for f in picture["features"]]
    assert {"too few"} <= {cell["verdict"] for cell in few}
    assert all(cell["prevalence_high"] is not None for cell in few)
    said = [f["sentence"] for f in picture["features"] if f["cells"][2]["verdict"] == "too few"]
    assert any("tiny there is too little to say" in sentence for sentence in said)


def test_numbers_are_as_found_whatever_people_turn_and_name(tmp_path):
    one = opposed(600)
    before = comparison_snapshot(one)
    one.study.labels = ws.LabelStore(tmp_path / "both.labels")
    for feature in one.study.found.index:
        one.labels.edit(str(feature), name="something else", turned=True)
    assert comparison_snapshot(one) == before


def test_datasets_tell_what_they_hold(made, picture):
    for i, about in enumerate(picture["datasets"]):
        part = made.slices[i]
        frame = made.study.pairs.frame.iloc[part.rows]
        assert about["name"] == made.datasets[i]
        assert about["rows"] == len(frame) == (60 if i == 2 else 1200)
        assert about["pairs"] == len(frame[["response_a", "response_b"]].drop_duplicates())
        assert about["prompts"] == frame["prompt"].nunique()
        assert about["labelled"] == frame["preference"].notna().sum()


# -- examples


@pytest.mark.parametrize("make", [opposed, by_hand, judged])
def test_examples_are_rows_of_their_dataset_and_none_is_held_out(make):
    one = make(240)
    read, held = reading_split(one.study)
    assert held.size > 0
    for feature, i, example in examples(comparison_snapshot(one)):
        assert example["row"] in set(one.slices[i].rows.tolist()) & set(read.tolist())
        assert one.study.code(feature)[example["row"]] != 0


def test_examples_are_those_with_the_largest_codes_of_their_dataset(made, picture):
    read = set(reading_split(made.study)[0].tolist())
    for feature in made.study.found.index:
        code = np.abs(made.study.code(str(feature)))
        for part, shown in zip(made.slices, picture["examples"][str(feature)], strict=True):
            best = sorted((code[r] for r in part.rows.tolist() if r in read and code[r] > 0), reverse=True)
            assert [e["code"] for e in shown] == pytest.approx(best[:6])


def test_an_example_shows_the_votes_of_its_judge_and_of_nobody_else():
    one = judged()
    picture = comparison_snapshot(one)
    frame, matchups = one.study.pairs.frame, one.study.pairs.matchups()[0]
    checked = {0: 0, 1: 0}
    for _, i, example in examples(picture):
        part, row = one.slices[i], example["row"]
        on_it = np.flatnonzero(matchups[part.rows] == matchups[row])
        votes = part.preference[on_it]
        votes = votes[np.isfinite(votes)]
        assert example["votes"] == votes.size
        expected = votes.mean() if example["more_is"] == "A" else 1 - votes.mean()
        assert example["preferred"] == pytest.approx(expected)
        checked[i] += 1
        if i == 1:  # one verdict a pair: B on each third pair
            says_a = row // 2 % 3 != 0
            assert example["preferred"] == float(says_a == (example["more_is"] == "A"))
            assert frame["model"][row] == float(says_a)
    assert min(checked.values()) > 5


def test_people_are_counted_where_the_votes_are_theirs():
    people, model = comparison_snapshot(judged())["datasets"]
    assert (people["annotators"], model["annotators"]) == (3, 0)


def test_the_reading_of_a_slice_leaves_that_of_the_whole_alone():
    one = judged()
    readings = slice_readings(one)
    assert readings[0].held_out.tolist() == readings[1].held_out.tolist()
    row = readings[0].read[:1]
    feature = "m_words"
    shown = [reading.show(feature, row)[0] for reading in readings]
    assert {s.votes for s in shown} == {1, 2} or shown[0].votes != shown[1].votes


# -- ready for JSON


@pytest.mark.parametrize("max_bytes", [60_000, 200_000, 1_000_000])
def test_a_picture_of_hostile_texts_is_json_within_its_bound(max_bytes):
    sent = json.dumps(
        comparison_snapshot(hostile(), characters=50_000, max_bytes=max_bytes),
        ensure_ascii=False,
        allow_nan=False,
    ).encode("utf-8")
    assert len(sent) <= max_bytes
    assert json.loads(sent)["schema"] == 1


def test_a_smaller_bound_shortens_texts_alike_before_it_leaves_out_examples():
    one = hostile()
    large, small = comparison_snapshot(one), comparison_snapshot(one, max_bytes=40_000)
    assert [e["row"] for _, _, e in examples(small)] == [e["row"] for _, _, e in examples(large)]
    assert len({len(t["text"]) for t in small["texts"] if len(t["text"]) < t["length"]}) == 1
    tiny = comparison_snapshot(one, max_bytes=20_000)
    assert 0 < len(examples(tiny)) < len(examples(large))
    counts = {len(part) for parts in tiny["examples"].values() for part in parts}
    assert max(counts) < 6


def test_a_bound_too_small_for_the_features_says_how_much_they_need(made):
    with pytest.raises(StudyError, match=r"in 3 datasets needs at least [\d,]+ bytes; max_bytes is 100"):
        comparison_snapshot(made, max_bytes=100)


def test_choices_that_make_no_sense_are_refused(made):
    with pytest.raises(StudyError, match="examples must be 0 or more"):
        comparison_snapshot(made, examples=-1)
    assert comparison_snapshot(made, examples=0)["texts"] == []


def test_names_only_holds_no_text_of_the_datasets(made):
    sent = json.dumps(comparison_snapshot(made, names_only=True))
    assert "first: question" not in sent
    assert "first a 1" not in sent
    assert "first: question" in json.dumps(comparison_snapshot(made))
    parts = [part for parts in json.loads(sent)["examples"].values() for part in parts]
    assert len(parts) == 3 * len(made.study.found)
    assert not any(parts)


def test_neither_paths_nor_people_are_in_it(made, picture, tmp_path):
    sent = json.dumps(picture, ensure_ascii=False)
    for word in (str(tmp_path), str(Path.home()) + "/", f'"{getpass.getuser()}"'):
        assert word not in sent


def test_a_dataset_called_like_a_path_or_a_script_is_a_name():
    one = by_hand(240, by="half", half=np.resize(["</script><b>x", "/srv/people/ann/votes"], 240))
    sent = comparison_snapshot(one)
    assert {d["name"] for d in sent["datasets"]} == {"</script><b>x", "votes"}


# -- data without prompts


def test_of_a_dataset_without_prompts_none_is_shown_or_counted_and_those_of_the_other_are(tmp_path):
    asked, at_asked, _ = plant(400, name="asked", effects={0: 1.0}, seed=1)
    bare, at_bare, _ = plant(400, name="bare", effects={0: -1.0}, seed=2)
    made_up = [f"(pair {i})" for i in range(400)]
    bare = Pairs(bare.frame.assign(prompt=made_up), name="bare")
    made = compare([asked, bare], embeddings={"asked": at_asked, "bare": at_bare}, **CHOICES)
    picture = comparison_snapshot(made)
    shown = [
        {
            picture["texts"][one["prompt"]]["text"]
            for lists in picture["examples"].values()
            for one in lists[i]
        }
        for i in (0, 1)
    ]
    assert shown[1] == {""}
    assert all(text.startswith("asked: question ") for text in shown[0])
    assert [one["prompts"] for one in picture["datasets"]] == [asked.frame["prompt"].nunique(), 0]
    cells = [one["cells"] for one in picture["features"]]
    assert all("prompts" in one and "prompts" not in other for one, other in cells)
    assert set(made.examples("d00", "bare")["prompt"]) == {""}
    assert made.examples("d00", "asked")["prompt"].str.startswith("asked: ").all()
    page = made.report(tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "(pair" not in page
    assert ">prompts</th>" in page
