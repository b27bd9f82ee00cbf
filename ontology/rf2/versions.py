"""What components were at a date, and what a Delta makes of a Snapshot."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .lookup import spread
from .rows import Rows

__all__ = ["Versions", "apply_delta", "as_of", "component_keys"]

Column = NDArray[np.uint64]
Keys = tuple[Column, ...]
"""What tells components apart: columns of (n,) uint64, one for an SCTID, two for a UUID."""

Times = NDArray[np.int32]

RUN = 64
"""Rows in the shortest runs, on average, that are worth merging."""

UNPUBLISHED = 99999999
CENTURIES = 200_0000
"""Two of them as ``yyyymmdd``: dates that lie nearer than this are ranked by counting."""


class Versions:
    """Rows by component, and within one by time.

    Args:
        keys: of n rows.
        times: (n,) ``yyyymmdd``; 0, not published yet, comes last; equal ones keep the order of the rows.

    Attributes:
        times: (n,) as given.
        order: (n,) int64 positions of the rows.
        again: (n,) bool, whether a row is of the same component as the one before it in that order.
    """

    __slots__ = ("again", "order", "times")

    def __init__(self, keys: Keys, times: Times) -> None:
        by_time = np.argsort(_ranks(times), kind="stable")
        places, sorted_by = _together(_taken(keys, by_time))
        self.order: NDArray[np.int64] = by_time[places]
        self.times = times
        self.again = _like_before(_taken(keys, self.order))
        mixed = _like_before((sorted_by,)) & ~self.again
        if mixed.any():
            self._part(keys, sorted_by, np.flatnonzero(np.isin(sorted_by, sorted_by[mixed])))

    def _part(self, keys: Keys, sorted_by: Column, places: NDArray[np.int64]) -> None:
        """Set apart the components at ``places``, which were sorted by something that is alike."""
        rows = self.order[places]
        self.order[places] = rows[np.lexsort((*_taken(keys, rows), sorted_by[places]))]
        self.again = _like_before(_taken(keys, self.order))

    @classmethod
    def of(cls, rows: Rows) -> Versions:
        """The versions in a file."""
        return cls(component_keys(rows), rows["effectiveTime"])

    def latest(self, date: int | None = None) -> NDArray[np.int64]:
        """(components,) ascending positions of the last row of each component that existed at ``date``.

        ``None`` is now, when rows not published yet count too.
        """
        order, again = self.order, self.again
        if date is not None:  # what falls away stands at the end of each component
            known = ((self.times <= date) & (self.times > 0))[order]
            order, again = order[known], again[known]
        last = np.zeros(len(self.order), np.bool_)
        last[order[~np.append(again[1:], False)[: len(order)]]] = True
        return np.flatnonzero(last)


def as_of(rows: Rows, date: int | None) -> Rows:
    """The rows of a Full file that were the latest of their component at a date.

    Args:
        rows: all versions.
        date: ``yyyymmdd``, or ``None`` for now.

    Returns:
        One row for each component that existed, inactive ones among them, in the order of the file.
    """
    return rows.take(Versions.of(rows).latest(date))


def apply_delta(snapshot: Rows, delta: Rows) -> Rows:
    """The Snapshot after a Delta: of each component the latest row, the Delta's where both are as old.

    A component may have several rows in the Delta.
    """
    pairs = zip(component_keys(snapshot), component_keys(delta), strict=True)
    keys = tuple(np.concatenate(pair) for pair in pairs)
    times = np.concatenate([snapshot["effectiveTime"], delta["effectiveTime"]])
    latest, old = Versions(keys, times).latest(), len(snapshot)
    return _joined(snapshot.take(latest[latest < old]), delta.take(latest[latest >= old] - old))


def component_keys(rows: Rows) -> Keys:
    """What tells the components of ``rows`` apart: the SCTID, or the two halves of the UUID.

    Rows of Identifier files have no ``id``; a digest of the identifier stands beside its scheme.
    """
    if "id" not in rows.columns:
        texts = rows.text("alternateIdentifier").to_pylist()
        digests = b"".join(blake2b(text.encode(), digest_size=8).digest() for text in texts)
        return np.frombuffer(digests, np.uint64), rows["identifierSchemeId"].view(np.uint64)
    id = rows["id"]
    if id.ndim == 1:
        return (id.view(np.uint64),)
    return np.ascontiguousarray(id[:, 0]), np.ascontiguousarray(id[:, 1])


def _joined(first: Rows, second: Rows) -> Rows:
    """Two sets of rows that both know their lines, as one."""
    columns = {
        name: np.concatenate([column, second[name]])
        if isinstance(column, np.ndarray)
        else pa.concat_arrays([column, second.text(name)])
        for name, column in first.columns.items()
    }
    files = (*first.files, *((name, start + len(first)) for name, start in second.files))
    lines = [part.lines_of(np.arange(len(part))) for part in (first, second)]
    return Rows(first.kind, columns, files, np.concatenate(lines))


def _together(keys: Keys) -> tuple[NDArray[np.int64], Column]:
    """Positions that bring equal keys together and keep their order; and what they were sorted by.

    That is the first column where it comes in long runs, which a stable sort only merges; else some high bits
    of a hash, packed with the position, which take half the time of an argsort. Different keys may be alike.
    """
    first = keys[0]
    if np.count_nonzero(first[1:] < first[:-1]) <= len(first) // RUN:
        order = np.argsort(first, kind="stable")
        return order, first[order]
    bits = np.uint64(len(first).bit_length())
    packed = spread(*keys) >> bits << bits
    packed |= np.arange(len(first), dtype=np.uint64)
    packed.sort()
    return (packed & ((np.uint64(1) << bits) - np.uint64(1))).view(np.int64), packed >> bits


def _taken(keys: Keys, rows: NDArray[np.int64]) -> Keys:
    return tuple(column[rows] for column in keys)


def _like_before(keys: Keys) -> NDArray[np.bool_]:
    """(n,) whether a key is the one before it."""
    alike = np.ones(len(keys[0]), np.bool_)
    alike[:1] = False
    for column in keys:
        alike[1:] &= column[1:] == column[:-1]
    return alike


def _ranks(times: Times) -> NDArray[Any]:
    """(n,) small unsigned integers in the order of ``times``; blank ones come last."""
    first = int(times.min(initial=UNPUBLISHED, where=times > 0))
    days: NDArray[Any] = np.where(
        times == 0, np.int32(max(times.max(initial=0), first) + 1), times
    ) - np.int32(first)
    if days.max(initial=0) > CENTURIES:
        days = np.unique(days, return_inverse=True)[1]
    seen = np.zeros(int(days.max(initial=0)) + 1, np.bool_)
    seen[days] = True
    rank = np.cumsum(seen)
    small: NDArray[Any] = rank.astype(np.min_scalar_type(rank[-1]))[days]
    return small
