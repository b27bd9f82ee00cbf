"""Walks over a :class:`~kgllm.kg.csr.CSRGraph`: level by level, all nodes of a level at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..model import Direction
from .adjacency import Adjacency, Ints, distinct

if TYPE_CHECKING:
    from .graph import CSRGraph

__all__ = ["REVERSE", "Hop", "layers", "levels", "rule_paths"]

REVERSE: dict[Direction, Direction] = {"out": "in", "in": "out", "both": "both"}

BLOCK = 256
"""Paths that are extended at once; bounds the memory of a rule that runs through hubs."""


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One step from any node: along which relations ((r,) bool, or all) and in which direction."""

    graph: CSRGraph
    wanted: NDArray[np.bool_] | None
    direction: Direction

    def back(self) -> Hop:
        """The step that undoes this one."""
        return Hop(self.graph, self.wanted, REVERSE[self.direction])

    def sides(self) -> Sequence[Adjacency]:
        """The directions it may take."""
        return self.graph.sides(self.direction)

    def reach(self, nids: Ints) -> NDArray[np.int32]:
        """Where it leads from ``nids``, unordered and with repetitions."""
        found = []
        for side in self.sides():
            at = side.positions(nids, side.degree(nids))
            if self.wanted is not None:
                at = at[self.wanted[side.relation[at]]]
            found.append(side.neighbor[at])
        return found[0] if len(found) == 1 else np.concatenate(found)

    def targets(self, nids: Ints) -> tuple[Ints, NDArray[np.int32]]:
        """Distinct (index into ``nids``, neighbour) pairs, sorted."""
        rows, found = [], []
        for side in self.sides():
            counts = side.degree(nids)
            at, row = side.positions(nids, counts), np.repeat(np.arange(len(nids)), counts)
            if self.wanted is not None:
                keep = self.wanted[side.relation[at]]
                at, row = at[keep], row[keep]
            rows.append(row)
            found.append(side.neighbor[at])
        width = len(self.graph)
        pairs = np.unique(np.concatenate(rows) * width + np.concatenate(found))
        return pairs // width, (pairs % width).astype(np.int32)


def levels(hop: Hop, nids: Ints, k: int, enough: int | None) -> list[Ints]:
    """The nodes at distance 0, 1, …, ``k`` from ``nids``; no further ones once there are ``enough``."""
    size = len(hop.graph)
    seen = np.zeros(size, np.bool_)
    found = [distinct(nids, size)]
    total = len(found[0])
    while len(found) <= k and len(found[-1]) and (enough is None or total < enough):
        seen[found[-1]] = True
        reached = hop.reach(found[-1])
        found.append(distinct(reached[~seen[reached]], size))
        total += len(found[-1])
    return found


def rule_paths(hops: Sequence[Hop], nid: int, limit: int) -> Ints:
    """See :meth:`CSRGraph.paths_by_rule`.

    A first pass collects the nodes of each level, a second one drops those that lead nowhere; then every
    beginning of a path can be completed, and the first ``limit`` of them are enough.
    """
    levels = [np.array([nid])]
    for hop in hops:
        levels.append(distinct(hop.reach(levels[-1]), len(hop.graph)))
    for i in reversed(range(len(hops))):
        levels[i] = np.intersect1d(levels[i], hops[i].back().reach(levels[i + 1]))
    paths = levels[0][:, None]
    for hop, level in zip(hops, levels[1:], strict=True):
        paths = _extend(paths, hop, level, limit)
    return paths


def _extend(paths: Ints, hop: Hop, level: Ints, limit: int) -> Ints:
    """``paths`` with one more node out of ``level``, in order, at most ``limit``."""
    longer, total = [np.zeros((0, paths.shape[1] + 1), np.int64)], 0
    for start in range(0, len(paths), BLOCK):
        block = paths[start : start + BLOCK]
        row, target = hop.targets(block[:, -1])
        keep = np.isin(target, level)
        longer.append(np.column_stack([block[row[keep]], target[keep]]))
        total += len(longer[-1])
        if total >= limit:
            break
    return np.concatenate(longer)[:limit]


def layers(hop: Hop, source: int, target: int, longest: int | None) -> list[Ints] | None:
    """All nodes on shortest walks from ``source`` to ``target``, by their distance from ``source``.

    Breadth-first from both ends, the cheaper end first. ``None`` if there is none within ``longest`` hops.
    """
    hops, ends = (hop, hop.back()), [[np.array([source])], [np.array([target])]]
    seen = [np.zeros(len(hop.graph), np.bool_) for _ in ends]
    for end in (0, 1):
        seen[end][ends[end][0]] = True
    met = ends[0][0][seen[1][ends[0][0]]]
    while not len(met):
        walked = len(ends[0]) + len(ends[1]) - 2
        if walked == longest or not all(len(levels[-1]) for levels in ends):
            return None
        cost = [sum(int(side.degree(ends[end][-1]).sum()) for side in hops[end].sides()) for end in (0, 1)]
        end = int(cost[1] < cost[0])
        found = hops[end].reach(ends[end][-1])
        level = distinct(found[~seen[end][found]], len(hop.graph))
        seen[end][level] = True
        ends[end].append(level)
        met = level[seen[1 - end][level]]
    return [*_tighten(hops[1], ends[0], met)[::-1], met, *_tighten(hops[0], ends[1], met)]


def _tighten(hop: Hop, levels: list[Ints], met: Ints) -> list[Ints]:
    """From ``met`` back to the end the levels grew from: the nodes of each that lead to ``met``."""
    tight, last = [], met
    for level in reversed(levels[:-1]):
        last = np.intersect1d(level, hop.reach(last))
        tight.append(last)
    return tight
