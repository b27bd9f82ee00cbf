"""The fast way to read lines: parse them in bulk, then prove that nothing was wrong with them.

The parser is lenient: it takes ``007`` for a number, a lone CR for the end of a line, and more. What it read
right is proved by counting. Let r rows be parsed from b bytes.

1. There are r LF, and r CR or none. Every row ends with CR LF, LF or CR; so, if there are r of both, with
   CR LF.
2. As many bytes are digits as the numbers, written without leading zeros, have digits, and the texts hold.
   So nothing but digits stands where a number should be: a byte more would be missing elsewhere in 3.
3. All numbers so written, all texts and separators have b bytes. So no number has a leading zero.

Then the values are checked: whole columns at once, or their distinct values where there are few. A block that
fails is read again line by line, which says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from ..names import is_calendar_date
from ..schema import Column, Sort
from ..sctid import COMPONENT, partitions, valid
from .chunks import Array, Chunk, Values
from .uuids import LENGTH, uuids

__all__ = ["Prover"]

CR, LF, SPACE, ZERO = b"\r\n 0"

PIECE = 1 << 16
"""Bytes that are counted at a time: what is computed of them stays in the cache."""

TYPES = {
    Sort.SCTID: pa.int64(),
    Sort.UUID: pa.binary(LENGTH),
    Sort.TIME: pa.int32(),
    Sort.ACTIVE: pa.int8(),
    Sort.INTEGER: pa.int32(),
    Sort.TEXT: pa.large_string(),
}

PARSING = csv.ParseOptions(
    delimiter="\t", quote_char=False, double_quote=False, escape_char=False, ignore_empty_lines=False
)


class _Read(NamedTuple):
    """A column that was read: its values, how many bytes and digits it should have been written with."""

    values: Values
    size: int
    digits: int


class _WrongError(Exception):
    """Something is wrong with a block, or may be."""


class Prover:
    """Reads blocks of one file.

    Args:
        columns: of the file, in order.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.known: dict[str, dict[int, int]] = {column.name: {} for column in columns}
        """Values that were checked before and their length, by column."""
        names = [column.name for column in columns]
        self.reading = csv.ReadOptions(use_threads=False, column_names=names)
        self.converting = csv.ConvertOptions(
            column_types={column.name: TYPES[column.sort] for column in columns},
            null_values=[""],
            strings_can_be_null=False,
        )

    def read(self, data: memoryview, line: int) -> Chunk | None:
        """The rows of ``data``, whole lines from number ``line`` on; ``None`` if they do not prove right."""
        block = np.frombuffer(data, np.uint8)
        rows, returns = (_count(block, partial(np.equal, np.uint8(code))) for code in (LF, CR))
        if returns not in (0, rows):
            return None
        lines = np.arange(line, line + rows, dtype=np.int32)
        chunk = Chunk({}, lines, line + rows, len(data), plain=0 if returns else line)
        size, digits = rows * len(self.columns) + returns, 0
        try:
            for column, values in zip(self.columns, self._parse(data, rows), strict=True):
                read = self._column(column, values, chunk)
                chunk.columns[column.name] = read.values
                size, digits = size + read.size, digits + read.digits
        except (_WrongError, pa.ArrowInvalid):
            return None
        return chunk if size == len(data) and digits == _digits(block) else None

    def _parse(self, data: memoryview, rows: int) -> list[pa.Array]:
        self.reading.block_size = len(data) + 1
        table = csv.read_csv(pa.py_buffer(data), self.reading, PARSING, self.converting)
        if len(table) != rows:
            raise _WrongError
        return [column.combine_chunks() for column in table.columns]

    def _column(self, column: Column, values: pa.Array, chunk: Chunk) -> _Read:
        if column.sort is Sort.TEXT:
            return self._text(column, values, chunk)
        blank = values.null_count
        if blank:
            if not column.blank:
                raise _WrongError
            chunk.blanks.append((column, np.flatnonzero(values.is_null())))
        there = values.drop_null() if blank else values
        read = self._checked(column, there)
        if not blank:
            return read
        return read._replace(values=values.fill_null(0).to_numpy())

    def _checked(self, column: Column, values: pa.Array) -> _Read:
        """A column of numbers, none of them missing."""
        if column.sort is Sort.UUID:
            raw = _buffer(values, 1).reshape(-1, LENGTH)
            pairs = uuids(raw)
            if pairs is None:
                raise _WrongError
            return _Read(pairs, raw.size, _digits(raw))
        numbers = values.to_numpy()
        if column.sort is Sort.ACTIVE:
            if (numbers.view(np.uint8) > 1).any():
                raise _WrongError
            return _Read(numbers.view(np.bool_), len(numbers), len(numbers))
        few = column.few or column.sort is Sort.TIME
        size = self._few(column, values) if few else _many(column, numbers)
        return _Read(numbers, size, size)

    def _few(self, column: Column, values: pa.Array) -> int:
        """How long the numbers are when written; distinct ones are checked, once in a file."""
        known, size = self.known[column.name], 0
        for one in pc.value_counts(values).to_pylist():
            value = one["values"]
            if value not in known:
                known[value] = _many(column, np.array([value]))
            size += known[value] * one["counts"]
        return size

    def _text(self, column: Column, values: pa.LargeStringArray, chunk: Chunk) -> _Read:
        if not len(values):
            return _Read(values, 0, 0)
        ends = np.frombuffer(values.buffers()[1], np.int64)[: len(values) + 1]
        data = _buffer(values, 2)[: ends[-1]]
        empty = ends[1:] == ends[:-1]
        if column.blank and empty.any():
            chunk.blanks.append((column, np.flatnonzero(empty)))
        if column is self.columns[-1] and (data[ends[1:][~empty] - 1] == SPACE).any():
            raise _WrongError
        return _Read(values, len(data), _digits(data))


def _many(column: Column, numbers: Array) -> int:
    """How long the numbers are when written; all are checked."""
    if column.sort is Sort.SCTID:
        right = bool(valid(numbers).all() and _allowed(column.component)[partitions(numbers)].all())
    elif column.sort is Sort.TIME:
        right = all(map(is_calendar_date, numbers.tolist()))
    else:
        right = bool((numbers >= 0).all())
    if not right:
        raise _WrongError
    return _length(numbers)


def _allowed(component: str) -> NDArray[np.bool_]:
    """Whether a column may hold SCTIDs of each partition."""
    chosen = [COMPONENT[component]] if component else COMPONENT.values()
    allowed = np.zeros(100, np.bool_)
    allowed[[partition for one in chosen for partition in one]] = True
    return allowed


def _length(numbers: Array) -> int:
    """How many digits the numbers have together."""
    if not len(numbers):
        return 0
    shortest, longest = (len(str(number)) for number in (numbers.min(), numbers.max()))
    more = sum(int(np.count_nonzero(numbers >= 10**power)) for power in range(shortest, longest))
    return len(numbers) * shortest + more


def _count(data: NDArray[np.uint8], test: Callable[[Array], Array]) -> int:
    """How many bytes pass the test."""
    pieces = (data[start : start + PIECE] for start in range(0, len(data), PIECE))
    return sum(int(np.count_nonzero(test(piece))) for piece in pieces)


def _digits(data: NDArray[np.uint8]) -> int:
    """How many bytes are digits."""
    return _count(data, lambda part: part - np.uint8(ZERO) < 10)


def _buffer(values: pa.Array, number: int) -> NDArray[np.uint8]:
    buffer: Any = values.buffers()[number]
    return np.frombuffer(buffer, np.uint8) if buffer and buffer.size else np.zeros(0, np.uint8)
