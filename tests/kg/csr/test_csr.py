"""CSRGraph against plain Python over lists of edges, against NetworkX and igraph, and on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import igraph
import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import GraphError, NotFoundError, StoreCorruptError
from kgllm.kg.csr import CSRGraph
from kgllm.kg.csr.adjacency import sort_rows

NODES, RELATIONS = 7, 3
Quad = tuple[int, int, int, str]
Step = tuple[int, int, int]

numbers = st.integers(0, NODES - 1)
quads = st.lists(
    st.tuples(numbers, st.integers(0, RELATIONS - 1), numbers, st.sampled_from(["", "", "k", "l"])),
    unique=True,
    max_size=25,
)
directions = st.sampled_from(["out", "in", "both"])
filters = st.none() | st.lists(st.integers(0, RELATIONS - 1), max_size=2, unique=True)


def graph_of(edges: list[Quad], nodes: int = NODES) -> CSRGraph:
    triples = np.array([edge[:3] for edge in edges], np.int64).reshape(-1, 3)
    ids = [f"n{number}" for number in range(nodes)]
    return CSRGraph.from_arrays(ids, ["a", "b", "c"], triples, [edge[3] for edge in edges])


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


@given(quads, st.lists(numbers, max_size=4), filters, directions)
def test_neighbors_are_the_edges_at_a_node(
    edges: list[Quad], nids: list[int], relations: list[int] | None, direction: Any
) -> None:
    steps = graph_of(edges).neighbors(nids, relations, direction)
    for row, nid in enumerate(nids):
        columns = (column[steps.row == row].tolist() for column in steps[1:])
        assert list(zip(*columns, strict=True)) == steps_of(edges, nid, relations, direction)
    assert steps.row.tolist() == sorted(steps.row.tolist())


@given(quads)
def test_edge_numbers_follow_head_relation_tail_key(edges: list[Quad]) -> None:
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
def test_degree_counts_a_loop_once_each_way(edges: list[Quad], direction: Any) -> None:
    ends = [edge[0] for edge in edges if direction != "in"] + [
        edge[2] for edge in edges if direction != "out"
    ]
    degree = graph_of(edges).degree(range(NODES), direction)
    assert degree.tolist() == [ends.count(nid) for nid in range(NODES)]


@given(quads, st.lists(numbers, max_size=3), st.integers(0, 4), filters, directions)
def test_k_hop_is_breadth_first_search(
    edges: list[Quad], nids: list[int], k: int, relations: list[int] | None, direction: Any
) -> None:
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
    edges: list[Quad], nid: int, rule: list[tuple[int, Any]], limit: int
) -> None:
    walks = {(nid,)}
    for relation, direction in rule:
        walks = {(*walk, n) for walk in walks for n, *_ in steps_of(edges, walk[-1], [relation], direction)}
    found = graph_of(edges).paths_by_rule(nid, rule, limit)
    assert found.tolist() == [list(walk) for walk in sorted(walks)[:limit]]
    assert found.shape[1] == len(rule) + 1


@given(quads, numbers, numbers, filters, directions, st.none() | st.integers(0, 3))
def test_shortest_path_has_the_smallest_edges(
    edges: list[Quad],
    source: int,
    target: int,
    relations: list[int] | None,
    direction: Any,
    longest: int | None,
) -> None:
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
def test_subgraph_holds_the_edges_inside(edges: list[Quad], nids: list[int]) -> None:
    inside = [number for number, edge in enumerate(sorted(edges)) if edge[0] in nids and edge[2] in nids]
    assert graph_of(edges).subgraph(nids).tolist() == inside


@pytest.fixture(scope="module")
def big() -> tuple[CSRGraph, np.ndarray]:
    """400 nodes and 3,000 distinct edges of 3 relations, and their triples."""
    rng = np.random.default_rng(5)
    triples = np.unique((rng.random((3000, 3)) ** [2, 1, 1] * [400, 3, 400]).astype(int), axis=0)
    ids = [f"n{number}" for number in range(400)]
    return CSRGraph.from_arrays(ids, ["a", "b", "c"], rng.permutation(triples)), triples


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


@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize("fanout", [[3], [4, 2], [-1, 3, 1], []])
def test_a_sample_is_part_of_the_neighbourhood(
    big: tuple[CSRGraph, np.ndarray], direction: Any, fanout: list[int]
) -> None:
    graph, _ = big
    side = graph.incoming if direction == "in" else graph.outgoing
    seeds = [7, 0, 399, 12]
    drawn = graph.sample(seeds, fanout, np.random.default_rng(1), direction)
    assert drawn.nids[: len(seeds)].tolist() == seeds
    assert len(set(drawn.nids.tolist())) == len(drawn.nids) == sum(drawn.hops)
    assert len(set(drawn.position.tolist())) == len(drawn.position)
    assert side.row_of(drawn.position).tolist() == drawn.nids[drawn.row].tolist()
    assert side.neighbor[drawn.position].tolist() == drawn.nids[drawn.neighbor].tolist()
    assert side.relation[drawn.position].tolist() == drawn.relation.tolist()
    starts = np.cumsum([0, *drawn.hops])
    for hop, width in enumerate(fanout):
        degree = side.degree(drawn.nids[starts[hop] : starts[hop + 1]])
        counts = np.bincount(drawn.row, minlength=len(drawn.nids))[starts[hop] : starts[hop + 1]]
        assert counts.tolist() == (degree if width < 0 else np.minimum(degree, width)).tolist()


def test_sampling_is_even_and_repeatable() -> None:
    triples = np.array([(0, 0, tail) for tail in range(1, 7)])
    graph = CSRGraph.from_arrays([f"n{i}" for i in range(7)], ["a"], triples)
    rng, draws = np.random.default_rng(0), 6000
    counts = sum(np.bincount(graph.sample([0], [4], rng, "out").nids[1:], minlength=7) for _ in range(draws))
    assert np.abs(counts[1:] - draws * 4 / 6).max() < 4 * np.sqrt(draws * 2 / 9)  # four standard deviations
    same = [graph.sample([0], [4], np.random.default_rng(3), "out").nids.tolist() for _ in range(2)]
    assert same[0] == same[1]


@pytest.mark.parametrize("sizes", [(5, 3, 5, 2), (1 << 31, 1 << 10, 1 << 31, 2)])
def test_rows_are_sorted_packed_or_not(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    columns = [rng.integers(0, min(size, 6), 300) % size for size in sizes]
    expected = sorted(zip(*(column.tolist() for column in columns), strict=True))
    assert list(zip(*(column.tolist() for column in sort_rows(columns, sizes)), strict=True)) == expected


@given(quads)
def test_a_store_gives_the_same_graph(store_of: Callable[..., Any], edges: list[Quad]) -> None:
    ids = [f"n{number}" for number in range(NODES)]
    named = [(ids[h], "abc"[r], ids[t], key) for h, r, t, key in edges]
    graph, expected = CSRGraph.from_store(store_of(ids, named)), graph_of(edges)
    assert list(graph.relations) == sorted({edge[1] for edge in named})
    assert graph.edges(np.arange(len(edges))) == expected.edges(np.arange(len(edges)))
    assert graph.incoming.neighbor.tolist() == expected.incoming.neighbor.tolist()


def test_many_relations_take_32_bits() -> None:
    names = [f"r{number:05}" for number in range(40_000)]
    graph = CSRGraph.from_arrays(["x"], names, np.array([[0, 39_999, 0], [0, 2, 0]]))
    assert graph.outgoing.relation.dtype == np.int32
    assert [edge.relation for edge in graph.edges(np.arange(2))] == ["r00002", "r39999"]
    assert graph_of([]).outgoing.relation.dtype == np.int16


def test_ids_are_found_by_bisection_and_by_hashing() -> None:
    ids = ["zebra", "ant", "Ärger", "", "日本", "ant "]
    names = CSRGraph.from_arrays(ids, [], np.zeros((0, 3), np.int64)).ids
    asked = [*ids, "an", "zz"]
    assert names.find(asked).tolist() == [0, 1, 2, 3, 4, 5, -1, -1]
    assert names.find(asked * 400).tolist() == [0, 1, 2, 3, 4, 5, -1, -1] * 400
    assert names.take(np.array([4, 0])) == ["日本", "zebra"]


@pytest.mark.parametrize(
    ("ids", "triples", "message"),
    [
        (["x", "y", "x"], [], "'x' stands there twice"),
        (["x", "y"], [[0, 0, 1], [0, 0, 1]], r"\('x', 'a', 'y'\) stands there twice"),
        (["x", "y"], [[0, 0, 2]], "from 2 to 2, expected 0 to 1"),
        (["x", "y"], [[0, 1, 1]], "from 1 to 1, expected 0 to 0"),
    ],
)
def test_wrong_arrays_are_refused(ids: list[str], triples: list[list[int]], message: str) -> None:
    with pytest.raises(GraphError, match=message):
        CSRGraph.from_arrays(ids, ["a"], np.array(triples, np.int64).reshape(-1, 3))


def test_a_scan_with_an_unknown_end_is_refused(store_of: Callable[..., Any]) -> None:
    store = store_of(["x"], [("x", "a", "x", "")])
    batches = list(store.scan_edges())
    store.entities = {"y": store.entities["x"]}
    store.scan_nodes, store.scan_edges = (lambda: iter([]), lambda: iter(batches))
    with pytest.raises(GraphError, match="'x', which is not among the entities"):
        CSRGraph.from_store(store)


def test_unknown_nids_are_refused() -> None:
    with pytest.raises(IndexError, match="nids from -1 to 3, expected 0 to 6"):
        graph_of([]).degree([3, -1])
    with pytest.raises(IndexError, match="expected 0 to 6"):
        graph_of([]).shortest_path(0, 7)


@given(quads)
def test_a_saved_graph_is_the_same(tmp_path_factory: pytest.TempPathFactory, edges: list[Quad]) -> None:
    path = tmp_path_factory.mktemp("csr") / "graph.csr"
    graph = graph_of(edges)
    graph.save(path, stamp="7.12")
    CSRGraph.verify(path)
    opened = CSRGraph.open(path, stamp="7.12")
    every = np.arange(len(edges))
    assert opened.edges(every) == graph.edges(every)
    assert opened.edge_numbers(every).tolist() == graph.edge_numbers(every).tolist()
    assert opened.relations == graph.relations
    assert opened.ids.find(["n3", "m"]).tolist() == [3, -1]
    assert opened.nbytes == graph.nbytes
    again = path.with_name("again.csr")
    opened.save(again, stamp="7.12")
    assert again.read_bytes() == path.read_bytes()


def test_what_cannot_be_opened_says_so(tmp_path: Path) -> None:
    path = tmp_path / "graph.csr"
    with pytest.raises(NotFoundError):
        CSRGraph.open(path)
    graph_of([(0, 0, 1, "")]).save(path, stamp="1.0")
    with pytest.raises(StoreCorruptError, match=r"made from '1.0', expected '1.1'"):
        CSRGraph.open(path, stamp="1.1")
