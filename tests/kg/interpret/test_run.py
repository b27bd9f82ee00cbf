"""How the interpreter runs: it stops early, starts at the right place, keeps to its deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

import pytest

from kgllm.errors import QueryTimeoutError
from kgllm.kg.backends.memory.graph import MemoryGraph
from kgllm.kg.cypher.interpret import Table
from kgllm.kg.model import Direction, Edge, Entity

SIZE = 2000


class Counting(MemoryGraph):
    """Counts what the interpreter looks at."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes_seen = self.edges_seen = 0

    def nodes(self, label: str | None = None) -> Iterator[Entity]:
        for entity in super().nodes(label):
            self.nodes_seen += 1
            yield entity

    def edges_of(
        self, id: str, direction: Direction = "both", types: Set[str] = frozenset()
    ) -> Iterator[Edge]:
        for edge in super().edges_of(id, direction, types):
            self.edges_seen += 1
            yield edge


@pytest.fixture
def ring() -> Counting:
    """Nodes n0, n1 … in a ring; n0 is the only Rare one, and ten of them are Some."""
    graph = Counting()
    for i in range(SIZE):
        labels = ("Rare", "Some") if i == 0 else ("Some",) if i < 10 else ("Many",)
        graph.put_node(Entity(f"n{i}", labels, {"num": i, "mod": i % 7}))
    for i in range(SIZE):
        graph.put_edge(Edge(f"n{i}", "NEXT", f"n{(i + 1) % SIZE}"))
    graph.node_types = {"num": "int", "mod": "int"}
    return graph


@pytest.mark.parametrize(
    ("query", "nodes"),
    [
        ("MATCH (a {id: 'n5'})-->(b) RETURN b.id", 0),
        ("MATCH (a)-->(b) WHERE b.id = 'n5' RETURN a.id", 0),
        ("MATCH (a)-->(b) WHERE b.id IN ['n5', 'n5', 'n6', 'zz'] RETURN a.id", 0),
        ("MATCH (a)-->(b {num: 5}) RETURN a.id", 0),
        ("MATCH (a)-->(b:Rare) RETURN a.id", 1),
        ("MATCH (a:Many)-->(b) WHERE b:Rare RETURN a.id", 1),
        ("MATCH (a:Some) WHERE a.id <> 'x' RETURN a.id LIMIT 3", 3),
        ("MATCH (a) RETURN a.id LIMIT 3", 3),
        ("MATCH (a:Rare) MATCH (a)-->(b)-->(c) RETURN c.id", 1),
        ("MATCH (a:Rare)-[r]->() MATCH (x)-[r]->(y) RETURN y.id", 1),
    ],
)
def test_patterns_start_where_few_nodes_are(
    ring: Counting, ask: Callable[..., Table], query: str, nodes: int
) -> None:
    assert ask(ring, query).rows
    assert ring.nodes_seen <= nodes
    assert ring.edges_seen <= 3


def test_conditions_are_tested_as_soon_as_they_can_be(ring: Counting, ask: Callable[..., Table]) -> None:
    query = "MATCH (a)-->(b)-->(c)-->(d) WHERE a.num > $n AND d.num >= 0 RETURN d.id"
    assert len(ask(ring, query, {"n": SIZE - 3}).rows) == 2
    assert ring.edges_seen == 6


def test_exists_stops_at_the_first_find(ring: Counting, ask: Callable[..., Table]) -> None:
    assert ask(ring, "RETURN EXISTS { (a)-->(b) } AS x").rows == [(True,)]
    assert ring.nodes_seen == 1


@pytest.mark.parametrize(
    "query",
    [
        "MATCH (a), (b), (c) RETURN count(*)",
        "MATCH (a)-[*1..10]-(b) MATCH (c)-[*1..10]-(d) RETURN count(*)",
        "UNWIND range(1, 10000) AS x UNWIND range(1, 10000) AS y UNWIND range(1, 10000) AS z RETURN count(*)",
        "RETURN reduce(s = 0, y IN range(1, 10000) | s + size([z IN range(1, 10000) | z])) AS x",
        "MATCH (a), (b) RETURN a.num ORDER BY b.num LIMIT 1",
    ],
)
def test_the_deadline_holds(ring: Counting, ask: Callable[..., Table], query: str) -> None:
    with pytest.raises(QueryTimeoutError, match="time limit"):
        ask(ring, query, seconds=0.05)


def test_nothing_is_changed_by_a_query(small: MemoryGraph, ask: Callable[..., Table]) -> None:
    before = list(small.entities.values()), list(small.edges())
    ask(
        small, "MATCH (a)-[r]->(b) WITH a, collect(r) AS rs RETURN a {.*, rs: rs}, properties(a), reverse(rs)"
    )
    assert (list(small.entities.values()), list(small.edges())) == before


def test_an_index_finds_what_a_scan_finds(
    make: Callable[..., MemoryGraph], ask: Callable[..., Table]
) -> None:
    numbers = [0, 1, 2**53, 2**53 + 1, 2**62]
    graph = make([Entity(f"n{number}", (), {"p": number}) for number in numbers], [])
    for value in [*numbers, *map(float, numbers), "1", True]:
        seek = ask(graph, "MATCH (n {p: $v}) RETURN n.id", {"v": value}).rows
        scan = ask(graph, "MATCH (n) WITH n WHERE n.p = $v RETURN n.id", {"v": value}).rows
        assert sorted(seek) == sorted(scan)


def test_labels_shield_where(make: Callable[..., MemoryGraph], ask: Callable[..., Table]) -> None:
    graph = make(
        [Entity("a"), Entity("b", ("Good",), {"p": 2}), Entity("c", ("Bad",), {"p": 0})],
        [Edge("a", "R", "b"), Edge("a", "R", "c")],
    )
    query = "MATCH ({id: 'a'})-->(n:Good) WHERE 4 / n.p = 2 RETURN n.id"
    assert ask(graph, query).rows == [("b",)]
