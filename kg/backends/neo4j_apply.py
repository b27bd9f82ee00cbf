"""Changes of a graph in Neo4j: all of an ``apply`` in one transaction, idempotent from end to end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa
from neo4j import ManagedTransaction

from ...errors import (
    GraphError,
    NotFoundError,
    SchemaError,
    StoreBusyError,
    StoreError,
)
from ..batches import EdgeChecker, NodeChecker, RejectReport, StringTable
from ..cypher import write_neo4j as statements
from ..model import EdgeKey
from ..store import (
    Change,
    DeleteEdges,
    DeleteNodes,
    OnError,
    UpsertEdges,
    UpsertNodes,
    Version,
    WriteReport,
)
from .neo4j_connection import run
from .neo4j_values import edge_groups, node_groups

__all__ = [
    "EDGES_AT_ONCE",
    "NODES_AT_ONCE",
    "Meta",
    "apply",
    "read_meta",
    "refuse_own_names",
    "write_edges",
    "write_nodes",
]

NODES_AT_ONCE = 10_000
EDGES_AT_ONCE = 5_000
"""Rows of one statement."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Meta:
    """What the store knows of its content.

    Args:
        nodes: property name → type name.
        edges: the same for edges.
    """

    version: Version
    nodes: Mapping[str, str]
    edges: Mapping[str, str]

    @classmethod
    def of(cls, held: Mapping[str, Any], database: str) -> Meta:
        """From the properties of the node that keeps it.

        Raises:
            StoreBusyError: a load has begun and not ended.
            StoreError: another version of kgllm laid the graph out in another way.
        """
        if "loading" in held:
            raise StoreBusyError(
                f"{database} is being loaded, or its load was cut off; wait for it, or load it again"
            )
        if held["format"] != statements.FORMAT:
            raise StoreError(
                f"{database} has format {held['format']}, expected {statements.FORMAT}: update kgllm"
            )
        version = Version(held["generation"], held["sequence"])
        return cls(version, json.loads(held["node_types"]), json.loads(held["edge_types"]))


def read_meta(transaction: ManagedTransaction, database: str, statement: str = statements.READ_META) -> Meta:
    """The node that keeps what the store knows, with ``statement`` locked and counted up.

    Raises:
        NotFoundError: there is none.
        StoreBusyError: a load has begun and not ended.
    """
    rows = run(transaction, statement, {})
    if not rows:
        raise NotFoundError(f"{database} holds no kgllm graph; open it with mode 'create' to make one")
    return Meta.of(rows[0][0], database)


def apply(
    transaction: ManagedTransaction, database: str, changes: Sequence[Change], on_error: OnError
) -> WriteReport:
    """Do all ``changes`` in order.

    Raises:
        BadRowsError: there are bad rows and ``on_error`` is ``raise``.
        StoreBusyError: a load has begun and not ended.
    """
    writer = Writer(transaction, read_meta(transaction, database, statements.NEXT_SEQUENCE))
    for change in changes:
        match change:
            case UpsertNodes(batch):
                writer.upsert_nodes(batch)
            case UpsertEdges(batch):
                writer.upsert_edges(batch)
            case DeleteNodes(ids, detach):
                writer.delete_nodes(ids, detach)
            case DeleteEdges(keys):
                writer.delete_edges(keys)
    return writer.finish(on_error)


