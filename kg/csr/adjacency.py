"""One direction of a graph as compressed sparse rows, and the sorting that builds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Adjacency", "AnyInts", "Ints", "distinct", "sort_rows"]

Ints = NDArray[np.int64]
AnyInts = NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class Adjacency:
    """For each of n nodes its neighbours along m edges.

    Row i stands at positions ``indptr[i]`` to ``indptr[i + 1]``, ordered by (relation, neighbor).

    Args:
        indptr: (n + 1,) int64.
        neighbor: (m,) int32 nids.
        relation: (m,) int16 or int32 numbers of relations.
    """

    indptr: Ints
    neighbor: NDArray[np.int32]
    relation: AnyInts

    @classmethod
    def from_sorted(cls, columns: Sequence[Ints], sizes: tuple[int, int]) -> Adjacency:
        """From the columns row, relation and neighbor, sorted; ``sizes`` count nodes and relations."""
        row, relation, neighbor = columns
        nodes, relations = sizes
        indptr = np.zeros(nodes + 1, np.int64)
        np.cumsum(np.bincount(row, minlength=nodes), out=indptr[1:])
        narrow = np.int16 if relations <= np.iinfo(np.int16).max else np.int32
        return cls(indptr, neighbor.astype(np.int32), relation.astype(narrow))

    def __getitem__(self, nid: int) -> tuple[NDArray[np.int32], AnyInts]:
        """Neighbours and relations of one node, as views."""
        row = slice(self.indptr[nid], self.indptr[nid + 1])
        return self.neighbor[row], self.relation[row]

    def degree(self, nids: Ints) -> Ints:
        """(k,) int64 edges of each node."""
        counts: Ints = self.indptr[nids + 1] - self.indptr[nids]
        return counts

    def positions(self, nids: Ints, counts: Ints) -> Ints:
        """The positions of the rows of ``nids``, whose degrees are ``counts``, one row after the other."""
        if len(nids) == 1:
            return np.arange(self.indptr[nids[0]], self.indptr[nids[0] + 1])
        ends = np.cumsum(counts)
        shift = np.repeat(self.indptr[nids] - ends + counts, counts)
        return np.add(shift, np.arange(len(shift)), out=shift)

    def row_of(self, positions: Ints) -> Ints:
        """The row in which each position lies."""
        return np.searchsorted(self.indptr, positions, side="right") - 1

    def first(self, row: AnyInts, relation: AnyInts, neighbor: AnyInts) -> Ints:
        """(k,) int64 first positions in each ``row`` with (relation, neighbor) not below the given one."""
        low, high = self.indptr[row], self.indptr[row + 1]
        width = len(self.indptr)
        wanted = relation.astype(np.int64) * width + neighbor
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high) >> 1
            at = np.minimum(middle, len(self.neighbor) - 1)
            below = (self.relation[at].astype(np.int64) * width + self.neighbor[at] < wanted) & (low < high)
            low, high = np.where(below, middle + 1, low), np.where(below, high, middle)
        return low


def distinct(numbers: AnyInts, size: int) -> Ints:
    """``numbers``, all from 0 to ``size`` − 1, rising and without repetitions."""
    if len(numbers) * 16 > size:
        seen = np.zeros(size, np.bool_)
        seen[numbers] = True
        return np.flatnonzero(seen)
    ordered = np.sort(numbers).astype(np.int64)  # np.unique hashes first and takes longer
    keep = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=keep[1:])
    return ordered[keep]


def sort_rows(columns: Sequence[AnyInts], sizes: Sequence[int]) -> list[Ints]:
    """Sort the rows of a table of small non-negative integers.

    Where a row fits into 63 bits, rows are sorted as single integers, an order of magnitude faster than by
    index.

    Args:
        columns: (m,) integers each, the most significant first.
        sizes: for each column a number above all its values.
    """
    bits = [max(size - 1, 0).bit_length() for size in sizes]
    if sum(bits) > 63:
        order = np.lexsort(tuple(reversed(columns)))
        return [column[order].astype(np.int64) for column in columns]
    packed = np.zeros(len(columns[0]), np.int64)
    for column, width in zip(columns, bits, strict=True):
        packed <<= width
        packed |= column
    packed.sort()
    unpacked = []
    for width in reversed(bits):
        unpacked.append(packed & ((1 << width) - 1))
        packed >>= width
    return unpacked[::-1]
