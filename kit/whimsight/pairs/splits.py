"""Splits that never separate rows which belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whimsight.errors import PairsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["balanced_folds", "connected_components", "held_out_split"]


def connected_components(codes: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Number the groups of rows that are linked through equal values in any of several columns.

    Parameters
    ----------
    codes : sequence of ndarray
        int64 (n,) each; -1 marks a missing value, which links to nothing.

    Returns
    -------
    ndarray
        int64 (n,): component of each row, in order of first appearance.

    Notes
    -----
    Rows and values are the two sides of a bipartite graph with one edge a value, so the graph has n
    edges a column, however many rows share a value.

    Examples
    --------
    >>> prompt = np.array([0, 0, 1, 2])
    >>> conversation = np.array([0, 1, 1, -1])
    >>> connected_components([prompt, conversation]).tolist()
    [0, 0, 0, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components as components

    n = codes[0].size
    rows, nodes, offset = [], [], n
    for column in codes:
        given = np.flatnonzero(column >= 0)
        rows.append(given)
        nodes.append(column[given] + offset)
        offset += int(column.max(initial=-1)) + 1
    row, node = np.concatenate(rows), np.concatenate(nodes)
    graph = coo_array((np.ones(row.size, dtype=np.int8), (row, node)), shape=(offset, offset))
    labels = components(graph.tocsr(), directed=False)[1][:n]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.empty(first.size, dtype=np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(first.size)
    return order[inverse].astype(np.int64)


def balanced_folds(groups: NDArray[np.int64], n_folds: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Spread groups over folds so that the folds hold nearly the same number of rows.

    Groups come in random order, larger ones first, each to the fold with the fewest rows.

    Returns
    -------
    ndarray
        int64 (n,): the fold of each row.

    Raises
    ------
    PairsError
        If there are fewer groups than folds.
    """
    names, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if names.size < n_folds:
        raise PairsError(
            f"{n_folds} folds need at least {n_folds} groups of rows that share nothing; found {names.size}. "
            "Use fewer folds, or more prompts."
        )
    shuffled = np.random.default_rng(seed).permutation(names.size)
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    fold = np.empty(names.size, dtype=np.int64)
    load = [0] * n_folds
    for group in order.tolist():
        lightest = load.index(min(load))
        fold[group] = lightest
        load[lightest] += int(sizes[group])
    return fold[inverse]


def held_out_split(
    groups: NDArray[np.int64], held_out: float, *, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hold out whole groups, in random order, until about ``held_out`` of the rows are out.

    Returns
    -------
    (train, held) : tuple of ndarray
        int64 row positions, increasing; both hold at least one group.
    """
    if not 0.0 < held_out < 1.0:
        raise PairsError(f"held_out is a share between 0 and 1; found {held_out}.")
    names, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if names.size < 2:
        raise PairsError("A split needs at least two groups of rows that share nothing; found one.")
    order = np.random.default_rng(seed).permutation(names.size)
    before = np.cumsum(sizes[order]) - sizes[order] / 2
    out = np.zeros(names.size, dtype=bool)
    out[order] = before <= held_out * groups.size
    out[order[0]], out[order[-1]] = True, False
    chosen = out[inverse]
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
