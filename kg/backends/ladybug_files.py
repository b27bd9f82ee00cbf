"""Databases of the engine on disk: how one is made from a snapshot, and when it may be used.

Each lies in a folder of its own, ``engine/GENERATION-NUMBER``, with a stamp beside it that says which snapshot
and which ladybug it is of and what its file must look like. That file is written once, while it is made, and
never again: changes go to the engine's log beside it, so other processes may read both at any time. When the
log has grown, both are folded into the file of a new folder, and the old one goes.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Self

from ...errors import DiskFullError, StoreCorruptError
from ..cypher import write_ladybug as text
from .columns import Columns
from .ladybug_engine import Engine, EngineOptions, State
from .ladybug_frames import Step

LAYOUT = 1
FILE, STAMP = "graph.lbug", "stamp.json"


@dataclass(frozen=True, slots=True)
class Source:
    """What a database is made from.

    Args:
        generation: of the snapshot.
        content: a hash of the snapshot.
        nodes, edges: Parquet files.
        columns: of the properties, in the order in which the files have them.
        count: number of nodes.
    """

    generation: int
    content: str
    nodes: Sequence[Path]
    edges: Sequence[Path]
    columns: Columns
    count: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """What must hold of a database for it to be used."""

    layout: int
    engine: str
    content: str
    size: int
    modified: int
    sha256: str

    @classmethod
    def of(cls, folder: Path, content: str) -> Self:
        """The stamp of the database in ``folder`` as it is now."""
        status = (folder / FILE).stat()
        digest = _sha256(folder / FILE)
        return cls(LAYOUT, version("ladybug"), content, status.st_size, status.st_mtime_ns, digest)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The stamp that lies in ``folder``.

        Raises:
            StoreCorruptError: there is none, or it is no stamp.
        """
        try:
            return cls(**json.loads((folder / STAMP).read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise StoreCorruptError(f"its stamp cannot be read ({error})") from error

    def write(self, folder: Path) -> None:
        """Leave the stamp in ``folder``."""
        (folder / STAMP).write_text(json.dumps(asdict(self)))

    def check(self, folder: Path, content: str) -> None:
        """Compare with the database in ``folder``; its bytes are read only if its size or time differ.

        Raises:
            StoreCorruptError: it must not be used.
        """
        if (self.layout, self.engine) != (LAYOUT, version("ladybug")):
            raise StoreCorruptError(f"it was made by ladybug {self.engine}, this is {version('ladybug')}")
        if self.content != content:
            raise StoreCorruptError("it was made from another snapshot")
        try:
            status = (folder / FILE).stat()
            same = (status.st_size, status.st_mtime_ns) == (self.size, self.modified)
            if not same and _sha256(folder / FILE) != self.sha256:
                raise StoreCorruptError("its file was altered")
        except OSError as error:
            raise StoreCorruptError(f"its file cannot be read ({error})") from error


def newest(root: Path, generation: int) -> Path | None:
    """The folder under ``root`` with the latest database of a generation."""
    numbers = [int(path.name.rpartition("-")[2]) for path in root.glob(f"{generation:06d}-*[0-9]")]
    return root / _name(generation, max(numbers)) if numbers else None


def build(root: Path, source: Source, options: EngineOptions) -> Path:
    """Make a new database under ``root`` and return its folder, complete and on disk.

    Raises:
        DiskFullError, EngineCrashedError, StoreError: the engine could not do it; nothing is left behind.
    """
    columns = source.columns
    nodes = {column.name: column.engine_type for column in columns.nodes.values()}
    edges = {column.name: column.engine_type for column in columns.edges.values()}

    def fill(engine: Engine) -> None:
        engine.run([Step(statement) for statement in text.create_tables(nodes, edges)])
        if source.nodes:
            engine.run([Step(text.copy_nodes(nodes, [str(path) for path in source.nodes]))])
        if source.edges:
            engine.run([Step(text.copy_edges(edges, [str(path) for path in source.edges]))])
        engine.run([State(0, source.count, columns).step()])

    return _make(root, source.generation, source.content, options, fill)


def fold(folder: Path, options: EngineOptions) -> Path:
    """Copy the database in ``folder`` to a new folder, with its log worked into the file.

    Raises:
        DiskFullError, EngineCrashedError, StoreError: as for :func:`build`.
    """
    generation = int(folder.name.partition("-")[0])

    def copy(engine: Engine) -> None:
        for path in (folder / FILE, wal_of(folder)):
            if path.exists():
                shutil.copyfile(path, engine.file.with_name(path.name))

    return _make(folder.parent, generation, Stamp.read(folder).content, options, copy)


def wal_of(folder: Path) -> Path:
    """The engine's log beside the database in ``folder``."""
    return folder / f"{FILE}.wal"


def _make(
    root: Path, generation: int, content: str, options: EngineOptions, fill: Callable[[Engine], None]
) -> Path:
    """A new folder with the database that ``fill`` makes; it appears whole or not at all."""
    last = newest(root, generation)
    number = int(last.name.rpartition("-")[2]) + 1 if last else 0
    fresh, folder = (root / f"{_name(generation, number)}{suffix}" for suffix in (".tmp", ""))
    shutil.rmtree(fresh, ignore_errors=True)
    engine = Engine(fresh / FILE, options, read_only=False)
    try:
        fresh.mkdir(parents=True)
        fill(engine)
        engine.run([Step(text.CHECKPOINT)])
        engine.stop()
        Stamp.of(fresh, content).write(fresh)
        for path in (fresh / FILE, fresh / STAMP, fresh):
            _force(path)
        fresh.rename(folder)
        _force(root)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise DiskFullError(f"no space to make {folder}; nothing is lost, free some space") from error
    finally:
        engine.stop()
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _name(generation: int, number: int) -> str:
    return f"{generation:06d}-{number}"


def _force(path: Path) -> None:
    """fsync a file or a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
