"""The widgets' Python half: what is sent, what is answered, what a person reads from Python."""

import getpass
import json
from pathlib import Path
from typing import Any

import comm
import pandas as pd
import pytest
import traitlets
from comm.base_comm import BaseComm

import whimsight as ws
from tests.unit.studies.making import make_pairs, make_study
from whimsight.errors import StudyError
from whimsight.labels import LabelStore
from whimsight.studies import Study
from whimsight.studies.reading import reading_split
from whimsight.studies.snapshot import snapshot
from whimsight.widgets import FeatureLabeler, FeatureReport, view

BUILT = {"labeler.js": "export default { render() {} }", "labeler.css": ".lb {}"}


class Recorder(BaseComm):
    """A comm to nowhere that keeps what was sent, as the bytes that would travel."""

    sent: list[dict[str, Any]]

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any
    ) -> None:
        if not hasattr(self, "sent"):
            self.sent = []
        packed = json.dumps(
            {"type": msg_type, "data": data, "metadata": metadata}, ensure_ascii=False, allow_nan=False
        )
        self.sent.append(json.loads(packed.encode("utf-8")) | {"bytes": len(packed.encode("utf-8"))})


@pytest.fixture(autouse=True)
def _no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", lambda **kwargs: Recorder(**kwargs))
    monkeypatch.setattr(view, "built", BUILT.__getitem__)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = make_study(make_pairs(80))
    made.labels = LabelStore(tmp_path / "work.labels", author="Ann")
    return made


@pytest.fixture
def labeler(study: Study) -> FeatureLabeler:
    return FeatureLabeler(study)


def sent(widget: Any) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = widget.comm.sent
    return messages


def message(widget: Any, content: Any) -> dict[str, Any] | None:
    """Hand a message to the widget as its comm would; return what it sent back, if anything."""
    before = len(sent(widget))
    widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    answers = [m["data"]["content"] for m in sent(widget)[before:] if m["data"].get("method") == "custom"]
    assert len(answers) <= 1
    return answers[0] if answers else None


def ask(widget: Any, name: Any, args: Any = None) -> dict[str, Any]:
    """Return the answer to a request, checked for its form."""
    answer = message(widget, {"kind": "request", "id": "r1", "name": name, "args": args})
    assert answer is not None
    assert (answer["kind"], answer["id"]) == ("answer", "r1")
    return answer


def result(widget: Any, name: str, **args: Any) -> Any:
    answer = ask(widget, name, args)
    assert answer["ok"], answer
    return answer["result"]


def error(widget: Any, name: Any, args: Any = None) -> str:
    answer = ask(widget, name, args)
    assert not answer["ok"], answer
    assert set(answer["error"]) == {"type", "message"}
    assert answer["error"]["message"]
    return str(answer["error"]["message"])


# -- what is sent


def test_the_first_message_holds_the_snapshot_the_labels_and_the_state_of_the_work(
    labeler: FeatureLabeler,
) -> None:
    opened = sent(labeler)[0]
    state = opened["data"]["state"]
    assert opened["type"] == "comm_open"
    assert state["snapshot"] == json.loads(json.dumps(snapshot(labeler.study)))
    assert state["labels"] == {}
    assert state["work"] == {
        "can_undo": False, "can_redo": False, "store": "work.labels", "author": "Ann", "editable": True,
    }  # fmt: skip
    assert state["selected"] == "m_words"  # the surest effect
    assert state["_esm"] == BUILT["labeler.js"]
    assert len(sent(labeler)) == 1


def test_the_first_message_stays_under_two_megabytes_whatever_the_texts(tmp_path: Path) -> None:
    n = 800
    hostile = pd.Series([f"{i} \ud83d\x00</script>🙂" + "é" * 20_000 for i in range(n)], dtype=object)
    large = make_study(make_pairs(n, response_a=hostile, response_b=hostile + " end"))
    large.labels = LabelStore(tmp_path / "work.labels", author="Ann")
    opened = sent(FeatureLabeler(large, examples=100))[0]
    assert 1_500_000 < opened["bytes"] < 2_000_000 - 130_000  # room for the module


