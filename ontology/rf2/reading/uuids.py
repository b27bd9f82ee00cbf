"""UUIDs as pairs of 64-bit integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LENGTH", "uuids"]

LENGTH = 36
HEXES = 32
DASHES = (8, 13, 18, 23)
DASH, ZERO, LOWER_A, LOWER = (np.uint8(code) for code in b"-0a\x20")

MASKS = [
    (np.uint64(shift), np.uint64(mask))
    for shift, mask in ((4, 0x00FF00FF00FF00FF), (8, 0x0000FFFF0000FFFF), (16, 0x00000000FFFFFFFF))
]
"""How eight half bytes, each in a byte of its own, move together into four bytes."""


def uuids(raw: NDArray[np.uint8]) -> NDArray[np.uint64] | None:
    """The UUIDs that are written in ``raw``.

    Args:
        raw: (n, 36) uint8, the characters; n > 0.

    Returns:
        (n, 2) uint64, the high half and the low half; ``None`` if any is not written as a UUID.
    """
    hexes = (raw - ZERO < 10) | ((raw | LOWER) - LOWER_A < 6)
    if np.count_nonzero(hexes) != HEXES * len(raw) or any((raw[:, at] != DASH).any() for at in DASHES):
        return None
    parts = np.empty((4, len(raw)), np.uint64)
    parts[0], parts[3] = _read(raw, 0, ">u8"), _read(raw, 28, ">u8")
    parts[1] = (_read(raw, 9, ">u4") << np.uint64(32)) | _read(raw, 14, ">u4")
    parts[2] = (_read(raw, 19, ">u4") << np.uint64(32)) | _read(raw, 24, ">u4")
    # A letter has bit 6 set, and its last four bits are its value less 9.
    parts = (parts & np.uint64(0x0F0F0F0F0F0F0F0F)) + (
        parts >> np.uint64(6) & np.uint64(0x0101010101010101)
    ) * 9
    for shift, mask in MASKS:
        parts = (parts | parts >> shift) & mask
    return np.stack((parts[0] << np.uint64(32) | parts[1], parts[2] << np.uint64(32) | parts[3]), axis=1)


def _read(raw: NDArray[np.uint8], at: int, type_: str) -> NDArray[Any]:
    """(n,) uint64, the characters from column ``at`` on as one number, the first most significant."""
    found: NDArray[Any] = np.ndarray(len(raw), type_, raw.data, at, (LENGTH,))
    return found.astype(np.uint64)
