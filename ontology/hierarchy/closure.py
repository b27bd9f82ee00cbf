"""The whole closure of a hierarchy: for each concept all its ancestors and all its descendants."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...kg.arrayfile import open_arrays, save_arrays
from ..tables import IsA
from .csr import AnyPositions, Csr, gather, matrix
from .graph import Hierarchy

if TYPE_CHECKING:
    from scipy.sparse import csr_array

KIND = "closure"
PARTS = ("ancestors", "descendants")

BLOCK = 16_384
"""Concepts whose ancestors are found in one product; bounds the memory that is held beside the result."""


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """Proper ancestors and proper descendants of each of n concepts; each is the transpose of the other.

    :class:`.graph.Hierarchy` walks anew for each question; this answers from memory, 8 bytes a pair.
    """

    ancestors: Csr
    descendants: Csr

    @classmethod
    def of(cls, hierarchy: Hierarchy) -> Closure:
        """The closure of ``hierarchy``.

        Raises:
            OntologyError: the links have a cycle.
        """
        ancestors = _ancestors(hierarchy)
        return cls(ancestors, ancestors.transposed())

    def subsumes(self, above: AnyPositions, below: AnyPositions) -> NDArray[np.bool_]:
        """(k,) bool whether ``below[i]`` is ``above[i]`` or one of its descendants."""
        found: NDArray[np.bool_] = self.ancestors.contains(below, above) | (above == below)
        return found

    def save(self, path: Path | str, stamp: str) -> None:
        """Write it to one file, with ``stamp``, the version of what it was made from.

        Raises:
            DiskFullError: there is no space; what stood at ``path`` stays.
        """
        rows = {"ancestors": self.ancestors, "descendants": self.descendants}
        arrays = {f"{part}.starts": rows[part].starts for part in PARTS}
        save_arrays(path, KIND, arrays | {f"{part}.values": rows[part].values for part in PARTS}, stamp)

    @classmethod
    def open(cls, path: Path | str, stamp: str) -> Closure:
        """Map a saved closure into memory, without reading it.

        Raises:
            NotFoundError: there is no such file.
            StoreCorruptError: it is torn, or has another stamp.
        """
        found = open_arrays(path, KIND, stamp)
        return cls(*(Csr(found[f"{part}.starts"], found[f"{part}.values"]) for part in PARTS))


def ancestors_of(hierarchy: Hierarchy, positions: AnyPositions) -> Csr:
    """The proper ancestors of many concepts at once: row i has those of ``positions[i]``.

    What is not above any of them is left aside: a few thousand take milliseconds.
    """
    kept = hierarchy.above(positions, itself=True)
    up = hierarchy.up.take(kept)
    child = np.repeat(np.arange(len(kept), dtype=np.int32), up.counts())
    parent = np.searchsorted(kept, up.values).astype(np.int32)
    part = _ancestors(Hierarchy(IsA(child, parent), len(kept)))
    found = part.take(np.searchsorted(kept, positions))
    return Csr(found.starts, kept[found.values])


def _ancestors(hierarchy: Hierarchy) -> Csr:
    """The proper ancestors of each concept.

    From the roots down, concepts of one depth at once: the ancestors of a concept are its parents and theirs,
    which is a product of sparse matrices.
    """
    order = hierarchy.topological()
    depth = hierarchy.depths()[1][order]
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    parents = hierarchy.up.take(order)
    known = _Known(order)
    for first, last in pairwise(_bounds(depth)):
        starts = parents.starts[first : last + 1]
        known.extend(starts - starts[0], rank[parents.values[starts[0] : starts[-1]]])
    return known.finish(rank)


def _bounds(depth: NDArray[np.int32]) -> list[int]:
    """Where blocks of equal ``depth`` begin, at most :data:`BLOCK` concepts each; and the end."""
    levels = np.flatnonzero(np.diff(depth, prepend=-1, append=-1)).tolist()
    return [first for begin, end in pairwise(levels) for first in range(begin, end, BLOCK)] + levels[-1:]


class _Known:
    """The ancestors of the first concepts in topological order; at the end of each row the concept itself."""

    def __init__(self, order: NDArray[np.int32]) -> None:
        self.order = order
        self.starts = np.zeros(len(order) + 1, np.int64)
        self.values = np.empty(len(order), np.int32)
        self.rows = 0

    def extend(self, starts: NDArray[np.int64], parents: NDArray[np.int32]) -> None:
        """Append the next concepts; row i of the CSR has the ranks of the parents of one, all known."""
        begin, last = self.starts[self.rows], self.rows + len(starts) - 1
        above = matrix(starts, parents, self.rows) @ self._matrix()
        ends = begin + above.indptr[1:] + np.arange(1, len(starts))
        if ends[-1] > len(self.values):
            self.values.resize(max(ends[-1], len(self.values) * 5 // 4), refcheck=False)
        fresh = self.values[begin : ends[-1]]
        own = np.zeros(len(fresh), np.bool_)
        own[ends - 1 - begin] = True
        fresh[own] = self.order[self.rows : last]
        fresh[~own] = above.indices
        self.starts[self.rows + 1 : last + 1] = ends
        self.rows = last

    def _matrix(self) -> csr_array:
        end = self.starts[self.rows]
        return matrix(self.starts[: self.rows + 1], self.values[:end], len(self.order))

    def finish(self, rank: NDArray[np.int32]) -> Csr:
        """All rows, in the order of the concepts, ascending and without the concepts themselves."""
        first = self.starts[rank]
        counts = self.starts[rank + 1] - first - 1
        starts = np.concatenate([[0], np.cumsum(counts)])
        values = np.empty(starts[-1], np.int32)
        for begin in range(0, len(rank), BLOCK):
            block = slice(begin, begin + BLOCK)
            local = starts[begin : begin + BLOCK + 1] - starts[begin]
            rows = matrix(local, gather(self.values, first[block], counts[block]), len(rank))
            rows.sort_indices()
            values[starts[begin] :][: local[-1]] = rows.indices
        return Csr(starts, values)
