"""Sampling neighbourhoods, hop by hop, all nodes of a hop at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .adjacency import Adjacency, AnyInts, Ints, distinct

__all__ = ["Sample", "sample"]


class Sample(NamedTuple):
    """Nodes and edges of a sampled neighbourhood.

    Args:
        nids: (n,) int64 distinct nodes: the seeds, then the nodes of each hop by nid.
        row: (m,) int32 places in ``nids`` of the nodes whose edges were drawn.
        neighbor: (m,) int32 places in ``nids`` of the nodes at the other end.
        relation: (m,) int16 or int32 relations of the edges.
        position: (m,) int64 positions in the rows that were sampled, for ``CSRGraph.edge_numbers``.
        hops: (k + 1,) numbers of nodes that the seeds and each hop brought.
    """

    nids: Ints
    row: NDArray[np.int32]
    neighbor: NDArray[np.int32]
    relation: AnyInts
    position: Ints
    hops: tuple[int, ...]


def sample(side: Adjacency, nids: Ints, fanout: Sequence[int], rng: np.random.Generator) -> Sample:
    """See :meth:`CSRGraph.sample`. Every node is expanded once, in the hop after it was found."""
    place = np.zeros(len(side.indptr) - 1, np.int32)  # counted from 1: pages of zeros cost nothing
    place[nids] = np.arange(1, len(nids) + 1)
    levels, rows, positions = [nids], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    ends = [np.zeros(0, np.int32)]
    total = len(nids)
    for width in fanout:
        row, at = _draw(side, levels[-1], width, rng)
        found = side.neighbor[at]
        fresh = distinct(found[place[found] == 0], len(place))
        rows.append(row + total - len(levels[-1]))
        positions.append(at)
        ends.append(found)
        place[fresh] = np.arange(total + 1, total + 1 + len(fresh))
        levels.append(fresh)
        total += len(fresh)
    at = np.concatenate(positions)
    return Sample(
        np.concatenate(levels),
        np.concatenate(rows).astype(np.int32),
        place[np.concatenate(ends)] - 1,
        side.relation[at],
        at,
        tuple(len(level) for level in levels),
    )


def _draw(side: Adjacency, nids: Ints, width: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Up to ``width`` positions in each row: (index into ``nids``, position)."""
    degree = side.degree(nids)
    if width < 0:
        return np.repeat(np.arange(len(nids)), degree), side.positions(nids, degree)
    few, many = np.flatnonzero(degree <= width), np.flatnonzero(degree > width)
    whole = side.positions(nids[few], degree[few])
    drawn = side.indptr[nids[many], None] + _choose(degree[many], width, rng)
    row = np.concatenate([np.repeat(few, degree[few]), np.repeat(many, width)])
    return row, np.concatenate([whole, drawn.ravel()])


def _choose(sizes: Ints, width: int, rng: np.random.Generator) -> Ints:
    """(k, width) distinct numbers below each of ``sizes``, every set equally likely; sizes exceed ``width``.

    Source: R. W. Floyd's algorithm, Communications of the ACM 30 (1987), page 754.
    """
    chosen = np.empty((width, len(sizes)), np.int64)
    uniform = rng.random((width, len(sizes)))
    for i in range(width):
        last = sizes - width + i
        number = (uniform[i] * (last + 1)).astype(np.int64)
        taken = (chosen[:i] == number).any(axis=0)
        chosen[i] = np.where(taken, last, number)
    return chosen.T
