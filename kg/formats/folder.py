"""A folder that appears when everything in it is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import StoreError


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a draft beside ``folder``, which gets its name when the block ends well and else goes away.

    Raises:
        StoreError: ``folder`` exists already.
    """
    if folder.exists():
        raise StoreError(f"{folder} exists already; choose another place, or remove it first")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    draft.mkdir(parents=True)
    try:
        yield draft
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
