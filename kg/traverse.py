"""Walking a graph store by ids: what lies within k hops, and the paths between two entities.

Answers do not depend on the store: they are ordered by ids and edge identities, never by nid. A relation
that the graph lacks leads nowhere. Nothing here runs a query: all walks go over ``store.csr()``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ..errors import NotFoundError
from .csr import CSRGraph
from .csr.walk import Hop, layers, levels
from .model import Direction, Entity, Path
from .store import GraphStore

__all__ = ["Walk", "k_hop", "paths", "shortest_path"]


@dataclass(frozen=True, slots=True)
class Walk:
    """The edges that may be walked: along which relations (all if ``None``), and which way."""

    relations: tuple[str, ...] | None = None
    direction: Direction = "both"

    def hop(self, graph: CSRGraph) -> Hop:
        """One step of the walk."""
        return graph.hop(self.numbers(graph), self.direction)

    def numbers(self, graph: CSRGraph) -> list[int] | None:
        """The relations as ``graph`` numbers them."""
        if self.relations is None:
            return None
        return [number for number, name in enumerate(graph.relations) if name in self.relations]


ANY = Walk()


def k_hop(
    store: GraphStore, ids: Sequence[str], k: int, walk: Walk = ANY, limit: int | None = None
) -> dict[str, int]:
    """The entities within ``k`` hops of any of ``ids`` and their distances, ordered by (distance, id).

    The ``ids`` themselves have distance 0. With a ``limit`` only the first so many are given.

    Raises:
        NotFoundError: an id is unknown.
    """
    graph = store.csr()
    found: dict[str, int] = {}
    for distance, level in enumerate(levels(walk.hop(graph), _nids(graph, ids), k, limit)):
        found.update(dict.fromkeys(sorted(graph.ids.take(level)), distance))
    return dict(islice(found.items(), limit))


def paths(
    store: GraphStore, source: str, target: str, max_length: int, walk: Walk = ANY, limit: int = 1000
) -> list[Path]:
    """The trails of 1 to ``max_length`` edges from ``source`` to ``target``: no edge twice, as in Cypher.

    They come in the order of (length, edge identities), the first ``limit`` of them. From an entity to
    itself they are its cycles.

    Raises:
        NotFoundError: ``source`` or ``target`` is unknown.
    """
    graph = store.csr()
    start, goal = _nids(graph, [source, target]).tolist()
    search = _Trails(graph, walk, goal, max_length)
    return _as_paths(store, graph, islice(search.between(start), limit))


def shortest_path(
    store: GraphStore, source: str, target: str, walk: Walk = ANY, max_length: int | None = None
) -> Path | None:
    """The shortest path, of several the one whose edge identities come first; ``None`` if there is none.

    From an entity to itself it has no edges.

    Raises:
        NotFoundError: ``source`` or ``target`` is unknown.
    """
    graph = store.csr()
    start, goal = _nids(graph, [source, target]).tolist()
    between = layers(walk.hop(graph), start, goal, max_length)
    if between is None:
        return None
    inside = np.zeros(len(graph), np.bool_)
    trail = _Trail((start,), ())
    for layer in between[1:]:
        inside[layer] = True
        trail = trail.longer(*next(iter(_steps(graph, walk, trail.nids[-1], inside))))
        inside[layer] = False
    return _as_paths(store, graph, [trail])[0]


@dataclass(frozen=True, slots=True)
class _Trail:
    """A path in numbers."""

    nids: tuple[int, ...]
    edges: tuple[int, ...]

    def longer(self, edge: int, nid: int) -> _Trail:
        return _Trail((*self.nids, nid), (*self.edges, edge))


@dataclass(slots=True)
class _Trails:
    """Depth-first search for trails to ``goal``, through nodes from which the rest of the way exists."""

    graph: CSRGraph
    walk: Walk
    goal: int
    max_length: int
    leads: list[NDArray[np.bool_]] = field(init=False)
    known: dict[tuple[int, int], list[tuple[int, int]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """``leads[r]`` tells the nodes from which a walk of r edges ends at the goal."""
        back, level = self.walk.hop(self.graph).back(), np.array([self.goal])
        self.leads = []
        for _ in range(self.max_length + 1):
            reached = np.zeros(len(self.graph), np.bool_)
            reached[level] = True
            self.leads.append(reached)
            level = np.unique(back.reach(level)).astype(np.int64)

    def between(self, start: int) -> Iterator[_Trail]:
        """The trails from ``start``, the shorter ones first."""
        for length in range(1, self.max_length + 1):
            if self.leads[length][start]:
                yield from self._complete(_Trail((start,), ()), length)

    def _complete(self, trail: _Trail, left: int) -> Iterator[_Trail]:
        if not left:
            yield trail
            return
        for edge, nid in self._steps(trail.nids[-1], left - 1):
            if edge not in trail.edges:
                yield from self._complete(trail.longer(edge, nid), left - 1)

    def _steps(self, nid: int, left: int) -> list[tuple[int, int]]:
        if (nid, left) not in self.known:
            self.known[nid, left] = _steps(self.graph, self.walk, nid, self.leads[left])
        return self.known[nid, left]


def _steps(graph: CSRGraph, walk: Walk, nid: int, inside: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(edge number, neighbour) of the steps from ``nid`` into the nodes ``inside``, by edge identity."""
    steps = graph.neighbors([nid], walk.numbers(graph), walk.direction)
    fit = inside[steps.neighbor]
    edges, neighbors = steps.edge[fit], steps.neighbor[fit].tolist()
    identities = [edge.identity for edge in graph.edges(edges)]
    ordered = sorted(zip(identities, edges.tolist(), neighbors, strict=True))
    return [(edge, neighbor) for _, edge, neighbor in ordered]


def _as_paths(store: GraphStore, graph: CSRGraph, trails: Iterable[_Trail]) -> list[Path]:
    trails = list(trails)
    nids = sorted({nid for trail in trails for nid in trail.nids})
    numbers = sorted({edge for trail in trails for edge in trail.edges})
    entities = dict(zip(nids, _entities(store, graph.ids.take(np.array(nids, np.int64))), strict=True))
    edges = dict(zip(numbers, graph.edges(np.array(numbers, np.int64)), strict=True))
    return [
        Path(tuple(entities[nid] for nid in trail.nids), tuple(edges[edge] for edge in trail.edges))
        for trail in trails
    ]


def _entities(store: GraphStore, ids: Sequence[str]) -> list[Entity]:
    entities = []
    for id, entity in zip(ids, store.get(ids), strict=True):
        if entity is None:
            raise NotFoundError(f"{id!r} was deleted while paths through it were collected; ask again")
        entities.append(entity)
    return entities


def _nids(graph: CSRGraph, ids: Sequence[str]) -> NDArray[np.int64]:
    nids = graph.ids.find(ids)
    if (nids < 0).any():
        raise NotFoundError(f"there is no entity with the id {ids[int(np.argmin(nids))]!r}")
    return nids
