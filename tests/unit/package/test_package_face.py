"""What the installed package promises before anything is computed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import whimsight as ws

ROOT = Path(__file__).parents[3]


def test_importing_the_package_loads_nothing_heavy():
    heavy = ("torch", "transformers", "sklearn", "pandas")
    code = f"import whimsight, sys; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ws.__all__)
def test_every_public_name_is_there(name):
    assert getattr(ws, name) is not None
    assert name in dir(ws)


def test_the_function_study_is_not_hidden_by_a_module():
    import whimsight.studies.run

    assert whimsight.studies.run.study is ws.study
    assert callable(ws.study)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        ws.nonsense  # noqa: B018


def test_the_wheel_holds_the_package_with_its_samples_and_styles(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    kit = ROOT / "kit" / "whimsight"
    expected = {
        f"whimsight/{p.relative_to(kit).as_posix()}"
        for p in kit.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    assert expected <= set(names)
    assert any(n.endswith("licenses/LICENSE") for n in names)
