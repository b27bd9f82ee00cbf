"""The right to write to a folder, held by one process at a time."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from ....errors import StoreBusyError

__all__ = ["FolderLock", "is_locked"]

_TRIES, _PAUSE = 20, 0.02
"""A process that was killed leaves the lock to its engine process, which follows it within milliseconds."""


class FolderLock:
    """Holds ``folder/lock`` until :meth:`release`, or until this process and its engine processes are dead.

    The kernel frees the lock, so nothing stale stays behind; the file holds the process id of its holder.

    Raises:
        StoreBusyError: another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        for attempt in range(_TRIES):
            if _try(self._file, fcntl.LOCK_EX):
                os.ftruncate(self._file, 0)
                os.pwrite(self._file, str(os.getpid()).encode(), 0)
                return
            if attempt < _TRIES - 1:
                time.sleep(_PAUSE)
        holder = os.pread(self._file, 32, 0).decode(errors="replace") or "unknown"
        os.close(self._file)
        raise StoreBusyError(
            f"{folder} is open for writing in process {holder}; close it there, or open it here with mode 'r'"
        )

    def fileno(self) -> int:
        """The descriptor, for processes that shall hold the lock too."""
        return self._file

    def release(self) -> None:
        """Let others write; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def is_locked(folder: Path) -> bool:
    """Whether a process writes to ``folder``."""
    try:
        file = os.open(folder / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _try(file, fcntl.LOCK_SH)
    finally:
        os.close(file)


def _try(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
