"""Walking stores by ids, against the definitions on lists of edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import NotFoundError
from kgllm.kg.model import Edge, EdgeKey, Entity, Path
from kgllm.kg.traverse import Walk, k_hop, paths, shortest_path

IDS = ["f", "a", "d", "b", "e", "c"]
"""Not sorted: answers are ordered by id, not by nid."""

Trail = tuple[tuple[EdgeKey, ...], str]
"""The edges of a trail and where it ends."""

ids = st.sampled_from(IDS)
edge_lists = st.lists(
    st.tuples(ids, st.sampled_from("RS"), ids, st.sampled_from(["", "", "k"])), unique=True, max_size=14
)
walks = st.builds(
    Walk, st.sampled_from([None, None, ("R",), ("S", "R"), ("none",)]), st.sampled_from(["out", "in", "both"])
)


def steps_of(edges: list[EdgeKey], id: str, walk: Walk) -> list[tuple[EdgeKey, str]]:
    """The edges that can be walked from an entity and where they lead, by identity."""
    found = set()
    for edge in edges:
        if walk.relations is None or edge[1] in walk.relations:
            if edge[0] == id and walk.direction != "in":
                found.add((edge, edge[2]))
            if edge[2] == id and walk.direction != "out":
                found.add((edge, edge[0]))
    return sorted(found)


def trails_of(
    edges: list[EdgeKey], source: str, length: int, walk: Walk
) -> list[tuple[tuple[EdgeKey, ...], str]]:
    """The edges and the end of each trail of ``length`` edges."""
    trails: list[tuple[tuple[EdgeKey, ...], str]] = [((), source)]
    for _ in range(length):
        trails = [
            ((*taken, edge), end)
            for taken, id in trails
            for edge, end in steps_of(edges, id, walk)
            if edge not in taken
        ]
    return sorted(trails)


def identities(path: Path) -> tuple[EdgeKey, ...]:
    """Its edges; fails unless they lead from each entity to the next."""
    for edge, before, after in zip(path.edges, path.entities, path.entities[1:], strict=False):
        assert {before.id, after.id} == {edge.head, edge.tail}
    assert len(path.entities) == len(path.edges) + 1
    return tuple(edge.identity for edge in path.edges)


@given(edge_lists, st.lists(ids, max_size=2), st.integers(0, 3), walks, st.none() | st.integers(0, 4))
def test_k_hop_is_ordered_by_distance_and_id(
    store_of: Callable[..., Any],
    edges: list[EdgeKey],
    seeds: list[str],
    k: int,
    walk: Walk,
    limit: int | None,
) -> None:
    distance = dict.fromkeys(sorted(set(seeds)), 0)
    for hop in range(1, k + 1):
        level = {end for id in distance for _, end in steps_of(edges, id, walk)}
        distance |= dict.fromkeys(sorted(level - distance.keys()), hop)
    found = k_hop(store_of(IDS, edges), seeds, k, walk, limit)
    assert list(found.items()) == list(distance.items())[:limit]


@given(edge_lists, ids, ids, walks, st.integers(1, 40))
def test_paths_are_all_trails_in_order(
    store_of: Any, edges: list[EdgeKey], source: str, target: str, walk: Walk, limit: int
) -> None:
    expected = [
        trail
        for length in range(1, 4)
        for trail, end in trails_of(edges, source, length, walk)
        if end == target
    ]
    found = paths(store_of(IDS, edges), source, target, 3, walk, limit)
    assert [identities(path) for path in found] == expected[:limit]
    assert all((path.entities[0].id, path.entities[-1].id) == (source, target) for path in found)


@given(edge_lists, ids, ids, walks, st.none() | st.integers(0, 3))
def test_the_shortest_path_is_the_first(
    store_of: Callable[..., Any],
    edges: list[EdgeKey],
    source: str,
    target: str,
    walk: Walk,
    longest: int | None,
) -> None:
    store = store_of(IDS, edges)
    found = shortest_path(store, source, target, walk, longest)
    if source == target:
        assert found == Path((Entity(source),), ())
    else:
        expected = paths(store, source, target, len(IDS) if longest is None else longest, walk, limit=1)
        assert ([found] if found else []) == expected


def test_paths_carry_entities_and_keys(store_of: Callable[..., Any]) -> None:
    edges = [("a", "R", "b", ""), ("a", "R", "b", "k"), ("b", "S", "b", "")]
    store = store_of(["a", "b"], edges, {"b": ("Drug",)})
    a, b = Entity("a"), Entity("b", ("Drug",))
    assert paths(store, "a", "b", 2)[:3] == [
        Path((a, b), (Edge("a", "R", "b"),)),
        Path((a, b), (Edge("a", "R", "b", "k"),)),
        Path((a, b, b), (Edge("a", "R", "b"), Edge("b", "S", "b"))),
    ]


def test_unknown_ids_are_refused(store_of: Callable[..., Any]) -> None:
    store = store_of(["a"], [])
    for ask in (
        lambda: k_hop(store, ["a", "x"], 1),
        lambda: paths(store, "a", "x", 1),
        lambda: shortest_path(store, "x", "a"),
    ):
        with pytest.raises(NotFoundError, match="no entity with the id 'x'"):
            ask()


def test_an_entity_deleted_meanwhile_is_an_error(store_of: Callable[..., Any]) -> None:
    store = store_of(["a", "b"], [("a", "R", "b", "")])
    store.csr()
    del store.entities["b"]
    with pytest.raises(NotFoundError, match="'b' was deleted"):
        paths(store, "a", "b", 1)
