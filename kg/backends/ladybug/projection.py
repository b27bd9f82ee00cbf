"""The graph in a form that the engine can query: always made from the snapshot, never the truth itself.

Whatever cannot be trusted is made anew from the snapshot and its changes, and the log says so: a file that
was altered, a database of another version, one that kills the engine, lacks its state, or is ahead.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from ....errors import DiskFullError, GraphError, StoreBusyError, StoreCorruptError
from ...batches import check_changes
from ...changes import Change, OnError
from ...snapshot import Snapshot
from ...store import WriteReport
from .engine import Engine, EngineOptions, State
from .files import FILE, Source, Stamp, build, discard, fold, hold, newest, wal_of
from .lock import FolderLock, is_locked
from .writer import Writer, existing

__all__ = ["Projection"]

log = logging.getLogger(__name__)

FOLD_BYTES = 64 << 20
"""Size of the engine's log from which on it is folded into the file."""


class Projection:
    """The engine's database of one store; it follows ``snapshot``.

    Args:
        path: folder of the store.
        snapshot: the truth.
        options: sizes for the engine.
        lock: the right to write, or None to read only; then no file under ``path`` is touched, and a database
            that cannot be used is made anew in a temporary folder.

    Attributes:
        engine: the process that has the database open.
        state: what the database holds.
    """

    state: State

    def __init__(
        self, path: Path, snapshot: Snapshot, options: EngineOptions, lock: FolderLock | None
    ) -> None:
        self._path, self._snapshot, self._options, self._lock = path, snapshot, options, lock
        self._root = path / "engine"
        self._read_only = lock is None
        self._held = ExitStack()
        self.engine = self._engine(self._root)
        try:
            self.open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the engine; may be called twice."""
        self.engine.stop()
        self._held.close()

    def prepare(self, source: Source) -> None:
        """Make the database of a generation that is not yet published; :meth:`open` serves it afterwards."""
        build(self._root, source, self._options)

    def open(self) -> None:
        """Serve the current generation, with a database made anew if there is none that can be trusted."""
        folder = newest(self._root, self._snapshot.manifest.generation)
        if folder is None:
            log.info("%s: the engine's database is made from the snapshot", self._path)
            self._rebuild()
            return
        try:
            Stamp.read(folder).check(folder, self._snapshot.manifest.content_hash)
            self._serve(folder)
        except (StoreBusyError, DiskFullError):
            raise
        except GraphError as error:
            log.warning("%s: the engine's database is made anew from the snapshot: %s", self._path, error)
            self._rebuild()

    def apply(self, changes: Sequence[Change], on_error: OnError) -> WriteReport:
        """Check ``changes``, write them, log them: all or none. They are durable when they are in the log.

        Raises:
            BadRowsError: there are bad rows and ``on_error`` is ``raise``.
            GraphError: a node to delete has edges and shall not lose them.
        """
        nodes, edges = _types(self.state)
        checked = check_changes(changes, partial(existing, self.engine), nodes, edges, on_error)
        self.engine.begin()
        try:
            writer = Writer(self.engine, self.state)
            done = [writer.write(change) for change in checked.changes]
            state = replace(writer.state, sequence=self._snapshot.version.sequence + 1)
            self.engine.run([state.step()])
            self._snapshot.append(checked.changes)
        except BaseException:
            self.engine.roll_back()
            if self._snapshot.version.sequence > self.state.sequence:  # interrupted, but after it was logged
                self._catch_up()
            raise
        self._commit(state)
        self._fold_when_large()
        written, linked, nodes_gone, edges_gone = map(sum, zip((0, 0, 0, 0), *done, strict=True))
        return WriteReport(written, linked, nodes_gone, edges_gone, checked.rejects)

    def _serve(self, folder: Path) -> None:
        """Use the database in ``folder``. Who writes removes the others, who reads keeps it from removal."""
        previous, self.engine = self.engine, self._engine(folder)
        try:
            if self._read_only:
                self._held.enter_context(hold(folder))
            self._catch_up()
        except BaseException:
            self.engine.stop()
            self.engine = previous
            raise
        previous.stop()
        if not self._read_only:
            for other in self._root.iterdir():
                if other != folder:
                    discard(other)

    def _rebuild(self) -> None:
        if self._read_only:
            private = self._held.enter_context(tempfile.TemporaryDirectory(prefix="kgllm-"))
            self._root, self._read_only = Path(private), False
        held = self._snapshot
        held.verify()  # altered files would make a database with altered values
        self._serve(
            build(self._root, Source.of(held.manifest, held.node_files, held.edge_files), self._options)
        )

    def _engine(self, folder: Path) -> Engine:
        return Engine(
            folder / FILE,
            self._options,
            read_only=self._read_only,
            lock=None if self._lock is None else self._lock.fileno(),
            revive=self._catch_up,
        )

    def _commit(self, state: State) -> None:
        try:
            self.engine.commit()
            self.state = state
        except GraphError as error:
            log.warning(
                "%s: the engine failed on a change that is in the log; it replays it: %s", self._path, error
            )
            self.engine.stop()
            self._catch_up()

    def _catch_up(self) -> None:
        """Write what the log holds and the database does not.

        Raises:
            StoreCorruptError: the database cannot be of this log.
        """
        self.state = self.engine.state()
        behind = self._snapshot.version.sequence - self.state.sequence
        if self._read_only and (behind <= 0 or is_locked(self._path)):
            return  # a writer is ahead of us, or has not finished what it just logged
        if behind < 0 or self._read_only:
            raise StoreCorruptError(
                f"it ends with change {self.state.sequence}, the log with {self._snapshot.version.sequence}"
            )
        if behind:
            log.info("%s: the engine replays %d changes", self._path, behind)
        for sequence, changes in self._snapshot.changes(self.state.sequence):
            writer = Writer(self.engine, self.state)
            self.engine.begin()
            for change in changes:
                writer.write(change)
            state = replace(writer.state, sequence=sequence)
            self.engine.run([state.step()])
            self.engine.commit()
            self.state = state

    def _fold_when_large(self) -> None:
        folder = self.engine.file.parent
        wal = wal_of(folder)
        if not wal.exists() or wal.stat().st_size < FOLD_BYTES:
            return
        try:
            self._serve(fold(folder, self._options))
        except GraphError as error:
            log.warning("%s: the engine's log could not be folded and goes on growing: %s", self._path, error)


def _types(state: State) -> tuple[dict[str, str], dict[str, str]]:
    """Property name → type name, of nodes and of edges."""
    sides = (state.columns.nodes, state.columns.edges)
    nodes, edges = ({name: column.type for name, column in side.items()} for side in sides)
    return nodes, edges
