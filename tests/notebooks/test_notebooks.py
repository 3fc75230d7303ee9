"""Every notebook runs from top to bottom in a kernel of its own, and so does the README's Python."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import whimsight as ws

ROOT = Path(__file__).parents[2]
WIDGET = "application/vnd.jupyter.widget-view+json"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run a notebook in a folder of its own, once: return it with its outputs, and the folder."""
    done = {}

    def run_once(name: str) -> tuple[nbformat.NotebookNode, Path]:
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            done[name] = _run(ROOT / "notebooks" / f"{name}.ipynb", folder), folder
        return done[name]

    return run_once


def _run(path: Path, folder: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    # Without the widgets' state: a viewer that finds it asks the network for code, and shows nothing without.
    client = NotebookClient(
        notebook,
        timeout=300,
        store_widget_state=False,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    return client.execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_is_committed_without_outputs_and_runs_without_errors_or_warnings(path, run):
    assert all(not c.get("outputs") for c in nbformat.read(path, as_version=4).cells)
    outputs = [o for c in run(path.stem)[0].cells for o in c.get("outputs", [])]
    assert [o for o in outputs if o.output_type == "error"] == []
    assert [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"] == []
    shown = [mime for o in outputs for mime in o.get("data", {})]
    assert set(shown) <= {"text/plain", "text/html", "image/svg+xml", WIDGET}
    assert not any("<script" in o.data.get("text/html", "") for o in outputs if "data" in o)


def test_the_quickstart_leaves_a_study_and_a_report(run):
    done, folder = run("1-quickstart")
    study = ws.open(folder / "mt-bench.whim")
    assert study.name == "mt-bench"
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!")
    shown = [o.data.get("text/html", "") for c in done.cells for o in c.get("outputs", []) if "data" in o]
    best = study.significant()["name"].iloc[0]
    assert any(best in html for html in shown)


def test_the_labeling_notebook_shows_the_labeler_and_leaves_a_page_to_send(run):
    done, folder = run("2-label-features")
    assert any(WIDGET in o.get("data", {}) for c in done.cells for o in c.get("outputs", []))
    page = (folder / "my-features.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert str(folder) not in page
    said = [o.text for c in done.cells for o in c.get("outputs", []) if o.output_type == "stream"]
    assert any("of 3 features" in text for text in said)


def test_the_readmes_python_runs_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks[:2]:
        exec(compile(block, "README.md", "exec"), names)
    study = names["study"]
    assert isinstance(study, ws.Study)
    assert {p.name for p in tmp_path.iterdir()} == {"mt-bench.whim", "report.html", "features.html"}

    (tmp_path / "handed-in").mkdir()
    for author, name in (("Ada", "lists"), ("Ben", "bullets")):
        handed_in = ws.LabelStore(tmp_path / "handed-in" / f"{author}.labels", author=author)
        handed_in.edit("m_bullets", name=name)
    exec(compile(blocks[2], "README.md", "exec"), names)
    everyone = names["everyone"]
    assert set(everyone.people.index) == {"Ada", "Ben"}
    assert set(everyone.conflicts["name"]) == {"lists", "bullets"}

    exec(compile(blocks[3], "README.md", "exec"), names)
    assert set(study.suggestions["source"]) == {"practice"}
    assert study.suggestions.loc[study.suggestions["winner"], "n"].min() > 30

    exec(compile(blocks[4], "README.md", "exec"), names)
    comparison = names["comparison"]
    assert isinstance(comparison, ws.Comparison)
    assert comparison.datasets == ["mt-bench", "creative-writing"]
    assert (tmp_path / "compare.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")

    exec(compile(blocks[5], "README.md", "exec"), names)
    assert names["me"].votes == 3
    assert ws.Reward.open(tmp_path / "short.json").table.loc["m_words", "weight"] == -1.5
    assert (tmp_path / "people.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert len(blocks) == 6


def test_the_comparison_notebook_shows_the_widget_and_leaves_a_report_and_a_file(run):
    done, folder = run("3-compare-datasets")
    assert any(WIDGET in o.get("data", {}) for c in done.cells for o in c.get("outputs", []))
    page = (folder / "compare.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert str(folder) not in page
    again = ws.Comparison.open(folder / "four-datasets.whim")
    assert "m_words" in set(again.conflicts["feature"])


def test_the_people_notebook_shows_both_widgets_and_leaves_a_reward_and_a_report(run):
    done, folder = run("4-personalize")
    shown = [o for c in done.cells for o in c.get("outputs", []) if WIDGET in o.get("data", {})]
    assert len(shown) == 2
    assert ws.Reward.open(folder / "short.json").table.loc["m_words", "weight"] == -1.5
    page = (folder / "people.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert str(folder) not in page
    annotators = set(ws.load("convincing-arguments").frame["annotator"].dropna())
    assert not [name for name in annotators if name in page]
