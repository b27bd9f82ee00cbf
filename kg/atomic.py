"""Files that appear whole or not at all: written beside their place, forced to disk, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident

from .disk import disk_errors, sync

__all__ = ["replacing"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new file beside ``path`` to write to; at the end of the block it takes the place of ``path``.

    When the block fails, the new file is removed and ``path`` stays as it was.

    Raises:
        DiskFullError: there was no space for the new file.
        StoreError: it could not be written for another reason.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}.tmp")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        try:
            yield fresh
            sync(fresh)
            fresh.replace(path)
            sync(path.parent)
        finally:
            fresh.unlink(missing_ok=True)
