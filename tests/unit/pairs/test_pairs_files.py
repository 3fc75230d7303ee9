"""Files and other sources, whole and broken."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars
import pytest

from whimsight.errors import PairsError
from whimsight.pairs import read

ROWS = [
    {"prompt": "Où ça ?", "response_a": "Là-bas, à côté.", "response_b": "Je ne sais pas.", "label": 1,
     "annotator_id": "u"},
    {"prompt": "Why?", "response_a": 'He said "no";\nreally.', "response_b": "Because, well", "label": 0,
     "annotator_id": "v"},
]  # fmt: skip


def write_jsonl(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path


def texts(rows: list[dict]) -> list[list[str]]:
    return [[r["prompt"], r["response_a"], r["response_b"]] for r in rows]


def write(path: Path) -> Path:
    frame = pd.DataFrame(ROWS)
    name = path.name.removesuffix(".gz")
    if name.endswith(".csv"):
        frame.to_csv(path, index=False)
    elif name.endswith(".tsv"):
        frame.to_csv(path, index=False, sep="\t")
    elif name.endswith(".jsonl"):
        frame.to_json(path, orient="records", lines=True, force_ascii=False)
    elif name.endswith(".json"):
        frame.to_json(path, orient="records", force_ascii=False)
    elif name.endswith(".parquet"):
        frame.to_parquet(path)
    else:
        frame.to_feather(path)
    return path


ENDINGS = ("csv", "csv.gz", "tsv", "json", "json.gz", "jsonl", "jsonl.gz", "parquet", "feather", "arrow")


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_gives_the_same_pairs(ending: str, tmp_path) -> None:
    pairs = read(write(tmp_path / f"votes.{ending}"))
    assert pairs.frame[["prompt", "response_a", "response_b"]].to_numpy().tolist() == texts(ROWS)
    assert pairs.preference.tolist() == [1.0, 0.0]
    assert pairs.frame["annotator"].tolist() == ["u", "v"]
    assert (pairs.name, pairs.report.source) == ("votes", f"votes.{ending}")


def test_frames_datasets_and_lists_of_dictionaries_give_the_same_pairs() -> None:
    import datasets
    import pyarrow as pa

    frame = pd.DataFrame(ROWS)
    sources = [
        frame,
        polars.from_dicts(ROWS),
        polars.from_dicts(ROWS).lazy(),
        pa.Table.from_pylist(ROWS),
        datasets.Dataset.from_list(ROWS),
        datasets.DatasetDict(
            {"test": datasets.Dataset.from_list(ROWS[:1]), "train": datasets.Dataset.from_list(ROWS)}
        ),
        ROWS,
    ]  # fmt: skip
    assert len({read(source).fingerprint for source in sources}) == 1


def test_nested_columns_survive_a_dataset() -> None:
    import datasets

    def said(text: str) -> list[dict]:
        return [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": text}]

    pairs = read(datasets.Dataset.from_list([{"chosen": said("Hello"), "rejected": said("What")}]))
    assert pairs.frame["prompt"].tolist() == ["Hi"]
    assert {pairs.frame["response_a"][0], pairs.frame["response_b"][0]} == {"Hello", "What"}


def test_a_split_of_a_dataset_can_be_chosen_and_a_wrong_one_is_named() -> None:
    import datasets

    both = datasets.DatasetDict(
        {"train": datasets.Dataset.from_list(ROWS), "test": datasets.Dataset.from_list(ROWS[:1])}
    )
    assert len(read(both, split="test")) == 1
    with pytest.raises(PairsError, match=r"No split 'dev'.*train, test"):
        read(both, split="dev")


def test_a_hub_id_without_a_network_is_a_clear_error(monkeypatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(PairsError, match=r"'nobody/nothing-here'.*network"):
        read("nobody/nothing-here")


def test_a_file_named_pairs_takes_its_folders_name(tmp_path) -> None:
    folder = tmp_path / "kitchen_votes"
    folder.mkdir()
    assert read(write(folder / "pairs.csv")).name == "kitchen_votes"


# --- broken files -------------------------------------------------------------------------------


def test_a_cut_off_gzip_file_is_named(tmp_path) -> None:
    path = write(tmp_path / "votes.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(PairsError, match=r"'votes\.jsonl\.gz' is a damaged or cut-off gzip"):
        read(path)


@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_a_cut_off_columnar_file_is_named(ending: str, tmp_path) -> None:
    path = write(tmp_path / f"votes.{ending}")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(PairsError, match="not a readable"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_other_encodings_are_read_and_reported(encoding: str, ending: str, tmp_path) -> None:
    path = write(tmp_path / f"votes.{ending}")
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    pairs = read(path)
    assert pairs.frame["response_a"].iloc[0] == "Là-bas, à côté."
    assert any(note.startswith("repaired") for note in pairs.report.notes) == (encoding != "utf-8-sig")


@pytest.mark.parametrize("name", ["votes.csv", "votes.jsonl", "votes.json", "votes.parquet", "votes.csv.gz"])
def test_an_empty_file_is_said_to_be_empty(name: str, tmp_path) -> None:
    (tmp_path / name).write_bytes(gzip.compress(b"") if name.endswith("gz") else b"")
    with pytest.raises(PairsError, match="is empty"):
        read(tmp_path / name)


def test_a_header_without_rows_is_said_to_have_no_rows(tmp_path) -> None:
    (tmp_path / "votes.csv").write_text("prompt,response_a,response_b,label\n")
    with pytest.raises(PairsError, match=r"has no rows below its columns \(prompt, response_a"):
        read(tmp_path / "votes.csv")


def test_a_folder_a_missing_file_and_an_unknown_ending_are_told_apart(tmp_path) -> None:
    with pytest.raises(PairsError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(PairsError, match=r"No file 'votes\.csv' here"):
        read(tmp_path / "votes.csv")
    (tmp_path / "votes.xlsx").write_bytes(b"PK")
    with pytest.raises(PairsError, match="cannot tell the format"):
        read(tmp_path / "votes.xlsx")


def test_a_broken_line_is_named_by_its_number(tmp_path) -> None:
    path = write_jsonl(tmp_path / "votes.jsonl", ROWS)
    path.write_text(path.read_text(encoding="utf-8") + '{"prompt": "cut of', encoding="utf-8")
    with pytest.raises(PairsError, match=r"line 3: not JSON"):
        read(path)
    path.write_text("[1, 2]\n")
    with pytest.raises(PairsError, match="line 1: expected a JSON object, found list"):
        read(path)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": 1, "b": "x"}, "found one object with the keys a, b"),
        ([1, 2], "found a list that holds int"),
        ("text", "found str"),
        ({}, "an empty object"),
    ],
)
def test_json_that_is_no_list_of_objects_is_described(value: object, message: str, tmp_path) -> None:
    (tmp_path / "votes.json").write_text(json.dumps(value))
    with pytest.raises(PairsError, match=message):
        read(tmp_path / "votes.json")


def test_json_columns_and_wrapped_lists_are_read(tmp_path) -> None:
    (tmp_path / "votes.json").write_text(json.dumps({"data": ROWS, "version": 1}))
    assert len(read(tmp_path / "votes.json")) == 2
    (tmp_path / "votes.json").write_text(json.dumps({k: [r[k] for r in ROWS] for k in ROWS[0]}))
    assert len(read(tmp_path / "votes.json")) == 2


def test_an_object_with_several_lists_is_asked_which_holds_the_pairs(tmp_path) -> None:
    path = tmp_path / "votes.json"
    path.write_text(json.dumps({"pairs": ROWS, "people": [{"id": "u"}]}))
    with pytest.raises(PairsError, match=r"2 lists of objects \(pairs, people\)"):
        read(path)


def test_a_missing_side_is_named(tmp_path) -> None:
    with pytest.raises(PairsError, match="a column 'response_a' and none called 'response_b'"):
        read(pd.DataFrame(ROWS).drop(columns="response_b"))
    with pytest.raises(PairsError, match="a column 'rejected' and none called 'chosen'"):
        read([{"prompt": "a", "rejected": "b"}])


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"max_characters": 0}, "max_characters is 1 or more"),
        ({"seed": -1}, "seed is 0 or more"),
        ({"split": "test"}, "a dataset with splits"),
    ],
)
def test_choices_that_make_no_sense_are_refused(choice: dict, message: str) -> None:
    with pytest.raises(PairsError, match=message):
        read(ROWS, **choice)


@pytest.mark.parametrize(
    "source", ["x" * 5_000, "prompt,response_a\na,b\n", "a\x00b", "~no.such.user/x.csv", ""]
)
def test_a_text_that_is_no_path_is_refused(source: str) -> None:
    with pytest.raises(PairsError, match=r"No file|is a folder"):
        read(source)


def test_two_columns_of_one_name_are_refused(tmp_path) -> None:
    (tmp_path / "votes.csv").write_text("prompt,response_a,response_b,label,label\np,x,y,1,0\n")
    with pytest.raises(PairsError, match="two columns are called 'label'"):
        read(tmp_path / "votes.csv")
    with pytest.raises(PairsError, match="Two columns are called 'prompt'"):
        read(pd.DataFrame([["p", "q", "x", "y"]], columns=["prompt", "prompt", "response_a", "response_b"]))


def test_semicolons_are_recognised_in_csv(tmp_path) -> None:
    (tmp_path / "votes.csv").write_text("prompt;response_a;response_b;label\np;x, y;z;1\nq;x;y;0\n")
    assert read(tmp_path / "votes.csv").frame["response_a"].tolist() == ["x, y", "x"]


def test_an_irregular_csv_file_is_refused(tmp_path) -> None:
    (tmp_path / "votes.csv").write_text('prompt,response_a,response_b,label\np,x,y,1\nq,x,"y,0\n')
    with pytest.raises(PairsError, match="not a regular table"):
        read(tmp_path / "votes.csv")


def test_a_row_with_more_cells_than_the_header_is_refused(tmp_path) -> None:
    (tmp_path / "votes.csv").write_text("prompt,response_a,response_b,label\np,x,y,1,more\n")
    with pytest.raises(PairsError, match="not a regular table"):
        read(tmp_path / "votes.csv")


def test_nameless_columns_of_row_numbers_go(tmp_path) -> None:
    (tmp_path / "votes.csv").write_text(",prompt,response_a,response_b,label\n0,p,x,y,1\n1,p,x,y,1\n")
    pairs = read(tmp_path / "votes.csv")
    assert list(pairs.frame) == ["id", "prompt", "response_a", "response_b", "preference", "weight"]
    assert len(pairs) == 1  # what is left is one vote twice


def test_answers_that_look_like_missing_values_are_answers(tmp_path) -> None:
    (tmp_path / "votes.csv").write_text(
        "prompt,response_a,response_b,label\nq,None,NA,1\nr,null,,0\ns,nan,x,\n"
    )
    pairs = read(tmp_path / "votes.csv")
    assert pairs.frame["response_a"].tolist() == ["None", "nan"]
    np.testing.assert_array_equal(pairs.preference, [1.0, np.nan])
    assert pairs.report.dropped == {"empty response": 1}


def test_a_csv_of_numbers_is_a_table_of_short_texts_and_a_frame_of_numbers_is_not(tmp_path) -> None:
    (tmp_path / "votes.csv").write_text("prompt,response_a,response_b,label\n2+2,4,5,1\n2+3,6,5,2\n")
    pairs = read(tmp_path / "votes.csv")
    assert pairs.frame["response_a"].tolist() == ["4", "6"]
    assert any("only numbers" in note for note in pairs.report.notes)
    frame = pd.DataFrame({"prompt": ["p"], "score": [0.5], "other": [0.1], "label": [1]})
    with pytest.raises(
        PairsError, match=r"Column 'score' \(the response a\), row 0: expected text, found '0.5'"
    ):
        read(frame, prompt="prompt", response_a="score", response_b="other", preference="label")


def test_nul_characters_in_a_csv_file_are_removed_and_reported(tmp_path) -> None:
    (tmp_path / "votes.csv").write_bytes(b"prompt,response_a,response_b,label\np,x\x00x,y,1\nq,x,y,0\n")
    pairs = read(tmp_path / "votes.csv")
    assert pairs.frame["response_a"].tolist() == ["xx", "x"]
    assert any("1 NUL characters" in note for note in pairs.report.notes)


def test_something_else_entirely_is_refused() -> None:
    with pytest.raises(PairsError, match="Cannot read pairs from int"):
        read(3)
    with pytest.raises(PairsError, match="Cannot read pairs from list"):
        read([1, 2])
