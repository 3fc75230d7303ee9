"""What several tests of studies share."""

import pytest
from tests.unit.studies.making import make_study

from whimsight.studies import Study


@pytest.fixture(scope="module")
def study() -> Study:
    """A study nobody may change."""
    return make_study()
