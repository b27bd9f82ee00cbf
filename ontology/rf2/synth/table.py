"""Tables of a synthetic release: one row for each component, with what becomes of it at each date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..rows import FileKind
from ..sctid import make_all
from .metadata import NAMESPACE
from .states import States
from .world import FAR


@dataclass(frozen=True, slots=True)
class Variant:
    """A column whose text depends on the variant of the state, see :mod:`~.states`."""

    texts: tuple[str, ...]


Column: TypeAlias = NDArray[np.integer[Any]] | pa.Array | Variant | str
"""Whole numbers, text, text by state, or the same text for all."""


@dataclass(frozen=True, slots=True)
class Table:
    """Components of one kind, in the order in which they are written.

    Args:
        kind: which file.
        ids: (n,) int64 SCTIDs, or (n, 16) uint8 UUIDs.
        states: (n, dates) uint8.
        columns: what follows moduleId, by the names of the header.
        metadata: (n,) bool, which rows are of the metadata module; ``None`` for none of them.
    """

    kind: FileKind
    ids: NDArray[Any]
    states: States
    columns: Mapping[str, Column]
    metadata: NDArray[np.bool_] | None = None


def numbered(first: int, count: int, partition: int) -> NDArray[np.int64]:
    """(count,) ascending SCTIDs from item ``first`` on; the last quarter has 18 digits."""
    items = np.arange(first, first + count)
    return make_all(np.where(items - first < count - count // 4, items, items + FAR), partition, NAMESPACE)


def uuids(count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(count, 16) random UUIDs of version 4, ascending."""
    halves = rng.integers(0, 2**64, (count, 2), np.uint64)
    halves[:, 0].sort()
    found = halves.astype(">u8").view(np.uint8).reshape(-1, 16)
    found[:, 6] = found[:, 6] & 0x0F | 0x40
    found[:, 8] = found[:, 8] & 0x3F | 0x80
    return found
