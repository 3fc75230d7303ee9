"""What is shipped: the front end is built and inside, and nothing of the machine that built it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = (
    ".py",
    ".js",
    ".css",
    ".json",
    ".toml",
    ".md",
    ".ts",
    ".tsx",
    ".mjs",
    ".txt",
    ".ipynb",
    "PKG-INFO",
    "METADATA",
)
WIDGETS = ("labeler", "comparison", "mixer", "calibrator")
BUILT = (*(f"{name}.{kind}" for name in WIDGETS for kind in ("js", "css")), "host.js")
SAMPLES = ("mt-bench", "hh-harmless", "creative-writing", "convincing-arguments")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """The files of the sdist and of the wheel made from it, by their paths inside."""
    for tool in ("hatchling", "hatch_jupyter_builder"):
        pytest.importorskip(tool, reason=f"building without a network needs {tool}: install the extra dev")
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=os.environ)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    with tarfile.open(sdist) as archive:
        members = [m for m in archive.getmembers() if m.isfile()]
        source = {m.name.split("/", 1)[1]: archive.extractfile(m).read() for m in members}  # type: ignore[union-attr]
    with zipfile.ZipFile(wheel) as package:
        installed = {name: package.read(name) for name in package.namelist()}
    return {"sdist": source, "wheel": installed}


@pytest.mark.parametrize(("kind", "base"), [("sdist", "kit/whimsight"), ("wheel", "whimsight")])
def test_both_hold_the_built_front_end_the_samples_and_the_marker_of_types(
    shipped: dict[str, dict[str, bytes]], kind: str, base: str
) -> None:
    held = shipped[kind]
    for name in BUILT:
        assert held[f"{base}/static/{name}"].strip(), name
    assert {f"{base}/samples/{name}.parquet" for name in SAMPLES} <= set(held)
    assert {
        f"{base}/py.typed",
        f"{base}/studies/_report/page.css",
        f"{base}/studies/_report/style.css",
    } <= set(held)


def test_the_front_end_can_be_built_again_from_the_sdist(shipped: dict[str, dict[str, bytes]]) -> None:
    needed = {
        "package.json",
        "package-lock.json",
        "build.mjs",
        "tsconfig.json",
        "src/labeler/index.tsx",
        "src/host.ts",
    }
    assert {f"widgets/{name}" for name in needed} <= set(shipped["sdist"])


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
def test_neither_holds_what_belongs_to_a_machine(shipped: dict[str, dict[str, bytes]], kind: str) -> None:
    parts = {part for name in shipped[kind] for part in Path(name).parts}
    assert not parts & {"node_modules", ".venv", "__pycache__", ".git", ".mypy_cache", ".ruff_cache", "dist"}
    assert not [name for name in shipped[kind] if name.endswith((".whim", ".labels", ".pyc"))]
    local = {str(ROOT), f"{Path.home()}{os.sep}"} - {os.sep}
    for name, content in shipped[kind].items():
        if name.endswith(TEXTS):
            said = content.decode("utf-8")
            assert not [path for path in local if path in said], name


def test_lockfiles_hold_no_addresses(shipped: dict[str, dict[str, bytes]]) -> None:
    lock = (ROOT / "widgets" / "package-lock.json").read_text(encoding="utf-8")
    assert shipped["sdist"]["widgets/package-lock.json"].decode("utf-8") == lock
    assert not [p for p in json.loads(lock)["packages"].values() if "resolved" in p]
    # A package may say where to thank its makers; nothing names the place that packages came from.
    assert not re.findall(r"https?://\S*(?:registry|npmjs|/-/)\S*", lock)
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in pins


def test_built_modules_are_small_and_load_nothing(shipped: dict[str, dict[str, bytes]]) -> None:
    static = {name: shipped["wheel"][f"whimsight/static/{name}"].decode("utf-8") for name in BUILT}
    assert all(len(static[f"{name}.js"]) <= 120_000 for name in WIDGETS)
    assert len(static["host.js"]) <= 8_000
    for name, text in static.items():
        assert "sourceMappingURL" not in text, name
        outside = set(re.findall(r"https?://[^\s\"'`)]+", text)) - {
            "http://www.w3.org/1999/xhtml",
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1998/Math/MathML",
            "http://www.w3.org/1999/xlink",
            "http://www.w3.org/XML/1998/namespace",
            "http://www.w3.org/2000/xmlns/",
        }
        assert not outside, name
        assert not re.search(r"@import|url\((?!#|[\"']?data:)", text), name
