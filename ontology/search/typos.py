"""The words nearest to one that was mistyped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..strings import Strings

Bytes = NDArray[np.uint8]
Counts = NDArray[np.int64]


def nearest(word: str, words: Strings, weights: NDArray[np.int64], most: int = 3) -> list[str]:
    """The ``words`` that fewest slips of the finger turn ``word`` into; of equally near ones the heaviest.

    A slip leaves out, adds or changes a byte, or swaps two neighbours (optimal string alignment distance).
    Words of up to four bytes may have one slip, longer ones two.
    """
    wanted = np.frombuffer(word.encode(), np.uint8)
    most_slips = 1 if len(wanted) <= 4 else 2
    lengths = np.diff(words.offsets)
    near = np.flatnonzero(np.abs(lengths - len(wanted)) <= most_slips)
    slips = _slips(wanted, _matrix(words, near), lengths[near])
    near, slips = near[slips <= most_slips], slips[slips <= most_slips]
    order = np.lexsort((near, -weights[near], slips))[:most]
    return [words[position] for position in near[order]]


def _matrix(words: Strings, chosen: Counts) -> Bytes:
    """(longest, n) the bytes of ``chosen`` words in columns, padded with zeros."""
    starts, ends = words.offsets[chosen], words.offsets[chosen + 1]
    longest = int((ends - starts).max(initial=0))
    places = starts[None, :] + np.arange(longest)[:, None]
    if not longest:
        return np.zeros((0, len(chosen)), np.uint8)
    return np.where(places < ends, words.data[np.minimum(places, len(words.data) - 1)], 0).astype(np.uint8)


def _slips(wanted: Bytes, words: Bytes, lengths: Counts) -> Counts:
    """(n,) distances from ``wanted`` to the columns of ``words``: the usual table, all words at once."""
    height, count = words.shape
    before = np.zeros((height + 1, count), np.uint8)
    row = np.repeat(np.arange(height + 1, dtype=np.uint8)[:, None], count, axis=1)
    for i, byte in enumerate(wanted):
        two_before, before, row = before, row, np.empty_like(row)
        row[0] = i + 1
        same = words == byte
        for j in range(height):
            row[j + 1] = np.minimum(np.minimum(before[j + 1], row[j]) + 1, before[j] + ~same[j])
            if i and j:
                swapped = same[j - 1] & (words[j] == wanted[i - 1])
                row[j + 1] = np.where(swapped, np.minimum(row[j + 1], two_before[j - 1] + 1), row[j + 1])
    return row[lengths, np.arange(count)].astype(np.int64)
