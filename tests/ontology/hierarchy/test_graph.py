"""Questions to the hierarchy, against networkx on random graphs and by hand on the golden one."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.hierarchy.cycles import without_cycles
from kgllm.ontology.hierarchy.graph import Hierarchy
from kgllm.ontology.tables import IsA

SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_neighbours_are_those_of_networkx(random_dag, seed):
    hierarchy, graph = random_dag(seed)
    for p in graph:
        assert hierarchy.parents(p).tolist() == sorted(graph.successors(p))
        assert hierarchy.children(p).tolist() == sorted(graph.predecessors(p))
        assert set(hierarchy.ancestors(p).tolist()) == nx.descendants(graph, p)
        assert set(hierarchy.descendants(p, itself=True).tolist()) == nx.ancestors(graph, p) | {p}
        siblings = {c for parent in graph.successors(p) for c in graph.predecessors(parent)} - {p}
        assert hierarchy.siblings(p).tolist() == sorted(siblings)
    parents, children = graph.out_degree, graph.in_degree
    assert hierarchy.roots().tolist() == [p for p in sorted(graph) if children(p) and not parents(p)]
    assert hierarchy.leaves().tolist() == [p for p in sorted(graph) if parents(p) and not children(p)]


@pytest.mark.parametrize("seed", SEEDS)
def test_depths_are_lengths_of_paths(random_dag, seed):
    hierarchy, graph = random_dag(seed)
    lengths: dict[int, set[int]] = {}
    for p in reversed([*nx.topological_sort(graph)]):
        above = [lengths[parent] for parent in graph.successors(p)]
        lengths[p] = {length + 1 for one in above for length in one} or {0}
        assert hierarchy.depth(p) == (min(lengths[p]), max(lengths[p]))


@pytest.mark.parametrize("seed", SEEDS)
def test_paths_are_those_of_networkx(random_dag, seed):
    hierarchy, graph = random_dag(seed)
    roots = {p for p in graph if not graph.out_degree(p)}
    for p in graph:
        paths = hierarchy.paths_to_root(p, 300)
        if len(paths) < 300:
            others = nx.all_simple_paths(graph, p, roots - {p})
            assert sorted(paths) == sorted(others) or paths == [[p]]
        assert len({tuple(path) for path in paths}) == len(paths)
        assert all(path[0] == p and path[-1] in roots and nx.is_path(graph, path) for path in paths)


@pytest.mark.parametrize("seed", SEEDS)
def test_order_puts_parents_before_children(random_dag, seed):
    hierarchy, graph = random_dag(seed)
    order = hierarchy.topological().tolist()
    assert sorted(order) == sorted(graph)
    at = {p: i for i, p in enumerate(order)}
    assert all(at[parent] < at[child] for child, parent in graph.edges)


@pytest.mark.parametrize("seed", SEEDS)
def test_sets_are_unions(random_dag, seed):
    hierarchy, graph = random_dag(seed)
    chosen = np.random.default_rng(seed).choice(len(graph), max(1, len(graph) // 4), replace=False)
    above = set().union(*(nx.descendants(graph, p) for p in chosen.tolist()))
    below = set().union(*(nx.ancestors(graph, p) for p in chosen.tolist()))
    assert hierarchy.above(chosen).tolist() == sorted(above)
    assert hierarchy.below(chosen).tolist() == sorted(below)
    assert hierarchy.below(chosen, itself=True).tolist() == sorted(below | {*chosen.tolist()})
    assert hierarchy.above(chosen[:0]).tolist() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_lowest_common_ancestors_by_their_definition(random_dag, seed):
    hierarchy, graph = random_dag(seed)
    upwards = {p: nx.descendants(graph, p) | {p} for p in graph}
    for a, b in np.random.default_rng(seed).integers(0, len(graph), (20, 2)).tolist():
        common = upwards[a] & upwards[b]
        lowest = {c for c in common if not (nx.ancestors(graph, c) & common)}
        assert hierarchy.lca(a, b).tolist() == sorted(lowest)
        assert hierarchy.subsumes(a, b) == (a in upwards[b])


def test_golden_lowest_common_ancestors(golden):
    hierarchy, at = golden
    pairs = {"CD": "A", "ED": "D", "EF": "A", "DB": "B", "CB": "R", "AA": "A"}
    for (a, b), lowest in pairs.items():
        assert hierarchy.lca(at[a], at[b]).tolist() == [at[lowest]]


def test_several_concepts_may_be_lowest(hierarchy_of):
    hierarchy = hierarchy_of([(1, 0), (2, 0), (3, 1), (3, 2), (4, 1), (4, 2)], 5)
    assert hierarchy.lca(3, 4).tolist() == [1, 2]


def test_concepts_without_links_stand_aside(hierarchy_of):
    hierarchy = hierarchy_of([(2, 0)], 4)
    assert (hierarchy.roots().tolist(), hierarchy.leaves().tolist()) == ([0], [2])
    assert hierarchy.depth(1) == (0, 0)
    assert hierarchy.lca(1, 2).tolist() == []
    assert hierarchy.paths_to_root(3, 5) == [[3]]


def test_an_ontology_may_have_no_concepts():
    hierarchy = Hierarchy(IsA(), 0)
    assert [len(part) for part in (hierarchy.roots(), hierarchy.topological(), *hierarchy.depths())] == [
        0
    ] * 4


def test_paths_stop_at_the_limit(hierarchy_of):
    """Twenty diamonds on top of each other have a million paths."""
    links = [
        link for i in range(0, 60, 3) for link in ((i + 1, i), (i + 2, i), (i + 3, i + 1), (i + 3, i + 2))
    ]
    hierarchy = hierarchy_of(links, 61)
    paths = hierarchy.paths_to_root(60, 7)
    assert len(paths) == 7 == len({tuple(path) for path in paths})
    assert all(path[0] == 60 and path[-1] == 0 and len(path) == 41 for path in paths)
    assert hierarchy.paths_to_root(60, 0) == []


def test_a_cycle_is_an_error(hierarchy_of):
    hierarchy = hierarchy_of([(1, 0), (2, 1), (1, 2), (3, 2)], 5)
    with pytest.raises(OntologyError, match="3 concepts lie on or below a cycle"):
        hierarchy.depths()
    with pytest.raises(OntologyError, match="cycle"):
        hierarchy.topological()
    assert hierarchy.ancestors(1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", range(20))
def test_a_planted_cycle_is_shown_and_taken_out(random_dag, seed):
    _, graph = random_dag(seed)
    links = {*graph.edges} | {(2, 5), (5, 7), (7, 2)}
    size = max(len(graph), 8)
    child, parent = np.array(sorted(links), np.int32).T
    isa, cycle = without_cycles(IsA(child, parent), size)
    assert cycle[0] == cycle[-1]
    assert all(link in links for link in pairwise(cycle))
    hierarchy = Hierarchy(isa, size)
    assert len(hierarchy.topological()) == size
    components = nx.strongly_connected_components(nx.DiGraph(sorted(links)))
    within = sum(len(nx.DiGraph(sorted(links)).subgraph(part).edges) for part in components)
    assert len(isa.child) == len(links) - within


def test_without_a_cycle_links_stay(golden):
    hierarchy, _ = golden
    isa = IsA(np.repeat(np.arange(7, dtype=np.int32), hierarchy.up.counts()), hierarchy.up.values)
    same, cycle = without_cycles(isa, 7)
    assert same is isa
    assert cycle == []
