"""DatasetComparison: what is sent, what is answered, what a person sets and reads from Python."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import comm
import numpy as np
import pytest
import traitlets

import whimsight as ws
from tests.unit.comparisons.shown import by_hand, judged, opposed
from tests.unit.widgets.test_widgets import BUILT, Recorder, ask, error, message, result, sent, set_state
from whimsight.comparisons import Comparison
from whimsight.comparisons.snapshot import comparison_snapshot
from whimsight.errors import StudyError
from whimsight.labels import LabelStore
from whimsight.studies.reading import reading_split
from whimsight.widgets import DatasetComparison, FeatureLabeler, view

MODULES = {**BUILT, "comparison.js": "export default { render() {} }", "comparison.css": ".cp {}"}


@pytest.fixture(autouse=True)
def _no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", lambda **kwargs: Recorder(**kwargs))
    monkeypatch.setattr(view, "built", MODULES.__getitem__)


@pytest.fixture(scope="module")
def shared() -> Comparison:
    return opposed()


@pytest.fixture
def made(shared: Comparison, tmp_path: Path) -> Comparison:
    shared.study.labels = LabelStore(tmp_path / "work.labels", author="Ann")
    return shared


@pytest.fixture
def widget(made: Comparison) -> DatasetComparison:
    return DatasetComparison(made)


# -- what is sent


def test_the_first_message_holds_what_the_page_needs(widget: DatasetComparison) -> None:
    state = sent(widget)[0]["data"]["state"]
    assert state["snapshot"] == json.loads(json.dumps(comparison_snapshot(widget.comparison)))
    assert state["labels"] == {}
    assert state["work"]["editable"] is True
    assert state["_esm"] == MODULES["comparison.js"]
    assert state["_css"] == MODULES["comparison.css"]
    first = widget.conflicts.iloc[0]
    assert state["selected"] == first["feature"]
    assert [widget.comparison.datasets[i] for i in state["shown"]] == [first["for"], first["against"]]
    assert state["weights"] == [1.0, 1.0, 1.0]
    assert len(sent(widget)) == 1


def test_it_makes_the_comparison_of_what_it_is_given(tmp_path: Path) -> None:
    study = by_hand().study
    study.labels = LabelStore(tmp_path / "work.labels")
    widget = DatasetComparison(study, by="half")
    assert widget.comparison.datasets == ["even", "odd"]
    assert widget.study is study
    with pytest.raises(StudyError, match="leave out by"):
        DatasetComparison(widget.comparison, by="half")
    with pytest.raises(StudyError, match="compare"):
        DatasetComparison(study)
    with pytest.raises(StudyError):
        DatasetComparison(study, by="hallf")


def test_the_package_shows_the_widget() -> None:
    assert ws.DatasetComparison is DatasetComparison


# -- names are shared


def test_a_name_given_in_a_labeler_shows_in_the_comparison_at_once(widget: DatasetComparison) -> None:
    labeler = FeatureLabeler(widget.study)
    before = len(sent(widget))
    result(labeler, "edit", feature="m_words", changes={"name": "how long it is"})
    states = [m["data"]["state"] for m in sent(widget)[before:]]
    assert {"m_words"} == set(next(s["labels"] for s in states if "labels" in s))
    assert widget.labels.loc["m_words", "name"] == "how long it is"
    assert widget.features.loc["m_words", "name"] == "how long it is"


def test_a_name_given_in_the_comparison_shows_in_the_labeler_at_once(widget: DatasetComparison) -> None:
    labeler = FeatureLabeler(widget.study)
    before = len(sent(labeler))
    feature = widget.conflicts.iloc[0]["feature"]
    said = result(widget, "edit", feature=feature, changes={"name": "regrets"})
    assert said["labels"][feature]["name"] == "regrets"
    assert any("labels" in m["data"]["state"] for m in sent(labeler)[before:])
    assert labeler.labels.loc[feature, "name"] == "regrets"
    assert widget.conflicts.iloc[0]["name"] == "regrets"
    assert widget.undo() == feature
    assert labeler.labels.empty
    assert labeler.redo() == feature
    assert widget.labels.loc[feature, "name"] == "regrets"


def test_turning_a_feature_turns_what_python_reads_of_it(widget: DatasetComparison) -> None:
    feature = widget.selected
    before, mixed = widget.table, widget.mixture
    result(widget, "edit", feature=feature, changes={"turned": True})
    after = widget.table
    assert after.loc[("first", feature), "delta_win"] == -before.loc[("first", feature), "delta_win"]
    assert widget.mixture.loc[feature, "delta_win_low"] == -mixed.loc[feature, "delta_win_high"]


# -- requests


@pytest.mark.parametrize("dataset", [0, 1, 2])
def test_examples_of_a_dataset_come_in_pages_and_none_is_held_out(
    widget: DatasetComparison, dataset: int
) -> None:
    where = {"kind": "top"}
    pages = [
        result(widget, "examples", feature="d00", where=where, n=50, offset=offset, dataset=dataset)
        for offset in range(0, 1200, 50)
    ]
    rows = [e["row"] for page in pages for e in page["examples"]]
    part = widget.comparison.slices[dataset]
    read = set(reading_split(widget.study)[0].tolist())
    active = set(np.flatnonzero(widget.study.code("d00")).tolist())
    assert sorted(rows) == sorted(active & set(part.rows.tolist()) & read)
    assert {page["total"] for page in pages} == {len(rows)}
    first = widget.snapshot["examples"]["d00"][dataset]
    assert [e["row"] for e in pages[0]["examples"]][: len(first)] == [e["row"] for e in first]


def test_examples_of_a_judge_show_its_votes(tmp_path: Path) -> None:
    one = judged()
    one.study.labels = LabelStore(tmp_path / "work.labels")
    widget = DatasetComparison(one)
    args = {"feature": "m_words", "where": {"kind": "top"}, "n": 20, "offset": 0}
    page = result(widget, "examples", **args, dataset=1)
    for example in page["examples"]:
        says_a = example["row"] // 2 % 3 != 0
        assert example["votes"] == 1
        assert example["preferred"] == float(says_a == (example["more_is"] == "A"))
    assert result(widget, "examples", **args)["examples"][0]["votes"] in (1, 2)


@pytest.mark.parametrize("dataset", [3, -1, 0.5, "first", True, [0], float("nan")])
def test_a_dataset_that_is_none_is_answered_with_what_is_wrong(
    widget: DatasetComparison, dataset: Any
) -> None:
    args = {"feature": "d00", "where": {"kind": "top"}, "n": 5, "offset": 0, "dataset": dataset}
    assert "dataset" in error(widget, "examples", args)


def test_texts_highlights_and_suggestions_are_answered_and_held_out_pairs_are_not(
    widget: DatasetComparison,
) -> None:
    feature = "m_words"
    row = (
        widget.snapshot["examples"][feature][1][0]["row"] if widget.snapshot["examples"][feature][1] else 1200
    )
    assert result(widget, "text", feature=feature, row=row, part="prompt")["text"]
    assert result(widget, "suggest", feature=feature)["suggestions"]
    held = int(reading_split(widget.study)[1][0])
    assert "held out" in error(widget, "text", {"feature": feature, "row": held, "part": "more"})
    assert "held out" in error(widget, "highlights", {"feature": feature, "row": held})


def test_a_request_that_is_none_is_answered(widget: DatasetComparison) -> None:
    assert not ask(widget, "mixture", {})["ok"]
    assert message(widget, {"kind": "hello"}) is None


# -- what is set


def test_weights_are_set_by_list_or_by_names_and_mix_at_once(widget: DatasetComparison) -> None:
    widget.weights = [3, 1, 0]
    assert widget.weights == (3.0, 1.0, 0.0)
    assert sent(widget)[-1]["data"]["state"] == {"weights": [3.0, 1.0, 0.0]}
    assert widget.mixture.equals(widget.comparison.mixture({"first": 3, "second": 1}))
    widget.weights = {"second": 2}
    assert widget.weights == (0.0, 2.0, 0.0)
    alone = widget.mixture["delta_win"].dropna()
    own = widget.table.loc["second", "delta_win"]
    assert np.allclose(alone, own[alone.index])


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"frist": 1}, "Did you mean 'first'"),
        ([1, 2], "a number for each of the 3 datasets"),
        ([1, -1, 0], "The weight of 'second' is -1"),
        ([1, float("nan"), 0], "The weight of 'second' is nan"),
        ([1, float("inf"), 0], "The weight of 'second' is inf"),
        ([0, 0, 0], "All weights are 0"),
        ("abc", "a number for each"),
        (None, "a number for each"),
        (3, "a number for each"),
        (["1", "2", "3"], "a number for each"),
    ],
)
def test_weights_that_are_none_are_refused_with_what_to_give(
    widget: DatasetComparison, value: Any, says: str
) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(says)):
        widget.weights = value
    assert widget.weights == (1.0, 1.0, 1.0)


def test_shown_is_set_by_position_or_by_name(widget: DatasetComparison) -> None:
    widget.shown = ("tiny", "first")
    assert widget.shown == (2, 0)
    widget.shown = [1, 2]
    assert widget.shown == (1, 2)
    for wrong, says in (
        (("tinny", "first"), "Did you mean 'tiny'"),
        ((0, 3), "positions 0 to 2"),
        ((0,), "two"),
        (1, "two"),
    ):
        with pytest.raises(traitlets.TraitError, match=says):
            widget.shown = wrong
    assert widget.shown == (1, 2)


def test_selected_must_be_a_feature(widget: DatasetComparison) -> None:
    with pytest.raises(traitlets.TraitError, match="Did you mean 'm_bullets'"):
        widget.selected = "m_bulets"


def test_the_page_sets_selected_shown_and_weights_and_nothing_else(widget: DatasetComparison) -> None:
    before, heard = dict(widget.snapshot), []
    widget.observe(lambda change: heard.append(change.new), names="weights")
    count = len(sent(widget))
    set_state(
        widget, selected="m_words", shown=[2, 0], weights=[2, 1, 0.5],
        snapshot={}, labels={"d00": {"name": "x"}}, work={}, height=5000, _esm="alert(1)", _css="x",
    )  # fmt: skip
    assert (widget.selected, widget.shown, widget.weights) == ("m_words", (2, 0), (2.0, 1.0, 0.5))
    assert heard == [(2.0, 1.0, 0.5)]
    assert widget.snapshot == before
    assert widget.labels.empty
    assert widget.height is None
    assert widget._esm == MODULES["comparison.js"]
    # What the page said itself is not said back to it, which would move a slider that is being dragged.
    assert not [m for m in sent(widget)[count:] if m["data"].get("method") == "update"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("weights", [1, -1, 0]),
        ("weights", [0, 0, 0]),
        ("weights", [1]),
        ("weights", {"first": 1}),
        ("weights", "111"),
        ("weights", None),
        ("weights", [1, None, 1]),
        ("weights", [1, True, 1]),
        ("shown", [0, 9]),
        ("shown", ["first", "second", "tiny"]),
        ("shown", 3),
        ("shown", [0.5, 1]),
        ("shown", [None, None]),
        ("selected", "d99"),
        ("selected", ["d00"]),
    ],
)
def test_what_a_page_may_not_set_is_set_back(widget: DatasetComparison, key: str, value: Any) -> None:
    true = getattr(widget, key)
    set_state(widget, **{key: value})
    assert getattr(widget, key) == true
    update = [m["data"]["state"] for m in sent(widget) if m["data"].get("method") == "update"][-1]
    assert update == {key: list(true) if isinstance(true, tuple) else true}


# -- tables and pages


def test_tables_are_those_of_the_comparison(widget: DatasetComparison) -> None:
    assert widget.table.equals(widget.comparison.table)
    assert widget.features.equals(widget.comparison.features)
    assert widget.conflicts.equals(widget.comparison.conflicts)
    assert repr(widget) == "<DatasetComparison 'first + second + tiny': 0 of 52 features labelled>"


@pytest.fixture
def built_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whimsight.studies.page.built", lambda name: f"/* {name} */")


@pytest.mark.usefixtures("built_page")
def test_a_page_of_its_own_opens_as_the_widget_stands(widget: DatasetComparison, tmp_path: Path) -> None:
    widget.weights, widget.shown = [1, 2, 3], (2, 1)
    result(widget, "edit", feature="d00", changes={"name": "regrets"})
    page = widget.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    found = re.search(r'id="whimsight-state">(.*?)</script>', page, re.DOTALL)
    assert found
    state = json.loads(found[1])
    assert (state["weights"], state["shown"], state["selected"]) == ([1.0, 2.0, 3.0], [2, 1], widget.selected)
    assert state["labels"]["d00"] == {"name": "regrets", "status": "named"}
    assert "/* comparison.js */" in page
    assert "/* comparison.css */" in page
    assert "labeler" not in page
    assert "first: question" in page
    names = widget.to_html(tmp_path / "names.html", names_only=True).read_text(encoding="utf-8")
    assert "first: question" not in names


@pytest.mark.usefixtures("built_page")
def test_a_saved_notebook_carries_a_bounded_sandboxed_page(widget: DatasetComparison) -> None:
    bundle = widget._repr_mimebundle_()
    assert bundle is not None
    html = bundle[0]["text/html"]
    assert html.startswith("<iframe sandbox='allow-scripts allow-downloads' ")
    assert len(html.encode()) < 1_300_000
    assert "Ann" not in html


@pytest.mark.usefixtures("built_page")
def test_texts_of_any_length_stay_within_bounds(tmp_path: Path) -> None:
    n = 800
    texts = [f"{i} </script>🙂'\"" + "é<" * 10_000 for i in range(n)]
    one = by_hand(n, response_a=texts)
    one.study.labels = LabelStore(tmp_path / "work.labels")
    widget = DatasetComparison(one, examples=60)
    assert sent(widget)[0]["bytes"] < 2_000_000 - 130_000
    assert widget.to_html(tmp_path / "page.html").stat().st_size < 5_000_000
    assert widget.snapshot["texts"]
