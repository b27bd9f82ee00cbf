"""Columns in which many rows share few values, as small codes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Uint8s = NDArray[np.uint8]


def coded(values: NDArray[np.int64], codes: Mapping[int, int], other: int = 0) -> Uint8s:
    """(n,) uint8 the code of each of ``values``; ``other`` for those without."""
    found = np.full(len(values), other, np.uint8)
    for value, code in codes.items():
        found[values == value] = code
    return found


def numbered(values: NDArray[np.int64]) -> tuple[list[int], NDArray[np.int32]]:
    """The distinct ``values``, ascending, and for each row which of them it has."""
    encoded = pa.array(values).dictionary_encode()
    distinct = encoded.dictionary.to_numpy()
    rank = np.argsort(np.argsort(distinct)).astype(np.int32)
    return np.sort(distinct).tolist(), rank[encoded.indices.to_numpy()]


def numbered_texts(values: pa.Array) -> tuple[list[str], NDArray[np.int32]]:
    """The same for text."""
    encoded = values.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    rank = pc.rank(encoded.dictionary).to_numpy().astype(np.int32) - 1
    return sorted(distinct), rank[encoded.indices.to_numpy()]
