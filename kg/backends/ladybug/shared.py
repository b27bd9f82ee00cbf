"""What all handles on one ladybug store have in common within a process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from ...batches import EdgeChecker, NodeChecker
from ...changes import Mode, OnError, Version
from ...csr import CSRGraph
from ...cypher.gate import Gate
from ...disk import disk_errors
from ...snapshot import Snapshot
from ...snapshot.generation import CURRENT, claim, read_current
from ...store import LoadReport
from .engine import EngineOptions
from .files import Source
from .lock import FolderLock
from .projection import Projection
from .reads import Reader

__all__ = ["Shared", "acquire", "release"]

_open: dict[tuple[int, str, bool], Shared] = {}
_gate = threading.Lock()


class Shared:
    """One open store: snapshot, projection, and what was computed of the version they have.

    Args:
        path: folder.
        mode: how the first handle opened it; ``r`` holds no lock and changes no file.
        options: sizes for the engine.

    Attributes:
        guard: held by whoever uses the engine; a thread may take it again.
        writing: held by whoever changes the store.
        gate, graph: of which version, and what.
        handles: how many there are.
    """

    def __init__(self, path: Path, mode: Mode, options: EngineOptions) -> None:
        self.path = path
        self.guard, self.writing = threading.RLock(), threading.Lock()
        self.gate: tuple[Version, Gate] | None = None
        self.graph: tuple[Version, CSRGraph] | None = None
        self.handles = 0
        self._lock = None if mode == "r" else _lock(path, mode)
        try:
            self.snapshot = Snapshot.open(path, mode)
            try:
                self.projection = Projection(path, self.snapshot, options, self._lock)
            except BaseException:
                self.snapshot.close()
                raise
        except BaseException:
            self._unlock()
            raise

    @property
    def version(self) -> Version:
        """Generation and sequence number of what the engine holds."""
        return Version(self.snapshot.manifest.generation, self.projection.state.sequence)

    @property
    def stamp(self) -> str:
        """Names this version of the content, across all stores."""
        return f"{self.snapshot.manifest.content_hash} {self.version.sequence}"

    @property
    def writable(self) -> bool:
        """Whether this process may change files."""
        return self._lock is not None

    def reader(self) -> Reader:
        """Reads what the engine holds now."""
        return Reader(self.projection.engine, self.projection.state)

    def load(
        self, nodes: Iterable[pa.RecordBatch], edges: Iterable[pa.RecordBatch], on_error: OnError
    ) -> LoadReport:
        """See :meth:`~kgllm.kg.store.GraphStore.bulk_load`."""
        started = time.monotonic()
        node_checker = NodeChecker()
        edge_checker = EdgeChecker(node_checker.ids.find)
        with self.writing, self.snapshot.begin() as writer:
            for batch in nodes:
                writer.nodes(node_checker.check(batch))
            for batch in edges:
                writer.edges(*edge_checker.check(batch))
            rejects = node_checker.report().merge(edge_checker.report())
            rejects.enforce(on_error)
            manifest = writer.finish()
            self.projection.prepare(Source.of(manifest, writer.node_files, writer.edge_files))
            with self.guard:
                writer.publish()
                self.projection.open()
        return LoadReport(manifest.nodes, manifest.edges, rejects, time.monotonic() - started)

    def compact(self) -> None:
        """See :meth:`~kgllm.kg.backends.ladybug.store.LadybugStore.compact`."""
        with self.writing, self.guard:
            self.snapshot.compact()
            self.projection.open()

    def close(self) -> None:
        """End the engine, then let others write."""
        with self.guard:
            self.projection.close()
            self.snapshot.close()
            self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()


def acquire(path: Path, mode: Mode, options: EngineOptions) -> Shared:
    """The store at ``path``, opened unless this process has it open: a reader takes the writer's.

    Raises:
        NotFoundError: there is none, and ``mode`` is not ``create``.
        StoreBusyError: another process writes to it, and ``mode`` is not ``r``.
    """
    place = os.path.realpath(path)
    writer, reader = ((os.getpid(), place, writable) for writable in (True, False))
    with _gate:
        key = writer if mode != "r" or writer in _open else reader
        if key not in _open:
            _open[key] = Shared(path, mode, options)
        _open[key].handles += 1
        return _open[key]


def release(shared: Shared) -> None:
    """Give back what :func:`acquire` gave; the last one closes it."""
    with _gate:
        shared.handles -= 1
        if shared.handles:
            return
        for key in [key for key, held in _open.items() if held is shared]:
            del _open[key]
        shared.close()


def _lock(path: Path, mode: Mode) -> FolderLock:
    """The lock of a store, or of what may become one: no other folder gets a file."""
    with disk_errors(path):
        if mode == "create":
            path.mkdir(parents=True, exist_ok=True)
        if mode == "rw" or (path / CURRENT).exists():
            read_current(path)
        else:
            claim(path)
        return FolderLock(path)
