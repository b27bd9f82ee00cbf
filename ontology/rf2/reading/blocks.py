"""A file in blocks of whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["SIZE", "blocks"]

SIZE = 1 << 20
"""Bytes read at a time: large enough to work on in bulk, small enough to stay in the cache."""


def blocks(stream: BinaryIO, size: int = SIZE) -> Iterator[bytes]:
    """The bytes of ``stream`` in pieces that end with LF; the last may not.

    A piece is at least ``size`` bytes long, unless it is the last.
    """
    waiting: list[bytes] = []
    while piece := stream.read(size):
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield b"".join((*waiting, piece[:cut]))
            waiting = []
        waiting.append(piece[cut:])
    if rest := b"".join(waiting):
        yield rest
