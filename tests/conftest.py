"""What all tests share: no network, no bars, a cache of their own."""

import os

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """Keep embeddings of the tests out of the person's cache."""
    before = os.environ.get("WHIMSIGHT_CACHE")
    os.environ["WHIMSIGHT_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["WHIMSIGHT_CACHE"]
    else:
        os.environ["WHIMSIGHT_CACHE"] = before
