"""The graph in a form that the engine can query: always made from the snapshot, never the truth itself.

Whatever cannot be trusted is made anew from the snapshot and its changes, and the log says so: a file that
was altered, a database of another version, one that kills the engine, lacks its state, or is ahead.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from ...errors import DiskFullError, GraphError, StoreBusyError, StoreCorruptError
from ..snapshot import Snapshot
from ..store import Change, OnError, WriteReport
from .folder_lock import FolderLock, is_locked
from .ladybug_engine import Engine, EngineOptions, State
from .ladybug_files import FILE, Source, Stamp, build, fold, newest, wal_of
from .ladybug_writer import Replay, Writer

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
        self._temporary = ExitStack()
        self._read_only = lock is None
        self.engine = self._engine(self._root)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the engine; may be called twice."""
        self.engine.stop()
        self._temporary.close()

    def prepare(self, source: Source) -> Path:
        """Make a database that is not served yet; its folder is for :meth:`adopt`."""
        return build(self._root, source, self._options)

    def adopt(self, folder: Path) -> None:
        """Serve the database in ``folder``, and remove all others."""
        previous, self.engine = self.engine, self._engine(folder)
        try:
            self._catch_up()
        except BaseException:
            self.engine.stop()
            self.engine = previous
            raise
        previous.stop()
        if not self._read_only:
            for other in self._root.iterdir():
                if other != folder:
                    shutil.rmtree(other, ignore_errors=True)

    def apply(self, changes: Sequence[Change], on_error: OnError) -> WriteReport:
        """Check ``changes``, write them, log them: all or none. They are durable when they are in the log.

        Raises:
            BadRowsError: there are bad rows and ``on_error`` is ``raise``.
        """
        self.engine.begin()
        try:
            writer = Writer(self.engine, self.state)
            for change in changes:
                writer.write(change)
            report = writer.report()
            report.rejects.enforce(on_error)
            state = replace(writer.state, sequence=self._snapshot.sequence + 1)
            self.engine.run([state.step()])
            self._snapshot.append(writer.clean)
        except BaseException:
            self.engine.roll_back()
            raise
        self._commit(state)
        self._fold_when_large()
        return report

    def _open(self) -> None:
        folder = newest(self._root, self._snapshot.generation)
        if folder is None:
            log.info("%s: the engine's database is made from the snapshot", self._path)
            self._rebuild()
            return
        try:
            Stamp.read(folder).check(folder, self._snapshot.content)
            self.adopt(folder)
        except (StoreBusyError, DiskFullError):
            raise
        except GraphError as error:
            log.warning("%s: the engine's database is made anew from the snapshot: %s", self._path, error)
            self._rebuild()

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
        behind = self._snapshot.sequence - self.state.sequence
        if self._read_only and (behind <= 0 or is_locked(self._path)):
            return  # a writer is ahead of us, or has not finished what it just logged
        if behind < 0 or self._read_only:
            raise StoreCorruptError(
                f"it holds {self.state.sequence} changes, the log {self._snapshot.sequence}"
            )
        if behind:
            log.info("%s: the engine replays %d changes", self._path, behind)
        for sequence, changes in self._snapshot.changes(self.state.sequence):
            replay = Replay(self.engine, self.state)
            self.engine.begin()
            for change in changes:
                replay.write(change)
            state = replace(replay.state, sequence=sequence)
            self.engine.run([state.step()])
            self.engine.commit()
            self.state = state

    def _rebuild(self) -> None:
        if self._read_only:
            self._root = Path(self._temporary.enter_context(tempfile.TemporaryDirectory(prefix="kgllm-")))
            self._read_only = False
        self.adopt(self.prepare(Source.of(self._snapshot)))

    def _fold_when_large(self) -> None:
        folder = self.engine.file.parent
        if wal_of(folder).stat().st_size < FOLD_BYTES:
            return
        try:
            self.adopt(fold(folder, self._options))
        except GraphError as error:
            log.warning("%s: the engine's log could not be folded and goes on growing: %s", self._path, error)
