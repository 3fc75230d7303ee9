"""The command line as a person and as a script would use it."""

import json

import pytest
from typer.testing import CliRunner

import whimsight as ws
from whimsight.cli import app

run = CliRunner().invoke


@pytest.fixture
def votes(tmp_path):
    pairs = ws.load("creative-writing")
    path = tmp_path / "votes.jsonl"
    frame = pairs.take(pairs.prompt_codes < 20).frame
    frame[["prompt", "response_a", "response_b", "preference", "annotator"]].to_json(
        path, orient="records", lines=True
    )
    return path


def test_help_teaches_the_first_steps():
    text = run(app, ["--help"]).output
    assert "whimsight demo" in text
    assert all(command in text for command in ("inspect", "study", "report", "demo"))


def test_inspect_says_layout_and_what_was_left_out(votes):
    with votes.open("a") as file:
        file.write(
            json.dumps(
                {"prompt": "x", "response_a": "", "response_b": "y", "preference": 1, "annotator": "z"}
            )
            + "\n"
        )
    done = run(app, ["inspect", str(votes)])
    assert done.exit_code == 0
    assert "A/B" in done.output
    assert "empty response" in done.output
    first = ws.read(votes).frame.iloc[0]
    assert "The first pair" in done.output
    assert first["response_a"][:40].splitlines()[0] in done.output


def test_study_writes_a_whim_file_and_a_report_that_open(votes, tmp_path):
    out, page = tmp_path / "a.whim", tmp_path / "a.html"
    done = run(
        app,
        ["study", str(votes), "--out", str(out), "--report", str(page), "--features", "4", "--k", "2", "-q"],
    )
    assert done.exit_code == 0, done.output
    assert len(ws.open(out).features) == 4 + len(ws.ATTRIBUTES)
    assert page.read_text(encoding="utf-8").startswith("<!")
    again = run(app, ["report", str(out), "--out", str(tmp_path / "b.html"), "--names-only"])
    assert again.exit_code == 0
    text = ws.open(out).pairs.frame["response_a"].iloc[0][:80]
    assert text not in (tmp_path / "b.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["inspect", "nowhere.csv"], 3, "nowhere.csv"),
        (["report", "nowhere.whim"], 4, "nowhere.whim"),
        (["study", "mt-bench", "--embedder", "minilmm"], 5, "minilm"),
        (["study"], 2, "Missing argument"),
        (["inspect", "mt-bnech"], 3, "Did you mean 'mt-bench'"),
        (["inspect", "mt-bench", "--max-characters", "9"], 2, "shipped sample"),
        (["study", "mt-bench", "--k", "0"], 2, "k must lie between"),
        (["study", "mt-bench", "--seed", "-1"], 2, "seed must be 0 or more"),
        (["study", "mt-bench", "--control", "m_bulets"], 2, "Did you mean 'm_bullets'"),
        (["study", "mt-bench", "--out", "nowhere/a.whim"], 2, "no folder"),
        (["study", "mt-bench", "--report", "."], 2, "it is a folder"),
    ],
)
def test_trouble_is_one_clear_line_and_an_exit_code_of_its_own(
    arguments, code, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    done = run(app, arguments)
    assert done.exit_code == code
    assert message in done.output
    assert "Traceback" not in done.output


def test_where_nothing_can_be_written_is_said_before_the_work(tmp_path):
    (tmp_path / "file").write_text("x")
    done = run(app, ["demo", "--folder", str(tmp_path / "file" / "below")])
    assert done.exit_code == 2
    assert "--folder" in done.output
    assert "Traceback" not in done.output


def test_a_text_cannot_drive_the_terminal(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("prompt,response_a,response_b,label\nq,red \x1b[31m,plain,1\n")
    assert "\x1b" not in run(app, ["inspect", str(path)]).output


def test_the_version_can_be_asked_for():
    assert run(app, ["--version"]).output.strip() == ws.__version__


def test_what_labels_and_empty_choices_mean_can_be_said(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text(
        "prompt,response_a,response_b,preference\nq,one,two,left\nr,one,three,right\ns,four,five,\n"
    )
    said = ["--label", "left=a", "--label", "right=b", "--missing", "tie"]
    done = run(app, ["inspect", str(path), *said])
    assert done.exit_code == 0, done.output
    by_hand = ws.read(path, labels={"left": "a", "right": "b"}, missing="tie")
    assert by_hand.preference.tolist() == [1.0, 0.0, 0.5]
    assert repr(by_hand) in done.output
    wrong = run(app, ["inspect", str(path), "--label", "left=z"])
    assert wrong.exit_code == 2
    assert "left=z" in wrong.output
