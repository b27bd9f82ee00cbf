"""The store in memory: the reference for what every other store must do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ....errors import NotFoundError, StoreError
from ...batches import EdgeChecker, NodeChecker, RejectReport, check_changes
from ...changes import Change, DeleteEdges, DeleteNodes, OnError, UpsertEdges, UpsertNodes, Version
from ...csr import CSRGraph
from ...cypher.gate import prepare
from ...cypher.interpret import interpret
from ...cypher.limits import Limits
from ...model import Direction, Edge, Entity, Value
from ...rows import edges, edges_to_batch, entities, entities_to_batch
from ...schema import SchemaInfo
from ...store import Capabilities, LoadReport, QueryResult, WriteReport
from ..base import BaseStore, cut
from .graph import MemoryGraph
from .schema import schema_of

T = TypeVar("T")


class _State(NamedTuple):
    """A version of the graph; it is never changed, only replaced."""

    graph: MemoryGraph
    version: Version


class MemoryStore(BaseStore):
    """A graph that lives as long as the store is open.

    A change makes a new version of the graph, which shares with the old one what stays the same, and puts it
    in its place when it is complete. So readers keep what they began with, and a change that fails leaves
    nothing behind. Entities, edges and properties that the store gives out are its own: do not change them.
    """

    capabilities = Capabilities(transactions=True, concurrent_writers=False, server=False, durable=False)

    def __init__(self) -> None:
        super().__init__("memory:", "create")
        self._held: _State | None = _State(MemoryGraph(), Version(0, 0))
        self._writing = threading.Lock()
        self._schemas: dict[tuple[Version, int], SchemaInfo] = {}
        self._csr: tuple[Version, CSRGraph] | None = None

    def close(self) -> None:
        """Forget everything."""
        self._held = self._csr = None
        self._schemas = {}

    @property
    def _state(self) -> _State:
        if self._held is None:
            raise StoreError("the store in memory is closed and its content gone; open a new one")
        return self._held

    def version(self) -> Version:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        return self._state.version

    # --- writing ---

    def bulk_load(
        self, nodes: Iterable[pa.RecordBatch], edges: Iterable[pa.RecordBatch], on_error: OnError = "raise"
    ) -> LoadReport:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        began = time.monotonic()
        with self._writing:
            generation = self._state.version.generation
            graph = MemoryGraph()
            rejects = _load(graph, nodes, edges)
            rejects.enforce(on_error)
            self._held = _State(graph, Version(generation + 1, 0))
        return LoadReport(len(graph.entities), graph.edge_count, rejects, time.monotonic() - began)

    def apply(self, changes: Sequence[Change], on_error: OnError = "raise") -> WriteReport:
        """See :class:`~kgllm.kg.store.GraphStore`.

        Raises:
            GraphError: a node to delete has edges and ``detach`` is false; nothing has changed then.
        """
        with self._writing:
            held = self._state
            old = held.graph

            def exists(ids: pa.StringArray) -> NDArray[np.bool_]:
                return np.array([id in old.entities for id in ids.to_pylist()], np.bool_)

            checked = check_changes(changes, exists, old.node_types, old.edge_types, on_error)
            graph = old.copy()
            graph.node_types, graph.edge_types = checked.node_types, checked.edge_types
            done = [_do(graph, change) for change in checked.changes]
            self._held = _State(graph, held.version._replace(sequence=held.version.sequence + 1))
        nodes, edges, deleted_nodes, deleted_edges = map(sum, zip((0, 0, 0, 0), *done, strict=True))
        return WriteReport(nodes, edges, deleted_nodes, deleted_edges, checked.rejects)

    # --- reading ---

    def schema(self, samples: int = 3) -> SchemaInfo:
        """See :class:`~kgllm.kg.store.GraphStore`. It is kept until the version changes."""
        graph, version = self._state
        known = self._schemas.get((version, samples))
        if known is None:
            known = schema_of(graph, samples)
            self._schemas = {key: info for key, info in self._schemas.items() if key[0] == version}
            self._schemas[version, samples] = known
        return known

    def get(self, ids: Sequence[str]) -> list[Entity | None]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        graph = self._state.graph
        return [graph.node(id) for id in ids]

    def scan_nodes(self, batch_size: int = 10_000) -> Iterator[pa.RecordBatch]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        graph = self._state.graph
        for some in _chunks(graph.entities.values(), batch_size):
            yield entities_to_batch(some, graph.node_types)

    def scan_edges(self, batch_size: int = 50_000) -> Iterator[pa.RecordBatch]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        graph = self._state.graph
        for some in _chunks(graph.sorted_edges(), batch_size):
            yield edges_to_batch(some, graph.edge_types)

    def neighbors(
        self, ids: Sequence[str], relations: Sequence[str] | None = None, direction: Direction = "both"
    ) -> list[list[Edge]]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        graph = self._state.graph
        _need(graph, ids)
        if relations is not None and not relations:
            return [[] for _ in ids]
        types = frozenset(relations or ())
        found = ((edge.identity for edge in graph.edges_of(id, direction, types)) for id in ids)
        return [[Edge(*identity) for identity in sorted(identities)] for identities in found]

    def degree(self, ids: Sequence[str], direction: Direction = "both") -> list[int]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        graph = self._state.graph
        _need(graph, ids)
        return [graph.degree(id, direction) for id in ids]

    def csr(self) -> CSRGraph:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        state, known = self._state, self._csr
        if known is None or known[0] != state.version:
            still = MemoryStore()  # whose content does not change while it is scanned
            still._held = state
            self._csr = known = state.version, CSRGraph.from_store(still)
        return known[1]

    def query(
        self, text: str, parameters: Mapping[str, Value] | None = None, limits: Limits | None = None
    ) -> QueryResult:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        began = time.monotonic()
        graph = self._state.graph
        read = prepare(text, self.schema(0), parameters, limits)
        table = interpret(read, graph, began + read.seconds)
        stats = {"seconds": time.monotonic() - began, "engine": "memory", "text": text}
        return cut(table, read.rows, stats)


def _load(
    graph: MemoryGraph, nodes: Iterable[pa.RecordBatch], edge_batches: Iterable[pa.RecordBatch]
) -> RejectReport:
    """Fill an empty graph with the good rows."""
    node_checker = NodeChecker()
    for batch in nodes:
        for entity in entities(node_checker.check(batch)):
            graph.put_node(entity)
    edge_checker = EdgeChecker(node_checker.ids.find)
    for batch in edge_batches:
        for edge in edges(edge_checker.check(batch).batch):
            graph.put_edge(edge)
    graph.node_types, graph.edge_types = node_checker.types, edge_checker.types
    return node_checker.report().merge(edge_checker.report())


def _do(graph: MemoryGraph, change: Change) -> tuple[int, int, int, int]:
    """Do one checked change; how many nodes and edges it wrote, and how many it deleted."""
    match change:
        case UpsertNodes(batch):
            for entity in entities(batch):
                graph.put_node(entity)
            return len(batch), 0, 0, 0
        case UpsertEdges(batch):
            for edge in edges(batch):
                graph.put_edge(edge)
            return 0, len(batch), 0, 0
        case DeleteNodes(ids, detach):
            gone = [graph.drop_node(id, detach) for id in ids]
            return 0, 0, sum(nodes for nodes, _ in gone), sum(edges for _, edges in gone)
        case DeleteEdges(keys):
            return 0, 0, 0, sum(graph.drop_edge(key) for key in keys)


def _need(graph: MemoryGraph, ids: Iterable[str]) -> None:
    """Raise NotFoundError for the first unknown id."""
    for id in ids:
        if graph.node(id) is None:
            raise NotFoundError(
                f"there is no entity {id!r}; look it up by name, or list ids with scan_nodes()"
            )


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(items)
    while some := list(islice(remaining, size)):
        yield some