def test_nothing_secret_is_sent_with_a_report(study: Study, tmp_path: Path) -> None:
    study.path = tmp_path / "votes.whim"
    study.labels.edit("d00", name="regrets", author="Bea Example")
    report = json.dumps(sent(FeatureReport(study)), ensure_ascii=False)
    for word in (
        str(tmp_path),
        str(Path.home()),
        "Bea Example",
        "Ann",
        "work.labels",
        f'"{getpass.getuser()}"',
    ):
        assert word not in report
    assert "regrets" in report


def test_no_path_is_sent_with_the_labeler(study: Study, tmp_path: Path) -> None:
    study.path = tmp_path / "votes.whim"
    all_sent = json.dumps(sent(FeatureLabeler(study)), ensure_ascii=False)
    assert str(tmp_path) not in all_sent
    assert str(Path.home()) not in all_sent


def test_a_front_end_that_was_not_built_is_an_error_that_says_how_to_build_it(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(comm, "create_comm", lambda **kwargs: Recorder(**kwargs))
    monkeypatch.setattr("whimsight.studies.page.files", lambda package: tmp_path)
    with pytest.raises(StudyError, match=r"not built: .*labeler.js is missing.*npm run build"):
        FeatureLabeler(study)


def test_a_path_is_not_a_study() -> None:
    with pytest.raises(StudyError, match=r"looks at a Study; found str.*ws\.open"):
        FeatureLabeler("votes.whim")  # type: ignore[arg-type]


# -- edits


def test_an_edit_is_in_the_store_in_the_table_and_in_the_study_when_it_is_answered(
    labeler: FeatureLabeler,
) -> None:
    said = result(labeler, "edit", feature="d00", changes={"name": "regrets", "tags": ["tone"], "note": "n"})
    label = said["labels"]["d00"]
    assert label.pop("time").endswith("Z")
    assert label == {"name": "regrets", "status": "named", "note": "n", "tags": ["tone"], "author": "Ann"}
    assert said["work"]["can_undo"]
    assert labeler.labels.loc["d00", "name"] == "regrets"
    assert labeler.study.features.loc["d00", "name"] == "regrets"
    assert labeler.study.labels.labels.loc["d00", "tags"] == ("tone",)


def test_observers_hear_of_each_edit_once(labeler: FeatureLabeler) -> None:
    heard: list[int] = []
    labeler.observe(lambda change: heard.append(len(change.new)), names="labels")
    result(labeler, "edit", feature="d00", changes={"name": "regrets"})
    result(labeler, "edit", feature="d01", changes={"status": "rejected"})
    assert heard == [1, 2]
    result(labeler, "undo")
    assert heard == [1, 2, 1]
    assert labeler.redo() == "d01"
    assert heard == [1, 2, 1, 2]
    result(labeler, "examples", feature="d00", where={"kind": "top"}, n=3, offset=0)
    assert len(heard) == 4


def test_undo_and_redo_say_which_feature_and_do_nothing_where_nothing_is(labeler: FeatureLabeler) -> None:
    assert result(labeler, "undo")["feature"] is None
    result(labeler, "edit", feature="d00", changes={"turned": True})
    assert labeler.study.polarity[0] == -1
    assert result(labeler, "undo")["feature"] == "d00"
    assert labeler.study.polarity[0] == 1
    assert result(labeler, "redo")["feature"] == "d00"
    assert labeler.undo() == "d00"
    assert labeler.undo() is None


def test_edits_carry_the_author_that_the_labeler_was_given(study: Study) -> None:
    bea = FeatureLabeler(study, author="Bea")
    result(bea, "edit", feature="d00", changes={"name": "regrets"})
    assert bea.labels.loc["d00", "author"] == "Bea"
    assert FeatureLabeler(study).work["author"] == "Ann"


def test_two_labelers_of_one_study_stay_in_step(study: Study) -> None:
    one, other = FeatureLabeler(study), FeatureLabeler(study)
    before = len(sent(other))
    result(one, "edit", feature="d00", changes={"name": "regrets"})
    updates = [m["data"]["state"] for m in sent(other)[before:]]
    assert {"d00"} == set(next(s["labels"] for s in updates if "labels" in s))


def test_what_another_notebook_did_is_seen_when_asked(labeler: FeatureLabeler) -> None:
    other = LabelStore(labeler.study.labels.path or "", author="Bea")
    other.edit("d01", name="elsewhere")
    assert labeler.labels.loc["d01", "name"] == "elsewhere"
    other.edit("d01", name="again")
    result(labeler, "suggest", feature="d00")
    state = [m["data"]["state"] for m in sent(labeler) if m["data"].get("method") == "update"]
    assert [s["labels"]["d01"]["name"] for s in state if "labels" in s] == ["elsewhere", "again"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"feature": "d99", "changes": {}}, "No feature 'd99'"),
        ({"feature": "d00", "changes": {"author": "Eve"}}, "no field 'author'"),
        ({"feature": "d00", "changes": {"nam": "x"}}, "no field 'nam'"),
        ({"feature": "d00", "changes": {"name": 3}}, "must be a text"),
        ({"feature": "d00", "changes": {"name": "x" * 1000}}, "at most 200"),
        ({"feature": "d00", "changes": {"status": "done"}}, "must be one of draft"),
        ({"feature": "d00", "changes": {}}, "Nothing to change"),
        ({"feature": "d00", "changes": ["name"]}, "needs 'changes'"),
        ({"feature": "d00"}, "needs 'changes'"),
        ({"feature": None, "changes": {}}, "needs 'feature'"),
    ],
)
def test_an_edit_that_cannot_be_made_is_answered_with_what_is_wrong(
    labeler: FeatureLabeler, args: dict[str, Any], says: str
) -> None:
    assert says in error(labeler, "edit", args)
    assert labeler.labels.empty


