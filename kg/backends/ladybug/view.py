"""A graph in ladybug as the interpreter sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import date
from typing import Any

from ...cypher.emit import ladybug_writes as text
from ...cypher.emit.ladybug.columns import Column
from ...model import Direction, Edge, Entity, Property, Value
from ...schema import SchemaInfo
from .engine import Engine, State

__all__ = ["LadybugView"]

PAGE = 2_000
"""Nodes read at once."""

KEPT = 200_000
"""Nodes kept in memory; when there are more, all are let go."""

_EXACT = {"str": str, "int": int, "bool": bool, "date": date}
"""Property types on which the engine's equality is Cypher's, when the value has just this Python type."""


class LadybugView:
    """Nodes come in pages, edges node by node together with the nodes they lead to.

    What was read is kept, since a query comes back to the same nodes, so a view serves one query.
    """

    def __init__(self, engine: Engine, state: State, schema: SchemaInfo) -> None:
        self._engine, self._state, self._schema = engine, state, schema
        self._columns = {name: column.name for name, column in state.columns.nodes.items()}
        self._edge_columns = {name: column.name for name, column in state.columns.edges.items()}
        self._nodes: dict[str, Entity] = {}
        self._edges: dict[tuple[str, str], list[Edge]] = {}

    def count(self, label: str | None = None) -> int:
        """How many nodes carry ``label``, or how many there are."""
        if label is None:
            return self._schema.nodes
        info = self._schema.labels.get(label)
        return 0 if info is None else info.count

    def node(self, id: str) -> Entity | None:
        """The node with this id."""
        if id not in self._nodes:
            self._read(text.node_by_id(self._columns.values()), [{"id": id}])
        return self._nodes.get(id)

    def nodes(self, label: str | None = None) -> Iterator[Entity]:
        """The nodes that carry ``label``, or all, by nid."""
        statement = text.nodes_from(self._columns.values(), labelled=label is not None)
        given = {} if label is None else {"label": label}
        for low in range(0, self._state.nid, PAGE):
            yield from self._read(statement, [{"low": low, "high": low + PAGE, **given}])

    def nodes_where(self, key: str, values: Iterable[Value]) -> Iterator[Entity] | None:
        """The nodes whose property ``key`` equals one of ``values``; ``None`` for types that need care."""
        wanted = list(values)
        if key == "id":
            ids = dict.fromkeys(value for value in wanted if isinstance(value, str))
            return (entity for id in ids if (entity := self.node(id)) is not None)
        column = self._state.columns.nodes.get(key)
        if column is None or not all(_is_exact(column, value) for value in wanted):
            return None
        statement = text.nodes_with(self._columns.values(), column.name)
        return iter(self._read(statement, [{"value": value} for value in dict.fromkeys(wanted)]))

    def edges_of(self, id: str, direction: Direction, types: Set[str]) -> Iterator[Edge]:
        """The edges at a node, outgoing ones first."""
        if direction == "both":
            incoming = (edge for edge in self._edges_at(id, "in") if edge.head != id)
            found: Iterable[Edge] = (*self._edges_at(id, "out"), *incoming)
        else:
            found = self._edges_at(id, direction)
        return (edge for edge in found if not types or edge.relation in types)

    def _edges_at(self, id: str, direction: str) -> list[Edge]:
        """The edges that leave or reach a node; what they lead to is kept as well."""
        found = self._edges.get((id, direction))
        if found is None:
            statement = text.edges_and_ends(direction, self._edge_columns.values(), self._columns.values())
            width = 2 + len(self._edge_columns)
            found = []
            for row in self._engine.ask(statement, [{"id": id}])[0]:
                other = self._keep(row[width:]).id
                ends = (id, other) if direction == "out" else (other, id)
                properties = _properties(self._edge_columns, row[2:width])
                found.append(Edge(ends[0], row[0], ends[1], row[1], properties))
            found.sort(key=lambda edge: edge.identity)
            self._edges[id, direction] = found
        return found

    def _read(self, statement: str, parameters: Sequence[dict[str, Any]]) -> list[Entity]:
        return [self._keep(row) for rows in self._engine.ask(statement, parameters) for row in rows]

    def _keep(self, row: Sequence[Any]) -> Entity:
        """The node of a row that begins with its id and labels."""
        entity = Entity(row[0], tuple(row[1]), _properties(self._columns, row[2:]))
        if len(self._nodes) >= KEPT:
            self._nodes.clear()
            self._edges.clear()
        return self._nodes.setdefault(entity.id, entity)


def _is_exact(column: Column, value: Value) -> bool:
    return type(value) is _EXACT.get(column.type)


def _properties(names: Iterable[str], values: Iterable[Any]) -> dict[str, Property]:
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}
