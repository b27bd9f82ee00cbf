"""Between entities and edges as Python objects and the Arrow batches that stores take and give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from ..errors import SchemaError
from .model import EDGE_COLUMNS, ENTITY, NODE_COLUMNS, PROPERTY_TYPES, Edge, Entity, Property

__all__ = ["edges", "edges_to_batch", "entities", "entities_to_batch"]


def entities_to_batch(items: Iterable[Entity], types: Mapping[str, str] | None = None) -> pa.RecordBatch:
    """A batch of nodes: id, labels, then properties by name.

    Args:
        items: the nodes.
        types: property name → type name: the properties to write, null where a node lacks one. Without it,
            those that there are, with the types of their values.

    Raises:
        SchemaError: a property has values of two types, or of a type that no store holds.
    """
    held = list(items)
    labels = pa.array([item.labels for item in held], NODE_COLUMNS["labels"])
    columns = {"id": pa.array([item.id for item in held], NODE_COLUMNS["id"]), "labels": labels}
    return pa.RecordBatch.from_pydict(columns | _columns([item.properties for item in held], types))


def edges_to_batch(items: Iterable[Edge], types: Mapping[str, str] | None = None) -> pa.RecordBatch:
    """A batch of edges: head, relation, tail, key, then properties by name.

    Arguments and errors are those of :func:`entities_to_batch`.
    """
    held = list(items)
    columns = {
        name: pa.array([getattr(item, name) for item in held], kind) for name, kind in EDGE_COLUMNS.items()
    }
    return pa.RecordBatch.from_pydict(columns | _columns([item.properties for item in held], types))


def _columns(
    properties: list[Mapping[str, Property]], types: Mapping[str, str] | None
) -> dict[str, pa.Array]:
    types = _types_of(properties) if types is None else types
    return {
        name: _array(name, [held.get(name) for held in properties], types[name]) for name in sorted(types)
    }


def _array(name: str, values: list[Any], kind: str) -> pa.Array:
    try:
        return pa.array(values, PROPERTY_TYPES[kind])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise SchemaError(
            f"property {name!r} has a value that its type {kind} cannot hold: {error}"
        ) from error


def _types_of(properties: Iterable[Mapping[str, Property]]) -> dict[str, str]:
    """The type of each property: name → name of the type."""
    types: dict[str, str] = {}
    for held in properties:
        for name, value in held.items():
            if value is None:
                continue
            kind = _type_of(name, value)
            if types.setdefault(name, kind) != kind:
                raise SchemaError(
                    f"property {name!r} is {types[name]} in one place and {kind} in another; use one type"
                )
    return types


def _type_of(name: str, value: Property) -> str:
    kinds: list[tuple[type, str]] = [(bool, "bool"), (int, "int"), (float, "float"), (str, "str")]
    kinds += [(date, "date"), (list, "list")]
    for kind, found in kinds:
        if isinstance(value, kind) and not isinstance(value, datetime):
            return found
    expected = ", ".join(PROPERTY_TYPES)
    raise SchemaError(f"property {name!r} has a value of type {type(value).__name__}; expected {expected}")


def entities(batch: pa.RecordBatch) -> Iterator[Entity]:
    """The rows of a batch of nodes; properties that are null are left out."""
    ids = batch.column("id").to_pylist()
    labels = batch.column("labels").to_pylist() if "labels" in batch.schema.names else [None] * len(ids)
    for id, held, properties in zip(ids, labels, _properties(batch, NODE_COLUMNS), strict=True):
        yield Entity(id, tuple(sorted({*(held or ())} - {ENTITY})), properties)


def edges(batch: pa.RecordBatch) -> Iterator[Edge]:
    """The rows of a batch of edges; properties that are null are left out."""
    head, relation, tail = (batch.column(name).to_pylist() for name in ("head", "relation", "tail"))
    keys = batch.column("key").to_pylist() if "key" in batch.schema.names else [None] * len(head)
    rows = zip(head, relation, tail, keys, _properties(batch, EDGE_COLUMNS), strict=True)
    for one, kind, other, key, properties in rows:
        yield Edge(one, kind, other, key or "", properties)


def _properties(batch: pa.RecordBatch, fixed: Mapping[str, pa.DataType]) -> Iterator[dict[str, Property]]:
    names = [name for name in batch.schema.names if name not in fixed]
    if not names:
        return ({} for _ in range(len(batch)))
    columns = [batch.column(name).to_pylist() for name in names]
    return (
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*columns, strict=True)
    )
