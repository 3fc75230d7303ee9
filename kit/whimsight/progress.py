"""Progress bars for people; nothing in logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Progress", "bars"]

Progress = Callable[[str, int, int], None]
"""Called with the stage, the steps done and the steps in all."""


@contextmanager
def bars(*, disable: bool = False) -> Iterator[Progress]:
    """Yield a progress callback that draws one bar a stage on standard error.

    Parameters
    ----------
    disable : bool
        Draw nothing, as in logs and tests.
    """
    from tqdm.auto import tqdm

    open_bars: dict[str, tqdm] = {}  # type: ignore[type-arg]

    def progress(stage: str, done: int, total: int) -> None:
        if disable:
            return
        if stage not in open_bars:
            for bar in open_bars.values():
                bar.close()
            open_bars[stage] = tqdm(total=total, desc=stage.capitalize(), leave=True)
        bar = open_bars[stage]
        bar.total = total
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    try:
        yield progress
    finally:
        for bar in open_bars.values():
            bar.close()
