"""From ladybug's rows to the values of :mod:`kgllm.kg.model`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...cypher.emit.ladybug.columns import Column, Columns
from ...cypher.emit.ladybug.query import LadybugStatement
from ...model import Edge, Entity, Path, Property, Value

__all__ = ["Decoder"]

Row = Sequence[Any]


class Decoder:
    """Reads rows of an engine whose tables have these columns."""

    def __init__(self, columns: Columns) -> None:
        self._nodes = _by_column(columns.nodes)
        self._edges = _by_column(columns.edges)

    def rows(self, statement: LadybugStatement, rows: Sequence[Row]) -> list[tuple[Value, ...]]:
        """The rows that ``statement`` asked for."""
        return [tuple(self._row(statement.types, row)) for row in rows]

    def _row(self, types: Sequence[str], row: Row) -> list[Value]:
        values: list[Value] = []
        cells = iter(row)
        for type_ in types:
            cell = next(cells)
            ends = (next(cells), next(cells)) if type_ == "edge" else ()
            values.append(None if cell is None else self._value(type_, cell, ends))
        return values

    def _value(self, type_: str, cell: Any, ends: Row) -> Value:
        match type_:
            case "node":
                return self.entity(cell)
            case "edge":
                return self.edge(cell, *ends)
            case "path":
                return self.path(cell)
            case "edges" | "[edge]":
                items: list[Value] = [*self.path(cell).edges]
            case "[node]":
                items = [self.entity(item) for item in cell]
            case _:
                value: Value = cell
                return value
        return items

    def entity(self, node: Mapping[str, Any]) -> Entity:
        """A node of the engine."""
        return Entity(node["id"], tuple(sorted(node["labels"])), _properties(node, self._nodes))

    def edge(self, rel: Mapping[str, Any], head: str, tail: str) -> Edge:
        """A relationship of the engine between entities with these ids."""
        return Edge(head, rel["rel"], tail, rel["edge_key"], _properties(rel, self._edges))

    def path(self, path: Mapping[str, Any]) -> Path:
        """A path of the engine, which holds all its nodes."""
        ids = {node["_ID"]["offset"]: node["id"] for node in path["_NODES"]}
        edges = (
            self.edge(rel, ids[rel["_SRC"]["offset"]], ids[rel["_DST"]["offset"]]) for rel in path["_RELS"]
        )
        return Path(tuple(map(self.entity, path["_NODES"])), tuple(edges))


def _by_column(columns: Mapping[str, Column]) -> list[tuple[str, str]]:
    return [(column.name, name) for name, column in sorted(columns.items())]


def _properties(record: Mapping[str, Any], columns: Sequence[tuple[str, str]]) -> dict[str, Property]:
    return {name: record[column] for column, name in columns if record[column] is not None}
