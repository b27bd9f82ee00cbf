"""The steps of a plan. A step takes a row, and the edges its MATCH has used, and gives each way to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ....errors import QueryFailedError
from ...model import Direction, Edge, EdgeKey, Entity, Path, Value
from .context import Context, Row
from .trails import Trail, distances, far_end, trails
from .values import Truth, listed, wrong_type

Test = Callable[[Row], Truth]
Used = tuple[EdgeKey, ...]
State = tuple[Row, Used]


class Step(Protocol):
    def __call__(self, row: Row, used: Used) -> Iterator[State]: ...


def passes(row: Row, tests: Sequence[Test]) -> bool:
    """Whether all ``tests`` are true."""
    return all(test(row) is True for test in tests)


@dataclass(frozen=True, slots=True)
class Seek:
    """Gives ``name`` each of the candidates, or leaves the node it has."""

    name: str
    candidates: Callable[[Row], Iterator[Entity]] | None
    context: Context

    def __call__(self, row: Row, used: Used) -> Iterator[State]:
        if self.candidates is None:
            if _node(row[self.name]) is not None:
                yield row, used
            return
        for entity in self.candidates(row):
            self.context.clock.tick()
            yield {**row, self.name: entity}, used


@dataclass(frozen=True, slots=True)
class Hop:
    """A relationship pattern, seen from the node that has been found already.

    Args:
        name: of the relationship.
        ends: names of the node found already and of the other one.
        direction: as seen from the first of ``ends``.
        types: relation types allowed; none for all.
        tests: conditions on each single edge, which then stands in the row as ``name``.
    """

    name: str
    ends: tuple[str, str]
    direction: Direction
    types: frozenset[str]
    tests: tuple[Test, ...]
    context: Context

    def edges(self, row: Row) -> Callable[[str], Iterator[Edge]]:
        """The edges that can be taken from a node."""

        def edges(near: str) -> Iterator[Edge]:
            for edge in self.context.view.edges_of(near, self.direction, self.types):
                self.context.clock.tick()
                if not self.tests or passes({**row, self.name: edge}, self.tests):
                    yield edge

        return edges

    def found(self, row: Row, relationship: Value, end: str) -> Row | None:
        """``row`` with the relationship and its far node; ``None`` where another node was found before."""
        node = self.context.view.node(end)
        other = self.ends[1]
        if node is None or (
            other in row and not (isinstance(known := row[other], Entity) and known.id == end)
        ):
            return None
        return {**row, self.name: relationship, other: node}


@dataclass(frozen=True, slots=True)
class Expand:
    """Takes one edge."""

    hop: Hop

    def __call__(self, row: Row, used: Used) -> Iterator[State]:
        hop = self.hop
        node = _node(row[hop.ends[0]])
        if node is None:
            return
        known = hop.name in row
        for edge in hop.edges(row)(node.id):
            key = edge.identity
            if key in used or (known and not _is_edge(row[hop.name], key)):
                continue
            grown = hop.found(row, edge, far_end(edge, node.id))
            if grown is not None:
                yield grown, (*used, key)


@dataclass(frozen=True, slots=True)
class Walk:
    """Takes between ``lengths`` edges; the relationship is their list, from left to right."""

    hop: Hop
    lengths: tuple[int, int | None]
    forward: bool

    def __call__(self, row: Row, used: Used) -> Iterator[State]:
        hop = self.hop
        node = _node(row[hop.ends[0]])
        if node is None:
            return
        known = hop.name in row
        for edges, end in trails(node.id, hop.edges(row), self.lengths, used):
            relationship = edges if self.forward else edges[::-1]
            if known and not _same_edges(row[hop.name], relationship):
                continue
            grown = hop.found(row, listed(relationship), end)
            if grown is not None:
                yield grown, (*used, *(edge.identity for edge in edges))


@dataclass(frozen=True, slots=True)
class Shortest:
    """One or all of the shortest trails between two nodes that meet all conditions.

    Args:
        back: the same relationship seen from the other end.
        every: whether all trails of the least length count.
        single: whether the pattern asks for exactly one edge, which then stands for itself.
        path: name of the path, for the conditions.
        tests: what the whole path must meet.
    """

    hop: Hop
    back: Hop
    lengths: tuple[int, int | None]
    every: bool
    single: bool
    path: str
    tests: tuple[Test, ...]

    def __call__(self, row: Row, used: Used) -> Iterator[State]:
        start, goal = (_node(row[name]) for name in self.hop.ends)
        if start is None or goal is None:
            return
        if start.id == goal.id and self.lengths[0] > 0:
            raise QueryFailedError(
                f"a shortest path was asked for from {start.id!r} to itself; exclude that, as in WHERE a <> b"
            )
        length = None
        for edges, _ in self._candidates(row, start.id, goal.id):
            if length is not None and len(edges) > length:
                return
            found = self._grown(row, start, edges)
            if passes(found, self.tests):
                yield found, used
                length = len(edges)
                if not self.every:
                    return

    def _candidates(self, row: Row, start: str, goal: str) -> Iterator[Trail]:
        """The trails from ``start`` to ``goal``, short ones first; only the shortest where none can fail."""
        low, high = self.lengths
        away = distances(goal, self.back.edges(row), high, goal=None if self.tests else start)
        if start not in away:
            return
        edges = self.hop.edges(row)
        longest = away[start] if not self.tests else high if high is not None else len(away) * len(away)
        for length in range(max(low, away[start]), longest + 1):

            def near_enough(node: str, taken: int, length: int = length) -> bool:
                return node in away and away[node] <= length - taken

            yield from trails(start, edges, (length, length), (), near_enough)

    def _grown(self, row: Row, start: Entity, edges: tuple[Edge, ...]) -> Row:
        relationship = edges[0] if self.single else listed(edges)
        return {**row, self.hop.name: relationship, self.path: path_of(start, edges, self.hop.context)}


@dataclass(frozen=True, slots=True)
class Bind:
    """Makes a path of the nodes and relationships found."""

    path: str
    start: str
    relationships: tuple[str, ...]
    context: Context

    def __call__(self, row: Row, used: Used) -> Iterator[State]:
        start, edges = row[self.start], list[Edge]()
        for name in self.relationships:
            value = row[name]
            parts = value if isinstance(value, list) else [value]
            edges += [edge for edge in parts if isinstance(edge, Edge)]
        if isinstance(start, Entity):
            path = path_of(start, tuple(edges), self.context)
            yield {**row, self.path: path}, used


def path_of(start: Entity, edges: tuple[Edge, ...], context: Context) -> Path:
    """The path that goes from ``start`` along ``edges``."""
    nodes = [start]
    for edge in edges:
        node = context.view.node(far_end(edge, nodes[-1].id))
        if node is None:
            raise QueryFailedError(f"the edge {edge.identity} leads to no node; the store is damaged")
        nodes.append(node)
    return Path(tuple(nodes), edges)


def _node(value: Value) -> Entity | None:
    if value is None or isinstance(value, Entity):
        return value
    raise wrong_type("a pattern", "a NODE", value)


def _is_edge(value: Value, key: EdgeKey) -> bool:
    return isinstance(value, Edge) and value.identity == key


def _same_edges(value: Value, edges: Sequence[Edge]) -> bool:
    if not isinstance(value, list) or len(value) != len(edges):
        return False
    return all(_is_edge(known, edge.identity) for known, edge in zip(value, edges, strict=True))
