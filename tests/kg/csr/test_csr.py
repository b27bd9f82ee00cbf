"""CSRGraph against plain Python over lists of edges, against NetworkX and igraph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import igraph
import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgllm.kg.csr import CSRGraph

NODES, RELATIONS = 7, 3
Quad = tuple[int, int, int, str]
Step = tuple[int, int, int]
Walk = tuple[list[int] | None, Any]
"""Relations and direction."""

numbers = st.integers(0, NODES - 1)
quads = st.lists(
    st.tuples(numbers, st.integers(0, RELATIONS - 1), numbers, st.sampled_from(["", "", "k", "l"])),
    unique=True,
    max_size=25,
)
directions = st.sampled_from(["out", "in", "both"])
walks = st.tuples(st.none() | st.lists(st.integers(0, RELATIONS - 1), max_size=2, unique=True), directions)


def steps_of(edges: list[Quad], nid: int, relations: list[int] | None, direction: str) -> list[Step]:
    """(neighbour, relation, edge number) in the promised order, from the definition."""
    found = []
    for number, (head, relation, tail, _) in enumerate(sorted(edges)):
        if relations is not None and relation not in relations:
            continue
        if head == nid and direction != "in":
            found.append((0, relation, tail, number))
        if tail == nid and (direction == "in" or (direction == "both" and head != tail)):
            found.append((1, relation, head, number))
    return [(neighbor, relation, number) for _, relation, neighbor, number in sorted(found)]


@given(quads, st.lists(numbers, max_size=4), walks)
def test_neighbors_are_the_edges_at_a_node(
    graph_of: Any, edges: list[Quad], nids: list[int], walk: Walk
) -> None:
    relations, direction = walk
    steps = graph_of(edges).neighbors(nids, relations, direction)
    for row, nid in enumerate(nids):
        columns = (column[steps.row == row].tolist() for column in steps[1:])
        assert list(zip(*columns, strict=True)) == steps_of(edges, nid, relations, direction)
    assert steps.row.tolist() == sorted(steps.row.tolist())


@given(quads)
def test_edge_numbers_follow_head_relation_tail_key(graph_of: Any, edges: list[Quad]) -> None:
    graph, ordered = graph_of(edges), sorted(edges)
    every = np.arange(len(edges))
    assert graph.triples(every).tolist() == [list(edge[:3]) for edge in ordered]
    found = [(edge.head, edge.relation, edge.tail, edge.key) for edge in graph.edges(every)]
    assert found == [(f"n{h}", "abc"[r], f"n{t}", key) for h, r, t, key in ordered]
    incoming = graph.edge_numbers(every)
    assert sorted(incoming.tolist()) == every.tolist()
    assert graph.triples(incoming)[:, 2].tolist() == graph.incoming.row_of(every).tolist()
    assert graph.num_edges == len(edges)


@given(quads, directions)
def test_degree_counts_a_loop_once_each_way(graph_of: Any, edges: list[Quad], direction: Any) -> None:
    ends = [edge[0] for edge in edges if direction != "in"] + [
        edge[2] for edge in edges if direction != "out"
    ]
    degree = graph_of(edges).degree(range(NODES), direction)
    assert degree.tolist() == [ends.count(nid) for nid in range(NODES)]


@given(quads, st.lists(numbers, max_size=3), st.integers(0, 4), walks)
def test_k_hop_is_breadth_first_search(
    graph_of: Any, edges: list[Quad], nids: list[int], k: int, walk: Walk
) -> None:
    relations, direction = walk
    distance = dict.fromkeys(sorted(set(nids)), 0)
    for hop in range(1, k + 1):
        level = {n for nid in list(distance) for n, *_ in steps_of(edges, nid, relations, direction)}
        distance |= dict.fromkeys(sorted(level - distance.keys()), hop)
    graph = graph_of(edges)
    found, hops = graph.k_hop(nids, k, relations, direction)
    assert list(zip(found.tolist(), hops.tolist(), strict=True)) == list(distance.items())
    first, _ = graph.k_hop(nids, k, relations, direction, limit=3)
    assert first.tolist() == list(distance)[:3]


rules = st.lists(st.tuples(st.integers(0, RELATIONS - 1), directions), max_size=3)


@given(quads, numbers, rules, st.sampled_from([1, 4, 1000]))
def test_paths_by_rule_are_the_walks_along_it(
    graph_of: Any, edges: list[Quad], nid: int, rule: list[tuple[int, Any]], limit: int
) -> None:
    walks = {(nid,)}
    for relation, direction in rule:
        walks = {(*walk, n) for walk in walks for n, *_ in steps_of(edges, walk[-1], [relation], direction)}
    found = graph_of(edges).paths_by_rule(nid, rule, limit)
    assert found.tolist() == [list(walk) for walk in sorted(walks)[:limit]]
    assert found.shape[1] == len(rule) + 1


@given(quads, st.tuples(numbers, numbers), walks, st.none() | st.integers(0, 3))
def test_shortest_path_has_the_smallest_edges(
    graph_of: Any, edges: list[Quad], ends: tuple[int, int], walk: Walk, longest: int | None
) -> None:
    (source, target), (relations, direction) = ends, walk
    level: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((), (source,))]
    for _ in range(NODES):
        best = min((walk for walk in level if walk[1][-1] == target), default=None)
        if best or len(level[0][0]) == longest:
            break
        level = [
            ((*taken, edge), (*nids, neighbor))
            for taken, nids in level
            for neighbor, _, edge in steps_of(edges, nids[-1], relations, direction)
            if neighbor not in nids
        ] or [((-1,) * NODES, (-1,))]
    found = graph_of(edges).shortest_path(source, target, relations, direction, longest)
    assert (found and (tuple(found[1].tolist()), tuple(found[0].tolist()))) == best


@given(quads, st.lists(numbers, max_size=5))
def test_subgraph_holds_the_edges_inside(graph_of: Any, edges: list[Quad], nids: list[int]) -> None:
    inside = [number for number, edge in enumerate(sorted(edges)) if edge[0] in nids and edge[2] in nids]
    assert graph_of(edges).subgraph(nids).tolist() == inside


def test_k_hop_and_paths_agree_with_networkx(big: tuple[CSRGraph, np.ndarray]) -> None:
    graph, triples = big
    directed = nx.MultiDiGraph()
    directed.add_nodes_from(range(len(graph)))
    directed.add_edges_from((h, t, r) for h, r, t in triples.tolist())
    others = {"out": directed, "in": directed.reverse(), "both": directed.to_undirected()}
    for direction, other in others.items():
        for source in range(0, 400, 37):
            expected = nx.single_source_shortest_path_length(other, source, cutoff=3)
            found, distance = graph.k_hop([source], 3, None, direction)  # type: ignore[arg-type]
            assert dict(zip(found.tolist(), distance.tolist(), strict=True)) == dict(expected)
            for target in range(0, 400, 61):
                path = graph.shortest_path(source, target, None, direction)  # type: ignore[arg-type]
                reachable = nx.has_path(other, source, target)
                assert (path is not None) == reachable
                if path:
                    assert len(path[1]) == nx.shortest_path_length(other, source, target)


def test_k_hop_agrees_with_igraph(big: tuple[CSRGraph, np.ndarray]) -> None:
    graph, triples = big
    other = igraph.Graph(n=len(graph), edges=triples[:, [0, 2]], directed=True)
    for mode in ("out", "in", "all"):
        expected = other.neighborhood(range(400), order=2, mode=mode)
        direction: Any = "both" if mode == "all" else mode
        for source, nids in enumerate(expected):
            assert set(graph.k_hop([source], 2, None, direction)[0].tolist()) == set(nids)


def test_walks_on_umls_agree_with_networkx(data_root: Callable[[str], Path]) -> None:
    lines = [line.split("\t") for line in (data_root("umls") / "train.txt").read_text().splitlines()]
    heads, names, tails = zip(*lines, strict=True)
    ids, relations = sorted({*heads, *tails}), sorted(set(names))
    columns = ([ids.index(id) for id in heads], [relations.index(name) for name in names])
    triples = np.array([*columns, [ids.index(id) for id in tails]]).T
    graph = CSRGraph.from_arrays(ids, relations, triples)
    assert graph.num_edges == len(lines)
    found = {(edge.head, edge.relation, edge.tail) for edge in graph.edges(np.arange(graph.num_edges))}
    assert found == {tuple(line) for line in lines}
    other = nx.DiGraph(triples[:, [0, 2]].tolist())
    for source in other:
        expected = nx.single_source_shortest_path_length(other, source, cutoff=2)
        nids, distance = graph.k_hop([source], 2, direction="out")
        assert dict(zip(nids.tolist(), distance.tolist(), strict=True)) == dict(expected)
