"""Which rows of one batch are bad so far, and the text checks that find them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .report import MAX_SAMPLES, Sample
from .tables import bytes_of

Mask = NDArray[np.bool_]

MAX_NAME_BYTES = 255
LAST_CONTROL = 0x1F


class Sieve:
    """The bad rows of one batch; each is refused for the first reason it meets."""

    def __init__(self, rows: int) -> None:
        self.bad: Mask = np.zeros(rows, np.bool_)
        self.counts: Counter[str] = Counter()
        self._samples: dict[str, list[Sample]] = {}

    def refuse(self, reason: str, mask: Mask, text: Callable[[int], str], expected: str) -> None:
        """Refuse the rows of ``mask`` that are good so far; ``text`` gives what is at fault in a row."""
        rows = np.flatnonzero(mask & ~self.bad)
        if len(rows):
            self.bad[rows] = True
            self.counts[reason] += len(rows)
            first = rows[:MAX_SAMPLES].tolist()
            self._samples.setdefault(reason, []).extend((row, text(row), expected) for row in first)

    def samples(self, reason: str) -> list[Sample]:
        """The first rows that were refused for ``reason``, ascending."""
        return sorted(self._samples[reason])[:MAX_SAMPLES]

    def good(self) -> NDArray[np.int64]:
        """Numbers of the good rows, ascending."""
        return np.flatnonzero(~self.bad)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of strings of which few are distinct: ``values[codes]``, with code -1 for null."""

    codes: NDArray[np.int32]
    values: pa.StringArray

    @classmethod
    def of(cls, texts: pa.StringArray) -> Coded:
        """Encode a column."""
        encoded = texts.dictionary_encode()
        return cls(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), encoded.dictionary)

    def rows(self, mask: Mask) -> Mask:
        """(n,) true where the value of a row is in ``mask`` over the distinct values."""
        return np.append(mask, False)[self.codes] if mask.any() else np.zeros(len(self.codes), np.bool_)

    def take(self, rows: NDArray[np.int64]) -> Coded:
        """Some of the rows."""
        return Coded(self.codes[rows], self.values)

    def text(self, row: int) -> str:
        """The value of a row, as reports show it."""
        code = self.codes[row]
        return "null" if code < 0 else str(self.values[code])


def nulls(column: pa.Array) -> Mask:
    """(n,) true where the column is null."""
    found: Mask = column.is_null().to_numpy(zero_copy_only=False)
    return found


def sizes(texts: pa.StringArray) -> NDArray[np.int32]:
    """(n,) length of each text in bytes of UTF-8; 0 for null."""
    lengths: NDArray[np.int32] = pc.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False)
    return lengths


def holds_up_to(texts: pa.StringArray, last: int) -> Mask:
    """(n,) true where a text holds a character of code ``last`` or below; 31 at most."""
    found = np.zeros(len(texts), np.bool_)
    ends, data = bytes_of(texts)
    at = int(ends[0]) + np.flatnonzero(data[ends[0] : ends[-1]] <= last)
    if len(at):
        found[np.searchsorted(ends, at, side="right") - 1] = True
        found &= ~nulls(texts)
    return found


def is_name(text: str) -> bool:
    """Whether ``text`` can name a property."""
    return 0 < len(text.encode(errors="surrogatepass")) <= MAX_NAME_BYTES and min(text) > chr(LAST_CONTROL)


def refuse_ids(sieve: Sieve, ids: pa.StringArray, longest: int) -> None:
    """Refuse ids that are null, empty, of over ``longest`` bytes, or that hold control characters."""
    length, missing = sizes(ids), nulls(ids)
    sieve.refuse("null-id", missing, lambda _: "null", "an id")
    sieve.refuse("empty-id", length == 0, lambda _: "", "an id of at least one character")
    sieve.refuse("long-id", length > longest, lambda row: ids[row].as_py(), f"at most {longest} bytes")
    refuse_control(sieve, holds_up_to(ids, LAST_CONTROL), lambda row: ids[row].as_py())


def refuse_control(sieve: Sieve, mask: Mask, text: Callable[[int], str]) -> None:
    """Refuse texts that hold characters below U+0020."""
    sieve.refuse("control-character", mask, text, "no character below U+0020")
