"""The order of rows by several columns, from one sort of packed integers.

Sorting one column of 64-bit integers costs a quarter of what ``np.lexsort`` costs. It serves where the
columns are narrow enough to share 64 bits, as those of concepts, roles and groups mostly are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = 64

Column = NDArray[Any]


def order(columns: Sequence[Column]) -> NDArray[np.int64]:
    """(n,) int64 positions that sort rows by the first column, then by the next; equal rows keep their order.

    Args:
        columns: (n,) integers each, none negative.
    """
    place = np.arange(len(columns[0]))
    widths = _widths([*columns, place])
    if sum(widths) > BITS:
        return np.lexsort(tuple(reversed(columns)))
    packed = _packed([*columns, place], widths)
    packed.sort()
    packed &= _mask(widths[-1])
    return packed.view(np.int64)


def distinct(columns: Sequence[Column]) -> list[Column]:
    """Sorted rows, none twice, as columns of the same types.

    Args:
        columns: (n,) integers each, none negative.
    """
    if sum(_widths(columns)) <= BITS:
        return [row.astype(column.dtype) for row, column in zip(_distinct(columns), columns, strict=True)]
    values, ranks = zip(*(np.unique(column, return_inverse=True) for column in columns), strict=True)
    if sum(_widths(ranks)) <= BITS:
        return [value[row] for value, row in zip(values, _distinct(ranks), strict=True)]
    at = np.lexsort(tuple(reversed(columns)))
    at = at[_new([column[at] for column in columns])]
    return [column[at] for column in columns]


def _new(columns: Sequence[Column]) -> NDArray[np.bool_]:
    """(n,) whether a row is not like the one before it."""
    new = np.zeros(len(columns[0]), np.bool_)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new


def _distinct(columns: Sequence[Column]) -> list[NDArray[np.uint64]]:
    """Sorted rows, none twice, of columns that fit together."""
    widths = _widths(columns)
    packed = _packed(columns, widths)
    packed.sort()
    packed = packed[_new([packed])]
    rows = []
    for width in reversed(widths):
        rows.append(packed & _mask(width))
        packed >>= np.uint64(width)
    return rows[::-1]


def _widths(columns: Sequence[Column]) -> list[int]:
    return [int(column.max(initial=0)).bit_length() for column in columns]


def _packed(columns: Sequence[Column], widths: Sequence[int]) -> NDArray[np.uint64]:
    packed = np.zeros(len(columns[0]), np.uint64)
    for column, width in zip(columns, widths, strict=True):
        packed <<= np.uint64(width)
        packed |= column.astype(np.uint64)
    return packed


def _mask(width: int) -> np.uint64:
    return np.uint64((1 << width) - 1)
