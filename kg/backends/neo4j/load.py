"""Replacing the whole content of a database in Neo4j."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self, TypeVar

import pyarrow as pa
from neo4j import ManagedTransaction

from ....errors import StoreBusyError
from ...batches import EdgeChecker, NodeChecker
from ...changes import OnError
from ...cypher.emit import neo4j_writes as statements
from ...store import LoadReport
from .apply import EDGES_AT_ONCE, NODES_AT_ONCE, refuse_own_names, write_edges, write_nodes
from .connection import Connection, run

__all__ = ["bulk_load"]

log = logging.getLogger(__name__)

T = TypeVar("T")
CLEARED_AT_ONCE = 20_000


def bulk_load(
    connection: Connection,
    nodes: Iterable[pa.RecordBatch],
    edges: Iterable[pa.RecordBatch],
    on_error: OnError,
) -> LoadReport:
    """See :meth:`~kgllm.kg.backends.neo4j.store.Neo4jStore.bulk_load`."""
    started = time.monotonic()
    with ExitStack() as stack:
        kept_nodes, kept_edges = (Spool(stack.enter_context(TemporaryFile())) for _ in range(2))
        node_checker = NodeChecker()
        for batch in nodes:
            kept_nodes.add(node_checker.check(batch))
        edge_checker = EdgeChecker(node_checker.ids.find)
        for batch in edges:
            # Each relation type is a statement of its own: the fewer in a transaction the better.
            kept_edges.add(edge_checker.check(batch).batch.sort_by("relation"))
        rejects = node_checker.report().merge(edge_checker.report())
        rejects.enforce(on_error)
        load = stack.enter_context(Load(connection))
        load.clear()
        for batch in kept_nodes.batches(NODES_AT_ONCE):
            load.owned(partial(write_nodes, batch=batch))
        for batch in kept_edges.batches(EDGES_AT_ONCE):
            load.owned(partial(write_edges, batch=batch))
        load.finish((kept_nodes.rows, kept_edges.rows), (node_checker.types, edge_checker.types))
    return LoadReport(kept_nodes.rows, kept_edges.rows, rejects, time.monotonic() - started)


class Spool:
    """Batches on their way, in a temporary file: the server is touched when all rows have been checked."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep a batch; each may have columns of its own.

        Raises:
            SchemaError: it uses a name that is the store's own.
        """
        refuse_own_names(batch)
        with pa.ipc.new_stream(self._file, batch.schema) as stream:
            stream.write_batch(batch)
        self.rows += len(batch)

    def batches(self, size: int) -> Iterator[pa.RecordBatch]:
        """What was kept, at most ``size`` rows at a time."""
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            for batch in pa.ipc.open_stream(self._file):
                for start in range(0, len(batch), size):
                    yield batch.slice(start, size)


class Load:
    """A load in progress. It owns the database by a token; whoever begins another one takes it over."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._token = uuid.uuid4().hex

    def __enter__(self) -> Self:
        self._connection.write(partial(run, text=statements.BEGIN_LOAD, parameters={"token": self._token}))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            shown = self._connection.address.url
            log.warning("the load of %s was cut off: nobody can read it until it is loaded again", shown)

    def owned(self, work: Callable[[ManagedTransaction], T]) -> T:
        """What ``work`` gives in a transaction that fails when another load has begun."""

        def checked(transaction: ManagedTransaction) -> T:
            if not run(transaction, statements.STILL_LOADING, {"token": self._token}):
                raise StoreBusyError("another load of this database has begun; this one stops")
            return work(transaction)

        return self._connection.write(checked)

    def clear(self) -> None:
        """Delete the old content, in transactions that a small server can bear."""
        for statement in (statements.CLEAR_EDGES, statements.CLEAR_NODES):
            some = partial(run, text=statement, parameters={"limit": CLEARED_AT_ONCE})
            while self.owned(some) != [[0]]:
                pass

    def finish(self, counts: tuple[int, int], types: tuple[dict[str, str], dict[str, str]]) -> None:
        """Open the new content to readers.

        Raises:
            StoreBusyError: the server does not hold ``counts`` nodes and edges; it stays closed.
        """
        found = tuple(
            self._connection.rows(count)[0][0] for count in (statements.ENTITIES, statements.RELATIONSHIPS)
        )
        if found != counts:
            raise StoreBusyError(
                f"{counts} nodes and edges were written and {found} are there: somebody else changes this"
                " database; stop that and load again"
            )
        nodes, edges = map(json.dumps, types)
        self.owned(partial(run, text=statements.END_LOAD, parameters={"nodes": nodes, "edges": edges}))
