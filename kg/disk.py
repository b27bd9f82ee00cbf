"""Files that are on disk when a function returns, and what to say when there is no room for them."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DiskFullError, StoreError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says about ``path`` into an error of the store.

    Raises:
        DiskFullError: no space, quota or allowed file size is left.
        StoreError: anything else: no permission, a failing disk.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError(
                f"{path}: {error.strerror}; nothing acknowledged is lost; free some space and do it again"
            ) from error
        raise StoreError(f"{path}: {error.strerror or error}; check the disk and the permissions") from error


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_file(path: Path, data: bytes) -> None:
    """Write a whole file and bring its bytes to disk; its name is there after :func:`sync` of the folder."""
    with path.open("wb", buffering=0) as file:
        write_all(file.fileno(), data)
        os.fsync(file.fileno())


def write_all(handle: int, data: bytes) -> None:
    """Write all of ``data`` at the position of ``handle``, in one call where the system allows."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def read_all(handle: int, size: int, start: int) -> bytes:
    """``size`` bytes from ``start`` on, fewer only at the end of the file."""
    pieces = []
    while size and (piece := os.pread(handle, size, start)):
        pieces.append(piece)
        size, start = size - len(piece), start + len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class HashedFile(io.RawIOBase):
    """A new file that knows the SHA-256 of what was written to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        self._discarding = False

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of all bytes so far."""
        return self._hash.hexdigest()

    def writable(self) -> bool:
        """Always: it can only be written."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write all of ``data``."""
        size = len(data)
        if not self._discarding:
            write_all(self._handle, data)
            self._hash.update(data)
            self.size += size
        return size

    def discard(self) -> None:
        """From now on take what comes and drop it: its writer has to end, but the file is given up."""
        self._discarding = True
        self.close()

    def finish(self) -> None:
        """Bring the bytes to disk and close."""
        os.fsync(self._handle)
        self.close()

    def close(self) -> None:
        """Close the file; it may be closed twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if not self._discarding:
            super().close()


def sha256_of(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
