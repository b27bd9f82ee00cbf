"""One file of named arrays: written whole or not at all, opened by mapping it into memory.

The file begins with :data:`MAGIC`, the length and the CRC-32 of its header (two little-endian uint32), and
the header, which is JSON: the kind of file, the caller's stamp, and for each array its type, length, place
and SHA-256. The arrays follow, each at a multiple of 64 bytes.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import NotFoundError, StoreCorruptError
from .atomic import replacing

__all__ = ["MAGIC", "join_strings", "open_arrays", "save_arrays", "split_strings", "verify_arrays"]

MAGIC = b"kgllmA01"
"""The last two characters are the version of the layout."""

ALIGNMENT = 64
PREFIX = struct.Struct("<8sII")

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]


def save_arrays(path: Path | str, kind: str, arrays: Mapping[str, Array], stamp: str = "") -> None:
    """Write one-dimensional ``arrays`` to ``path``, durable when it returns.

    Args:
        path: the file; what stands there is replaced in one step.
        kind: what the arrays are; :func:`open_arrays` asks for the same.
        arrays: by name.
        stamp: the version of what they were made from; :func:`open_arrays` asks for the same.

    Raises:
        DiskFullError: there is no space; what stood at ``path`` stays.
    """
    entries, end = {}, 0
    for name, array in arrays.items():
        start = -(-end // ALIGNMENT) * ALIGNMENT
        end = start + array.nbytes
        digest = _digest(array)
        entries[name] = {"type": array.dtype.str, "length": len(array), "start": start, "sha256": digest}
    header = json.dumps({"kind": kind, "stamp": stamp, "bytes": end, "arrays": entries}).encode()
    with replacing(Path(path)) as fresh, fresh.open("wb") as file:
        body = _body(header)
        file.write((PREFIX.pack(MAGIC, len(header), zlib.crc32(header)) + header).ljust(body, b"\0"))
        for name, array in arrays.items():
            file.write(bytes(body + entries[name]["start"] - file.tell()))
            file.write(np.ascontiguousarray(array).data)


def open_arrays(path: Path | str, kind: str, stamp: str | None = None) -> Arrays:
    """Map the arrays of ``path`` into memory, read-only, without reading them: see :func:`verify_arrays`.

    Args:
        path: the file.
        kind: the kind it was saved as.
        stamp: the stamp it must carry; ``None`` takes any.

    Raises:
        NotFoundError: there is no such file.
        StoreCorruptError: it is torn, of another kind or layout, or has another stamp; make it anew.
    """
    path = Path(path)
    mapped, header = _open(path)
    if header["kind"] != kind:
        raise StoreCorruptError(f"{path} holds {header['kind']}, expected {kind}; make it anew")
    if stamp is not None and header["stamp"] != stamp:
        raise StoreCorruptError(f"{path} was made from {header['stamp']!r}, expected {stamp!r}; make it anew")
    return _views(mapped, header)


def verify_arrays(path: Path | str) -> None:
    """Read all of ``path`` and compare its SHA-256 sums.

    Raises:
        NotFoundError: there is no such file.
        StoreCorruptError: a sum differs.
    """
    mapped, header = _open(Path(path))
    for name, array in _views(mapped, header).items():
        if _digest(array) != header["arrays"][name]["sha256"]:
            raise StoreCorruptError(f"{path}: array {name!r} is not what was written; make the file anew")


def split_strings(strings: pa.Array) -> tuple[Array, Array]:
    """Strings without nulls as (n + 1,) int64 offsets and the uint8 bytes they point into."""
    strings = strings.cast(pa.large_string())
    if not len(strings):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    _, offsets, data = strings.buffers()
    starts = np.frombuffer(offsets, np.int64)[strings.offset :][: len(strings) + 1]
    text = np.frombuffer(data, np.uint8)[starts[0] : starts[-1]] if starts[-1] else np.zeros(0, np.uint8)
    return starts - starts[0], text


def join_strings(offsets: Array, data: Array) -> pa.Array:
    """The inverse of :func:`split_strings`, without a copy."""
    buffers = pa.py_buffer(offsets), pa.py_buffer(data)
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, *buffers)


def _digest(array: Array) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def _body(header: bytes) -> int:
    """Where the arrays begin."""
    return -(-(PREFIX.size + len(header)) // ALIGNMENT) * ALIGNMENT


def _open(path: Path) -> tuple[mmap.mmap, dict[str, Any]]:
    """The mapped file and its header, to which ``body``, where the arrays begin, is added."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}") from None
    except ValueError:  # an empty file cannot be mapped
        raise StoreCorruptError(f"{path} is empty; make it anew") from None
    magic, length, checksum = PREFIX.unpack(mapped[: PREFIX.size].ljust(PREFIX.size))
    if magic != MAGIC:
        raise StoreCorruptError(
            f"{path} does not begin with {MAGIC!r}; it is of another version, make it anew"
        )
    text = mapped[PREFIX.size : PREFIX.size + length]
    if zlib.crc32(text) != checksum:
        raise StoreCorruptError(f"the header of {path} is damaged; make it anew")
    header: dict[str, Any] = json.loads(text)
    header["body"] = _body(text)
    expected = header["body"] + header["bytes"]
    if len(mapped) != expected:
        raise StoreCorruptError(f"{path} has {len(mapped)} bytes, expected {expected}; make it anew")
    return mapped, header


def _views(mapped: mmap.mmap, header: dict[str, Any]) -> Arrays:
    views = {}
    for name, entry in header["arrays"].items():
        dtype, length = np.dtype(entry["type"]), entry["length"]
        start = header["body"] + entry["start"]
        views[name] = np.frombuffer(mapped, dtype, length, start) if length else np.zeros(0, dtype)
    return views
