"""How many threads linear algebra may use, and independent pieces of work side by side."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["in_threads", "one_thread"]

Item = TypeVar("Item")
Result = TypeVar("Result")


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
    from threadpoolctl import threadpool_limits

    if not when:
        yield
        return
    with threadpool_limits(1, user_api="blas"):
        yield


def in_threads(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield ``function(item)`` in the order of the items: a thread for each core, one BLAS thread in each.

    NumPy lets go of the interpreter in its products, so folds and halves fill the cores without waiting for
    each other in every product. What is returned does not depend on the number of cores.

    Examples
    --------
    >>> list(in_threads(abs, [-2, 1]))
    [2, 1]
    """
    from concurrent.futures import ThreadPoolExecutor

    from joblib import cpu_count  # knows the limits of a container

    with one_thread(), ThreadPoolExecutor(max_workers=cpu_count()) as pool:
        yield from pool.map(function, items)
