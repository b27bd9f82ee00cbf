"""Hash tables of numpy arrays: they number distinct strings, or pairs of integers, in order of arrival.

Millions of keys cost 24 to 60 bytes each, and a batch costs a few vector operations per probe instead of
one dictionary access per row. Open addressing with linear probing, an eighth to half full.
"""

from __future__ import annotations

import secrets

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MAX_BYTES = 1024

Keys = NDArray[np.uint64]
Codes = NDArray[np.int64]

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio: spreads consecutive integers


class PairTable:
    """Numbers distinct pairs of unsigned 64-bit integers, fewer than 2³¹: 0, 1, 2 … in order of arrival."""

    def __init__(self) -> None:
        self._slots = np.full(1024, -1, np.int32)
        self._a, self._b = np.empty(512, np.uint64), np.empty(512, np.uint64)
        self.size = 0

    def find(self, a: Keys, b: Keys) -> Codes:
        """(n,) numbers of the pairs, -1 for those that are not in the table."""
        found = np.full(len(a), -1, np.int64)
        todo, slot = np.arange(len(a)), self._first_slot(a, b)
        while len(todo):
            code = self._slots[slot]
            same = (code >= 0) & (self._a[code] == a[todo]) & (self._b[code] == b[todo])
            found[todo[same]] = code[same]
            on = (code >= 0) & ~same
            todo, slot = todo[on], self._next_slot(slot[on])
        return found

    def add(self, a: Keys, b: Keys) -> tuple[Codes, NDArray[np.bool_]]:
        """Add pairs.

        Returns:
            (n,) numbers of the pairs, and (n,) true where a pair is new and the first of its kind here.
        """
        self._reserve(len(a))
        size, rows = self.size, np.arange(len(a))
        self._a[size : size + len(a)], self._b[size : size + len(a)] = a, b
        codes, slot = self._claim(rows)
        fresh = codes == size + rows
        rank = np.cumsum(fresh) - 1  # rows that are not fresh leave no gap in the numbers
        self.size = size + int(np.count_nonzero(fresh))
        if not fresh.all():
            here = codes >= size
            codes[here] = size + rank[codes[here] - size]
            self._a[size : self.size], self._b[size : self.size] = a[fresh], b[fresh]
            self._slots[slot[fresh]] = codes[fresh]
        return codes, fresh

    def _claim(self, rows: NDArray[np.int64]) -> tuple[Codes, NDArray[np.int64]]:
        """Number each row ``size + first equal row``, or as the table does, and give its slot."""
        size = self.size
        a, b = self._a[size : size + len(rows)], self._b[size : size + len(rows)]
        codes, home = np.empty(len(rows), np.int64), self._first_slot(a, b)
        todo, slot = rows, home.copy()
        while len(todo):
            free = self._slots[slot] < 0
            self._slots[slot[free][::-1]] = size + todo[free][::-1]  # of several, the first row wins
            codes[todo], home[todo] = self._slots[slot], slot
            others = np.flatnonzero(codes[todo] != size + todo)
            todo, slot = todo[others], slot[others]
            code = codes[todo]
            on = (self._a[code] != a[todo]) | (self._b[code] != b[todo])
            todo, slot = todo[on], self._next_slot(slot[on])
        return codes, home

    def _reserve(self, extra: int) -> None:
        need = self.size + extra
        if need > len(self._a):
            room = max(need, len(self._a) * 3 // 2)
            self._a, self._b = (_enlarged(keys, room) for keys in (self._a, self._b))
        if 2 * need > len(self._slots):
            self._slots = np.full(1 << (4 * need - 1).bit_length(), -1, np.int32)
            todo = np.arange(self.size)
            slot = self._first_slot(self._a[: self.size], self._b[: self.size])
            while len(todo):
                free = self._slots[slot] < 0
                self._slots[slot[free]] = todo[free]
                lost = self._slots[slot] != todo
                todo, slot = todo[lost], self._next_slot(slot[lost])

    def _first_slot(self, a: Keys, b: Keys) -> NDArray[np.int64]:
        bits = len(self._slots).bit_length() - 1
        return ((((b * _ODD) ^ a) * _ODD) >> np.uint64(64 - bits)).astype(np.int64)

    def _next_slot(self, slot: NDArray[np.int64]) -> NDArray[np.int64]:
        return (slot + 1) & (len(self._slots) - 1)


class StringTable:
    """Numbers distinct strings: 0, 1, 2 … in order of arrival.

    It keeps 128 bits of each, hashed with secret random constants, not the text: two of 10⁹ strings fall
    together with a probability below 10⁻²⁰. Of a string over :data:`MAX_BYTES` only the beginning and the
    length count: no id or name is that long.
    """

    def __init__(self) -> None:
        self._pairs = PairTable()
        self._secrets = np.array([secrets.randbits(64) | 1 for _ in range(4)], np.uint64)

    def __len__(self) -> int:
        return self._pairs.size

    def find(self, texts: pa.StringArray) -> Codes:
        """(n,) numbers of the strings, -1 for null and for those that are not in the table."""
        found = self._pairs.find(*self._hash(texts))
        if texts.null_count:
            found[texts.is_null().to_numpy(zero_copy_only=False)] = -1
        return found

    def add(self, texts: pa.StringArray) -> tuple[Codes, NDArray[np.bool_]]:
        """Add strings; there may be no nulls. Returns as :meth:`PairTable.add` does."""
        return self._pairs.add(*self._hash(texts))

    def _hash(self, texts: pa.StringArray) -> tuple[Keys, Keys]:
        """Two multiply-xor hashes of each text, eight bytes at a time; a null is like the empty text."""
        starts, lengths, words = _words(texts)
        first, second, odd_a, odd_b = self._secrets
        a, b = (lengths.astype(np.uint64) * _ODD ^ seed for seed in (first, second))
        rows, done = np.flatnonzero(lengths), 0
        while len(rows):
            word = words[starts[rows] + done] & _MASKS[np.minimum(lengths[rows] - done, 8)]
            for hashed, odd in ((a, odd_a), (b, odd_b)):
                mixed = (hashed[rows] ^ word) * odd
                hashed[rows] = mixed ^ (mixed >> np.uint64(32))
            done += 8
            rows = rows[(lengths[rows] > done) & (done < MAX_BYTES)]
        return a, b


def _enlarged(keys: Keys, room: int) -> Keys:
    larger = np.empty(room, np.uint64)
    larger[: len(keys)] = keys
    return larger


_MASKS = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)
"""The n low bytes of a little-endian word."""


def bytes_of(texts: pa.StringArray) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """(n + 1,) offsets and the bytes they point into; what a null points at means nothing."""
    _, offsets, data = texts.buffers()
    if offsets is None or offsets.size == 0:
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return ends, np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)


def _words(texts: pa.StringArray) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
    """Starts and lengths in bytes, and a view that gives the eight bytes from any start on."""
    ends, data = bytes_of(texts)
    low, high = int(ends[0]), int(ends[-1])
    padded = np.concatenate([data[low:high], np.zeros(8, np.uint8)])
    words = np.ndarray(high - low + 1, "<u8", padded, strides=(1,))
    lengths = np.diff(ends).astype(np.int64)
    if texts.null_count:
        lengths[texts.is_null().to_numpy(zero_copy_only=False)] = 0
    return (ends[:-1] - low).astype(np.int64), lengths, words