# -- requests


@pytest.mark.parametrize(
    "where",
    [
        {"kind": "top"},
        {"kind": "random", "seed": 7},
        {"kind": "quantile", "low": 0.25, "high": 0.75},
        {"kind": "range", "low": -1.5, "high": -0.25},
    ],
)
def test_examples_come_in_pages_that_together_are_all_of_them(
    labeler: FeatureLabeler, where: dict[str, Any]
) -> None:
    pages = [
        result(labeler, "examples", feature="m_bullets", where=where, n=4, offset=offset)
        for offset in range(0, 40, 4)
    ]
    rows = [e["row"] for page in pages for e in page["examples"]]
    assert len(rows) == len(set(rows)) == pages[0]["total"] > 0
    assert set(rows) <= set(reading_split(labeler.study)[0].tolist())
    code = labeler.study.code("m_bullets")[rows]
    if where["kind"] == "range":
        assert ((code >= -1.5) & (code <= -0.25)).all()
    if where["kind"] != "random":
        assert sorted(abs(code), reverse=True) == abs(code).tolist()
    assert result(labeler, "examples", feature="m_bullets", where=where, n=4, offset=0) == pages[0]


def test_the_first_page_is_what_the_snapshot_shows(labeler: FeatureLabeler) -> None:
    page = result(labeler, "examples", feature="d00", where={"kind": "top"}, n=5, offset=0)
    first = labeler.snapshot["examples"]["d00"][:5]
    keys = ("row", "more_is", "code", "preferred", "votes")
    assert [[e[k] for k in keys] for e in page["examples"]] == [[e[k] for k in keys] for e in first]
    shown = [page["texts"][e["more"]] for e in page["examples"]]
    assert shown == [labeler.snapshot["texts"][e["more"]] for e in first]


def test_a_whole_text_is_sent_when_asked_for(tmp_path: Path) -> None:
    long = make_study(make_pairs(80, response_a=[f"{i} " + "long 🙂" * 30_000 for i in range(80)]))
    long.labels = LabelStore(tmp_path / "work.labels")
    widget = FeatureLabeler(long)
    example = widget.snapshot["examples"]["d00"][0]
    part = "more" if example["more_is"] == "A" else "less"
    assert widget.snapshot["texts"][example[part]]["length"] > 100_000
    row = example["row"]
    assert (
        result(widget, "text", feature="d00", row=row, part=part)["text"]
        == long.pairs.frame["response_a"][row]
    )
    assert result(widget, "text", feature="d00", row=row, part="prompt")["text"] == f"Question {row // 4}"


def test_held_out_pairs_cannot_be_read_beforehand(labeler: FeatureLabeler) -> None:
    row = int(reading_split(labeler.study)[1][0])
    assert "held out" in error(labeler, "text", {"feature": "d00", "row": row, "part": "more"})
    assert "held out" in error(labeler, "highlights", {"feature": "d00", "row": row})


