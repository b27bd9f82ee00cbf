"""PyG export: equal to the edges of the graph, usable by PyG's layers, sampled batches inside the graph."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.errors import GraphError, MissingExtraError
from kgllm.kg.csr import CSRGraph
from kgllm.kg.model import EdgeKey
from kgllm.kg.pyg import NeighborSampler, to_data, to_hetero

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch_geometric still uses torch.jit
    from torch_geometric.nn import RGCNConv
    from torch_geometric.utils import k_hop_subgraph

IDS = ["d", "a", "c", "b"]
ids = st.sampled_from(IDS)
edge_lists = st.lists(
    st.tuples(ids, st.sampled_from("RS"), ids, st.sampled_from(["", "k"])), unique=True, max_size=12
)
labels = st.fixed_dictionaries({id: st.sampled_from([(), ("A",), ("A", "B"), ("B",)]) for id in IDS})


@given(edge_lists)
def test_data_holds_the_edges_in_scan_order(store_of: Any, edges: list[EdgeKey]) -> None:
    store = store_of(IDS, edges)
    data = to_data(store.csr())
    data.validate()
    (head, tail), types = data.edge_index.tolist(), data.edge_type.tolist()
    found = [(data.ids[h], data.relations[r], data.ids[t]) for h, r, t in zip(head, types, tail, strict=True)]
    scanned = [row for batch in store.scan_edges() for row in batch.to_pylist()]
    assert found == [(row["head"], row["relation"], row["tail"]) for row in scanned]
    assert (data.num_nodes, data.edge_index.dtype) == (len(IDS), torch.int64)


@settings(deadline=None)
@given(edge_lists, labels)
def test_hetero_holds_every_edge_once(
    store_of: Any, edges: list[EdgeKey], labels: dict[str, tuple[str, ...]]
) -> None:
    store = store_of(IDS, edges, labels)
    data = to_hetero(store)
    kinds = {id: "&".join(of) or "Entity" for id, of in labels.items()}
    assert set(data.node_types) == set(kinds.values())
    assert all(kinds[id] == kind for kind in data.node_types for id in data[kind].ids)
    found = []
    for source, relation, target in data.edge_types:
        store_part = data[source, relation, target]
        for head, tail in store_part.edge_index.T.tolist():
            found.append((data[source].ids[head], relation, data[target].ids[tail]))
        named = [(e.head, e.relation, e.tail) for e in store.csr().edges(store_part.e_id.numpy())]
        assert named == found[-len(named) :]
    assert sorted(found) == sorted(edge[:3] for edge in edges)
    for kind in data.node_types:
        assert store.csr().ids.take(data[kind].nid.numpy()) == data[kind].ids


def test_label_sets_that_collide_are_refused(store_of: Any) -> None:
    store = store_of(["a", "b"], [], {"a": ("A&B",), "b": ("A", "B")})
    with pytest.raises(GraphError, match="both give the node type 'A&B'; rename one"):
        to_hetero(store)


@pytest.fixture(scope="module")
def graph() -> CSRGraph:
    """200 nodes, about 1,500 edges of 4 relations."""
    triples = np.unique(np.random.default_rng(0).integers(0, [200, 4, 200], (1500, 3)), axis=0)
    return CSRGraph.from_arrays([f"n{i}" for i in range(200)], list("abcd"), triples)


def test_batches_are_inside_the_graph_and_cover_all_seeds(graph: CSRGraph) -> None:
    seeds = np.arange(0, 200, 3)
    sampler = NeighborSampler(graph, seeds, fanout=(3, 2), batch_size=16, seed=1)
    batches = list(sampler.batches())
    assert len(batches) == len(sampler) == 5
    assert sorted(np.concatenate([batch.input_id for batch in batches])) == list(range(len(seeds)))
    for batch in batches:
        batch.validate()
        assert batch.n_id[: batch.batch_size].tolist() == seeds[batch.input_id].tolist()
        ends = batch.n_id[batch.edge_index]
        found = np.stack([ends[0], batch.edge_type, ends[1]], axis=1)
        assert found.tolist() == graph.triples(batch.e_id.numpy()).tolist()
        assert len(set(batch.e_id.tolist())) == batch.num_edges


def test_a_full_fanout_is_the_k_hop_subgraph(graph: CSRGraph) -> None:
    (batch,) = NeighborSampler(graph, [5, 9], fanout=(-1, -1)).batches()
    data = to_data(graph)
    nodes, *_ = k_hop_subgraph([5, 9], 2, data.edge_index, num_nodes=len(graph))
    assert sorted(batch.n_id.tolist()) == nodes.tolist()
    torch.manual_seed(0)
    layers = [RGCNConv(8, 8, 4), RGCNConv(8, 8, 4)]
    x = torch.randn(len(graph), 8)

    def run(x: torch.Tensor, batch: Any) -> torch.Tensor:
        for layer in layers:
            x = layer(x, batch.edge_index, batch.edge_type)
        return x

    torch.testing.assert_close(run(x[batch.n_id], batch)[:2], run(x, data)[[5, 9]][batch.input_id])


def test_batches_depend_on_seed_epoch_and_number_only(graph: CSRGraph) -> None:
    sampler = NeighborSampler(graph, range(200), fanout=(2,), batch_size=50, seed=4)

    def drawn(epoch: int) -> list[list[int]]:
        return [batch.e_id.tolist() for batch in sampler.batches(epoch)]

    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)
    ordered = NeighborSampler(graph, range(200), batch_size=50, shuffle=False)
    assert [batch.input_id.tolist() for batch in ordered.batches()] == np.arange(200).reshape(4, 50).tolist()


def test_a_missing_extra_is_named(graph: CSRGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_geometric", None)
    with pytest.raises(MissingExtraError, match=r"torch_geometric is not installed; .*'kgllm\[pyg\]'"):
        to_data(graph)
