"""A graph on a Neo4j 5 server, through the official driver."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import pyarrow as pa
from neo4j import ManagedTransaction

from ....errors import NotFoundError, StoreBusyError, StoreError
from ...changes import Change, Mode, OnError, Version
from ...csr import CSRGraph
from ...cypher.emit import neo4j_writes as statements
from ...cypher.gate import Gate
from ...cypher.limits import Limits
from ...model import Direction, Edge, Entity, Value
from ...schema import SchemaInfo
from ...store import Capabilities, LoadReport, QueryResult, WriteReport
from ..base import BaseStore
from .apply import Meta, apply, chunks, read_meta
from .connection import Address, Connection, run
from .load import bulk_load
from .query import Asker
from .schema import read_schema, with_samples
from .values import edge_batch, entity, node_batch

__all__ = ["Neo4jStore"]

log = logging.getLogger(__name__)
T = TypeVar("T")

IDS_AT_ONCE = 10_000


class Neo4jStore(BaseStore):
    """One graph in one database of a server; :mod:`kgllm.kg.cypher.emit.neo4j_writes` says how it lies there.

    Writers wait for each other. Where a connection breaks, a transaction is tried again for ten seconds; that
    changes nothing twice. Nid is the rank of an id, so the order of the scans is that of the ids, by code
    points. Readers find out whether a load is going on, and refuse then.

    Args:
        url: ``bolt://`` or ``neo4j://``, with ``user:password@`` and ``?database=name`` as needed.
        mode: ``create`` also makes an empty graph, in a database that has no nodes.

    Raises:
        ConfigError: the URL is malformed.
        StoreUnavailableError: nobody answers within five seconds, or the password is wrong.
        NotFoundError: there is no such database, or it holds no graph of kgllm's.
        StoreBusyError: the graph is being loaded, or was left half loaded, and the mode is ``r``.
        StoreError: the mode is ``create`` and the database holds what kgllm did not write.
    """

    capabilities = Capabilities(transactions=True, concurrent_writers=True, server=True, durable=True)

    def __init__(self, url: str, mode: Mode = "rw") -> None:
        address = Address.parse(url)
        super().__init__(address.url, mode)
        self._connection = Connection(address)
        self._gate: tuple[Version, Gate] | None = None
        self._csr: tuple[Version, CSRGraph] | None = None
        self._asker = Asker(self._connection)
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close all connections."""
        self._connection.close()

    def version(self) -> Version:
        """Generation and sequence number; the number grows with each ``apply``, also of other clients."""
        return self._read(lambda _, meta: meta.version)

    # --- writing ---

    def bulk_load(
        self, nodes: Iterable[pa.RecordBatch], edges: Iterable[pa.RecordBatch], on_error: OnError = "raise"
    ) -> LoadReport:
        """Replace the whole content.

        Neo4j Community cannot swap databases, so this keeps less than the protocol asks for: all rows are
        checked before the server is touched, then the old content is deleted and the new one written, in many
        transactions. In between everybody, also other clients, gets a StoreBusyError instead of half a graph;
        after a crash too, until the graph has been loaded again.

        Raises:
            BadRowsError: a row is wrong and ``on_error`` is ``raise``; nothing has changed then.
            StoreBusyError: somebody else began a load, or writes past kgllm.
            StoreError: the database holds nodes that kgllm did not write.
        """
        self._must_write()
        if strangers := self._strangers():
            raise StoreError(
                f"{self.url} holds nodes that kgllm did not write ({strangers}); name a database without them"
            )
        return bulk_load(self._connection, nodes, edges, on_error)

    def apply(self, changes: Sequence[Change], on_error: OnError = "raise") -> WriteReport:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        self._must_write()
        changes = tuple(changes)
        return self._connection.write(partial(apply, database=self.url, changes=changes, on_error=on_error))

    # --- reading ---

    def get(self, ids: Sequence[str]) -> list[Entity | None]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        found: dict[str, Entity] = {}
        for some in chunks(list(filter(statements.storable, ids)), IDS_AT_ONCE):
            found |= {node["id"]: entity(node) for [node] in self._rows(statements.GET, ids=some)}
        return [found.get(id) for id in ids]

    def scan_nodes(self, batch_size: int = 10_000) -> Iterator[pa.RecordBatch]:
        """All nodes by id, a page at a time; a page is read in a transaction of its own."""
        types = self._read(lambda _, meta: meta.nodes)
        for rows in self._pages(statements.node_page(types), batch_size):
            yield node_batch(rows, types)

    def scan_edges(self, batch_size: int = 50_000) -> Iterator[pa.RecordBatch]:
        """All edges by identity; the edges of one head are never split, however many they are."""
        types = self._read(lambda _, meta: meta.edges)
        for heads in self._heads(batch_size):
            rows = self._rows(statements.edges_of(types), ids=heads)
            if rows:
                yield edge_batch(rows, types)

    def neighbors(
        self, ids: Sequence[str], relations: Sequence[str] | None = None, direction: Direction = "both"
    ) -> list[list[Edge]]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        if relations is not None:
            relations = list(filter(statements.storable, relations))
            if not relations:
                return [[] for _ in self._by_id(statements.EXISTING, ids)]
        found = self._by_id(statements.neighbors(relations, direction), ids)
        return [[Edge(*edge) for edge in sorted(edges)] for [edges] in found]

    def degree(self, ids: Sequence[str], direction: Direction = "both") -> list[int]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        return [degree for [degree] in self._by_id(statements.degree(direction), ids)]

    def schema(self, samples: int = 3) -> SchemaInfo:
        """Labels and relation types; the counting takes a pass over the graph and is kept with the version.

        Properties that somebody wrote past kgllm are left out. The samples are those that the server meets
        first, sorted.
        """

        def work(transaction: ManagedTransaction, meta: Meta) -> SchemaInfo:
            return with_samples(transaction, self._current(transaction, meta).schema, samples)

        return self._read(work)

    def csr(self) -> CSRGraph:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        version = self.version()
        if self._csr is None or self._csr[0] != version:
            self._csr = version, CSRGraph.from_store(self)
        return self._csr[1]

    def query(
        self, text: str, parameters: Mapping[str, Value] | None = None, limits: Limits | None = None
    ) -> QueryResult:
        """See :class:`~kgllm.kg.store.GraphStore`.

        The server looks for transactions that are overdue every two seconds, so a query may take so much
        longer than its limit.
        """
        return self._asker.ask(text, self._read(self._current), parameters, limits)

    # --- how it is done ---

    def _prepare(self) -> None:
        """Find the graph, or make an empty one."""
        try:
            self.version()
        except NotFoundError:
            if self.mode != "create":
                raise
            self._create()
        except StoreBusyError as error:
            if self.mode == "r":
                raise
            log.warning("%s", error)
        if strangers := self._strangers():
            log.warning("%s also holds %d nodes of other origin; they stay out", self.url, strangers)

    def _create(self) -> None:
        nodes = self._connection.rows(statements.NODES)[0][0]
        if nodes:
            raise StoreError(
                f"{self.url} holds nodes that kgllm did not write ({nodes}); name an empty database"
            )
        for statement in statements.CONSTRAINTS:
            self._connection.alter(statement)
        self._connection.write(partial(run, text=statements.CREATE_META, parameters={}))

    def _strangers(self) -> int:
        counts = (statements.NODES, statements.ENTITIES, statements.METAS)
        nodes, entities, metas = (self._connection.rows(count)[0][0] for count in counts)
        return int(nodes - entities - metas)

    def _read(self, work: Callable[[ManagedTransaction, Meta], T]) -> T:
        """What ``work`` gives in a read transaction in which no load is going on."""
        return self._connection.read(lambda tx: work(tx, read_meta(tx, self.url)))

    def _rows(self, statement: str, **parameters: object) -> list[list[Any]]:
        return self._read(lambda tx, _: run(tx, statement, parameters))

    def _by_id(self, statement: str, ids: Sequence[str]) -> list[list[Any]]:
        """What follows the id in the row of each of ``ids``."""
        distinct = list(dict.fromkeys(ids))
        found: dict[str, list[Any]] = {}
        for some in chunks(list(filter(statements.storable, distinct)), IDS_AT_ONCE):
            found |= {id: rest for id, *rest in self._rows(statement, ids=some)}
        if missing := [id for id in distinct if id not in found]:
            raise NotFoundError(
                f"there is no entity {missing[0]!r}; look it up by name, or list ids with scan_nodes()"
            )
        return [found[id] for id in ids]

    def _pages(self, statement: str, size: int) -> Iterator[list[list[Any]]]:
        """Rows that begin with the id, by id."""
        after = ""
        while rows := self._rows(statement, after=after, limit=size):
            yield rows
            after = rows[-1][0]

    def _heads(self, edges: int) -> Iterator[list[str]]:
        """Ids of heads in order, together with at most so many edges, unless it is a single head."""
        heads: list[str] = []
        waiting = 0
        for rows in self._pages(statements.HEAD_PAGE, IDS_AT_ONCE):
            for head, count in rows:
                if heads and waiting + count > edges:
                    yield heads
                    heads, waiting = [], 0
                if count:
                    heads.append(head)
                    waiting += count
        if heads:
            yield heads

    def _current(self, transaction: ManagedTransaction, meta: Meta) -> Gate:
        """The gate of the graph as it is now."""
        if self._gate is None or self._gate[0] != meta.version:
            self._gate = meta.version, Gate(read_schema(transaction, meta))
        return self._gate[1]
