"""`whimsight compare`: a kept comparison is told and reported, and wrong usage is refused before any work."""

from __future__ import annotations

import pytest
from tests.unit.comparisons.planting import plant
from typer.testing import CliRunner

import whimsight as ws
from whimsight.cli import app

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
