"""Measures of similarity: golden figures, laws that hold for any hierarchy, and independent formulas."""

from __future__ import annotations

from math import inf, log, sqrt

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import OntologyError
from kgllm.ontology.hierarchy.closure import Closure
from kgllm.ontology.hierarchy.graph import Hierarchy
from kgllm.ontology.hierarchy.similarity import MEASURES, corpus_ic, intrinsic_ic, similarity
from kgllm.ontology.tables import IsA

GOLDEN = {  # resnik, lin, jiang-conrath, wu-palmer, jaccard, phenodigm
    "CD": [0.172913, 0.268584, 0.941761, 2 / 3, 0.4, 0.262992],
    "ED": [0.643793, 0.783302, 0.356207, 6 / 7, 0.8, 0.717659],
    "EF": [0.172913, 0.172913, 1.654175, 1 / 2, 2 / 7, 0.222269],
    "DB": [0.435425, 0.806927, 0.208368, 4 / 5, 0.5, 0.466597],
    "CB": [0, 0, 1.079218, 2 / 5, 0.25, 0],
}


@st.composite
def hierarchies(draw):
    """Up to 12 concepts, links from later to earlier ones, at least one."""
    size = draw(st.integers(2, 12))
    every = [(child, parent) for child in range(size) for parent in range(child)]
    child, parent = np.array(sorted(draw(st.sets(st.sampled_from(every), min_size=1))), np.int32).T
    return Hierarchy(IsA(child, parent), size)


def test_golden_information_content(golden):
    hierarchy, at = golden
    ic = intrinsic_ic(Closure.of(hierarchy))
    expected = dict(zip("RABCDEF", [0, 0.172913, 0.435425, 0.643793, 0.643793, 1, 1], strict=True))
    assert {name: ic[at[name]] for name in at} == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize("pair", GOLDEN)
def test_golden_pairs(golden, pair):
    hierarchy, at = golden
    ic = intrinsic_ic(Closure.of(hierarchy))
    a, b = at[pair[0]], at[pair[1]]
    found = [similarity(hierarchy, ic, a, b, measure) for measure in MEASURES]
    assert found == pytest.approx(GOLDEN[pair], abs=5e-7)


@given(hierarchies(), st.data())
def test_laws(hierarchy, data):
    ic = intrinsic_ic(Closure.of(hierarchy))
    a, b = (data.draw(st.integers(0, len(hierarchy) - 1)) for _ in range(2))
    both = {measure: similarity(hierarchy, ic, a, b, measure) for measure in MEASURES}
    assert both == {measure: similarity(hierarchy, ic, b, a, measure) for measure in MEASURES}
    alone = {measure: similarity(hierarchy, ic, a, a, measure) for measure in MEASURES}
    own = float(ic[a])
    expected = {"resnik": own, "lin": float(own > 0), "jiang-conrath": 0, "wu-palmer": 1, "jaccard": 1}
    assert alone == pytest.approx(expected | {"phenodigm": sqrt(own)})
    assert both["resnik"] <= min(ic[a], ic[b])
    assert both["jiang-conrath"] >= 0
    assert all(0 <= both[measure] <= 1 for measure in MEASURES if measure != "jiang-conrath")


@given(hierarchies())
def test_content_grows_downwards(hierarchy):
    closure = Closure.of(hierarchy)
    counts = np.arange(len(hierarchy))
    for ic in (intrinsic_ic(closure), corpus_ic(closure, counts)):
        assert (ic >= 0).all()
        for p in range(len(hierarchy)):
            assert (ic[hierarchy.ancestors(p)] <= ic[p] + 1e-12).all()


@pytest.mark.parametrize("seed", range(20))
def test_measures_by_their_formulas(random_dag, seed):
    hierarchy, graph = random_dag(seed)
    if not graph.edges:
        return
    ic = intrinsic_ic(Closure.of(hierarchy))
    linked = sum(graph.degree(p) > 0 for p in graph)
    content = {p: 1 - log(1 + len(nx.ancestors(graph, p))) / log(linked) for p in graph}
    depth = {p: hierarchy.depth(p)[0] + 1 for p in graph}
    for a, b in np.random.default_rng(seed).integers(0, len(graph), (10, 2)).tolist():
        up_a, up_b = (nx.single_source_shortest_path_length(graph, p) for p in (a, b))
        common = up_a.keys() & up_b.keys()
        shared = max((content[c] for c in common), default=0)
        assert similarity(hierarchy, ic, a, b, "resnik") == pytest.approx(shared)
        wu_palmer = max((2 * depth[c] / (up_a[c] + up_b[c] + 2 * depth[c]) for c in common), default=0)
        assert similarity(hierarchy, ic, a, b, "wu-palmer") == pytest.approx(wu_palmer)
        jaccard = len(common) / len(up_a.keys() | up_b.keys())
        assert similarity(hierarchy, ic, a, b, "jaccard") == pytest.approx(jaccard)


def test_concepts_of_two_trees_share_nothing(hierarchy_of):
    hierarchy = hierarchy_of([(1, 0), (3, 2), (4, 2)], 5)
    ic = intrinsic_ic(Closure.of(hierarchy))
    found = {measure: similarity(hierarchy, ic, 1, 3, measure) for measure in MEASURES}
    assert found == dict.fromkeys(MEASURES, 0) | {"jiang-conrath": 2}


def test_concepts_without_links_do_not_count(hierarchy_of):
    links = [(1, 0), (2, 0)]
    small, large = (intrinsic_ic(Closure.of(hierarchy_of(links, size))) for size in (3, 50))
    assert large[:3].tolist() == small.tolist() == [0, 1, 1]


def test_corpus_content_is_of_mentions_below(golden):
    hierarchy, at = golden
    counts = np.array([0, 2, 1, 4, 3, 0, 6])  # of R, A, B, C, D, E, F
    ic = corpus_ic(Closure.of(hierarchy), counts)
    below = {"R": 16, "A": 15, "B": 4, "C": 10, "D": 3, "F": 6}
    assert {name: ic[at[name]] for name in below} == pytest.approx({n: log(16 / k) for n, k in below.items()})
    assert ic[at["E"]] == inf
    assert similarity(hierarchy, ic, at["C"], at["D"], "resnik") == pytest.approx(log(16 / 15))


def test_what_was_never_mentioned_cannot_be_compared(golden):
    hierarchy, at = golden
    ic = corpus_ic(Closure.of(hierarchy), np.array([1, 1, 1, 1, 1, 0, 1]))
    with pytest.raises(OntologyError, match="never mentions"):
        similarity(hierarchy, ic, at["E"], at["A"], "lin")
    assert similarity(hierarchy, ic, at["E"], at["D"], "jaccard") == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([0] * 7, "not all 0"),
        ([1, -1, 1, 1, 1, 1, 1], "0 or more"),
        ([1], "of 1 concepts were given"),
    ],
)
def test_counts_have_to_make_sense(golden, counts, message):
    with pytest.raises(OntologyError, match=message):
        corpus_ic(Closure.of(golden[0]), np.array(counts))


def test_errors_say_what_to_do(golden, hierarchy_of):
    hierarchy, _ = golden
    with pytest.raises(OntologyError, match="no measure 'cosine'; there are resnik, lin"):
        similarity(hierarchy, np.zeros(7), 0, 1, "cosine")
    with pytest.raises(OntologyError, match="of 3 concepts was given, expected 7"):
        similarity(hierarchy, np.zeros(3), 0, 1, "lin")
    with pytest.raises(OntologyError, match="no is-a links"):
        intrinsic_ic(Closure.of(hierarchy_of([], 4)))
