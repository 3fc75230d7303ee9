"""How many threads linear algebra may use."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["one_thread"]


@contextmanager
def one_thread(when: bool = True) -> Iterator[None]:
    """Run a block with one BLAS thread.

    Thin products gain nothing from a second thread; on a busy machine, threads that wait for each other
    made the same fit up to 100 times slower (.04 s against 4 s). One thread also adds in one order, so that
    the same seed gives the same bits.

    Parameters
    ----------
    when : bool
        With False the block runs with as many threads as are allowed.
    """
    # Both libraries bring their own BLAS, and only what is loaded already can be limited.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if not when:
        yield
        return
    with threadpool_limits(1, user_api="blas"):
        yield
