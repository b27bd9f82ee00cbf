"""The closure, against networkx on random graphs and by known figures on a real ontology."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from kgllm.errors import NotFoundError, OntologyError, StoreCorruptError
from kgllm.ontology.hierarchy import closure as module
from kgllm.ontology.hierarchy.closure import Closure, ancestors_of
from kgllm.ontology.hierarchy.csr import Csr
from kgllm.ontology.hierarchy.graph import Hierarchy
from kgllm.ontology.tables import IsA


@pytest.fixture(params=[3, module.BLOCK])
def block(request, monkeypatch):
    """In small blocks too, so that a depth is worked through in several."""
    monkeypatch.setattr(module, "BLOCK", request.param)


def pairs(rows: Csr) -> set[tuple[int, int]]:
    return {(p, q) for p in range(len(rows)) for q in rows[p].tolist()}


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("start", range(0, 200, 20))
def test_closure_is_that_of_networkx(random_dag, start):
    for seed in range(start, start + 20):
        hierarchy, graph = random_dag(seed)
        closure = Closure.of(hierarchy)
        assert pairs(closure.ancestors) == {*nx.transitive_closure(graph).edges}
        assert pairs(closure.descendants) == {(q, p) for p, q in pairs(closure.ancestors)}
        for rows in (closure.ancestors, closure.descendants):
            assert all((np.diff(rows[p]) > 0).all() for p in range(len(rows)))


@pytest.mark.parametrize("seed", range(20))
def test_subsumption_of_all_pairs(random_dag, seed):
    hierarchy, graph = random_dag(seed)
    closure = Closure.of(hierarchy)
    above, below = (side.ravel() for side in np.indices((len(graph), len(graph))))
    expected = [a == b or a in nx.descendants(graph, b) for a, b in zip(above, below, strict=True)]
    assert closure.subsumes(above, below).tolist() == expected


@pytest.mark.parametrize("seed", range(20))
def test_ancestors_of_some_are_rows_of_the_closure(random_dag, seed):
    hierarchy, graph = random_dag(seed)
    chosen = np.random.default_rng(seed).integers(0, len(graph), 10)  # some twice
    found, closure = ancestors_of(hierarchy, chosen), Closure.of(hierarchy)
    assert [found[i].tolist() for i in range(10)] == [closure.ancestors[p].tolist() for p in chosen]


def test_golden_has_14_pairs(golden):
    closure = Closure.of(golden[0])
    assert len(closure.ancestors.values) == len(closure.descendants.values) == 14


@pytest.mark.parametrize("size", [0, 1, 4])
def test_without_links_it_is_empty(size):
    closure = Closure.of(Hierarchy(IsA(), size))
    assert len(closure.ancestors) == len(closure.descendants) == size
    assert not len(closure.ancestors.values)
    same = np.arange(size)
    assert closure.subsumes(same, same).all()
    assert not closure.subsumes(same[:-1], same[1:]).any()


def test_a_long_chain(hierarchy_of):
    closure = Closure.of(hierarchy_of([(p + 1, p) for p in range(799)], 800))
    assert closure.ancestors.counts().tolist() == [*range(800)]
    assert closure.ancestors[799].tolist() == [*range(799)]


def test_a_cycle_is_an_error(hierarchy_of):
    with pytest.raises(OntologyError, match="cycle"):
        Closure.of(hierarchy_of([(0, 1), (1, 0)], 2))


def test_saved_and_opened_it_is_the_same(golden, tmp_path):
    closure, path = Closure.of(golden[0]), tmp_path / "closure"
    with pytest.raises(NotFoundError):
        Closure.open(path, "1")
    closure.save(path, "1")
    opened = Closure.open(path, "1")
    for part in ("ancestors", "descendants"):
        saved, mapped = getattr(closure, part), getattr(opened, part)
        assert saved.starts.tolist() == mapped.starts.tolist()
        assert saved.values.tolist() == mapped.values.tolist()
    assert opened.subsumes(np.array([0]), np.array([5])).all()
    with pytest.raises(StoreCorruptError, match="expected '2'"):
        Closure.open(path, "2")


def test_doid_has_its_known_closure(doid):
    hierarchy, ids = doid
    closure = Closure.of(hierarchy)
    assert len(hierarchy.up.values) == 13_695
    assert len(closure.ancestors.values) == 119_922
    assert [ids[root] for root in hierarchy.roots()] == ["1029999901105"]
    assert len(hierarchy.leaves()) == 7_730
    assert np.count_nonzero(hierarchy.up.counts() > 1) == 1_669
    shortest, longest = hierarchy.depths()
    assert longest.max() == 34
    assert (shortest <= longest).all()
    deepest = ids.index("98159999901107")
    assert len(closure.ancestors[deepest]) == len(hierarchy.ancestors(deepest)) == 65
    assert closure.descendants.counts().max() == 11_657