def test_highlights_use_the_embedder_that_the_labeler_was_given(study: Study) -> None:
    row = FeatureLabeler(study).snapshot["examples"]["d00"][0]["row"]
    study.residual_map = None
    widget = FeatureLabeler(study, embedder=lambda texts: [[1.0 + len(t), 2, 3, 4, 5, 6] for t in texts])
    assert "not the embedder that the study was made with" in error(
        widget, "highlights", {"feature": "d00", "row": row}
    )
    measured = result(
        widget, "highlights", feature="m_bullets", row=widget.snapshot["examples"]["m_bullets"][0]["row"]
    )
    assert measured == {"more": [], "less": [], "reason": ""}


def test_suggestions_fit_the_end_of_the_feature_that_is_shown(study: Study) -> None:
    study.drafts.at["d00", "candidates"] = [("best", 0.5, 1), ("other end", 0.4, -1), ("third", 0.3, 1)]  # noqa: PD008
    widget = FeatureLabeler(study)
    assert [s["name"] for s in result(widget, "suggest", feature="d00")["suggestions"]] == ["best", "third"]
    result(widget, "edit", feature="d00", changes={"turned": True})
    assert result(widget, "suggest", feature="d00")["suggestions"] == [
        {"name": "other end", "fit": 0.4, "source": "formula"}
    ]
    assert result(widget, "suggest", feature="m_bullets")["suggestions"] == [
        {"name": "bullet points", "fit": None, "source": "measured"}
    ]
    result(widget, "edit", feature="m_bullets", changes={"turned": True})
    assert result(widget, "suggest", feature="m_bullets")["suggestions"] == [
        {"name": "opposite of bullet points", "fit": None, "source": "measured"}
    ]


def test_a_blind_test_is_asked_and_answered(labeler: FeatureLabeler) -> None:
    for seed in range(3):
        asked = result(labeler, "question", feature="d00", seed=seed)["question"]
        said = result(labeler, "answer", feature="d00", token=asked["token"], answer="tie")
    assert said["verification"]["answered"] == 3
    assert labeler.study.labels.judgments["answer"].tolist() == [0.0, 0.0, 0.0]
    assert "no longer known" in error(labeler, "answer", {"feature": "d00", "token": "t", "answer": "tie"})


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("eddit", {}),
        (None, {}),
        (["edit"], {}),
        ("edit", "feature"),
        ("edit", [1]),
        ("examples", {"feature": "d00", "where": {"kind": "top"}, "n": 1e9, "offset": 0}),
        ("examples", {"feature": "d00", "where": {"kind": "top"}, "n": 5, "offset": -1}),
        ("examples", {"feature": "d00", "where": {"kind": "top"}, "n": 2.5, "offset": 0}),
        ("examples", {"feature": "d00", "where": {"kind": "top"}, "n": float("nan"), "offset": 0}),
        ("examples", {"feature": "d00", "where": "top", "n": 5, "offset": 0}),
        ("examples", {"feature": "d00", "where": {"kind": "first"}, "n": 5, "offset": 0}),
        (
            "examples",
            {"feature": "d00", "where": {"kind": "range", "low": 2, "high": 1}, "n": 5, "offset": 0},
        ),
        (
            "examples",
            {"feature": "d00", "where": {"kind": "range", "low": None, "high": 1}, "n": 5, "offset": 0},
        ),
        ("text", {"feature": "d00", "row": 10**6, "part": "more"}),
        ("text", {"feature": "d00", "row": "0", "part": "more"}),
        ("highlights", {"feature": "d00", "row": True}),
        ("question", {"feature": "d00"}),
        ("answer", {"feature": "d00", "token": {}, "answer": "tie"}),
        ("suggest", {"feature": "__class__"}),
    ],
)
def test_requests_that_make_no_sense_are_answered_with_an_error(
    labeler: FeatureLabeler, name: Any, args: Any
) -> None:
    error(labeler, name, args)


def test_a_field_that_a_label_does_not_have_is_named_with_the_nearest(labeler: FeatureLabeler) -> None:
    said = error(labeler, "edit", {"feature": "d00", "changes": {"nmae": "x"}})
    assert said == "A label has no field 'nmae'. Did you mean 'name'?"


@pytest.mark.parametrize("content", ["text", None, 3, [], {}, {"kind": "other"}, {"kind": "answer"}])
def test_messages_that_are_no_requests_are_not_answered(labeler: FeatureLabeler, content: Any) -> None:
    assert message(labeler, content) is None


