"""Label lists: checked, then sorted, without repetition and without :data:`~kgllm.kg.model.ENTITY`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..model import ENTITY
from .sieve import LAST_CONTROL, MAX_NAME_BYTES, Coded, Mask, Sieve, holds_up_to, refuse_control, sizes


def refuse_labels(sieve: Sieve, labels: pa.ListArray) -> None:
    """Refuse rows with a label that is null, empty, too long, or that holds control characters."""
    coded, parents = Coded.of(labels.flatten()), _parents(labels)
    length = sizes(coded.values)
    unfit = coded.rows((length == 0) | (length > MAX_NAME_BYTES)) | (coded.codes < 0)
    control = coded.rows(holds_up_to(coded.values, LAST_CONTROL))

    def rows(mask: Mask) -> Mask:
        found: Mask = np.zeros(len(labels), np.bool_)
        found[parents[mask]] = True
        return found

    def text(row: int, mask: Mask) -> str:
        return coded.text(int(np.flatnonzero(mask & (parents == row))[0]))

    expected = f"labels of 1 to {MAX_NAME_BYTES} bytes"
    sieve.refuse("bad-name", rows(unfit), lambda row: text(row, unfit), expected)
    refuse_control(sieve, rows(control), lambda row: text(row, control))


def normal_labels(labels: pa.ListArray, rows: NDArray[np.int64], count: int) -> pa.ListArray:
    """Join label lists.

    Args:
        labels: n lists; null is like empty.
        rows: (n,) for each list the row of the result that its labels go to.
        count: rows of the result.

    Returns:
        ``count`` lists, never null, each sorted and without repetition.
    """
    coded = Coded.of(labels.flatten())
    order = pc.array_sort_indices(coded.values).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    kept = ~coded.rows(pc.equal(coded.values, ENTITY).to_numpy(zero_copy_only=False)) & (coded.codes >= 0)
    pairs = np.unique(rows[_parents(labels)[kept]] * max(len(order), 1) + rank[coded.codes[kept]])
    row, label = np.divmod(pairs, max(len(order), 1))
    offsets = np.searchsorted(row, np.arange(count + 1)).astype(np.int32)
    values = coded.values.take(pa.array(order)).take(pa.array(label))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _parents(lists: pa.ListArray) -> NDArray[np.int64]:
    found: NDArray[np.int64] = pc.list_parent_indices(lists).to_numpy()
    return found
