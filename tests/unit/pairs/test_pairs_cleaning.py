"""Cleaning: what is left out or repaired is counted with its rows, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from whimsight.errors import PairsError
from whimsight.pairs import Pairs, read

GOOD = {"prompt": "p", "response_a": "x", "response_b": "y", "label": 1}


def test_every_row_left_out_is_counted_with_its_reason_and_its_place() -> None:
    rows = [
        GOOD,
        {**GOOD, "response_a": ""},
        {**GOOD, "response_b": None},
        {**GOOD, "response_a": "  \n"},
        {**GOOD, "response_a": "same", "response_b": "same"},
        {**GOOD, "response_b": 7},
        {**GOOD, "prompt": None},
        {**GOOD, "prompt": ["a", "b"]},
        {**GOOD, "label": "perhaps"},
        GOOD,
        {**GOOD, "prompt": "q", "label": 0},
    ]
    pairs = read(rows)
    assert pairs.frame["prompt"].tolist() == ["p", "q"]
    assert pairs.report.dropped == {
        "empty response": 3,
        "response that is not text": 1,
        "missing prompt": 1,
        "prompt that is not text": 1,
        "pair of identical responses": 1,
        "label that no rule knows, such as 'perhaps'": 1,
        "duplicate of an earlier row": 1,
    }
    assert pairs.report.examples["empty response"] == [1, 2, 3]
    assert pairs.report.examples["duplicate of an earlier row"] == [9]
    assert pairs.report.read - sum(pairs.report.dropped.values()) == pairs.report.kept == len(pairs)


def test_two_people_with_one_opinion_are_no_duplicate_whatever_their_column_is_called() -> None:
    rows = [{**GOOD, "person": name, "extra": [1]} for name in ("u", "v", "u")]
    pairs = read([*rows, {**GOOD, "label": 0, "person": "u", "extra": [1]}])
    assert pairs.report.dropped == {"duplicate of an earlier row": 1}
    assert pairs.frame["person"].tolist() == ["u", "v", "u"]


def test_nul_and_broken_characters_are_repaired_and_counted() -> None:
    rows = [{**GOOD, "response_a": "a\x00b"}, {**GOOD, "response_b": "ok \ud800!", "label": 0}]
    pairs = read(rows)
    assert pairs.frame["response_a"].iloc[0] == "ab"
    assert pairs.frame["response_b"].iloc[1] == "ok ?!"
    assert pairs.report.repaired == {
        "halves of characters replaced by question marks": 1,
        "NUL characters removed from the response a": 1,
    }


def test_half_characters_inside_messages_are_repaired_too() -> None:
    said = [{"role": "user", "content": "Hi \ud83d"}, {"role": "assistant", "content": "Hello"}]
    pairs = read([{"chosen": said, "rejected": [said[0], {"role": "assistant", "content": "What"}]}])
    assert pairs.frame["prompt"].tolist() == ["Hi ?"]


def test_a_response_of_nothing_but_nul_characters_is_empty() -> None:
    pairs = read([GOOD, {**GOOD, "response_a": "\x00\x00"}])
    assert len(pairs) == 1
    assert pairs.report.dropped == {"empty response": 1}


def test_most_labels_unknown_is_an_error_that_names_column_row_value_and_cure() -> None:
    rows = [{**GOOD, "label": "better"}, {**GOOD, "label": "worse"}, {**GOOD, "prompt": "q"}]
    with pytest.raises(
        PairsError, match=r"Column 'label', row 0: cannot tell A from B in 'better'; so in 2 of 3 rows"
    ):
        read(rows)
    assert read(rows, labels={"better": "a", "worse": "b"}).preference.tolist() == [1.0, 0.0, 1.0]


def test_a_meaning_that_is_neither_a_nor_b_nor_a_tie_is_refused() -> None:
    with pytest.raises(PairsError, match=r"'good'.*'a', 'b' or 'tie'"):
        read([GOOD], labels={1: "good"})


def test_an_empty_label_is_unlabelled_or_a_tie_as_the_caller_says_and_the_report_tells() -> None:
    rows = [GOOD, {**GOOD, "prompt": "q", "label": None}]
    pairs = read(rows)
    np.testing.assert_array_equal(pairs.preference, [1.0, np.nan])
    assert "1 empty labels count as unlabelled (missing='tie' changes that)" in pairs.report.notes
    assert read(rows, missing="tie").preference.tolist() == [1.0, 0.5]


@pytest.mark.parametrize(
    ("label", "said"), [(1, "A is always"), (0, "B is always"), ("tie", "every label is a tie")]
)
def test_one_constant_label_is_kept_with_a_warning(label: object, said: str) -> None:
    pairs = read([{**GOOD, "prompt": str(i), "label": label} for i in range(5)])
    assert len(pairs) == 5
    assert any(note.startswith(f"warning: {said}") for note in pairs.report.notes)


@pytest.mark.parametrize("weight", ["heavy", -1, None])
def test_a_weight_that_is_none_names_the_row_of_the_source(weight: object) -> None:
    rows = [{**GOOD, "response_a": ""}, {**GOOD, "w": 2}, {**GOOD, "prompt": "q", "w": weight}]
    rows[0]["w"] = 1
    with pytest.raises(PairsError, match="Column 'w', row 2: a weight is a number"):
        read(rows, weight="w")
    assert read(rows[:2], weight="w").weight.tolist() == [2.0]


def test_two_rows_are_enough() -> None:
    assert len(read([GOOD, {**GOOD, "prompt": "q", "label": 0}])) == 2


def test_no_pair_left_is_an_error_with_the_reasons() -> None:
    with pytest.raises(
        PairsError, match=r"No pair is left of 2 rows read as A/B: left out 2 for pair of identical"
    ):
        read([{**GOOD, "response_b": "x"}, {**GOOD, "response_b": "x", "label": 0}])
    with pytest.raises(PairsError, match="There are no rows in this table"):
        read([])


def test_a_response_of_twenty_megabytes_is_read_and_a_limit_leaves_it_out() -> None:
    rows = [GOOD, {**GOOD, "response_a": "long " * 4_000_000}]
    assert read(rows).frame["response_a"].map(len).max() == 20_000_000
    pairs = read(rows, max_characters=1000)
    assert len(pairs) == 1
    assert pairs.report.dropped == {"response of more than 1,000 characters": 1}


def test_a_million_rows_are_read() -> None:
    n = 1_000_000
    number = np.arange(n)
    frame = pd.DataFrame(
        {
            "prompt": (number // 10).astype(str),
            "response_a": number.astype(str),
            "response_b": (-number - 1).astype(str),
            "label": number % 2,
            "annotator_id": number % 997,
        }
    )
    pairs = read(frame)
    assert len(pairs) == n
    assert pairs.preference.sum() == n / 2
    assert pairs.prompt_codes.max() == n / 10 - 1
    assert pairs.components().max() == n / 10 - 1
    assert len(pairs.texts().unique) == 2 * n


def test_repeated_ids_are_made_unique_and_missing_ones_filled() -> None:
    rows = [{**GOOD, "id": i, "prompt": str(n)} for n, i in enumerate(["k", "k", None, "k"])]
    pairs = read(rows)
    assert pairs.frame["id"].tolist() == ["k", "k#2", "2", "k#3"]
    assert pairs.report.repaired == {"a repeated id made unique": 2}


def test_an_annotator_column_without_annotators_goes() -> None:
    assert "annotator" not in read([{**GOOD, "annotator_id": None}]).frame


def test_annotators_can_be_hashed_without_a_way_back() -> None:
    rows = [
        {**GOOD, "prompt": str(i), "annotator_id": name} for i, name in enumerate(["ann", "bob", "ann", None])
    ]
    one, two = (read(rows, hash_annotators=True).frame["annotator"] for _ in range(2))
    assert pd.factorize(one)[0].tolist() == [0, 1, 0, -1]
    assert not set(one.dropna()) & {"ann", "bob"}
    assert one[0] != two[0]


def test_the_report_reads_well_as_text_and_as_html() -> None:
    pairs = read(
        [GOOD, {**GOOD, "response_a": "<b>", "response_b": "<b>"}, {**GOOD, "label": "<?>"}], name="<votes>"
    )
    assert str(pairs.report).splitlines() == [
        "<votes>: 3 rows read as A/B, 1 kept",
        "  left out: 1 for a pair of identical responses (row 1, counted from 0)",
        "  left out: 1 for a label that no rule knows, such as '<?>' (row 2, counted from 0)",
        "  labels: 1 is A, 0 is B",
        "  warning: A is always preferred, so effects cannot be estimated; is the right column read?",
    ]
    html = pairs.report._repr_html_()
    assert "<votes>" not in html
    assert "<li>left out: 1 for a pair of identical responses" in html


def test_the_source_is_not_changed() -> None:
    frame = pd.DataFrame([{**GOOD, "response_a": "a\x00b"}, {**GOOD, "label": 0}])
    before = frame.copy(deep=True)
    read(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_pairs_know_that_their_prompts_were_made_up_in_whatever_file_they_were_since(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"response_a": ["x", "y", "x"], "response_b": ["y", "z", "y"], "preference": [1.0, 0.0, 0.0]}
    )
    pairs = read(frame)
    assert pairs.frame["prompt"].tolist() == ["(pair 0)", "(pair 1)", "(pair 0)"]
    table = tmp_path / "votes.csv"
    pairs.frame.to_csv(table, index=False)
    parquet = Pairs.from_parquet(pairs.to_parquet(tmp_path / "votes.parquet"))
    assert not any(one.has_prompts for one in (pairs, pairs.take([2, 0]), read(table), parquet))


@pytest.mark.parametrize(
    "prompts", [["What now?", "Why?"], ["(pair 0)", "What is a pair?"], ["(pair 0)", "(pair of shoes)"]]
)
def test_pairs_with_prompts_of_their_own_know_it(prompts: list[str]) -> None:
    frame = pd.DataFrame({"prompt": prompts, "response_a": ["x", "y"], "response_b": ["y", "z"]})
    assert Pairs(frame).has_prompts


def test_a_column_called_dataset_may_hold_anything() -> None:
    frame = pd.DataFrame({"prompt": ["Why?", "How?"], "response_a": list("xy"), "response_b": list("yz")})
    pairs = Pairs(frame.assign(dataset=[["a"], {"b": 1}]))
    assert pairs.has_prompts
    assert "2 prompts" in repr(pairs)


def test_prompts_are_shown_and_counted_where_a_dataset_has_its_own() -> None:
    frame = pd.DataFrame(
        {
            "prompt": ["(pair 0)", "Why?", "(pair 0)", "(pair 1)", "(pair 0)"],
            "response_a": list("vwxyx"),
            "response_b": list("wxyzy"),
            "dataset": ["asked", "asked", "bare", "bare", "bare"],
        }
    )
    pairs = Pairs(frame)
    assert pairs.has_prompts
    assert pairs.shown_prompts(np.array([4, 1, 0])).tolist() == ["", "Why?", "(pair 0)"]
    assert (pairs.count_prompts(), pairs.count_prompts(np.array([2, 3, 1]))) == (2, 1)
    bare = pairs.take([2, 3, 4])
    assert repr(bare) == "<Pairs 'pairs': 3 rows, 2 distinct pairs, no labels>"
    assert "(pair" not in bare._repr_html_()
    assert "<th>prompt</th>" not in bare._repr_html_()
    assert "<th>prompt</th>" in pairs._repr_html_()


def test_one_of_each_is_counted_as_one() -> None:
    row = {"prompt": "Why?", "response_a": "x", "response_b": "y", "annotator": "ann", "conversation": "c"}
    one = "1 row, 1 distinct pair, 1 prompt, 1 conversation, 1 annotator, no labels"
    assert repr(Pairs(pd.DataFrame([row]))) == f"<Pairs 'pairs': {one}>"
