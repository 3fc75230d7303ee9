"""The command line as a person and as a script would use it."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import whimsight as ws
from tests.unit.studies.making import make_pairs, make_study
from tests.unit.studies.test_judged import NAME, suggestion
from whimsight.cli import app
from whimsight.cli.overwriting import keep_named
from whimsight.studies.judged import merged, no_judgments, no_suggestions

run = CliRunner().invoke


def told(done):
    """What a command printed, on one line and without the frame around wrong usage."""
    return " ".join(done.output.replace("│", " ").split())


def kept(folder, name, **changes):
    """A small study in a file of its own."""
    pairs = make_pairs(**changes)
    pairs.name = name
    return make_study(pairs).save(folder / f"{name}.whim")


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


@pytest.mark.parametrize("command", ["inspect", "study", "name", "compare", "report", "demo"])
def test_a_flag_has_one_spelling(command):
    assert "--no-" not in run(app, [command, "--help"]).output


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
        (["report", "nowhere.whim", "--out", "."], 2, "it is a folder"),
        (["report", "nowhere.whim", "--out", "nowhere/a.html"], 2, "no folder"),
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


@pytest.mark.parametrize("command", ["inspect", "study"])
def test_a_study_given_for_votes_is_told_where_to_go(command, tmp_path):
    made = tmp_path / "made.whim"
    made.write_bytes(b"")
    done = run(app, [command, str(made)])
    assert done.exit_code == 3
    assert "whimsight report" in done.output


def test_where_nothing_can_be_written_is_said_before_the_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")
    done = run(app, ["demo", "--folder", "file/below"])
    assert done.exit_code == 2
    assert "--folder" in done.output
    assert "Traceback" not in done.output
    assert "it is a file" in run(app, ["demo", "--folder", "file"]).output


def test_a_text_cannot_drive_the_terminal(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("prompt,response_a,response_b,label\nq,red \x1b[31m,plain,1\n")
    assert "\x1b" not in run(app, ["inspect", str(path)]).output


def test_redirected_output_takes_any_text_in_any_encoding(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("prompt,response_a,response_b,label\nq,smile 😀,plain,1\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "whimsight", "inspect", str(path)],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"smile ?" in done.stdout


def test_trouble_is_red_unless_colours_are_unwanted(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[31m" in run(app, ["inspect", "nowhere.csv"], color=True).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run(app, ["inspect", "nowhere.csv"], color=True).output


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


@pytest.mark.parametrize("command", ["study", "compare"])
def test_a_study_is_not_called_like_a_page(command, tmp_path):
    done = CliRunner().invoke(app, [command, "creative-writing", "--out", str(tmp_path / "c.html")])
    assert done.exit_code == 2
    assert "a page is written by --report" in " ".join(done.output.split()).replace("│ ", "")


# -- a report is written over one of the same study, and over nothing else ---------------------------


def test_a_report_is_written_again_after_people_named_features(tmp_path):
    whim, page = kept(tmp_path, "votes"), tmp_path / "report.html"
    assert run(app, ["report", str(whim), "--out", str(page)]).exit_code == 0
    ws.open(whim).labels.edit("d00", name="says sorry first")
    done = run(app, ["report", str(whim), "--out", str(page)])
    assert done.exit_code == 0, done.output
    assert "says sorry first" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("others", {}, "another study, 'others'."),
        ("votes", {"preference": 1.0}, "another study of this name, of other pairs."),
    ],
)
def test_a_report_of_another_study_is_written_over_only_with_force(
    name, changes, said, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    other, mine = kept(tmp_path / "there", name, n=44, **changes), kept(tmp_path, "votes")
    assert run(app, ["report", str(other)]).exit_code == 0
    before = (tmp_path / "report.html").read_bytes()
    done = run(app, ["report", str(mine)])
    assert done.exit_code == 2
    assert f"--out report.html: it is the report of {said} Say another name with --out, or" in told(done)
    assert (tmp_path / "report.html").read_bytes() == before
    assert run(app, ["report", str(mine), "--force"]).exit_code == 0
    assert (tmp_path / "report.html").read_bytes() != before


def test_a_file_that_is_no_report_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    notes, whim = tmp_path / "report.html", kept(tmp_path, "votes")
    notes.write_text("<title>votes · Whimsight</title> my own page")
    done = run(app, ["report", str(whim)])
    assert done.exit_code == 2
    assert "there is a file already, and it does not say that it is a report of this study." in told(done)
    assert notes.read_text() == "<title>votes · Whimsight</title> my own page"
    notes.write_bytes(b"")  # as mktemp leaves it: nobody made anything
    assert run(app, ["report", str(whim)]).exit_code == 0


@pytest.mark.parametrize(
    "command", [["demo", "--folder", "."], ["study", "mt-bench", "--report", "report.html"]]
)
def test_whose_report_is_there_is_looked_at_before_the_work(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(app, ["report", str(kept(tmp_path, "votes"))])
    done = run(app, command)
    assert done.exit_code == 2
    assert "it is the report of another study, 'votes'." in told(done)
    assert not (tmp_path / "mt-bench.whim").exists()


def test_a_report_of_the_same_pairs_studied_otherwise_is_written_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    mine = ws.open(kept(tmp_path, "votes"))
    mine.settings = replace(mine.settings, seed=5)
    again = mine.save(tmp_path / "there" / "votes.whim")
    assert ws.open(again).fingerprint != ws.open(tmp_path / "votes.whim").fingerprint
    assert run(app, ["report", "votes.whim"]).exit_code == 0
    assert run(app, ["report", str(again)]).exit_code == 0


def test_a_report_of_other_pairs_is_found_before_a_study_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(app, ["report", str(kept(tmp_path, "mt-bench"))])
    (tmp_path / "mt-bench.whim").unlink()
    done = run(app, ["study", "mt-bench", "--report", "report.html"])
    assert done.exit_code == 2
    assert "it is the report of another study of this name, of other pairs. Say another name" in told(done)
    assert not (tmp_path / "mt-bench.whim").exists()


# -- a study is written over one of the same pairs, and over nothing else ----------------------------


@pytest.mark.parametrize(
    "command", [["study", "mt-bench", "--out", "mt-bench.whim"], ["demo", "--folder", "."]]
)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("others", "it is another study, 'others'."),
        ("mt-bench", "it is another study of this name, of other pairs."),
        ("notes", "there is a file already, and it cannot be opened as a study."),
    ],
)
def test_nothing_but_a_study_of_the_same_pairs_is_written_over(name, said, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there = tmp_path / "mt-bench.whim"
    if name == "notes":
        there.write_text("my own notes")
    else:
        kept(tmp_path, name).rename(there)
    before = there.read_bytes()
    done = run(app, command)
    assert done.exit_code == 2
    assert f"mt-bench.whim: {said}" in told(done)
    assert "or write over it with --force." in told(done)
    assert there.read_bytes() == before


def test_a_kept_comparison_is_not_written_over_by_a_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    half = ["even" if i // 4 % 2 else "odd" for i in range(240)]
    made = ws.compare(make_study(make_pairs(240, half=half)), by="half")
    path = made.save(tmp_path / "mt-bench.whim")
    done = run(app, ["study", "mt-bench"])
    assert done.exit_code == 2
    assert "it holds a comparison, 'tiny votes'." in told(done)
    assert ws.open(path).facts["comparison"]["by"] == "half"


def named(study):
    """Let a model have named a feature and judged a pair."""
    study.suggestions = merged(no_suggestions(), [suggestion()], ("feature", "name"))
    said = {"feature": "d00", "name": NAME, "row": 0, "judge": "tiny", "part": "score", "answer": 1.0}
    study.judgments = merged(
        no_judgments(), [said | {"swapped": np.nan, "a_first": True}], ("feature", "row")
    )
    return study


def test_what_a_model_said_goes_on_in_the_same_study_made_again_and_no_other_takes_its_place(tmp_path):
    source, out = tmp_path / "votes.jsonl", tmp_path / "votes.whim"
    pairs = ws.load("creative-writing")
    few = pairs.take(pairs.prompt_codes < 6).frame[["prompt", "response_a", "response_b", "preference"]]
    few.to_json(source, orient="records", lines=True)
    command = ["study", str(source), "--out", str(out), "--embedder", "static", "--k", "1", "--features"]
    assert run(app, [*command, "2"]).exit_code == 0
    first = named(ws.open(out))
    first.save(out)
    again = run(app, [*command, "2"])
    assert again.exit_code == 0, again.output
    assert "Kept the names and judgments of a language model that votes.whim held." in told(again)
    found = ws.open(out)
    assert found.suggestions["name"].tolist() == [NAME]
    assert len(found.judgments) == 1
    other = run(app, [*command, "3"])
    assert other.exit_code == 2
    assert "names and judgments of a language model, which a study with other settings cannot keep" in told(
        other
    )
    assert len(ws.open(out).found) == len(found.found)


def test_what_a_model_said_of_other_features_stays_where_it_is_unless_force_is_said(tmp_path):
    there, path = named(make_study()), tmp_path / "votes.whim"
    made = make_study(make_pairs(preference=1.0))
    beside = keep_named(made, there, path, force=False)
    assert beside == tmp_path / f"votes-{made.fingerprint[:8]}.whim"
    assert keep_named(made, there, path, force=True) == path
    assert keep_named(made, make_study(), path, force=False) == path
    assert made.suggestions.empty


def test_names_in_the_file_beside_are_kept_when_the_study_is_made_again(tmp_path):
    there, path = named(make_study()), tmp_path / "votes.whim"
    made = make_study(make_pairs(preference=1.0))
    beside = named(made).save(keep_named(made, there, path, force=False))
    again = make_study(make_pairs(preference=1.0))
    assert keep_named(again, there, path, force=False) == beside
    assert again.suggestions["name"].tolist() == [NAME]


# -- data without prompts ----------------------------------------------------------------------------


def test_no_made_up_prompt_is_shown_of_data_without_prompts(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("response_a,response_b,label\none,two,1\n")
    done = run(app, ["inspect", str(path)])
    assert "(pair 0)" not in done.output
    assert "prompt\n" not in done.output
    assert "response a\n    one" in "\n".join(line[2:] for line in done.output.splitlines())
