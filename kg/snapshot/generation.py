"""Folders of generations: which one is current, which are in use, which can go.

    PATH/CURRENT                     the name of the current generation
    PATH/gen-000007/manifest.json    written last
    PATH/gen-000007/*.parquet
    PATH/gen-000007/delta.log        the changes since

A folder gets its name only when all its files are on disk, and CURRENT is replaced only after that. Whatever
a crash leaves, names ending in ``.tmp`` and generations that are not current, goes at the next opening for
writing. Whoever reads a generation holds a shared lock on its manifest, so nobody removes it meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from ...errors import NotFoundError, StoreBusyError, StoreCorruptError, StoreError
from ..disk import sync, write_file
from .manifest import MANIFEST, REMEDY, Manifest, read_manifest

CURRENT = "CURRENT"
DELTA = "delta.log"
TEMPORARY = ".tmp"
NEIGHBOURS = frozenset({"lock", "engine", "csr"})
"""What a store may keep beside the generations."""

_NAME = re.compile(r"gen-(\d{6,})")
_ATTEMPTS = 10


def name_of(generation: int) -> str:
    """The folder of a generation."""
    return f"gen-{generation:06}"


def read_current(path: Path) -> int:
    """The number of the current generation of the store at ``path``.

    Raises:
        NotFoundError: there is no store.
        StoreCorruptError: CURRENT is damaged, or missing although there are generations.
    """
    found = ", ".join(sorted(generations(path))) or "none"
    try:
        text = (path / CURRENT).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        if _is_half_made(path):
            raise NotFoundError(f"no graph store at {path}; open it with mode 'create' to make one") from None
        raise StoreCorruptError(
            f"{path / CURRENT} is missing, but there are generations ({found}); write the name of the last "
            "one into it"
        ) from None
    if match := _NAME.fullmatch(text):
        return int(match[1])
    raise StoreCorruptError(
        f"{path / CURRENT} holds {text[:40]!r}; expected the name of a generation (there are: {found})"
    )


def write_current(path: Path, generation: int) -> None:
    """Make a generation current: the one step that publishes it."""
    rest = path / (CURRENT + TEMPORARY)
    write_file(rest, f"{name_of(generation)}\n".encode())
    os.replace(rest, path / CURRENT)  # noqa: PTH105 – crash tests count the calls of os
    sync(path)


def generations(path: Path) -> dict[str, int]:
    """Folders of generations at ``path`` → their numbers, published or not."""
    found = path.iterdir() if path.is_dir() else ()
    return {entry.name: int(m[1]) for entry in found if (m := _NAME.fullmatch(entry.name))}


@dataclass
class Held:
    """A generation that is being read; the lock on ``handle`` keeps its files from removal."""

    folder: Path
    manifest: Manifest
    handle: int

    def release(self) -> None:
        """Let the generation go; twice is fine."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


def hold(path: Path) -> Held:
    """Hold the current generation of the store at ``path``.

    Raises:
        NotFoundError: there is no store.
        StoreBusyError: each time another generation was published meanwhile.
        StoreCorruptError: the generation is not whole.
    """
    for _ in range(_ATTEMPTS):
        folder = path / name_of(read_current(path))
        handle = _lock(folder)
        if handle is None:
            continue
        try:
            with open(handle, encoding="utf-8", errors="replace", closefd=False) as file:
                manifest = read_manifest(folder / MANIFEST, file.read())
            manifest.check_sizes(folder)
            if not (folder / DELTA).is_file():
                raise StoreCorruptError(f"{folder / DELTA} is missing, and all changes with it; {REMEDY}")
        except BaseException:
            os.close(handle)
            raise
        return Held(folder, manifest, handle)
    raise StoreBusyError(f"{path} changes all the time; try again")


def sweep(path: Path, current: int) -> None:
    """Remove what crashes left and generations other than ``current`` that nobody reads."""
    for name, number in generations(path).items():
        if number != current:
            _remove_unused(path / name)
    for rest in path.glob(f"*{TEMPORARY}"):
        if rest.is_dir():
            shutil.rmtree(rest, ignore_errors=True)
        else:
            rest.unlink(missing_ok=True)


def claim(path: Path) -> None:
    """See that a new store may be made in the folder ``path``.

    Raises:
        StoreError: it holds something else.
        StoreCorruptError: it holds generations, and only the file that names the current one is missing.
    """
    ours = NEIGHBOURS | generations(path).keys()
    strange = sorted(p.name for p in path.iterdir() if p.name not in ours and p.suffix != TEMPORARY)
    if strange:
        raise StoreError(f"{path} holds {strange[0]!r} and no store; name an empty or a new folder")
    if not _is_half_made(path):
        read_current(path)


def _is_half_made(path: Path) -> bool:
    """Whether nothing was ever acknowledged at ``path``: there is at most an empty generation 0."""
    logs = [path / name / DELTA for name, number in generations(path).items() if number == 0]
    return len(logs) == len(generations(path)) and not any(p.exists() and p.stat().st_size for p in logs)


def _remove_unused(folder: Path) -> None:
    """Rename, then remove, so that a half-removed folder never looks whole."""
    manifest, handle = folder / MANIFEST, -1
    try:
        if manifest.exists():
            handle = os.open(manifest, os.O_RDONLY)
            if not _try_lock(handle, fcntl.LOCK_EX):
                return
        rest = folder.with_name(folder.name + TEMPORARY)
        shutil.rmtree(rest, ignore_errors=True)
        folder.rename(rest)
        shutil.rmtree(rest, ignore_errors=True)
    finally:
        if handle >= 0:
            os.close(handle)


def _lock(folder: Path) -> int | None:
    """A handle of the manifest with a shared lock; none if the generation is going or gone."""
    manifest = folder / MANIFEST
    try:
        handle = os.open(manifest, os.O_RDONLY)
    except FileNotFoundError:
        if name_of(read_current(folder.parent)) != folder.name:
            return None
        found = ", ".join(sorted(generations(folder.parent))) or "none"
        raise StoreCorruptError(f"{manifest} is missing; {REMEDY} (generations there: {found})") from None
    if _try_lock(handle, fcntl.LOCK_SH) and _is_named(handle, manifest):
        return handle
    os.close(handle)
    return None


def _try_lock(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_named(handle: int, path: Path) -> bool:
    """Whether ``path`` still is the file that ``handle`` opened."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
