"""A file in blocks of whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["SIZE", "blocks"]

SIZE = 1 << 21
"""Bytes of a block, unless a line is longer."""


def blocks(stream: BinaryIO, size: int = SIZE) -> Iterator[memoryview]:
    """What follows in ``stream``, in pieces that end with LF; the last may not.

    A piece is good until the next one is asked for: all are in one buffer, since fresh memory for each would
    cost as much time as half of the reading.
    """
    buffer, filled = bytearray(size), 0
    while count := stream.readinto(memoryview(buffer)[filled:]):  # type: ignore[attr-defined]
        start, filled = filled, filled + count
        cut = buffer.rfind(b"\n", start, filled) + 1
        if cut:
            yield memoryview(buffer)[:cut]
            buffer[: filled - cut] = buffer[cut:filled]
            filled -= cut
        if filled == len(buffer):
            buffer = buffer + bytes(len(buffer))
    if filled:
        yield memoryview(buffer)[:filled]