def test_a_failure_nobody_thought_of_is_answered_without_paths(
    labeler: FeatureLabeler, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "work.labels"))

    monkeypatch.setattr(type(labeler.study.labels), "edit", broken)
    said = error(labeler, "edit", {"feature": "d00", "changes": {"name": "x"}})
    assert "No space left" in said
    assert str(tmp_path) not in said


def test_an_interrupt_is_answered_too(labeler: FeatureLabeler, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(labeler._answers.reading, "rows", interrupted)
    args = {"feature": "d00", "where": {"kind": "top"}, "n": 5, "offset": 0}
    assert "Interrupted" in error(labeler, "examples", args)


# -- what the front end may set


def set_state(widget: Any, **state: Any) -> None:
    widget._handle_msg(
        {"content": {"data": {"method": "update", "state": state, "buffer_paths": []}}, "buffers": []}
    )


def test_the_front_end_selects_a_feature_and_changes_nothing_else(labeler: FeatureLabeler) -> None:
    chosen: list[str] = []
    labeler.observe(lambda change: chosen.append(change.new), names="selected")
    before = dict(labeler.snapshot)
    set_state(
        labeler, selected="m_bullets", snapshot={}, labels={"d00": {"name": "x"}}, work={}, _esm="alert(1)"
    )
    assert chosen == ["m_bullets"]
    assert labeler.snapshot == before
    assert labeler.labels.empty
    assert labeler.work["editable"]
    assert labeler._esm == BUILT["labeler.js"]


def test_a_feature_that_is_none_is_set_back(labeler: FeatureLabeler) -> None:
    for wrong in ("d99", 3, None, ["d00"]):
        before = len(sent(labeler))
        set_state(labeler, selected=wrong)
        assert labeler.selected == "m_words"
        updates = [m["data"]["state"] for m in sent(labeler)[before:] if m["data"]["method"] == "update"]
        assert updates[-1] == {"selected": "m_words"}


# -- from Python


def test_selected_can_be_set_from_python_to_a_feature_of_the_study(labeler: FeatureLabeler) -> None:
    labeler.selected = "m_bullets"
    assert sent(labeler)[-1]["data"]["state"] == {"selected": "m_bullets"}
    with pytest.raises(
        traitlets.TraitError, match=r"No feature 'm_bulets' in this study\. Did you mean 'm_bullets'"
    ):
        labeler.selected = "m_bulets"


def test_labels_are_a_table_that_cannot_be_overwritten(labeler: FeatureLabeler) -> None:
    assert list(labeler.labels.columns) == ["name", "status", "note", "tags", "turned", "author", "time"]
    with pytest.raises(traitlets.TraitError, match="read-only"):
        labeler.labels = pd.DataFrame()


def test_a_labeler_prints_as_one_line(labeler: FeatureLabeler) -> None:
    result(labeler, "edit", feature="d00", changes={"name": "regrets"})
    assert repr(labeler) == "<FeatureLabeler 'tiny votes': 1 of 5 features labelled>"


def test_labels_that_cannot_be_read_leave_a_study_to_look_at(tmp_path: Path) -> None:
    damaged = make_study()
    damaged.path = tmp_path / "votes.whim"
    (tmp_path / "votes.labels").write_bytes(b"not a database" * 100)
    widget = FeatureLabeler(damaged)
    assert widget.labels.empty
    assert "votes.labels" in error(widget, "edit", {"feature": "d00", "changes": {"name": "x"}})


def test_the_package_shows_the_widgets() -> None:
    assert ws.FeatureLabeler is FeatureLabeler
    assert ws.FeatureReport is FeatureReport


# -- the report


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("edit", {"feature": "d00", "changes": {"name": "x"}}),
        ("undo", {}),
        ("redo", {}),
        ("question", {"feature": "d00", "seed": 1}),
        ("answer", {"feature": "d00", "token": "t", "answer": "tie"}),
    ],
)
def test_a_report_changes_nothing(study: Study, name: str, args: dict[str, Any]) -> None:
    report = FeatureReport(study)
    assert "read-only" in error(report, name, args)
    assert study.labels.history.empty


