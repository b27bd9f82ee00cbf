"""What all stores share: single changes, transactions, and walks by ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import pyarrow as pa

from ...errors import StoreReadOnlyError
from .. import traverse
from ..changes import Change, DeleteEdges, DeleteNodes, Mode, OnError, UpsertEdges, UpsertNodes
from ..cypher.interpret import Table
from ..model import EdgeKey, Path
from ..store import GraphStore, QueryResult, WriteReport

ANYWHERE = traverse.Walk()


class Transaction:
    """Changes that are to be done together, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def upsert_nodes(self, batch: pa.RecordBatch) -> None:
        """See :meth:`BaseStore.upsert_nodes`."""
        self.changes.append(UpsertNodes(batch))

    def upsert_edges(self, batch: pa.RecordBatch) -> None:
        """See :meth:`BaseStore.upsert_edges`."""
        self.changes.append(UpsertEdges(batch))

    def delete_nodes(self, ids: Iterable[str], detach: bool = True) -> None:
        """See :meth:`BaseStore.delete_nodes`."""
        self.changes.append(DeleteNodes(tuple(ids), detach))

    def delete_edges(self, keys: Iterable[EdgeKey]) -> None:
        """See :meth:`BaseStore.delete_edges`."""
        self.changes.append(DeleteEdges(tuple(keys)))


class BaseStore(GraphStore):
    """A store that can do everything that follows from ``apply``, ``get`` and ``csr``.

    Args:
        url: how it was opened, without the password.
        mode: ``r`` refuses every change.
    """

    def __init__(self, url: str, mode: Mode) -> None:
        self.url, self.mode = url, mode

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r}, {self.mode!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _must_write(self) -> None:
        """Refuse a change to a store that is open for reading.

        Raises:
            StoreReadOnlyError: it is.
        """
        if self.mode == "r":
            raise StoreReadOnlyError(f"{self.url} is open for reading; open it with mode 'rw' to change it")

    # --- writing ---

    def upsert_nodes(self, batch: pa.RecordBatch, on_error: OnError = "raise") -> WriteReport:
        """Add nodes, or merge them into those with the same id: labels add up, new values win."""
        return self.apply([UpsertNodes(batch)], on_error)

    def upsert_edges(self, batch: pa.RecordBatch, on_error: OnError = "raise") -> WriteReport:
        """Add edges, or merge them into those with the same head, relation, tail and key."""
        return self.apply([UpsertEdges(batch)], on_error)

    def delete_nodes(self, ids: Iterable[str], detach: bool = True) -> WriteReport:
        """Delete nodes; unknown ids are passed over.

        Raises:
            GraphError: one has edges and ``detach`` is false; nothing has changed then.
        """
        return self.apply([DeleteNodes(tuple(ids), detach)])

    def delete_edges(self, keys: Iterable[EdgeKey]) -> WriteReport:
        """Delete edges by (head, relation, tail, key); unknown ones are passed over."""
        return self.apply([DeleteEdges(tuple(keys))])

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Collect changes and do them as one at the end; an exception inside leaves the store as it was.

        Raises:
            BadRowsError: a row is wrong; nothing has changed then.
        """
        self._must_write()
        transaction = Transaction()
        yield transaction
        if transaction.changes:
            self.apply(transaction.changes)

    # --- walking ---

    def k_hop(
        self, ids: Sequence[str], k: int, walk: traverse.Walk = ANYWHERE, limit: int | None = None
    ) -> dict[str, int]:
        """See :func:`kgllm.kg.traverse.k_hop`."""
        return traverse.k_hop(self, ids, k, walk, limit)

    def paths(
        self,
        source: str,
        target: str,
        max_length: int,
        walk: traverse.Walk = ANYWHERE,
        limit: int = 1000,
    ) -> list[Path]:
        """See :func:`kgllm.kg.traverse.paths`."""
        return traverse.paths(self, source, target, max_length, walk, limit)

    def shortest_path(
        self, source: str, target: str, walk: traverse.Walk = ANYWHERE, max_length: int | None = None
    ) -> Path | None:
        """See :func:`kgllm.kg.traverse.shortest_path`."""
        return traverse.shortest_path(self, source, target, walk, max_length)


def cut(table: Table, rows: int, stats: Mapping[str, object]) -> QueryResult:
    """The first ``rows`` rows of a table, and whether there were more."""
    kept = tuple(table.rows[:rows])
    return QueryResult(table.columns, kept, truncated=len(table.rows) > rows, stats=stats)
