"""What all tests share: no network, no bars, folders of their own, and how they are dealt out to processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xdist.remote import Producer
    from xdist.scheduler import Scheduling

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# Processes that run beside each other share the cores, and so do the kernels that they start.
beside = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0"))
if beside:
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // beside)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Keep the tests of a file in one process and in order: they share what takes long to make.

    Files go out in the order of ``testpaths``, the long ones first, so that the processes end together.
    """
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests' embeddings and labels out of the person's.

    Processes that run beside each other share what was embedded, as those of a person do, and nothing else.
    """
    own = tmp_path_factory.getbasetemp()
    cache = (own.parent if beside else own) / "embedded"
    cache.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHIMSIGHT_CACHE", str(cache))
        patch.setenv("WHIMSIGHT_DATA", str(tmp_path_factory.mktemp("data")))
        yield
