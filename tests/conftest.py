"""What all tests share: no network, no bars, folders of their own."""

import os

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory):
    """Keep the tests' embeddings and labels out of the person's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHIMSIGHT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("WHIMSIGHT_DATA", str(tmp_path_factory.mktemp("data")))
        yield
