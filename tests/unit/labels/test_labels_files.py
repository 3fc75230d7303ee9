"""What goes out as a table or as JSON comes back, also from a spreadsheet and from careless hands."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whimsight as ws
from whimsight.labels import LabelStore
from whimsight.labels.csv_file import guard, unguard

FEATURES = ["d00", "d01", "m_words"]
FIELDS = ["name", "status", "note", "tags", "turned"]


@pytest.fixture
def store() -> LabelStore:
    return LabelStore(":memory:", study="f" * 64, features=FEATURES, author="Ann")


def same_labels(left: LabelStore, right: LabelStore) -> bool:
    return left.labels[FIELDS].to_dict() == right.labels[FIELDS].to_dict()


def table(text: str, folder: Path, encoding: str = "utf-8") -> Path:
    path = folder / "hand.csv"
    path.write_bytes(text.encode(encoding))
    return path


HOSTILE = {
    "d00": {"name": '=HYPERLINK("x")', "note": "-2+3\ncmd|' /C calc'!A0", "tags": ["@SUM(1)", "+1"]},
    "d01": {"name": '\'=x, "quoted"', "note": "\tעברית 🙂; semi", "tags": ["'", "''="]},
    "m_words": {"name": "'tis", "status": "draft", "turned": True},
}


def test_a_table_comes_back_with_emoji_rtl_newlines_and_formulas(store: LabelStore, tmp_path: Path) -> None:
    for feature, changes in HOSTILE.items():
        store.edit(feature, **changes)  # type: ignore[arg-type]
    path = store.to_csv(tmp_path / "out.csv")
    again = LabelStore(":memory:", features=FEATURES, author="Bob")
    assert again.from_csv(path) == 3
    assert same_labels(store, again)
    assert set(again.labels["author"]) == {"Bob"}


def test_no_cell_of_a_table_is_a_formula(store: LabelStore, tmp_path: Path) -> None:
    for feature, changes in HOSTILE.items():
        store.edit(feature, **changes, author="=cmd()")  # type: ignore[arg-type]
    text = store.to_csv(tmp_path / "out.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    cells = [cell for line in csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")) for cell in line]
    assert len(cells) == 4 * 8
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\n")]


@given(st.text(max_size=6) | st.text(alphabet="'=+-@\t\nx", max_size=6))
def test_the_guard_against_formulas_can_be_taken_away_from_every_cell(cell: str) -> None:
    assert unguard(guard(cell)) == cell
    assert guard(cell)[:1] not in tuple("=+-@\t\r\n")


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=20),
        "status": st.sampled_from(["draft", "named", "verified", "rejected"]),
        "note": st.text(max_size=30),
        "tags": st.lists(st.text(max_size=5).filter(lambda t: ";" not in t), max_size=3),
        "turned": st.booleans(),
    },
).filter(bool)


@settings(max_examples=60, deadline=None)
@given(edits=st.lists(st.tuples(st.sampled_from(FEATURES), CHANGES), max_size=6))
def test_any_work_comes_back_from_a_table_and_from_json(
    edits: list[tuple[str, dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("files")
    store = LabelStore(":memory:", features=FEATURES, author="Ann")
    for feature, changes in edits:
        store.edit(feature, **changes)
    from_table = LabelStore(":memory:", features=FEATURES)
    from_table.from_csv(store.to_csv(folder / "x.csv"))
    untouched = {"name": "", "status": "draft", "note": "", "tags": (), "turned": False}
    for feature in FEATURES:
        said = [s.labels[FIELDS].T.to_dict().get(feature, untouched) for s in (store, from_table)]
        assert said[0] == said[1]
    from_json = LabelStore(":memory:")
    from_json.from_json(store.to_json(folder / "x.json"))
    assert from_json.history.to_dict() == store.history.to_dict()


def test_an_import_is_one_step_of_the_importer_and_can_be_undone(store: LabelStore, tmp_path: Path) -> None:
    store.edit("d00", name="before")
    path = table("feature,name\nd00,after\nd01,new\n", tmp_path)
    assert store.from_csv(path, author="Bob") == 2
    assert store.labels["name"].tolist() == ["after", "new"]
    assert store.labels["status"].tolist() == ["named", "named"]
    assert store.from_csv(path, author="Bob") == 0
    assert (store.can_undo("Bob"), store.undo("Bob"), store.can_undo("Bob")) == (True, "d00", False)
    assert store.labels["name"].to_dict() == {"d00": "before"}
    store.redo("Bob")
    assert store.labels["name"].tolist() == ["after", "new"]


@pytest.mark.parametrize(
    "text",
    [
        "feature;name;turned\r\nd00;gibt ein Beispiel;WAHR\r\n",
        "\ufeffFeature ,Name,TURNED\nd00,gibt ein Beispiel,yes\n\n",
        "turned\tname\tfeature\n1\tgibt ein Beispiel\td00\n",
        'feature,name,turned,author,time,\n"d00"," gibt ein  Beispiel ",True,Eve,1.1.24,\n,,,,,\n',
    ],
)
def test_tables_saved_by_spreadsheets_are_read(store: LabelStore, tmp_path: Path, text: str) -> None:
    assert store.from_csv(table(text, tmp_path)) == 1
    assert store.labels.loc["d00", ["name", "turned", "author"]].tolist() == [
        "gibt ein Beispiel",
        True,
        "Ann",
    ]


def test_a_table_lists_all_features_so_that_names_can_be_filled_in(store: LabelStore, tmp_path: Path) -> None:
    path = store.to_csv(tmp_path / "empty.csv")
    assert path.read_text("utf-8-sig").count("\n") == 4
    assert store.from_csv(path) == 0
    path.write_text(path.read_text("utf-8-sig").replace('"d01",""', '"d01","says sorry"'), "utf-8")
    assert store.from_csv(path) == 1
    assert store.labels.loc["d01", ["name", "status"]].tolist() == ["says sorry", "named"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("feature,name\nd00,a\nd9,b\nd01,c\n", r"Row 3: No feature 'd9'"),
        ("feature,status\nd00,verifed\n", r"Row 2: The status of 'd00'.*'verifed'.*verified"),
        ("feature,turned\nd00,maybe\n", r"Row 2: turned of 'd00' must be true or false; found 'maybe'"),
        ("feature,name\nd00,a\nd00,b\n", r"Row 3: 'd00' stands in row 2 already"),
        ("feature,name\nd00,a,b\n", r"Row 2: there are cells under no column"),
        ("feature,nmae\nd00,a\n", r"row 1 names a column 'nmae'. Did you mean.*name"),
        ("feature,name,name\nd00,a,b\n", r"row 1 names 'name' twice"),
        ("id,name\nd00,a\n", r"row 1 must name the columns, among them 'feature'"),
        ("", r"row 1 must name the columns"),
        ("x" * 200_000, r"row 1 must name the columns"),
        ("feature,name\n" + "x,a\n" * 9, r"Row 6.* And 4 more\."),
        ("feature,name\nd00," + "x" * 201, r"Row 2: The name of 'd00' has 201 characters"),
    ],
)
def test_what_cannot_be_used_is_named_by_row_and_column_and_nothing_changes(
    store: LabelStore, tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(ws.LabelsError, match=says):
        store.from_csv(table(text, tmp_path))
    assert store.history.empty


def test_tables_in_another_encoding_missing_ones_and_folders_are_named(
    store: LabelStore, tmp_path: Path
) -> None:
    with pytest.raises(ws.LabelsError, match=r"'hand.csv': it is not in UTF-8.*CSV UTF-8"):
        store.from_csv(table("feature,name\nd00,größer\n", tmp_path, "latin-1"))
    with pytest.raises(ws.LabelsError, match=r"nix.csv': there is no such file"):
        store.from_csv(tmp_path / "nix.csv")
    with pytest.raises(ws.LabelsError, match=r"Cannot write"):
        store.to_csv(tmp_path / "no folder" / "x.csv")


def test_json_holds_the_whole_history_and_undo_goes_on_from_it(store: LabelStore, tmp_path: Path) -> None:
    store.edit("d00", name="a")
    store.edit("d00", name="b", author="Bob")
    store.undo("Bob")
    store.judge("d00", 4, 0, name="a", seconds=1.25)
    path = store.to_json(tmp_path / "all.json")
    again = LabelStore(tmp_path / "again.labels", author="Bob")
    assert (again.from_json(path), again.from_json(path)) == (4, 0)
    assert again.redo() == "d00"
    assert again.labels.at["d00", "name"] == "b"
    assert again.judgments["seconds"].tolist() == [1.25]


def test_json_that_was_changed_or_is_something_else_is_refused(store: LabelStore, tmp_path: Path) -> None:
    store.edit("d00", name="a")
    path = store.to_json(tmp_path / "all.json")
    content = json.loads(path.read_text("utf-8"))
    content["events"][0]["author"] = "Eve"
    for text, says in (
        (json.dumps(content), "it was changed after it was made"),
        ("{}", "not a history"),
        ("[" * 100_000, "not JSON"),
        (json.dumps({**content, "schema": 9}), "layout 9"),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(ws.LabelsError, match=f"Cannot import 'all.json'.*{says}"):
            LabelStore(":memory:").from_json(path)


def test_what_is_no_file_to_read_or_write_is_told_with_what_to_do(tmp_path: Path) -> None:
    store = LabelStore(":memory:", author="Ann")
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "mine.json").write_text("{}")
    for read in (store.from_csv, store.from_json):
        with pytest.raises(
            ws.LabelsError, match=r"'labels': it is a folder. Name a file in it; LabelStore.merge"
        ):
            read(folder)
        with pytest.raises(
            ws.LabelsError, match=r"Did you mean 'mine.json'.* holds 'mine.json'. Check the path"
        ):
            read(folder / "mien.json")
        with pytest.raises(ws.LabelsError, match=r"A path is needed of what to import; found 5 \(int\)"):
            read(5)  # type: ignore[arg-type]
    for write in (store.to_csv, store.to_json):
        with pytest.raises(ws.LabelsError, match=r"Cannot write 'labels': it is a folder. Name a file in it"):
            write(folder)
        with pytest.raises(
            ws.LabelsError, match=r"Cannot write 'x': there is no folder .*nix'. Make it first"
        ):
            write(tmp_path / "nix" / "x")
        with pytest.raises(ws.LabelsError, match=r"A path is needed of a .*, such as .*found None"):
            write(None)  # type: ignore[arg-type]
