"""Rows that speak of the same node or edge, merged into one: what an upsert means."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .labels import normal_labels

Codes = NDArray[np.int64]


def merge_rows(batch: pa.RecordBatch, codes: Codes) -> pa.RecordBatch:
    """One row for each code, in order of codes.

    Args:
        batch: rows of nodes or of edges, in the order in which they were upserted.
        codes: (n,) which row of the result each belongs to; 0 … m - 1, each at least once.

    Returns:
        m rows: of each property the last value that is not null, and all labels together.
    """
    count = int(codes.max()) + 1 if len(codes) else 0
    if count == len(batch) and bool((codes == np.arange(count)).all()):
        return batch
    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name == "labels":
            columns[name] = normal_labels(column, codes, count)
        else:
            columns[name] = column.take(_last_values(column, codes, count))
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)


def _last_values(column: pa.Array, codes: Codes, count: int) -> pa.Array:
    """(count,) row numbers: for each code its last row with a value; null where there is none."""
    rows = np.arange(len(column))
    if column.null_count:
        rows = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    last = np.full(count, -1, np.int64)
    last[codes[rows]] = rows  # of equal indices numpy keeps the last
    return pa.array(last, mask=last < 0)