class Writer:
    """Does changes one after the other and counts them."""

    def __init__(self, transaction: ManagedTransaction, meta: Meta) -> None:
        self._transaction = transaction
        self._meta = meta
        self._node_checker = NodeChecker(meta.nodes, repeats="merge")
        self._edge_checker = EdgeChecker(self._find, meta.edges, repeats="merge")
        self._counts = {"nodes": 0, "edges": 0, "deleted_nodes": 0, "deleted_edges": 0}

    def upsert_nodes(self, batch: pa.RecordBatch) -> None:
        """Add or merge the good rows."""
        good = self._node_checker.check(batch)
        refuse_own_names(good)
        self._counts["nodes"] += len(good)
        write_nodes(self._transaction, good)

    def upsert_edges(self, batch: pa.RecordBatch) -> None:
        """Add or merge the good rows."""
        good = self._edge_checker.check(batch).batch
        refuse_own_names(good)
        self._counts["edges"] += len(good)
        write_edges(self._transaction, good)

    def delete_nodes(self, ids: Sequence[str], detach: bool) -> None:
        """Delete nodes and their edges.

        Raises:
            GraphError: one has edges and ``detach`` is false.
        """
        for some in chunks(ids, NODES_AT_ONCE):
            if not detach and (held := run(self._transaction, statements.CONNECTED, {"ids": some})):
                raise GraphError(f"{held[0][0]!r} has edges; delete them first, or pass detach=True")
            self._delete(statements.DELETE_NODES, {"ids": some})

    def delete_edges(self, keys: Iterable[EdgeKey]) -> None:
        """Delete edges."""
        groups: dict[str, list[dict[str, str]]] = {}
        for head, relation, tail, key in keys:
            groups.setdefault(relation, []).append({"head": head, "tail": tail, "key": key})
        for relation, rows in groups.items():
            for some in chunks(rows, EDGES_AT_ONCE):
                self._delete(statements.delete_edges(relation), {"rows": some})

    def finish(self, on_error: OnError) -> WriteReport:
        """Keep the types of new properties and report."""
        rejects: RejectReport = self._node_checker.report().merge(self._edge_checker.report())
        rejects.enforce(on_error)
        types = {"nodes": self._node_checker.types, "edges": self._edge_checker.types}
        if types != {"nodes": self._meta.nodes, "edges": self._meta.edges}:
            run(
                self._transaction,
                statements.SET_TYPES,
                {kind: json.dumps(held) for kind, held in types.items()},
            )
        return WriteReport(**self._counts, rejects=rejects)

    def _delete(self, statement: str, parameters: Mapping[str, object]) -> None:
        counters = self._transaction.run(statement, dict(parameters)).consume().counters
        self._counts["deleted_nodes"] += counters.nodes_deleted
        self._counts["deleted_edges"] += counters.relationships_deleted

    def _find(self, ids: pa.StringArray) -> Any:
        """(n,) a number for each of ``ids`` that exists, -1 for the others."""
        known = StringTable()
        for some in chunks(ids.unique().drop_null().to_pylist(), NODES_AT_ONCE):
            found = [row[0] for row in run(self._transaction, statements.EXISTING, {"ids": some})]
            known.add(pa.array(found, pa.string()))
        return known.find(ids)


def refuse_own_names(batch: pa.RecordBatch) -> None:
    """Refuse the label and the property that the store uses for itself.

    Raises:
        SchemaError: a node of the batch has that label, or its edges that property.
    """
    names, own = batch.schema.names, statements.EDGE_KEY
    if "labels" in names:
        names, own = batch.column("labels").flatten().unique().to_pylist(), statements.META
    if own in names:
        raise SchemaError(f"the name {own} is kgllm's own in Neo4j; give it another one")


def write_nodes(transaction: ManagedTransaction, batch: pa.RecordBatch) -> None:
    """Add or merge nodes that were checked."""
    for labels, rows in node_groups(batch).items():
        for some in chunks(rows, NODES_AT_ONCE):
            run(transaction, statements.upsert_nodes(labels), {"rows": some})


def write_edges(transaction: ManagedTransaction, batch: pa.RecordBatch) -> None:
    """Add or merge edges that were checked.

    Raises:
        GraphError: an end of an edge is gone, although it was there when it was checked.
    """
    for relation, rows in edge_groups(batch).items():
        for some in chunks(rows, EDGES_AT_ONCE):
            [[written]] = run(transaction, statements.upsert_edges(relation), {"rows": some})
            if written != len(some):
                raise GraphError(
                    f"{written} of {len(some)} edges of type {relation!r} found their ends: somebody else"
                    " changes this database; nothing of this transaction was kept, repeat it"
                )


def chunks(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """``rows`` in order, at most ``size`` at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
