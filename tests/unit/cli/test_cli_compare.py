"""`whimsight compare`: a kept comparison is told and reported, and wrong usage is refused before any work."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

import whimsight as ws
from tests.unit.comparisons.planting import plant
from tests.unit.comparisons.shown import CHOICES
from tests.unit.studies.making import make_pairs, make_study
from tests.unit.studies.test_judged import suggestion
from whimsight.cli import app
from whimsight.comparisons import Comparison, compare
from whimsight.comparisons.report import fingerprint_of
from whimsight.studies.judged import merged, no_suggestions

run = CliRunner().invoke


def test_a_kept_comparison_is_told_and_reported_again(tmp_path):
    sets = [plant(900, name=n, effects={0: b}, seed=s) for n, b, s in (("one", 1.0, 1), ("two", -1.0, 2))]
    made = ws.compare(
        [p for p, *_ in sets],
        embeddings={p.name: e for p, e, _ in sets},
        n_features=4,
        k=1,
        prefixes=(4,),
        names=False,
    )
    path = made.save(tmp_path / "both.whim")
    done = run(app, ["compare", str(path), "--report", str(tmp_path / "both.html")])
    assert done.exit_code == 0, done.output
    assert "Conflicts: rewarded in one, penalised in the other" in done.output
    row = made.conflicts.iloc[0]
    assert f"{100 * row['difference']:.0f} (" in done.output
    assert (tmp_path / "both.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mt-bench"], "name a second one"),
        (["mt-bench", "hh-harmless", "--by", "turn"], "slice one dataset; found 2"),
        (["mt-bench", "--votes", "people"], "NAME=COLUMN"),
        (["mt-bench", "hh-harmless", "--report", "no/such/folder/x.html"], "there is no folder"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_embedded(arguments, said):
    done = run(app, ["compare", *arguments])
    assert done.exit_code == 2
    assert said in " ".join(done.output.replace("│", " ").split())


def test_a_column_that_is_not_there_is_told_before_anything_is_embedded():
    done = run(app, ["compare", "mt-bench", "--by", "categry"])
    assert done.exit_code == 2
    assert "category" in done.output


# -- a comparison is written over an older one of the same data, and over nothing else ---------------


def halves(n=240, **changes):
    """A study cut in two, which is made at once."""
    half = ["even" if i // 4 % 2 else "odd" for i in range(n)]
    return ws.compare(make_study(make_pairs(n, half=half, **changes)), by="half")


def told(done):
    """What a command printed, on one line and without the frame around wrong usage."""
    return " ".join(done.output.replace("│", " ").split())


def test_a_report_is_written_again_over_that_of_the_same_comparison(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = halves()
    path = made.save(tmp_path / "halves.whim")
    assert run(app, ["compare", str(path)]).exit_code == 0
    Comparison.open(path).labels.edit("d00", name="says sorry first")
    assert run(app, ["compare", str(path)]).exit_code == 0
    assert "says sorry first" in (tmp_path / "compare.html").read_text(encoding="utf-8")
    sliced = ["compare", str(make_study(made.study.pairs).save(tmp_path / "votes.whim")), "--by", "half"]
    assert run(app, sliced).exit_code == 0


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ("notes", "there is a file already, and it does not say that it is a report of this comparison."),
        ("study", "there is a file already, and it does not say that it is a report of this comparison."),
        ("other pairs", "it is the report of another comparison of this name, of other pairs."),
        ("other slices", "it is the report of another comparison, 'tiny votes by turn'."),
    ],
)
def test_a_report_of_anything_else_is_written_over_only_with_force(there, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page, made = tmp_path / "compare.html", halves()
    path = made.save(tmp_path / "halves.whim")
    if there == "notes":
        page.write_text("my own page")
    elif there == "study":
        made.study.report(page)
    elif there == "other pairs":
        halves(preference=np.resize([0.0, 1.0, 1.0], 240)).report(page)
    else:
        turns = make_pairs(240, turn=np.resize(["first", "second"], 240))
        ws.compare(make_study(turns), by="turn").report(page)
    before = page.read_bytes()
    done = run(app, ["compare", str(path)])
    assert done.exit_code == 2
    assert f"--report compare.html: {said} Say another name with --report, or write over" in told(done)
    assert page.read_bytes() == before
    assert run(app, ["compare", str(path), "--force"]).exit_code == 0
    assert page.read_bytes() != before


def test_whose_report_is_there_is_looked_at_before_the_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    halves().report(tmp_path / "compare.html")
    done = run(app, ["compare", "mt-bench", "hh-harmless"])
    assert done.exit_code == 2
    assert "it is the report of another comparison, 'tiny votes by half'." in told(done)


def test_the_report_of_several_datasets_is_known_again_before_they_are_compared(tmp_path):
    sets = [plant(400, name=n, effects={0: b}, seed=s) for n, b, s in (("one", 1.0, 1), ("two", -1.0, 2))]
    made = compare([p for p, *_ in sets], embeddings={p.name: e for p, e, _ in sets}, **CHOICES)
    assert made.name == "one + two"
    assert fingerprint_of([made.study.pairs]) == fingerprint_of([p for p, *_ in sets])
    assert fingerprint_of([made.study.pairs]) != fingerprint_of([p for p, *_ in sets[::-1]])


def test_a_comparison_does_not_replace_the_studies_it_is_made_of(tmp_path):
    one, two = (make_study(make_pairs(240)) for _ in range(2))
    paths = [str(study.save(tmp_path / name)) for study, name in ((one, "one.whim"), (two, "two.whim"))]
    before = (tmp_path / "one.whim").read_bytes()
    done = run(app, ["compare", *paths, "--out", paths[0]])
    assert done.exit_code == 2
    assert "it is a study, 'tiny votes', and no comparison. Say another name with --out" in told(done)
    assert (tmp_path / "one.whim").read_bytes() == before


def test_a_study_cut_in_slices_may_be_kept_as_such_in_its_own_file(tmp_path):
    path = halves().study.save(tmp_path / "votes.whim")
    page = str(tmp_path / "page.html")
    done = run(app, ["compare", str(path), "--by", "half", "--out", str(path), "--report", page])
    assert done.exit_code == 0, done.output
    assert sorted(Comparison.open(path).datasets) == ["even", "odd"]


def test_names_that_the_given_study_has_not_are_not_written_over(tmp_path):
    plain = halves().study
    path = plain.save(tmp_path / "plain.whim")
    held = halves().study
    held.suggestions = merged(no_suggestions(), [suggestion()], ("feature", "name"))
    there = held.save(tmp_path / "named.whim")
    before = there.read_bytes()
    done = run(app, ["compare", str(path), "--by", "half", "--out", str(there)])
    assert done.exit_code == 2
    assert "it holds names and judgments of a language model, which a new one does not" in told(done)
    assert there.read_bytes() == before
