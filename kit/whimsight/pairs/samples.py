"""Samples that come with the package: real votes with licence and attribution."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from whimsight._suggest import nearest
from whimsight.errors import PairsError
from whimsight.pairs.parquet import pairs_from_bytes
from whimsight.pairs.table import Pairs
from whimsight.tables import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load", "samples"]


def _catalogue() -> dict[str, dict[str, Any]]:
    text = files("whimsight").joinpath("samples/catalogue.json").read_text(encoding="utf-8")
    catalogue: dict[str, dict[str, Any]] = json.loads(text)
    return catalogue


def samples() -> pd.DataFrame:
    """List the shipped samples.

    Returns
    -------
    DataFrame
        Index ``name``; ``title``, ``rows``, ``pairs``, ``prompts``, ``annotators``, ``licence``,
        ``attribution``, ``note``. The licences' texts lie beside the samples, in the package's folder
        ``samples``.

    Examples
    --------
    >>> list(samples().index)
    ['mt-bench', 'hh-harmless', 'creative-writing', 'convincing-arguments']
    """
    return Table.from_dict(_catalogue(), orient="index").rename_axis("name")


def load(name: str = "mt-bench") -> Pairs:
    """Load a shipped sample; no network.

    Parameters
    ----------
    name : str
        One of ``samples().index``.

    Raises
    ------
    PairsError
        If there is no such sample.

    Examples
    --------
    >>> len(load("mt-bench"))
    3325
    """
    known = list(_catalogue())
    if name not in known:
        raise PairsError(
            f"No sample {name!r}.{nearest(name, known)} Samples: {', '.join(known)}. "
            "Your own file: whimsight.read('votes.csv')."
        )
    frame, stored, report = pairs_from_bytes(
        files("whimsight").joinpath(f"samples/{name}.parquet").read_bytes()
    )
    return Pairs(frame, name=stored, report=report)
