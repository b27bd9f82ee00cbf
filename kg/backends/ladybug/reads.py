"""What is read from the engine without a query: nodes and edges by id, and all of them page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ....errors import NotFoundError
from ...cypher.emit import ladybug_writes as text
from ...cypher.emit.ladybug.columns import Column
from ...model import EDGE_COLUMNS, NODE_COLUMNS, PROPERTY_TYPES, Direction, Edge, Entity
from .engine import Engine, Rows, State

__all__ = ["Reader"]

EDGES_AT_ONCE = 250_000
"""Edges that a page of a scan has, about: with fewer it is slow, with more it takes memory."""

WAYS: Mapping[Direction, tuple[str, ...]] = {"out": ("out",), "in": ("in",), "both": ("out", "in")}


class Reader:
    """Reads from an engine in a certain state."""

    def __init__(self, engine: Engine, state: State) -> None:
        self._engine, self._nids = engine, state.nid
        self._nodes = dict(sorted(state.columns.nodes.items()))
        self._edges = dict(sorted(state.columns.edges.items()))

    def get(self, ids: Sequence[str]) -> list[Entity | None]:
        """The entities with these ids, ``None`` where there is none."""
        found = self._each(text.node_by_id(_names(self._nodes)), ids)
        return [_entity(rows[0], self._nodes) if rows else None for rows in found]

    def neighbors(
        self, ids: Sequence[str], relations: Sequence[str] | None, direction: Direction
    ) -> list[list[Edge]]:
        """For each id its edges, sorted; a self-loop once.

        Raises:
            NotFoundError: an id is unknown.
        """
        self.degree(ids, "out")
        found: list[set[Edge]] = [set() for _ in ids]
        if relations is None or relations:
            given = {} if relations is None else {"relations": list(relations)}
            for way in WAYS[direction]:
                results = self._each(text.edges_at(way, filtered=relations is not None), ids, given)
                for id, edges, rows in zip(ids, found, results, strict=True):
                    edges.update(_edge(id, way, row) for row in rows)
        return [sorted(edges, key=lambda edge: edge.identity) for edges in found]

    def degree(self, ids: Sequence[str], direction: Direction) -> list[int]:
        """For each id how many edges it has; a self-loop counts once each way.

        Raises:
            NotFoundError: an id is unknown.
        """
        counts = [0] * len(ids)
        for way in WAYS[direction]:
            for at, rows in enumerate(self._each(text.degree(way), ids)):
                if not rows:
                    raise NotFoundError(
                        f"there is no entity {ids[at]!r}; look it up by name, or list ids with scan_nodes()"
                    )
                counts[at] += rows[0][0]
        return counts

    def node_pages(self, rows: int) -> Iterator[pa.RecordBatch]:
        """All nodes, at most so many at a time."""
        statement = text.nodes_from(_names(self._nodes))
        return self._pages(statement, rows, _schema(NODE_COLUMNS, self._nodes))

    def edge_pages(self) -> Iterator[pa.RecordBatch]:
        """All edges, about :data:`EDGES_AT_ONCE` at a time; the edges of one head are in one page."""
        [[[edges]]] = self._engine.ask(text.COUNT_EDGES)
        heads = max(1, self._nids * EDGES_AT_ONCE // max(edges, EDGES_AT_ONCE))
        statement = text.edges_from(_names(self._edges))
        return self._pages(statement, heads, _schema(EDGE_COLUMNS, self._edges))

    def _each(
        self, statement: str, ids: Sequence[str], parameters: Mapping[str, Any] | None = None
    ) -> list[Rows]:
        """The rows of ``statement`` for each of ``ids``; none for what can be no id."""
        distinct = [id for id in dict.fromkeys(ids) if _is_storable(id)]
        results = self._engine.ask(statement, [{"id": id, **(parameters or {})} for id in distinct])
        found = dict(zip(distinct, results, strict=True))
        return [found.get(id, []) for id in ids]

    def _pages(self, statement: str, nids: int, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for low in range(0, self._nids, nids):
            page = self._engine.fetch(statement, {"low": low, "high": low + nids})
            if len(page):
                yield from page.rename_columns(schema.names).cast(schema).combine_chunks().to_batches()


def _names(columns: Mapping[str, Column]) -> list[str]:
    return [column.name for column in columns.values()]


def _entity(row: Sequence[Any], columns: Mapping[str, Column]) -> Entity:
    properties = {name: value for name, value in zip(columns, row[2:], strict=True) if value is not None}
    return Entity(row[0], tuple(row[1]), properties)


def _edge(id: str, way: str, row: Sequence[str]) -> Edge:
    relation, other, key = row
    return Edge(id, relation, other, key) if way == "out" else Edge(other, relation, id, key)


def _schema(first: Mapping[str, pa.DataType], columns: Mapping[str, Column]) -> pa.Schema:
    """``first``, then the properties."""
    return pa.schema([*first.items(), *((name, PROPERTY_TYPES[c.type]) for name, c in columns.items())])


def _is_storable(id: str) -> bool:
    """Whether a node can have this id: the engine ends texts at NUL and takes no lone surrogates."""
    return "\0" not in id and (id.isascii() or not any("\ud800" <= c <= "\udfff" for c in id))
