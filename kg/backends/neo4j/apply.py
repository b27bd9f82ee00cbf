"""Changes of a graph in Neo4j: all of an ``apply`` in one transaction, idempotent from end to end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from neo4j import ManagedTransaction
from numpy.typing import NDArray

from ....errors import (
    GraphError,
    NotFoundError,
    SchemaError,
    StoreBusyError,
    StoreError,
)
from ...batches import check_changes
from ...changes import Change, DeleteEdges, DeleteNodes, OnError, UpsertEdges, UpsertNodes, Version
from ...cypher.emit import neo4j_writes as statements
from ...model import EdgeKey
from ...store import WriteReport
from .connection import run
from .values import edge_groups, node_groups

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
        SchemaError: a name is the store's own.
        GraphError: a node to delete has edges and is not to be detached.
        StoreBusyError: a load has begun and not ended.
    """

    def exists(ids: pa.StringArray) -> NDArray[np.bool_]:
        known: set[str] = set()
        for some in chunks(ids.to_pylist(), NODES_AT_ONCE):
            known.update(row[0] for row in run(transaction, statements.EXISTING, {"ids": some}))
        return np.array([id in known for id in ids.to_pylist()], np.bool_)

    meta = read_meta(transaction, database, statements.NEXT_SEQUENCE)
    checked = check_changes(changes, exists, meta.nodes, meta.edges, on_error)
    writer = Writer(transaction)
    for change in checked.changes:
        writer.do(change)
    if (checked.node_types, checked.edge_types) != (meta.nodes, meta.edges):
        types = {"nodes": json.dumps(checked.node_types), "edges": json.dumps(checked.edge_types)}
        run(transaction, statements.SET_TYPES, types)
    return WriteReport(**writer.counts, rejects=checked.rejects)


class Writer:
    """Does checked changes one after the other and counts them."""

    def __init__(self, transaction: ManagedTransaction) -> None:
        self._transaction = transaction
        self.counts = {"nodes": 0, "edges": 0, "deleted_nodes": 0, "deleted_edges": 0}

    def do(self, change: Change) -> None:
        """Do one change."""
        match change:
            case UpsertNodes(batch):
                self.counts["nodes"] += len(batch)
                write_nodes(self._transaction, batch)
            case UpsertEdges(batch):
                self.counts["edges"] += len(batch)
                write_edges(self._transaction, batch)
            case DeleteNodes(ids, detach):
                self._delete_nodes(ids, detach)
            case DeleteEdges(keys):
                self._delete_edges(keys)

    def _delete_nodes(self, ids: Sequence[str], detach: bool) -> None:
        for some in chunks(ids, NODES_AT_ONCE):
            if not detach and (held := run(self._transaction, statements.CONNECTED, {"ids": some})):
                raise GraphError(f"{held[0][0]!r} has edges; delete them first, or pass detach=True")
            self._delete(statements.DELETE_NODES, {"ids": some})

    def _delete_edges(self, keys: Iterable[EdgeKey]) -> None:
        groups: dict[str, list[dict[str, str]]] = {}
        for head, relation, tail, key in keys:
            if statements.storable(relation):
                groups.setdefault(relation, []).append({"head": head, "tail": tail, "key": key})
        for relation, rows in groups.items():
            for some in chunks(rows, EDGES_AT_ONCE):
                self._delete(statements.delete_edges(relation), {"rows": some})

    def _delete(self, statement: str, parameters: Mapping[str, object]) -> None:
        counters = self._transaction.run(statement, dict(parameters)).consume().counters
        self.counts["deleted_nodes"] += counters.nodes_deleted
        self.counts["deleted_edges"] += counters.relationships_deleted


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
    """Add or merge nodes that were checked.

    Raises:
        SchemaError: a label is the store's own.
    """
    refuse_own_names(batch)
    for labels, rows in node_groups(batch).items():
        for some in chunks(rows, NODES_AT_ONCE):
            run(transaction, statements.upsert_nodes(labels), {"rows": some})


def write_edges(transaction: ManagedTransaction, batch: pa.RecordBatch) -> None:
    """Add or merge edges that were checked.

    Raises:
        SchemaError: a property is the store's own.
        GraphError: an end of an edge is gone, although it was there when it was checked.
    """
    refuse_own_names(batch)
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
