"""A graph in dictionaries: one version of what a memory store holds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Set
from typing import TypeVar

from ....errors import GraphError
from ...cypher.interpret.values import group_key
from ...model import Direction, Edge, EdgeKey, Entity, Value

K = TypeVar("K")
V = TypeVar("V")

Near = dict[tuple[str, str, str], Edge]
"""The edges of a node on one side: (relation, other end, key) → edge."""


INEXACT = 2**53
"""From here on floats do not tell integers apart."""


class MemoryGraph:
    """One version of a graph; a :class:`~kgllm.kg.cypher.interpret.GraphView`.

    A version that readers may hold is never changed: a writer works on a :meth:`copy`, which shares what
    stays the same. The order of ``entities`` is that of nid.

    Attributes:
        entities: by id.
        node_types: the type of each property of nodes, even after the last node that had it is gone.
        edge_types: the same of edges.
        edge_count: how many edges there are.
    """

    def __init__(self) -> None:
        self.entities: dict[str, Entity] = {}
        self.node_types: dict[str, str] = {}
        self.edge_types: dict[str, str] = {}
        self.edge_count = 0
        self._out: dict[str, Near] = {}
        self._in: dict[str, Near] = {}
        self._labels: dict[str, dict[str, None]] = {}
        self._indexes: dict[str, dict[Hashable, list[Entity]]] = {}
        self._own: set[tuple[str, str]] = set()

    def copy(self) -> MemoryGraph:
        """A version to change. What belongs to a single node or label is copied when it is first touched."""
        new = MemoryGraph()
        new.entities, new.edge_count = dict(self.entities), self.edge_count
        new.node_types, new.edge_types = dict(self.node_types), dict(self.edge_types)
        new._out, new._in, new._labels = dict(self._out), dict(self._in), dict(self._labels)
        return new

    # --- reading ---

    def count(self, label: str | None = None) -> int:
        """How many nodes carry ``label``, or how many there are."""
        return len(self.entities) if label is None else len(self._labels.get(label, ()))

    def node(self, id: str) -> Entity | None:
        """The node with this id."""
        return self.entities.get(id)

    def nodes(self, label: str | None = None) -> Iterator[Entity]:
        """The nodes that carry ``label``, or all, in order of nid or of when they got the label."""
        if label is None:
            return iter(self.entities.values())
        return (self.entities[id] for id in self._labels.get(label, ()))

    def nodes_where(self, key: str, values: Iterable[Value]) -> Iterator[Entity]:
        """Nodes among which are all whose property ``key`` equals one of ``values``, each once.

        The first call makes an index.
        """
        wanted = list(values)
        if any(isinstance(value, int | float) and abs(value) >= INEXACT for value in wanted):
            return self.nodes()  # as a float such a number equals several integers
        index = self._index(key)
        return (entity for group in dict.fromkeys(map(group_key, wanted)) for entity in index.get(group, ()))

    def _index(self, key: str) -> dict[Hashable, list[Entity]]:
        """Value of the property ``key`` → its nodes."""
        known = self._indexes.get(key)
        if known is None:
            known = {}
            for entity in self.entities.values():
                if key in entity.properties:
                    known.setdefault(group_key(entity.properties[key]), []).append(entity)
            self._indexes[key] = known
        return known

    def edges_of(
        self, id: str, direction: Direction = "both", types: Set[str] = frozenset()
    ) -> Iterator[Edge]:
        """The edges of a node, of ``types`` if any are given; a self-loop comes once."""
        if direction != "in":
            for (relation, _, _), edge in self._out.get(id, {}).items():
                if not types or relation in types:
                    yield edge
        if direction != "out":
            for (relation, head, _), edge in self._in.get(id, {}).items():
                if (not types or relation in types) and (direction == "in" or head != id):
                    yield edge

    def degree(self, id: str, direction: Direction) -> int:
        """How many edges a node has; a self-loop counts once each way."""
        sides = {"out": (self._out,), "in": (self._in,), "both": (self._out, self._in)}[direction]
        return sum(len(side.get(id, ())) for side in sides)

    def edges(self) -> Iterator[Edge]:
        """All edges, those of one head together."""
        return (edge for near in self._out.values() for edge in near.values())

    def sorted_edges(self) -> Iterator[Edge]:
        """All edges, by (head nid, relation, tail nid, key)."""
        rank = {id: nid for nid, id in enumerate(self.entities)}
        for id in self.entities:
            near = self._out.get(id, {})
            for place in sorted(near, key=lambda place: (place[0], rank[place[1]], place[2])):
                yield near[place]

    # --- changing ---

    def put_node(self, new: Entity) -> None:
        """Add a node, or merge it into the one with its id."""
        old = self.entities.get(new.id)
        if old is not None:
            labels = tuple(sorted({*old.labels, *new.labels}))
            new = Entity(new.id, labels, {**old.properties, **new.properties})
        self.entities[new.id] = new
        for label in new.labels:
            if old is None or label not in old.labels:
                self._owned("label", self._labels, label)[new.id] = None

    def put_edge(self, new: Edge) -> None:
        """Add an edge between nodes that exist, or merge it into the one with its identity."""
        head, relation, tail, key = new.identity
        out, into = self._owned("out", self._out, head), self._owned("in", self._in, tail)
        old = out.get((relation, tail, key))
        if old is None:
            self.edge_count += 1
        else:
            new = Edge(head, relation, tail, key, {**old.properties, **new.properties})
        out[relation, tail, key] = into[relation, head, key] = new

    def drop_edge(self, identity: EdgeKey) -> bool:
        """Delete an edge, if it is there."""
        head, relation, tail, key = identity
        if (relation, tail, key) not in self._out.get(head, ()):
            return False
        del self._owned("out", self._out, head)[relation, tail, key]
        del self._owned("in", self._in, tail)[relation, head, key]
        self.edge_count -= 1
        return True

    def drop_node(self, id: str, detach: bool) -> tuple[int, int]:
        """Delete a node, if it is there, with its edges; the numbers of nodes and edges deleted.

        Raises:
            GraphError: it has edges and ``detach`` is false.
        """
        entity = self.entities.get(id)
        if entity is None:
            return 0, 0
        edges = list(self.edges_of(id))
        if edges and not detach:
            raise GraphError(f"{id!r} has edges; delete them first, or pass detach=True")
        for edge in edges:
            self.drop_edge(edge.identity)
        for label in entity.labels:
            del self._owned("label", self._labels, label)[id]
        del self.entities[id]
        self._out.pop(id, None)
        self._in.pop(id, None)
        return 1, len(edges)

    def _owned(self, kind: str, table: dict[str, dict[K, V]], name: str) -> dict[K, V]:
        """``table[name]``, made this version's own."""
        if name not in table or (kind, name) not in self._own:
            table[name] = dict(table.get(name, {}))
            self._own.add((kind, name))
        return table[name]