def test_a_report_shows_examples_but_not_where_only_names_are_wanted(study: Study) -> None:
    args = {"feature": "d00", "where": {"kind": "top"}, "n": 5, "offset": 0}
    assert result(FeatureReport(study), "examples", **args)["examples"]
    names = FeatureReport(study, names_only=True)
    assert names.snapshot["texts"] == []
    assert "names only" in error(names, "examples", args)
    row = FeatureReport(study).snapshot["examples"]["d00"][0]["row"]
    assert "names only" in error(names, "text", {"feature": "d00", "row": row, "part": "more"})
    assert "names only" in error(names, "highlights", {"feature": "d00", "row": row})


# -- viewers without Python


@pytest.fixture
def built_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whimsight.studies.page.built", lambda name: f"/* {name} */")


def hostile_study(tmp_path: Path, n: int = 400) -> Study:
    texts = [
        f"{i} <script>alert(1)</script></iframe>'\"><img src=x onerror=alert(1)> " + "é" * 5_000
        for i in range(n)
    ]
    hostile = make_study(make_pairs(n, response_a=texts))
    hostile.labels = LabelStore(tmp_path / "work.labels", author="Ann Example")
    hostile.labels.edit("d00", name="</script><b>regrets</b>")
    return hostile


@pytest.mark.usefixtures("built_page")
def test_the_mime_bundle_holds_the_widget_one_line_and_a_bounded_sandboxed_page(tmp_path: Path) -> None:
    bundle = FeatureLabeler(hostile_study(tmp_path))._repr_mimebundle_()
    assert bundle is not None
    data, _ = bundle
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/plain", "text/html"}
    assert "\n" not in data["text/plain"]
    html = data["text/html"]
    assert html.startswith("<iframe sandbox='allow-scripts allow-downloads' ")
    assert 100_000 < len(html.encode()) < 1_300_000
    # Inside the attribute there is neither a bracket nor a single quote that could end it.
    inside = html.split("srcdoc='")[1].removesuffix("'></iframe>")
    assert not set("<>'") & set(inside)
    for word in ("Ann Example", "work.labels", str(tmp_path), "onerror=alert(1)>"):
        assert word not in html


@pytest.mark.usefixtures("built_page")
def test_a_page_is_written_with_or_without_texts(study: Study, tmp_path: Path) -> None:
    labeler = FeatureLabeler(study)
    result(labeler, "edit", feature="d00", changes={"name": "regrets"})
    page = labeler.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "regrets" in page
    assert "Answer A to" in page
    assert "Ann" not in page.replace("Answer", "")
    names = labeler.to_html(tmp_path / "names.html", names_only=True).read_text(encoding="utf-8")
    assert "regrets" in names
    assert "Answer A to" not in names
    assert "Question 0" not in names


@pytest.mark.usefixtures("built_page")
def test_a_page_stays_below_5_mb_although_each_bracket_takes_six_bytes_in_it(tmp_path: Path) -> None:
    texts = {side: [f"{side} {i // 2} {'<' * 2_000}" for i in range(800)] for side in "ab"}
    pairs = make_pairs(800, response_a=texts["a"], response_b=texts["b"])
    labeler = FeatureLabeler(make_study(pairs), examples=100)
    written = labeler.to_html(tmp_path / "page.html").stat().st_size
    assert 1_000_000 < written < 5_000_000


@pytest.mark.usefixtures("built_page")
def test_a_page_that_cannot_be_written_is_an_error_that_names_it(
    labeler: FeatureLabeler, tmp_path: Path
) -> None:
    with pytest.raises(StudyError, match=r"Cannot write 'page.html'"):
        labeler.to_html(tmp_path / "nowhere" / "page.html")


def test_a_labeler_shows_even_where_its_page_cannot_be_made(
    labeler: FeatureLabeler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise StudyError(f"{name} is missing")

    monkeypatch.setattr("whimsight.studies.page.built", missing)
    with pytest.warns(UserWarning, match="will not show this widget"):
        bundle = labeler._repr_mimebundle_()
    assert bundle is not None
    assert set(bundle[0]) == {"application/vnd.jupyter.widget-view+json", "text/plain"}


def test_work_in_another_store_is_shown_at_once(labeler: FeatureLabeler, tmp_path: Path) -> None:
    other = LabelStore(tmp_path / "other.labels", author="Bea")
    other.edit("d01", name="elsewhere")
    labeler.study.labels = other
    assert labeler.labels["name"].to_dict() == {"d01": "elsewhere"}
    assert labeler.work["store"] == "other.labels"
