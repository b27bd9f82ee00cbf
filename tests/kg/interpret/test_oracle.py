"""Patterns against brute force: all assignments of nodes and edges of a small graph, tried one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations, product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgllm.kg.backends.memory.graph import MemoryGraph
from kgllm.kg.cypher.interpret import Table
from kgllm.kg.model import Edge, Entity

NODES = "wxyz"


@dataclass(frozen=True)
class Hop:
    """A relationship pattern; ``low`` is -1 for a single edge."""

    name: str
    direction: str
    types: tuple[str, ...]
    low: int
    high: int

    def __str__(self) -> str:
        length = "" if self.low < 0 else f"*{self.low}..{self.high}"
        inner = f"[{self.name}{':' if self.types else ''}{'|'.join(self.types)}{length}]"
        return {"out": f"-{inner}->", "in": f"<-{inner}-", "both": f"-{inner}-"}[self.direction]


@dataclass(frozen=True)
class Chain:
    """A path pattern: nodes are (variable, label), a label of "" being none."""

    nodes: tuple[tuple[str, str], ...]
    hops: tuple[Hop, ...]

    def __str__(self) -> str:
        nodes = [f"({name}{':' if label else ''}{label})" for name, label in self.nodes]
        return nodes[0] + "".join(f"{hop}{node}" for hop, node in zip(self.hops, nodes[1:], strict=True))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Entity], list[Edge]]:
    ids = NODES[: draw(st.integers(1, 4))]
    entities = [Entity(id, tuple(draw(st.sets(st.sampled_from("AB"))))) for id in ids]
    end, key = st.sampled_from(ids), st.sampled_from(["", "k"])
    edges = st.builds(Edge, head=end, relation=st.sampled_from("RS"), tail=end, key=key)
    return entities, draw(st.lists(edges, max_size=6, unique_by=lambda edge: edge.identity))


@st.composite
def clauses(draw: st.DrawFn) -> list[list[Chain]]:
    """One or two MATCH clauses, each of one or two patterns, with at most three relationships in all."""
    names = iter("rst")
    shapes = draw(
        st.sampled_from([[[1]], [[2]], [[1, 1]], [[3]], [[2, 1]], [[1], [1]], [[1], [2]], [[1, 1], [1]]])
    )
    return [[draw(_chain(names, length)) for length in shape] for shape in shapes]


@st.composite
def _chain(draw: st.DrawFn, names: Iterator[str], length: int) -> Chain:
    node = st.tuples(st.sampled_from("abc"), st.sampled_from(["", "", "A"]))
    nodes = tuple(draw(node) for _ in range(length + 1))
    hops = []
    for _ in range(length):
        low, high = draw(st.sampled_from([(-1, -1), (-1, -1), (0, 1), (1, 2), (2, 2)]))
        types = draw(st.sampled_from([(), ("R",), ("R", "S")]))
        hops.append(Hop(next(names), draw(st.sampled_from(["out", "in", "both"])), types, low, high))
    return Chain(nodes, tuple(hops))


def walks(hop: Hop, start: str, end: str, edges: list[Edge]) -> Iterator[tuple[Edge, ...]]:
    """The sequences of different edges that lead from one node to another as ``hop`` asks."""
    allowed = [edge for edge in edges if not hop.types or edge.relation in hop.types]
    lengths = [1] if hop.low < 0 else range(hop.low, hop.high + 1)
    for length in lengths:
        for sequence in permutations(allowed, length):
            at: str | None = start
            for edge in sequence:
                if hop.direction != "in" and edge.head == at:
                    at = edge.tail
                elif hop.direction != "out" and edge.tail == at:
                    at = edge.head
                else:
                    at = None
                    break
            if at == end:
                yield sequence


def brute_force(
    matches: list[list[Chain]], entities: list[Entity], edges: list[Edge]
) -> Counter[tuple[object, ...]]:
    """The bag of rows: ids of the node variables by name, then the edges of the relationships by name."""
    names = sorted({name for match in matches for chain in match for name, _ in chain.nodes})
    labels = {entity.id: entity.labels for entity in entities}
    rows: Counter[tuple[object, ...]] = Counter()
    for ids in product(labels, repeat=len(names)):
        node = dict(zip(names, ids, strict=True))
        wanted = [
            (node[name], label)
            for match in matches
            for chain in match
            for name, label in chain.nodes
            if label
        ]
        if any(label not in labels[id] for id, label in wanted):
            continue
        per_match = [list(_solutions(match, node, edges)) for match in matches]
        for parts in product(*per_match):
            rows[(*ids, *(item for part in parts for item in part))] += 1
    return rows


def _solutions(
    match: list[Chain], node: dict[str, str], edges: list[Edge]
) -> Iterator[tuple[tuple[Edge, ...], ...]]:
    steps = [
        list(walks(hop, node[chain.nodes[place][0]], node[chain.nodes[place + 1][0]], edges))
        for chain in match
        for place, hop in enumerate(chain.hops)
    ]
    for sequences in product(*steps):
        used = [edge for sequence in sequences for edge in sequence]
        if len(set(used)) == len(used):
            yield sequences


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), matches=clauses())
def test_matches_are_those_of_brute_force(
    make: Callable[..., MemoryGraph],
    ask: Callable[..., Table],
    graph: tuple[list[Entity], list[Edge]],
    matches: list[list[Chain]],
) -> None:
    nodes = sorted({name for match in matches for chain in match for name, _ in chain.nodes})
    hops = [hop.name for match in matches for chain in match for hop in chain.hops]
    text = " ".join("MATCH " + ", ".join(map(str, match)) for match in matches)
    found = ask(make(*graph), f"{text} RETURN {', '.join([*(f'{name}.id' for name in nodes), *hops])}")
    rows = Counter(
        tuple(
            tuple(cell) if isinstance(cell, list) else (cell,) if isinstance(cell, Edge) else cell
            for cell in row
        )
        for row in found.rows
    )
    assert rows == brute_force(matches, *graph)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), direction=st.sampled_from(["out", "in", "both"]), longest=st.integers(1, 4))
def test_shortest_paths_are_those_of_brute_force(
    make: Callable[..., MemoryGraph],
    ask: Callable[..., Table],
    graph: tuple[list[Entity], list[Edge]],
    direction: str,
    longest: int,
) -> None:
    entities, edges = graph
    hop = Hop("r", direction, (), 1, longest)
    text = f"MATCH (a), (b) WHERE a.id < b.id MATCH p = {{}}((a){hop}(b)) RETURN a.id, b.id, r"
    held = make(entities, edges)
    expected: dict[tuple[str, str], set[tuple[Edge, ...]]] = {}
    for one, other in product(entities, repeat=2):
        if one.id < other.id and (found := list(walks(hop, one.id, other.id, edges))):
            least = min(map(len, found))
            expected[one.id, other.id] = {walk for walk in found if len(walk) == least}
    every = ask(held, text.format("allShortestPaths")).rows
    assert Counter((a, b, tuple(r)) for a, b, r in every) == Counter(
        (*ends, walk) for ends, walks_ in expected.items() for walk in walks_
    )
    single = {(a, b): tuple(r) for a, b, r in ask(held, text.format("shortestPath")).rows}
    assert single.keys() == expected.keys()
    assert all(walk in expected[ends] for ends, walk in single.items())
