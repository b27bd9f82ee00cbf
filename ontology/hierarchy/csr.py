"""A list of concepts for each concept, as compressed sparse rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..ids import Positions

if TYPE_CHECKING:
    from scipy.sparse import csr_array

AnyPositions = NDArray[np.integer[Any]]
Number = TypeVar("Number", bound=np.integer[Any])


@dataclass(frozen=True, slots=True, eq=False)
class Csr:
    """For each of n concepts a row of positions, ascending.

    Args:
        starts: (n + 1,) int64; row p is ``values[starts[p]:starts[p + 1]]``.
        values: (m,) int32 positions.
    """

    starts: NDArray[np.int64]
    values: Positions

    @classmethod
    def of_pairs(cls, row: Positions, values: Positions, size: int) -> Csr:
        """From pairs sorted by ``row``, then ``values``."""
        starts = np.zeros(size + 1, np.int64)
        np.cumsum(np.bincount(row, minlength=size), out=starts[1:])
        return cls(starts, values)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, position: int | np.integer[Any]) -> Positions:
        """One row, as a view."""
        return self.values[self.starts[position] : self.starts[position + 1]]

    def counts(self) -> NDArray[np.int64]:
        """(n,) int64 length of each row."""
        return np.diff(self.starts)

    def gathered(self, positions: AnyPositions) -> Positions:
        """The rows of ``positions``, one after the other."""
        first = self.starts[positions]
        return gather(self.values, first, self.starts[positions + 1] - first)

    def take(self, positions: AnyPositions) -> Csr:
        """The rows of ``positions``: row i is that of ``positions[i]``."""
        starts = np.zeros(len(positions) + 1, np.int64)
        np.cumsum(self.starts[positions + 1] - self.starts[positions], out=starts[1:])
        return Csr(starts, self.gathered(positions))

    def transposed(self) -> Csr:
        """Row q holds each p whose row holds q; ascending whatever the order inside the rows here."""
        turned = matrix(self.starts, self.values, len(self)).tocsc()
        return Csr(turned.indptr.astype(np.int64), turned.indices.astype(np.int32, copy=False))

    def contains(self, rows: AnyPositions, values: AnyPositions) -> NDArray[np.bool_]:
        """(k,) bool whether row ``rows[i]`` holds ``values[i]``, by binary search in all rows at once."""
        low, end = self.starts[rows], self.starts[rows + 1]
        high = end
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high) >> 1
            below = (low < high) & (self.values[np.minimum(middle, len(self.values) - 1)] < values)
            low, high = np.where(below, middle + 1, low), np.where(below, high, middle)
        found = low < end
        found[found] = self.values[low[found]] == values[found]
        return found

    def reached(self, positions: AnyPositions) -> NDArray[np.bool_]:
        """(n,) bool what one or more steps from ``positions`` lead to, a step being from p to its row."""
        seen = np.zeros(len(self), np.bool_)
        front = np.asarray(positions)
        while len(front):
            found = self.gathered(front)
            front = distinct(found[~seen[found]], len(self))
            seen[front] = True
        return seen


def matrix(starts: NDArray[np.int64], values: Positions, columns: int) -> csr_array:
    """The rows as sparse bool matrix, around ``values`` itself as long as 32-bit offsets are enough."""
    from scipy.sparse import csr_array

    narrow = np.int32 if starts[-1] <= np.iinfo(np.int32).max else np.int64
    ones = np.ones(len(values), np.bool_)
    return csr_array((ones, values, starts.astype(narrow)), shape=(len(starts) - 1, columns))


def gather(values: Positions, first: NDArray[np.int64], counts: NDArray[np.int64]) -> Positions:
    """``values[first[i]:first[i] + counts[i]]`` for each i, one after the other."""
    ends = np.cumsum(counts)
    at = np.repeat(first - ends + counts, counts)
    at += np.arange(len(at))
    found: Positions = values[at]
    return found


def distinct(positions: AnyPositions, size: int) -> AnyPositions:
    """``positions``, all below ``size``, ascending and none twice."""
    if len(positions) * 16 < size:
        return ascending(positions)
    seen = np.zeros(size, np.bool_)
    seen[positions] = True
    return np.flatnonzero(seen)


def ascending(numbers: NDArray[Number]) -> NDArray[Number]:
    """``numbers`` sorted, none twice. ``np.unique`` hashes first, which can take twenty times as long."""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
