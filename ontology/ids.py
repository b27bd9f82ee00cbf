"""The ids of concepts: sorted, each with its position, as 64-bit integers or as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .strings import Strings

Positions = NDArray[np.int32]


class Ids(Protocol):
    """Sorted ids without duplicates; an id is text outside, whatever it is inside."""

    def __len__(self) -> int: ...

    def text(self, position: int | np.integer[Any]) -> str:
        """The id at ``position``."""
        ...

    def position(self, id: str) -> int:
        """Where ``id`` is; −1 if nowhere."""
        ...

    def texts(self, positions: NDArray[np.integer[Any]]) -> list[str]:
        """The ids at ``positions``."""
        ...

    def positions(self, ids: Iterable[str]) -> Positions:
        """(n,) int32 where each of ``ids`` is; −1 if nowhere."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is saved."""
        ...


class IntIds:
    """SCTIDs and other numbers.

    Args:
        values: (n,) int64, ascending, none twice.
    """

    __slots__ = ("values",)

    def __init__(self, values: NDArray[np.int64]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def text(self, position: int | np.integer[Any]) -> str:
        """See :class:`Ids`."""
        return str(self.values[position])

    def position(self, id: str) -> int:
        """See :class:`Ids`."""
        if not (id.isascii() and id.isdigit() and len(id) <= 18 and not id.startswith("0")):
            return -1
        return int(self.find(np.array([int(id)]))[0])

    def texts(self, positions: NDArray[np.integer[Any]]) -> list[str]:
        """See :class:`Ids`."""
        return [str(value) for value in self.values[positions].tolist()]

    def positions(self, ids: Iterable[str]) -> Positions:
        """See :class:`Ids`."""
        return np.array([self.position(id) for id in ids], np.int32)

    def find(self, values: NDArray[np.int64]) -> Positions:
        """(n,) int32 where each of ``values``, (n,) int64, is; −1 if nowhere."""
        if not len(self.values):
            return np.full(len(values), -1, np.int32)
        at = np.minimum(np.searchsorted(self.values, values), len(self.values) - 1)
        return np.where(self.values[at] == values, at, -1).astype(np.int32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """See :class:`Ids`."""
        return {"ids": self.values}


class TextIds:
    """CURIEs, IRIs and other text.

    Args:
        strings: ascending by their UTF-8 bytes, none twice.
    """

    __slots__ = ("strings",)

    def __init__(self, strings: Strings) -> None:
        self.strings = strings

    def __len__(self) -> int:
        return len(self.strings)

    def text(self, position: int | np.integer[Any]) -> str:
        """See :class:`Ids`."""
        return self.strings[position]

    def position(self, id: str) -> int:
        """See :class:`Ids`."""
        wanted, low, high = id.encode(), 0, len(self.strings)
        while low < high:
            middle = (low + high) // 2
            if self.strings.raw(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self.strings) and self.strings.raw(low) == wanted else -1

    def texts(self, positions: NDArray[np.integer[Any]]) -> list[str]:
        """See :class:`Ids`."""
        found: list[str] = self.strings.arrow().take(pa.array(positions)).to_pylist()
        return found

    def positions(self, ids: Iterable[str]) -> Positions:
        """See :class:`Ids`."""
        return np.array([self.position(id) for id in ids], np.int32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """See :class:`Ids`."""
        return {"ids.offsets": self.strings.offsets, "ids.data": self.strings.data}
