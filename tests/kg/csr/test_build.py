"""CSRGraph built from arrays and from scans, saved and opened; what cannot be built or opened says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import GraphError, NotFoundError, StoreCorruptError
from kgllm.kg.csr import CSRGraph
from kgllm.kg.csr.adjacency import sort_rows

NODES = 7
Quad = tuple[int, int, int, str]

numbers = st.integers(0, NODES - 1)
quads = st.lists(
    st.tuples(numbers, st.integers(0, 2), numbers, st.sampled_from(["", "", "k", "l"])),
    unique=True,
    max_size=25,
)


@pytest.mark.parametrize("sizes", [(5, 3, 5, 2), (1 << 31, 1 << 10, 1 << 31, 2)])
def test_rows_are_sorted_packed_or_not(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    columns = [rng.integers(0, min(size, 6), 300) % size for size in sizes]
    expected = sorted(zip(*(column.tolist() for column in columns), strict=True))
    assert list(zip(*(column.tolist() for column in sort_rows(columns, sizes)), strict=True)) == expected


@given(quads)
def test_a_store_gives_the_same_graph(graph_of: Any, store_of: Callable[..., Any], edges: list[Quad]) -> None:
    ids = [f"n{number}" for number in range(NODES)]
    named = [(ids[h], "abc"[r], ids[t], key) for h, r, t, key in edges]
    graph, expected = CSRGraph.from_store(store_of(ids, named)), graph_of(edges)
    assert list(graph.relations) == sorted({edge[1] for edge in named})
    assert graph.edges(np.arange(len(edges))) == expected.edges(np.arange(len(edges)))
    assert graph.incoming.neighbor.tolist() == expected.incoming.neighbor.tolist()


def test_many_relations_take_32_bits(graph_of: Any) -> None:
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


def test_unknown_nids_are_refused(graph_of: Any) -> None:
    with pytest.raises(IndexError, match="nids from -1 to 3, expected 0 to 6"):
        graph_of([]).degree([3, -1])
    with pytest.raises(IndexError, match="expected 0 to 6"):
        graph_of([]).shortest_path(0, 7)


@given(quads)
def test_a_saved_graph_is_the_same(
    graph_of: Any, tmp_path_factory: pytest.TempPathFactory, edges: list[Quad]
) -> None:
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


def test_what_cannot_be_opened_says_so(graph_of: Any, tmp_path: Path) -> None:
    path = tmp_path / "graph.csr"
    with pytest.raises(NotFoundError):
        CSRGraph.open(path)
    graph_of([(0, 0, 1, "")]).save(path, stamp="1.0")
    with pytest.raises(StoreCorruptError, match=r"made from '1.0', expected '1.1'"):
        CSRGraph.open(path, stamp="1.1")
