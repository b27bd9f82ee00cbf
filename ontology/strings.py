"""Many strings in two arrays, which can be mapped from disk."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..kg.arrayfile import join_strings, split_strings


class Strings:
    """An immutable column of strings in UTF-8.

    Args:
        offsets: (n + 1,) int64; string i is ``data[offsets[i]:offsets[i + 1]]``.
        data: uint8.
    """

    __slots__ = ("data", "offsets")

    def __init__(self, offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> None:
        self.offsets, self.data = offsets, data

    @classmethod
    def of(cls, strings: Iterable[str] | pa.Array | pa.ChunkedArray) -> Strings:
        """The column of ``strings``; a column of Arrow is taken over without going through Python."""
        if isinstance(strings, pa.ChunkedArray):
            strings = strings.combine_chunks()
        if isinstance(strings, pa.Array):
            return cls(*split_strings(strings))
        ends, data = array("q", [0]), bytearray()  # a fifth of the memory that Arrow takes for it
        for one in strings:
            data += one.encode()
            ends.append(len(data))
        return cls(np.frombuffer(ends, np.int64), np.frombuffer(data, np.uint8))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, position: int | np.integer[Any]) -> str:
        return self.raw(position).decode()

    def __iter__(self) -> Iterator[str]:
        return (self[position] for position in range(len(self)))

    def raw(self, position: int | np.integer[Any]) -> bytes:
        """One string in UTF-8."""
        return self.data[self.offsets[position] : self.offsets[position + 1]].tobytes()

    def arrow(self) -> pa.LargeStringArray:
        """The column for pyarrow, without a copy."""
        return join_strings(self.offsets, self.data)

    def take(self, positions: NDArray[np.integer[Any]]) -> Strings:
        """The strings at ``positions``."""
        return Strings.of(self.arrow().take(pa.array(positions)))
