"""Queries of the read subset on a Neo4j server."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from itertools import islice

from neo4j import ManagedTransaction
from neo4j.exceptions import TransientError

from ....errors import QueryError, QueryRefusedError, QueryTimeoutError
from ...cypher.emit.neo4j import to_neo4j
from ...cypher.emit.neo4j_writes import IDS_OF_ELEMENTS
from ...cypher.emit.statement import Statement
from ...cypher.gate import Gate, ReadQuery
from ...cypher.limits import Limits
from ...model import Value
from ...store import QueryResult
from .connection import Connection, run
from .errors import from_server
from .values import loose_ends, value

__all__ = ["Asker"]

Rows = list[tuple[Value, ...]]

KNOWN_TEXTS = 1000
LEAST_SECONDS = 0.001
"""To the server a limit of 0 is none at all."""


class Asker:
    """Sends what the gate lets through, to a server that may be asked to look at it first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._harmless: dict[str, None] = {}

    def ask(
        self,
        text: str,
        gate: Gate,
        parameters: Mapping[str, Value] | None,
        limits: Limits | None,
    ) -> QueryResult:
        """See :meth:`~kgllm.kg.store.GraphStore.query`."""
        started = time.monotonic()
        read = gate.prepare(text, parameters, limits)
        statement = to_neo4j(read)
        if self._connection.is_neo4j:
            self._explain(statement)
        seconds = max(read.seconds, LEAST_SECONDS)
        rows = self._connection.read(partial(fetch, statement=statement, read=read), seconds)
        stats = {
            "seconds": time.monotonic() - started,
            "engine": self._connection.agent,
            "text": statement.text,
        }
        return QueryResult(read.columns, tuple(rows[: read.rows]), len(rows) > read.rows, stats)

    def _explain(self, statement: Statement) -> None:
        """Refuse a statement of which the server says that it would do more than read."""
        if statement.text in self._harmless:
            return
        kind = self._connection.explain(statement.text, statement.parameters)
        if kind != "r":
            raise QueryRefusedError(
                "write", f"the server takes this for a query of kind {kind!r}, expected 'r'"
            )
        if len(self._harmless) == KNOWN_TEXTS:
            self._harmless.clear()
        self._harmless[statement.text] = None


def fetch(transaction: ManagedTransaction, statement: Statement, read: ReadQuery) -> Rows:
    """At most ``read.rows + 1`` rows, as values of :mod:`kgllm.kg.model`."""
    deadline = time.monotonic() + read.seconds
    records = []
    try:
        result = transaction.run(statement.text, dict(statement.parameters))
        for record in islice(result, read.rows + 1):
            if time.monotonic() > deadline:
                raise QueryTimeoutError(f"no more time after {read.seconds:g} s; ask for less or allow more")
            records.append(record.values())
        summary = result.consume()
    except TransientError as error:
        failure = from_server(error)
        if isinstance(failure, QueryError):  # the driver would only try again
            raise failure from error
        raise
    if summary.counters.contains_updates:
        raise QueryRefusedError("write", "the server changed something for this query; it was rolled back")
    elements = sorted(loose_ends(records))
    ids = dict(run(transaction, IDS_OF_ELEMENTS, {"elements": elements})) if elements else {}
    return [tuple(value(item, ids) for item in record) for record in records]
