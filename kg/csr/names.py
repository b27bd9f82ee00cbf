"""Ids of entities by nid, and back, in Arrow memory that may be mapped from a file."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...errors import GraphError

__all__ = ["Names"]

HASH_FROM = 2000
"""Looking up more ids than this hashes all names once; fewer are found by bisection, 20 µs each."""


class Names:
    """Distinct strings in a fixed order.

    Args:
        strings: (n,) Arrow strings without nulls; the position of a string is its number.
        order: (n,) int32 numbers by rising string, as UTF-8 bytes compare; sorted here where not given.

    Raises:
        GraphError: a string stands there twice.
    """

    def __init__(self, strings: pa.Array, order: NDArray[np.int32] | None = None) -> None:
        self.strings = strings.cast(pa.large_string())
        self.order = self._sorted() if order is None else order

    def __len__(self) -> int:
        return len(self.strings)

    def __getitem__(self, number: int) -> str:
        return str(self.strings[number].as_py())

    def take(self, numbers: NDArray[np.integer]) -> list[str]:
        """The strings with these numbers."""
        texts: list[str] = self.strings.take(pa.array(numbers)).to_pylist()
        return texts

    def find(self, strings: Sequence[str] | pa.Array) -> NDArray[np.int64]:
        """(m,) int64 numbers of ``strings``; −1 where there is no such string."""
        if len(strings) > HASH_FROM:
            wanted = strings if isinstance(strings, pa.Array) else pa.array(strings, pa.large_string())
            found = pc.index_in(wanted.cast(pa.large_string()), value_set=self.strings)
            return np.asarray(pc.fill_null(found, -1), np.int64)
        texts = strings.to_pylist() if isinstance(strings, pa.Array) else strings
        return np.fromiter(map(self._find, texts), np.int64, len(texts))

    def _find(self, text: str) -> int:
        at = bisect_left(self.order, text.encode(), key=lambda number: self[number].encode())
        return int(self.order[at]) if at < len(self) and self[self.order[at]] == text else -1

    def _sorted(self) -> NDArray[np.int32]:
        order = pc.sort_indices(self.strings)
        ordered = self.strings.take(order)
        twice = pc.index(pc.equal(ordered[1:], ordered[:-1]), True).as_py()
        if twice >= 0:
            raise GraphError(f"the id {ordered[twice].as_py()!r} stands there twice; ids must be distinct")
        return np.asarray(order).astype(np.int32)
