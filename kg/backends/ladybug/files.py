"""Databases of the engine on disk: how one is made from a snapshot, and when it may be used.

Each lies in a folder of its own, ``engine/GENERATION-NUMBER``, with a stamp beside it that says which
snapshot and which ladybug it is of and what its file must look like. That file is written once, while it is
made, and never again: changes go to the engine's log beside it, so other processes may read both at any time.
When the log has grown, both are folded into the file of a new folder, and the old one goes.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Self

import pyarrow.parquet as pq

from ....errors import StoreCorruptError
from ...cypher.emit import ladybug_writes as text
from ...cypher.emit.ladybug.columns import Column, Columns
from ...disk import disk_errors, sha256_of, sync
from ...snapshot import Manifest
from .engine import Engine, EngineOptions, State
from .frames import Step

LAYOUT = 1
FILE, STAMP = "graph.lbug", "stamp.json"


@dataclass(frozen=True, slots=True)
class Source:
    """What a database is made from.

    Args:
        generation: of the snapshot.
        sequence: the last change that is part of its files.
        content: a hash of the snapshot.
        nodes, edges: its Parquet files.
        columns: of all properties in them.
        count: number of nodes.
    """

    generation: int
    sequence: int
    content: str
    nodes: Sequence[Path]
    edges: Sequence[Path]
    columns: Columns
    count: int

    @classmethod
    def of(cls, manifest: Manifest, nodes: Sequence[Path], edges: Sequence[Path]) -> Self:
        """The generation that ``manifest`` describes, with its files."""
        return cls(
            manifest.generation,
            manifest.sequence,
            manifest.content_hash,
            nodes,
            edges,
            Columns().extended(manifest.node_types, manifest.edge_types),
            manifest.nodes,
        )


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
        digest = sha256_of(folder / FILE)
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
            if not same and sha256_of(folder / FILE) != self.sha256:
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

    def fill(engine: Engine) -> None:
        tables = text.create_tables(_types(columns.nodes), _types(columns.edges))
        loads = [
            *(text.copy_nodes(_types(columns.nodes, path, 3), str(path)) for path in source.nodes),
            *(text.copy_edges(_types(columns.edges, path, 6), str(path)) for path in source.edges),
        ]
        engine.run([Step(statement) for statement in (*tables, *loads)])
        engine.run([State(source.sequence, source.count, columns).step()])

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
    """The engine's log beside the database in ``folder``; it is not there while nothing was changed."""
    return folder / f"{FILE}.wal"


def hold(folder: Path) -> IO[bytes]:
    """Keep :func:`discard` from the database in ``folder`` until the file that this gives is closed."""
    with disk_errors(folder):
        stamp = (folder / STAMP).open("rb")
        fcntl.flock(stamp, fcntl.LOCK_SH)
        return stamp


def discard(folder: Path) -> None:
    """Remove a database, whole or not, unless somebody holds it."""
    with ExitStack() as stack:
        if (folder / STAMP).exists():
            stamp = stack.enter_context((folder / STAMP).open("rb"))
            try:
                fcntl.flock(stamp, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
        shutil.rmtree(folder, ignore_errors=True)


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
        with disk_errors(root):
            fresh.mkdir(parents=True)
            fill(engine)
            engine.run([Step(text.CHECKPOINT)])
            engine.stop()
            Stamp.of(fresh, content).write(fresh)
            for path in (fresh / FILE, fresh / STAMP, fresh):
                sync(path)
            fresh.rename(folder)
            sync(root)
    finally:
        engine.stop()
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _types(columns: Mapping[str, Column], file: Path | None = None, skip: int = 0) -> dict[str, str]:
    """Engine column → engine type, of all ``columns`` or of those in ``file`` after the first ``skip``."""
    names = columns if file is None else pq.read_schema(file).names[skip:]
    return {columns[name].name: columns[name].engine_type for name in names}


def _name(generation: int, number: int) -> str:
    return f"{generation:06d}-{number}"
