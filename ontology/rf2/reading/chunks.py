"""Chunks of a file as columns, and the columns of many chunks put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...strings import Strings
from ..rows import FileKind, Rows
from ..schema import Column, Sort

__all__ = ["Array", "Chunk", "Collector", "Values", "numbers"]

Array: TypeAlias = NDArray[Any]
Values: TypeAlias = Any
"""An array of numpy or, of text, a ``pa.LargeStringArray``."""

TYPES: Mapping[Sort, tuple[Any, tuple[int, ...]]] = {
    Sort.SCTID: (np.int64, ()),
    Sort.UUID: (np.uint64, (2,)),
    Sort.TIME: (np.int32, ()),
    Sort.ACTIVE: (np.bool_, ()),
    Sort.INTEGER: (np.int32, ()),
}
"""The type of a value and its shape."""


@dataclass(slots=True)
class Chunk:
    """Rows that follow each other in a file.

    Args:
        columns: by name, typed as in :class:`~..rows.Rows`.
        lines: (n,) int32 line of each row.
        end: line behind the last one.
        size: bytes of the lines, at least 1.
        blanks: columns in which values are missing, and the rows in which they are.
        plain: line of the first row that ends with LF alone; 0 if none does.
    """

    columns: dict[str, Values]
    lines: NDArray[np.int32]
    end: int
    size: int
    blanks: list[tuple[Column, Array]] = field(default_factory=list)
    plain: int = 0


class _Growing:
    """An array that is filled from its beginning; what is not filled takes no memory."""

    __slots__ = ("array", "filled")

    def __init__(self, array: Array) -> None:
        self.array, self.filled = array, 0

    def add(self, values: Array, times: float) -> None:
        """Take ``values``; about ``times`` as many are to come, with them, so room is made once."""
        end = self.filled + len(values)
        if end > len(self.array):
            room = self.filled + max(self.filled, int(len(values) * times))
            larger = np.empty((room, *self.array.shape[1:]), self.array.dtype)
            larger[: self.filled] = self.array[: self.filled]
            self.array = larger
        self.array[self.filled : end] = values
        self.filled = end

    def finish(self) -> Array:
        self.array.resize((self.filled, *self.array.shape[1:]), refcheck=False)
        return self.array


class _Numbers:
    """A column of numbers."""

    def __init__(self, sort: Sort) -> None:
        self.values = _Growing(numbers(sort, []))

    def add(self, values: Array, times: float) -> None:
        self.values.add(values, times)

    def finish(self) -> Values:
        return self.values.finish()


class _Texts:
    """A column of text."""

    def __init__(self) -> None:
        self.ends, self.data = _Growing(np.zeros(0, np.int64)), _Growing(np.zeros(0, np.uint8))
        self.ends.add(np.zeros(1, np.int64), 1)

    def add(self, values: pa.LargeStringArray, times: float) -> None:
        strings = Strings.of(values)
        self.ends.add(strings.offsets[1:] + self.data.filled, times)
        self.data.add(strings.data, times)

    def finish(self) -> Values:
        return Strings(self.ends.finish(), self.data.finish()).arrow()


class Collector:
    """The rows of one kind, from the chunks of its files.

    Args:
        kind: what they are.
        columns: the columns to keep.
    """

    def __init__(self, kind: FileKind, columns: Sequence[Column]) -> None:
        self.kind = kind
        self.columns = {
            column.name: _Texts() if column.sort is Sort.TEXT else _Numbers(column.sort) for column in columns
        }
        self.files: list[tuple[str, int]] = []
        self.lines: list[NDArray[np.int32]] = []
        self.rows, self.ahead, self.gaps = 0, 0, False

    def begin(self, file: str, size: int) -> None:
        """What follows is of ``file``, which has about ``size`` bytes."""
        self.files.append((file, self.rows))
        self.ahead = size

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a chunk."""
        times = 1.02 * max(1.0, self.ahead / chunk.size)
        self.ahead -= chunk.size
        for name, column in self.columns.items():
            column.add(chunk.columns[name], times)
        if len(chunk.lines):
            first = self.rows - self.files[-1][1] + 2
            self.gaps |= chunk.lines[0] != first or chunk.lines[-1] - first >= len(chunk.lines)
        self.lines.append(chunk.lines)
        self.rows += len(chunk.lines)

    def finish(self) -> Rows:
        """All of them; the collector is empty then."""
        columns = {name: self.columns.pop(name).finish() for name in [*self.columns]}
        lines = np.concatenate(self.lines) if self.gaps else None
        return Rows(self.kind, columns, tuple(self.files), lines)


def numbers(sort: Sort, values: Sequence[Any]) -> Array:
    """A column of numbers in its type."""
    type_, shape = TYPES[sort]
    return np.array(values, type_).reshape(len(values), *shape)
