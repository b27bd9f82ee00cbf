"""The is-a hierarchy: who is above and below whom, how deep, along which paths."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import OntologyError
from ..ids import Positions
from ..tables import IsA, Numbers
from .csr import AnyPositions, Csr, distinct

Position = int | np.integer[Any]


class Hierarchy:
    """Is-a links in both directions. Sets of concepts are ascending int32 positions.

    Concepts without any is-a link (inactive ones, relation types) have no parents and no children, depth 0,
    and are neither roots nor leaves.

    Args:
        isa: the links; they have no cycle, see :func:`.cycles.without_cycles`.
        size: number of concepts.
    """

    def __init__(self, isa: IsA, size: int) -> None:
        self.up = Csr.of_pairs(isa.child, isa.parent, size)
        self.down = self.up.transposed()

    def __len__(self) -> int:
        """Number of concepts."""
        return len(self.up)

    def parents(self, position: Position) -> Positions:
        """The concepts right above one."""
        return self.up[position]

    def children(self, position: Position) -> Positions:
        """The concepts right below one."""
        return self.down[position]

    def siblings(self, position: Position) -> Positions:
        """The other children of its parents."""
        found = self.down.gathered(self.parents(position))
        return np.unique(found[found != position])

    def above(self, positions: AnyPositions, itself: bool = False) -> Positions:
        """Proper ancestors of at least one of ``positions``; with ``itself``, ``positions`` too."""
        return _reached(self.up, positions, itself)

    def below(self, positions: AnyPositions, itself: bool = False) -> Positions:
        """Proper descendants of at least one of ``positions``; with ``itself``, ``positions`` too."""
        return _reached(self.down, positions, itself)

    def ancestors(self, position: Position, itself: bool = False) -> Positions:
        """Proper ancestors of one concept; with ``itself``, the concept too."""
        todo = [int(position)]
        found = {*todo} if itself else set[int]()
        while todo:  # they are few, so this takes a quarter of the time that arrays would
            fresh = [parent for parent in self.up[todo.pop()].tolist() if parent not in found]
            found.update(fresh)
            todo += fresh
        return np.array(sorted(found), np.int32)

    def descendants(self, position: Position, itself: bool = False) -> Positions:
        """Proper descendants of one concept; with ``itself``, the concept too."""
        return self.below(np.array([position]), itself)

    def subsumes(self, above: Position, below: Position) -> bool:
        """Whether ``below`` is ``above`` or one of its descendants."""
        return bool(np.isin(above, self.ancestors(below, itself=True)))

    def roots(self) -> Positions:
        """Concepts with children and without parents."""
        return _positions((self.up.counts() == 0) & (self.down.counts() > 0))

    def leaves(self) -> Positions:
        """Concepts with parents and without children."""
        return _positions((self.up.counts() > 0) & (self.down.counts() == 0))

    def depth(self, position: Position) -> tuple[int, int]:
        """Links on the shortest and on the longest path from a root."""
        shortest, longest = self.depths()
        return int(shortest[position]), int(longest[position])

    def depths(self) -> tuple[Numbers, Numbers]:
        """(n,) int32 links on the shortest and on the longest path from a root to each concept.

        Raises:
            OntologyError: the links have a cycle.
        """
        longest = self._longest  # finds cycles
        return self._shortest, longest

    def topological(self) -> Positions:
        """All n concepts, parents before children; by the longest path from a root, then by position.

        Raises:
            OntologyError: the links have a cycle.
        """
        return np.argsort(self._longest, kind="stable").astype(np.int32)

    def paths_to_root(self, position: Position, limit: int) -> list[list[int]]:
        """Paths from the concept to a root, both included, in the order of the parents; at most ``limit``."""
        paths: list[list[int]] = []
        todo = [[int(position)]]
        while todo and len(paths) < limit:
            path = todo.pop()
            parents = self.parents(path[-1])
            if not len(parents):
                paths.append(path)
            todo.extend([*path, parent] for parent in parents[::-1].tolist())
        return paths

    def common(self, a: Position, b: Position) -> Positions:
        """Common ancestors, ``a`` and ``b`` counted among their own."""
        first, second = (self.ancestors(one, itself=True) for one in (a, b))
        return np.intersect1d(first, second, assume_unique=True)

    def lca(self, a: Position, b: Position) -> Positions:
        """Lowest common ancestors: those of :meth:`common` none of whose descendants is common too."""
        common = self.common(a, b)  # with a concept it holds all its ancestors, so parents are enough
        return np.setdiff1d(common, self.up.gathered(common))

    @cached_property
    def _longest(self) -> Numbers:
        depth = np.full(len(self), -1, np.int32)
        unknown = self.up.counts()  # parents whose depth is not known yet
        front: AnyPositions = np.flatnonzero(unknown == 0)
        level = 0
        while len(front):
            depth[front] = level
            found = self.down.gathered(front)
            np.subtract.at(unknown, found, 1)
            front, level = distinct(found[unknown[found] == 0], len(self)), level + 1
        left = np.count_nonzero(depth < 0)
        if left:
            raise OntologyError(f"{left} concepts lie on or below a cycle of is-a links; break the cycle")
        return depth

    @cached_property
    def _shortest(self) -> Numbers:
        depth = np.full(len(self), -1, np.int32)
        front: AnyPositions = np.flatnonzero(self.up.counts() == 0)
        level = 0
        while len(front):
            depth[front] = level
            found = self.down.gathered(front)
            front, level = distinct(found[depth[found] < 0], len(self)), level + 1
        return depth


def _reached(rows: Csr, positions: AnyPositions, itself: bool) -> Positions:
    seen = rows.reached(positions)
    if itself:
        seen[positions] = True
    return _positions(seen)


def _positions(mask: NDArray[np.bool_]) -> Positions:
    return np.flatnonzero(mask).astype(np.int32)
