"""Between Neo4j's values and ours: rows for statements, and what the driver gives back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
from neo4j.graph import Node, Relationship
from neo4j.graph import Path as GraphPath
from neo4j.time import Date

from ....errors import QueryFailedError, StoreError
from ...cypher.emit.neo4j import HIDDEN
from ...cypher.emit.neo4j_writes import EDGE_KEY
from ...model import EDGE_COLUMNS, ENTITY, NODE_COLUMNS, PROPERTY_TYPES, Edge, Entity, Path, Property, Value

__all__ = ["edge_groups", "entity", "loose_ends", "node_groups", "value"]

Rows = list[dict[str, Any]]


# --- to the server ----------------------------------------------------------------------------------


def node_groups(batch: pa.RecordBatch) -> dict[tuple[str, ...], Rows]:
    """Rows for ``upsert_nodes`` by set of labels, in order within each."""
    groups: dict[tuple[str, ...], Rows] = {}
    for row in batch.to_pylist():
        labels = tuple(sorted({*(row.pop("labels", None) or ())} - {ENTITY}))
        groups.setdefault(labels, []).append({"id": row.pop("id"), "properties": _set(row)})
    return groups


def edge_groups(batch: pa.RecordBatch) -> dict[str, Rows]:
    """Rows for ``upsert_edges`` by relation type, in order within each."""
    groups: dict[str, Rows] = {}
    for row in batch.to_pylist():
        ends = {"head": row.pop("head"), "tail": row.pop("tail"), "key": row.pop("key", None) or ""}
        groups.setdefault(row.pop("relation"), []).append({**ends, "properties": _set(row)})
    return groups


def _set(row: dict[str, Any]) -> dict[str, Any]:
    return {name: held for name, held in row.items() if held is not None}


# --- from the server --------------------------------------------------------------------------------


def entity(node: Node) -> Entity:
    """A node as the server holds it."""
    properties = _properties(node, "id")
    return Entity(node["id"], tuple(sorted(node.labels - {ENTITY})), properties)


def loose_ends(values: Iterable[object]) -> set[str]:
    """Element ids of nodes that only stand at an end of an edge: those come without their properties."""
    return {
        node.element_id
        for edge in _edges(values)
        for node in edge.nodes
        if node is not None and "id" not in node
    }


def _edges(values: Iterable[object]) -> Iterator[Relationship]:
    for item in values:
        if isinstance(item, Relationship):
            yield item
        elif isinstance(item, list):
            yield from _edges(item)
        elif isinstance(item, dict):
            yield from _edges(item.values())


def value(item: object, ids: Mapping[str, str]) -> Value:
    """A result as a value of :mod:`kgllm.kg.model`; nothing of the driver remains in it.

    Args:
        ids: element id → id of the entities that :func:`loose_ends` names.
    """
    if isinstance(item, Node):
        return entity(item)
    if isinstance(item, Relationship):
        return _edge(item, ids)
    if isinstance(item, GraphPath):
        entities = tuple(entity(node) for node in item.nodes)
        return Path(entities, tuple(_edge(edge, ids) for edge in item.relationships))
    if isinstance(item, list):
        return [value(part, ids) for part in item]
    if isinstance(item, dict):
        return {name: value(part, ids) for name, part in item.items() if part != HIDDEN}
    return _plain(item)


def _edge(edge: Relationship, ids: Mapping[str, str]) -> Edge:
    head, tail = (_id(node, ids) for node in edge.nodes)
    return Edge(head, edge.type, tail, edge.get(EDGE_KEY, ""), _properties(edge, EDGE_KEY))


def _id(node: Node | None, ids: Mapping[str, str]) -> str:
    found = None if node is None else node.get("id") or ids.get(node.element_id)
    if found is None:
        raise QueryFailedError("an end of an edge was deleted while the query ran; ask again")
    return str(found)


def _properties(thing: Node | Relationship, hidden: str) -> dict[str, Property]:
    return {name: cast(Property, _plain(held)) for name, held in sorted(thing.items()) if name != hidden}


def _plain(item: Any) -> Value:
    if isinstance(item, Date):
        return item.to_native()
    if isinstance(item, list):
        return [_plain(part) for part in item]
    return cast(Value, item)


# --- record batches ---------------------------------------------------------------------------------


def node_batch(rows: Iterable[Sequence[Any]], types: Mapping[str, str]) -> pa.RecordBatch:
    """Nodes as a batch: id, labels, then the properties of ``types`` by name.

    Args:
        rows: id, labels, and the properties in the order of ``types``.
        types: property name → type name.

    Raises:
        StoreError: a property is of another type, because somebody wrote it past kgllm.
    """
    ids, labels, *properties = zip(*rows, strict=True)
    shown = [sorted({*some} - {ENTITY}) for some in labels]
    return _batch(NODE_COLUMNS, [ids, shown], types, properties)


def edge_batch(rows: Iterable[Sequence[Any]], types: Mapping[str, str]) -> pa.RecordBatch:
    """Edges as a batch by identity: head, relation, tail, key, then the properties of ``types`` by name.

    Args:
        rows: heads and the lists of their edges: relation, tail, key, and the properties in the order of
            ``types``.
        types: as for :func:`node_batch`.

    Raises:
        StoreError: as for :func:`node_batch`.
    """
    edges = sorted(((head, *edge) for head, held in rows for edge in held), key=lambda edge: edge[:4])
    columns = list(zip(*edges, strict=True))
    return _batch(EDGE_COLUMNS, columns[: len(EDGE_COLUMNS)], types, columns[len(EDGE_COLUMNS) :])


def _batch(
    fixed: Mapping[str, pa.DataType],
    identity: Sequence[Sequence[Any]],
    types: Mapping[str, str],
    properties: Sequence[Sequence[Any]],
) -> pa.RecordBatch:
    kinds = {**fixed, **{name: PROPERTY_TYPES[kind] for name, kind in types.items()}}
    columns = dict(zip(kinds, (*identity, *properties), strict=True))
    try:
        arrays = {name: pa.array(map(_plain, held), kinds[name]) for name, held in columns.items()}
    except pa.ArrowException as error:
        raise StoreError(
            f"a property is not of the type that kgllm wrote: {error}; load the graph again"
        ) from error
    return pa.RecordBatch.from_pydict({name: arrays[name] for name in (*fixed, *sorted(types))})
