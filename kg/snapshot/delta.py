"""The log of changes since a generation was written: framed records, each on disk before it is acknowledged.

A frame is magic, length of the payload, sequence number, CRC-32 of the payload, CRC-32 of all that and of
the frame's offset in the file, little-endian; then the payload. A crash can leave a torn record only at the
end, and only one that was not acknowledged: opening for writing cuts it off. A damaged record with a whole
one behind it is something else, a failing disk or a stray hand: then the log refuses to open.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ...errors import StoreCorruptError, StoreError
from ..disk import disk_errors, read_all, write_all

MAGIC = b"KGDL"

_HEAD = struct.Struct("<4sQQI")
_CHECK = struct.Struct("<I")
_FRAME = _HEAD.size + _CHECK.size

_log = logging.getLogger(__name__)


class _Place(NamedTuple):
    """Where the payload of a record is."""

    sequence: int
    start: int
    size: int
    crc: int


class DeltaLog:
    """The records of one log, oldest first, and room for more.

    Args:
        path: an existing file.
        base: sequence number before the first record.
        writable: cut a torn end off, and allow :meth:`append`.

    Attributes:
        size: bytes of all whole records.

    Raises:
        StoreCorruptError: a record is damaged and others follow it.
        StoreError: the file cannot be read.
    """

    def __init__(self, path: Path, base: int, *, writable: bool) -> None:
        self.path, self.writable = path, writable
        self._base = base
        self._places: list[_Place] = []
        self.size = 0
        self._broken = False
        with disk_errors(path):
            self._handle = os.open(path, os.O_RDWR if writable else os.O_RDONLY)
            try:
                self._scan()
            except BaseException:
                self.close()
                raise

    @property
    def sequence(self) -> int:
        """Number of the last record; the number before the first if there is none."""
        return self._base + len(self._places)

    def append(self, payload: bytes) -> int:
        """Add a record and bring it to disk.

        Returns:
            Its sequence number; from now on it survives any crash.

        Raises:
            DiskFullError: no space; the log is as it was before.
            StoreError: it cannot be written, or an earlier failure left its end in doubt.
        """
        if self._broken:
            raise StoreError(f"{self.path}: a write failed half-way; close the store and open it again")
        sequence = self.sequence + 1
        with disk_errors(self.path):
            try:
                os.lseek(self._handle, self.size, os.SEEK_SET)
                write_all(self._handle, self._frame(sequence, payload))
                os.fsync(self._handle)
            except BaseException:
                self._undo()
                raise
        place = _Place(sequence, self.size + _FRAME, len(payload), zlib.crc32(payload))
        self._places.append(place)
        self.size = place.start + place.size
        return sequence

    def records(self, after: int) -> Iterator[tuple[int, bytes]]:
        """Sequence numbers above ``after`` with their payloads, one at a time in memory.

        Raises:
            StoreCorruptError: a record has changed on disk since the log was opened.
        """
        for place in self._places[max(after - self._base, 0) :]:
            with disk_errors(self.path):
                payload = read_all(self._handle, place.size, place.start)
            if zlib.crc32(payload) != place.crc:
                raise StoreCorruptError(f"{self.path}: change {place.sequence} was damaged; restore a backup")
            yield place.sequence, payload

    def close(self) -> None:
        """Close the file; twice is fine."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _frame(self, sequence: int, payload: bytes) -> bytes:
        head = _HEAD.pack(MAGIC, len(payload), sequence, zlib.crc32(payload))
        return b"".join((head, _CHECK.pack(_checked(head, self.size)), payload))

    def _undo(self) -> None:
        try:
            os.ftruncate(self._handle, self.size)
            os.fsync(self._handle)
        except OSError:
            self._broken = True

    def _scan(self) -> None:
        """Note all whole records, and deal with what follows them."""
        data = _Bytes(self._handle)
        while (place := data.record(self.size)) is not None and place.sequence == self.sequence + 1:
            self._places.append(place)
            self.size = place.start + place.size
        rest = data.size - self.size
        if not rest:
            return
        later = data.records_from(self.size)
        if later:
            raise StoreCorruptError(self._damage(later))
        if self.writable:
            _log.warning(
                "%s: cut %s bytes off the end, a change after number %s that was never acknowledged",
                *(self.path, f"{rest:,}", self.sequence),
            )
            os.ftruncate(self._handle, self.size)
            os.fsync(self._handle)

    def _damage(self, later: list[_Place]) -> str:
        first, last = later[0].sequence, later[-1].sequence
        return (
            f"{self.path} is damaged at byte {self.size:,}: what follows change {self.sequence} is lost, up "
            f"to change {first}; changes {first} to {last} are whole but build on it. Restore the file from "
            f"a backup, or give up all changes after {self.sequence}: truncate -s {self.size} {self.path}"
        )


class _Bytes:
    """The bytes of a log, read record by record."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.size = os.fstat(handle).st_size

    def record(self, start: int) -> _Place | None:
        """The whole record that begins at ``start``, if one does."""
        head = read_all(self._handle, _FRAME, start)
        if len(head) < _FRAME or head[:4] != MAGIC:
            return None
        (check,) = _CHECK.unpack_from(head, _HEAD.size)
        _, size, sequence, crc = _HEAD.unpack_from(head)
        if check != _checked(head[: _HEAD.size], start) or start + _FRAME + size > self.size:
            return None
        payload = read_all(self._handle, size, start + _FRAME)
        return _Place(sequence, start + _FRAME, size, crc) if zlib.crc32(payload) == crc else None

    def records_from(self, start: int) -> list[_Place]:
        """The whole records from ``start`` on, wherever they begin."""
        found: list[_Place] = []
        data = read_all(self._handle, self.size - start, start)
        at = data.find(MAGIC)
        while at >= 0:
            place = self.record(start + at)
            if place is not None:
                found.append(place)
            at = data.find(MAGIC, at + 1 if place is None else place.start + place.size - start)
        return found


def _checked(head: bytes, start: int) -> int:
    """CRC-32 of a head at this offset: bytes that look like a frame, in somebody's text, are none."""
    return zlib.crc32(head, start & 0xFFFFFFFF)
