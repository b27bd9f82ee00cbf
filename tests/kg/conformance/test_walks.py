"""Walks by ids and by Cypher, against the definitions, on 120 random graphs that lie side by side."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from kgllm.kg.backends.base import BaseStore
from kgllm.kg.model import Direction, Edge, EdgeKey, Entity, Path
from kgllm.kg.traverse import Walk

GRAPHS = 120
WALKS = [
    Walk(None, "both"),
    Walk(None, "out"),
    Walk(("R",), "in"),
    Walk(("S", "R", "none"), "out"),
    Walk((), "both"),
]

Ties = list[EdgeKey]


def random_graph(number: int) -> tuple[list[str], Ties]:
    """Up to 6 nodes and 12 edges, with loops and parallel ones; ids begin with the number of the graph."""
    rng = random.Random(number)
    ids = [f"{number}:{letter}" for letter in rng.sample("abcdef", rng.randint(1, 6))]
    ties = {
        (rng.choice(ids), rng.choice("RS"), rng.choice(ids), rng.choice(["", "", "k"]))
        for _ in range(rng.randint(0, 12))
    }
    return ids, sorted(ties)


ALL = [random_graph(number) for number in range(GRAPHS)]


@pytest.fixture(scope="module")
def graphs(shared: BaseStore, load: Callable[..., None]) -> BaseStore:
    entities = [Entity(id) for ids, _ in ALL for id in ids]
    random.Random(0).shuffle(entities)  # so that no order of ids is that of nids
    load(shared, entities, [Edge(*tie) for _, ties in ALL for tie in ties])
    return shared


def steps(ties: Ties, id: str, walk: Walk) -> list[tuple[EdgeKey, str]]:
    """The edges that can be walked from a node, and where they lead, by identity."""
    allowed = [tie for tie in ties if walk.relations is None or tie[1] in walk.relations]
    out = {(tie, tie[2]) for tie in allowed if tie[0] == id and walk.direction != "in"}
    return sorted(out | {(tie, tie[0]) for tie in allowed if tie[2] == id and walk.direction != "out"})


def trails(
    ties: Ties, id: str, length: int, walk: Walk, used: tuple[EdgeKey, ...] = ()
) -> Iterator[tuple[tuple[EdgeKey, ...], str]]:
    """The edges of each trail of ``length`` edges from a node, in order, and where it ends."""
    if not length:
        yield used, id
        return
    for tie, end in steps(ties, id, walk):
        if tie not in used:
            yield from trails(ties, end, length - 1, walk, (*used, tie))


def between(ties: Ties, source: str, target: str, longest: int, walk: Walk) -> list[tuple[EdgeKey, ...]]:
    found = [trail for length in range(1, longest + 1) for trail in trails(ties, source, length, walk)]
    return [edges for edges, end in found if end == target]


def identities(path: Path) -> tuple[EdgeKey, ...]:
    """Its edges; fails unless they lead from each entity to the next."""
    for edge, before, after in zip(path.edges, path.entities, path.entities[1:], strict=False):
        assert {before.id, after.id} == {edge.head, edge.tail}
    return tuple(edge.identity for edge in path.edges)


@pytest.mark.parametrize("direction", ["out", "in", "both"])
@pytest.mark.parametrize("relations", [None, ["R"], ["S", "none", "R"], []])
def test_neighbors(graphs: BaseStore, direction: Direction, relations: list[str] | None) -> None:
    wanted = [id for ids, _ in ALL for id in ids]
    walk = Walk(None if relations is None else tuple(relations), direction)
    expected = [[tie for tie, _ in steps(ties, id, walk)] for ids, ties in ALL for id in ids]
    found = graphs.neighbors(wanted, relations, direction)
    assert [[edge.identity for edge in edges] for edges in found] == [sorted(set(some)) for some in expected]


def test_degree(graphs: BaseStore) -> None:
    wanted = [id for ids, _ in ALL for id in ids]
    out, into = (Counter(tie[end] for _, ties in ALL for tie in ties) for end in (0, 2))
    assert graphs.degree(wanted, "out") == [out[id] for id in wanted]
    assert graphs.degree(wanted, "in") == [into[id] for id in wanted]
    assert graphs.degree(wanted) == [out[id] + into[id] for id in wanted]


def test_k_hop(graphs: BaseStore) -> None:
    for number, (ids, ties) in enumerate(ALL):
        walk, k, seeds = WALKS[number % len(WALKS)], number % 4, ids[:2]
        distance = dict.fromkeys(sorted(seeds), 0)
        for hop in range(1, k + 1):
            level = {end for id in distance for _, end in steps(ties, id, walk)}
            distance |= dict.fromkeys(sorted(level - distance.keys()), hop)
        assert list(graphs.k_hop(seeds, k, walk).items()) == list(distance.items())
        assert list(graphs.k_hop(seeds, k, walk, limit=3).items()) == list(distance.items())[:3]


def test_paths_are_all_trails(graphs: BaseStore) -> None:
    for number, (ids, ties) in enumerate(ALL):
        walk, limit = WALKS[number % len(WALKS)], 1 + number % 50
        expected = between(ties, ids[0], ids[-1], 3, walk)
        found = graphs.paths(ids[0], ids[-1], 3, walk, limit)
        assert [identities(path) for path in found] == expected[:limit]


def test_the_shortest_path(graphs: BaseStore) -> None:
    for number, (ids, ties) in enumerate(ALL):
        walk, longest = WALKS[number % len(WALKS)], [None, 2, 0][number % 3]
        found = graphs.shortest_path(ids[0], ids[-1], walk, longest)
        if ids[0] == ids[-1]:
            assert found == Path((Entity(ids[0]),), ())
        else:
            expected = between(ties, ids[0], ids[-1], len(ids) if longest is None else longest, walk)
            assert (identities(found) if found else None) == (expected[0] if expected else None)


@pytest.mark.parametrize(
    ("arrow", "direction"), [("-[:R|S*1..3]->", "out"), ("<-[:R*1..3]-", "in"), ("-[*1..3]-", "both")]
)
def test_cypher_walks_the_same_trails(graphs: BaseStore, arrow: str, direction: Direction) -> None:
    walk = Walk(("R",) if "R*" in arrow else None, direction)
    text = f"MATCH p = (a {{id: $id}}){arrow}(b) RETURN b.id AS id, length(p) AS hops, count(*) AS n"
    for ids, ties in ALL[::8]:
        expected = Counter((end, hops) for hops in (1, 2, 3) for _, end in trails(ties, ids[0], hops, walk))
        rows = graphs.query(text, {"id": ids[0]}).rows
        assert {(end, hops): n for end, hops, n in rows} == expected
