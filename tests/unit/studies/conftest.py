"""What several tests of studies share."""

from pathlib import Path

import pytest

from tests.unit.studies.making import make_study
from whimsight.studies import Study


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Labels of studies without a file go to a folder of the test's own."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("WHIMSIGHT_DATA", str(folder))
    return folder


@pytest.fixture(scope="module")
def study() -> Study:
    """A study nobody may change."""
    return make_study()
