"""Chunks of a file as columns, and the columns of many chunks put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...strings import Strings
from ..rows import FileKind, Rows
from ..schema import Column, Sort

__all__ = ["Chunk", "Collector", "Values", "empty"]

Array = NDArray[Any]
Values = Array | pa.LargeStringArray

TYPES: Mapping[Sort, tuple[Any, tuple[int, ...]]] = {
    Sort.SCTID: (np.int64, ()),
    Sort.UUID: (np.uint64, (2,)),
    Sort.TIME: (np.int32, ()),
    Sort.ACTIVE: (np.bool_, ()),
    Sort.INTEGER: (np.int32, ()),
}
"""The type of a value and its shape."""


def empty(sort: Sort, rows: int) -> Array:
    """A column of numbers, not filled in yet."""
    type_, shape = TYPES[sort]
    return np.empty((rows, *shape), type_)


@dataclass(slots=True)
class Chunk:
    """Rows that follow each other in a file.

    Args:
        columns: by name, typed as in :class:`~..rows.Rows`.
        lines: (n,) int32 line of each row.
        blanks: columns in which values are missing, and the rows in which they are.
        plain: line of the first row that ends with LF alone; 0 if none does.
    """

    columns: dict[str, Values]
    lines: NDArray[np.int32]
    blanks: list[tuple[Column, Array]] = field(default_factory=list)
    plain: int = 0


class _Growing:
    """An array that grows at its end; what is not written yet takes no memory."""

    __slots__ = ("array", "size")

    def __init__(self, array: Array) -> None:
        self.array, self.size = array, 0

    def add(self, values: Array) -> None:
        end = self.size + len(values)
        if end > len(self.array):
            self.array.resize((max(end, 2 * len(self.array)), *self.array.shape[1:]), refcheck=False)
        self.array[self.size : end] = values
        self.size = end

    def finish(self) -> Array:
        self.array.resize((self.size, *self.array.shape[1:]), refcheck=False)
        return self.array


class _Numbers:
    """A column of numbers."""

    def __init__(self, sort: Sort) -> None:
        self.values = _Growing(empty(sort, 0))

    def add(self, values: Array) -> None:
        self.values.add(values)

    def finish(self) -> Values:
        return self.values.finish()


class _Texts:
    """A column of text."""

    def __init__(self) -> None:
        self.ends, self.data = _Growing(np.empty(0, np.int64)), _Growing(np.empty(0, np.uint8))
        self.ends.add(np.zeros(1, np.int64))

    def add(self, values: pa.LargeStringArray) -> None:
        strings = Strings.of(values)
        self.ends.add(strings.offsets[1:] + self.data.size)
        self.data.add(strings.data)

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
        self.rows, self.gaps = 0, False

    def begin(self, file: str) -> None:
        """What follows is of ``file``."""
        self.files.append((file, self.rows))

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a chunk."""
        for name, column in self.columns.items():
            column.add(chunk.columns[name])
        self.gaps |= not _follow(self.rows - self.files[-1][1] + 2, chunk.lines)
        self.lines.append(chunk.lines)
        self.rows += len(chunk.lines)

    def finish(self) -> Rows:
        """All of them; the collector is empty then."""
        columns = {name: self.columns.pop(name).finish() for name in [*self.columns]}
        lines = np.concatenate(self.lines) if self.gaps else None
        return Rows(self.kind, columns, tuple(self.files), lines)


def _follow(first: int, lines: Iterable[Any]) -> bool:
    """Whether lines are numbered from ``first`` without a gap."""
    lines = np.asarray(lines)
    return not len(lines) or (lines[0] == first and lines[-1] - lines[0] == len(lines) - 1)
