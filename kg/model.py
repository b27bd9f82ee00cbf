"""What graph stores hold and give back: entities, edges, paths, and the types of their properties.

An **entity** has an ``id`` (an opaque string of at most 512 bytes, no NUL), labels and properties; an
**edge** is known by (head, relation, tail, key), where ``key`` tells parallel edges apart and is usually
empty. A property is one of the types of :data:`PROPERTY_TYPES`, the same one on every entity (or edge) that
has it; a property that is not there and one that is null are the same. Every entity carries the label
:data:`ENTITY` silently: it is never listed, and ``(n:Entity)`` matches all.

Inside a store, entities also have a dense number, ``nid``; it is stable within one generation (see
:mod:`kgllm.kg.snapshot`) and is what :class:`~kgllm.kg.csr.CSRGraph` and PyG use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pyarrow as pa

__all__ = [
    "EDGE_COLUMNS",
    "ENTITY",
    "MAX_ID_BYTES",
    "NODE_COLUMNS",
    "PROPERTY_TYPES",
    "Direction",
    "Edge",
    "EdgeKey",
    "Entity",
    "Path",
    "Property",
    "Value",
]

Property = bool | int | float | str | date | list[str]
"""A property value as Python sees it; integers fit 64 bits."""

Direction = Literal["out", "in", "both"]
EdgeKey = tuple[str, str, str, str]
"""(head, relation, tail, key)."""

ENTITY = "Entity"
MAX_ID_BYTES = 512

PROPERTY_TYPES: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "float": pa.float64(),
    "str": pa.string(),
    "date": pa.date32(),
    "list": pa.list_(pa.string()),
}
"""Names of the property types, as ``schema()`` reports them, and their Arrow types."""

NODE_COLUMNS = {"id": pa.string(), "labels": pa.list_(pa.string())}
"""Columns of a batch of nodes before the properties; ``labels`` may be left out."""

EDGE_COLUMNS = {"head": pa.string(), "relation": pa.string(), "tail": pa.string(), "key": pa.string()}
"""Columns of a batch of edges before the properties; ``key`` may be left out."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A node. ``labels`` are sorted and do not name :data:`ENTITY`; ``properties`` hold no nulls."""

    id: str
    labels: tuple[str, ...] = ()
    properties: Mapping[str, Property] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """What to show people: the property ``name`` where there is one, else the id."""
        name = self.properties.get("name")
        return name if isinstance(name, str) else self.id


@dataclass(frozen=True, slots=True)
class Edge:
    """A directed edge; traversals leave ``properties`` empty, queries fill them."""

    head: str
    relation: str
    tail: str
    key: str = ""
    properties: Mapping[str, Property] = field(default_factory=dict, hash=False)

    @property
    def identity(self) -> EdgeKey:
        """What makes it this edge and no other."""
        return self.head, self.relation, self.tail, self.key


@dataclass(frozen=True, slots=True)
class Path:
    """Entities and the edges between them, in walking order: ``len(entities) == len(edges) + 1``."""

    entities: tuple[Entity, ...]
    edges: tuple[Edge, ...]

    def __len__(self) -> int:
        return len(self.edges)


Value = Property | Entity | Edge | Path | list["Value"] | dict[str, "Value"] | None
"""What a query may return."""
