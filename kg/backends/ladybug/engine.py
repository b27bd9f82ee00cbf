"""A ladybug database file in use: its process, what it was last told, and how it comes back after a crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ....errors import EngineCrashedError, GraphError, StoreCorruptError
from ...cypher.emit import ladybug_writes as text
from ...cypher.emit.ladybug.columns import Columns
from .client import Worker
from .frames import Ask, Fetch, Open, Run, Step, from_stream, to_stream

Rows = list[list[Any]]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How much ladybug may take.

    Args:
        buffer_pool: bytes of memory for pages and intermediate results, at least 256 MiB.
        max_db_size: bytes of address space, and so the largest database; a power of two.
    """

    buffer_pool: int = 1 << 30
    max_db_size: int = 1 << 36


DEFAULT_OPTIONS = EngineOptions()


@dataclass(frozen=True, slots=True)
class State:
    """What a database says of itself: the last change it holds, the nid of the next node, the columns."""

    sequence: int
    nid: int
    columns: Columns

    def step(self) -> Step:
        """The statement that keeps it in the database."""
        held = {"sequence": self.sequence, "nid": self.nid, "columns": self.columns.to_json()}
        return Step(text.SET_STATE, held)


class Engine:
    """A database file and the process that has it open, which is started when it is needed.

    Args:
        file: the database.
        options: sizes.
        read_only: whether the process may not change it.
        lock: a descriptor that the process shall hold open as well, or None.
        revive: called after the process was started again because it had died.
    """

    def __init__(
        self,
        file: Path,
        options: EngineOptions,
        *,
        read_only: bool,
        lock: int | None = None,
        revive: Callable[[], None] = lambda: None,
    ) -> None:
        self.file = file
        self._open = Open(str(file), read_only, options.buffer_pool, options.max_db_size)
        self._lock = lock
        self._revive = revive
        self._in_transaction = False
        self._worker: Worker | None = None

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return None if self._worker is None else self._worker.pid

    def ask(
        self, statement: str, parameters: Sequence[Mapping[str, Any]] = ({},), seconds: float = 0.0
    ) -> list[Rows]:
        """The rows that ``statement`` gives for each of ``parameters``, all within ``seconds`` unless 0."""
        answer: list[Rows] = self._call(Ask(statement, parameters, seconds))
        return answer

    def fetch(
        self, statement: str, parameters: Mapping[str, Any] | None = None, rows: pa.Table | None = None
    ) -> pa.Table:
        """The table that ``statement`` gives; ``rows`` is its ``$rows``."""
        stream = None if rows is None else to_stream(rows)
        return from_stream(self._call(Fetch(Step(statement, parameters or {}, stream))))

    def run(self, steps: Sequence[Step]) -> list[Rows]:
        """Do ``steps`` in order and give the rows of each."""
        answer: list[Rows] = self._call(Run(steps))
        return answer

    def state(self) -> State:
        """What the database says of itself.

        Raises:
            StoreCorruptError: nothing.
        """
        rows = self.ask(text.GET_STATE)[0]
        if len(rows) != 1:
            raise StoreCorruptError(f"{self.file} does not say what it holds")
        sequence, nid, columns = rows[0]
        return State(sequence, nid, Columns.from_json(columns))

    def begin(self) -> None:
        """Begin a transaction; until it ends, no new process takes the place of one that died."""
        self.run([Step(text.BEGIN)])
        self._in_transaction = True

    def commit(self) -> None:
        """End the transaction. After an error nobody knows whether it was kept: :meth:`stop`, and look."""
        try:
            self.run([Step(text.COMMIT)])
        finally:
            self._in_transaction = False

    def roll_back(self) -> None:
        """Undo the transaction, whatever has become of it."""
        self._in_transaction = False
        try:
            self.run([Step(text.ROLLBACK)])
        except GraphError:  # a failed statement, or the death of the process, has ended it already
            self.stop()

    def stop(self) -> None:
        """End the process; the next call starts another."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _call(self, request: Ask | Fetch | Run) -> Any:
        worker = self._worker
        if worker is None:
            worker = self._start()
        elif not worker.alive:
            if self._in_transaction:
                raise EngineCrashedError("the engine process died during a change, of which nothing was kept")
            worker = self._start()
            self._revive()
        return worker.call(request)

    def _start(self) -> Worker:
        self.stop()
        worker = Worker(self._lock)
        try:
            worker.call(self._open)
        except BaseException:
            worker.close()
            raise
        self._worker = worker
        return worker
