"""Cycles of is-a links: found, named, and broken where a load goes on without them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tables import IsA


def without_cycles(isa: IsA, size: int) -> tuple[IsA, list[int]]:
    """``isa`` without the links inside cycles, and one cycle as positions from child to parent; or ``[]``.

    Args:
        isa: links between ``size`` concepts.
        size: number of concepts.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    if not len(isa.child):
        return isa, []
    ones = np.ones(len(isa.child), np.int8)
    graph = csr_array((ones, (isa.child, isa.parent)), shape=(size, size))
    _, component = connected_components(graph, directed=True, connection="strong")
    inside = component[isa.child] == component[isa.parent]
    if not inside.any():
        return isa, []
    return IsA(isa.child[~inside], isa.parent[~inside]), _walk(isa.child[inside], isa.parent[inside])


def _walk(child: NDArray[Any], parent: NDArray[Any]) -> list[int]:
    """A cycle among links of which each lies on one."""
    upwards = dict(zip(child.tolist(), parent.tolist(), strict=True))
    path = [int(child[0])]
    while (following := upwards[path[-1]]) not in path:
        path.append(following)
    return [*path[path.index(following) :], following]
