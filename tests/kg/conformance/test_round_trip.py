"""A graph of 200 odd nodes comes back as it went in: by scans, by id, as arrays, in the schema."""

from __future__ import annotations

import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kgllm.kg.backends.base import BaseStore
from kgllm.kg.backends.memory.store import MemoryStore
from kgllm.kg.changes import UpsertEdges, UpsertNodes
from kgllm.kg.model import Edge, Entity, Property
from kgllm.kg.pyg import to_data, to_hetero
from kgllm.kg.rows import edges_to_batch, entities_to_batch
from kgllm.kg.schema import SchemaInfo

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch_geometric still uses torch.jit
    import torch_geometric.data  # noqa: F401

ODD = [
    "漢😀",
    "é",
    "e\u0301",
    "a b",
    " a",
    "A",
    "a",
    "`tick`",
    "it's",
    '"',
    "\\",
    "\\u0060",
    "$x",
    "{}",
    "%",
    "0",
]
ODD += ["\u202eright", "\uffff", "\U0010ffff", "null", "x" * 512]
IDS = ODD + [f"n{i}" for i in range(200 - len(ODD))]
LABELS = [(), ("Person",), ("Künstler", "Person"), ("a b", "it's"), ("CASE", "`case`", "case")]
RELATIONS = ["KNOWS", "knows", "odd `type`", "日本"]
VALUES: dict[str, list[Property]] = {
    "text": ["", "tab\tnew\nline", "'; DROP", "ß\u0301", "\U0001f600" * 3],
    "whole": [2**62, -(2**62), 2**63 - 1, -(2**63), 0],
    "real": [0.1, -0.0, 5e-324, 1.7976931348623157e308, -1.0],
    "yes": [True, False],
    "day": [date(1, 1, 1), date(9999, 12, 31), date(2020, 2, 29)],
    "list": [[], [""], ["x", "ü", "x"], ["\n"]],
    "Text": ["case matters"],
    "odd `name`": ["quoted"],
}


def properties(number: int) -> dict[str, Property]:
    """Each property has every value somewhere, and is missing somewhere."""
    held = {name: values[number % len(values)] for name, values in VALUES.items()}
    return {name: held[name] for place, name in enumerate(sorted(held)) if (number + place) % 3}


NODES = [Entity(id, LABELS[i % len(LABELS)], properties(i)) for i, id in enumerate(IDS)]
EDGES = [
    Edge(
        IDS[i], RELATIONS[i % 4], IDS[i if i % 25 == 0 else (7 * i + 3) % 200], key, properties(i + len(key))
    )
    for i in range(200)
    for key in ["", "k", "κ'`"][: 1 + i % 3]
]


@pytest.fixture(scope="module")
def graph(shared: BaseStore, load: Callable[..., None]) -> BaseStore:
    load(shared, NODES, EDGES)
    return shared


@pytest.fixture(scope="module")
def reference() -> MemoryStore:
    memory = MemoryStore()
    memory.bulk_load([entities_to_batch(NODES)], [edges_to_batch(EDGES)])
    return memory


def expected() -> tuple[list[Entity], list[Edge]]:
    return sorted(NODES, key=lambda node: node.id), sorted(EDGES, key=lambda edge: edge.identity)


def test_all_comes_back_from_a_load(graph: BaseStore, content: Callable[..., Any]) -> None:
    assert content(graph) == expected()
    assert repr(content(graph)) == repr(expected())  # 1, 1.0 and true are equal, but not the same


def test_all_comes_back_from_upserts(store: BaseStore, content: Callable[..., Any]) -> None:
    halves = [UpsertNodes(entities_to_batch(NODES[:99])), UpsertNodes(entities_to_batch(NODES[99:]))]
    store.apply([*halves, UpsertEdges(edges_to_batch(EDGES))])
    assert repr(content(store)) == repr(expected())


def test_get_keeps_the_order(graph: BaseStore) -> None:
    wanted = [*IDS[::-1], "nobody", "", "a\0", "\ud800", IDS[0]]
    assert graph.get(wanted) == [*NODES[::-1], None, None, None, None, NODES[0]]
    assert graph.get([]) == []


def test_ids_can_be_asked_for_and_matched(graph: BaseStore) -> None:
    rows = graph.query("UNWIND $ids AS id MATCH (n {id: id}) RETURN n", {"ids": ODD}).rows
    assert sorted(entity.id for (entity,) in rows) == sorted(ODD)
    rows = graph.query("MATCH (n:`a b`:`it's`) WHERE n.`odd ``name``` = 'quoted' RETURN n.id").rows
    assert sorted(rows) == sorted(
        (node.id,) for node in NODES if "a b" in node.labels and "odd `name`" in node.properties
    )
    rows = graph.query("MATCH ()-[r:`odd ``type``` {day: $day}]->() RETURN r", {"day": date(1, 1, 1)}).rows
    assert {edge for (edge,) in rows} == {
        edge
        for edge in EDGES
        if edge.relation == "odd `type`" and edge.properties.get("day") == date(1, 1, 1)
    }


def test_neighbors_and_degree_of_all(graph: BaseStore) -> None:
    found = graph.neighbors(IDS)
    for id, edges in zip(IDS, found, strict=True):
        assert [e.identity for e in edges] == sorted(e.identity for e in EDGES if id in (e.head, e.tail))
        assert not any(edge.properties for edge in edges)
    loops = [sum(edge.head == edge.tail == id for edge in EDGES) for id in IDS]
    assert graph.degree(IDS) == [len(edges) + extra for edges, extra in zip(found, loops, strict=True)]


# --- order and memory of scans ----------------------------------------------------------------------


def test_scans_go_by_nid(graph: BaseStore) -> None:
    ids = [id for batch in graph.scan_nodes(7) for id in batch.column("id").to_pylist()]
    place = {id: nid for nid, id in enumerate(ids)}
    assert len(place) == 200
    identities = [
        (place[row["head"]], row["relation"], place[row["tail"]], row["key"])
        for batch in graph.scan_edges(11)
        for row in batch.to_pylist()
    ]
    assert identities == sorted(identities)
    assert len(set(identities)) == len(EDGES)
    assert max(map(len, graph.scan_nodes(7))) <= 7
    assert (
        len({batch.schema for batch in graph.scan_nodes(7)} | {b.schema for b in graph.scan_edges(50)}) == 2
    )


def test_scans_are_typed_even_where_all_is_null(graph: BaseStore) -> None:
    batch = next(graph.scan_nodes(1))
    assert batch.schema.names == ["id", "labels", *sorted(VALUES)]
    assert [str(kind) for kind in batch.schema.types[2:]] == [
        *("string", "date32[day]", "list<item: string>", "string"),
        *("double", "string", "int64", "bool"),
    ]
    assert next(graph.scan_edges(1)).schema.names == ["head", "relation", "tail", "key", *sorted(VALUES)]


def test_scans_need_little_memory(store: BaseStore) -> None:
    count, size = 6000, 1500
    ids = [f"n{i}" for i in range(count)]
    nodes = pa.record_batch({"id": ids, "text": [id * (size // len(id)) for id in ids]})
    ties = {"head": ids, "relation": ["R"] * count, "tail": ids[::-1]}
    store.bulk_load([nodes], [pa.record_batch(ties)])
    assert (peak(store.scan_nodes, 100), peak(store.scan_edges, 100)) < (nodes.nbytes // 4, nodes.nbytes // 4)


def peak(scan: Callable[[int], Any], size: int) -> int:
    """Most bytes that Python and Arrow held at once during a scan, beyond what they held before."""
    before, most = pa.total_allocated_bytes(), 0
    tracemalloc.start()
    for _ in scan(size):
        most = max(most, pa.total_allocated_bytes() - before)
    _, python = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most + python


# --- schema, arrays, PyG ----------------------------------------------------------------------------


def without_samples(schema: SchemaInfo) -> SchemaInfo:
    labels, relations = (
        {name: replace(info, samples=()) for name, info in infos.items()}
        for infos in (schema.labels, schema.relations)
    )
    return replace(schema, labels=labels, relations=relations)


def test_the_schema_is_that_of_the_reference(graph: BaseStore, reference: MemoryStore) -> None:
    schema = graph.schema()
    assert without_samples(schema) == reference.schema(samples=0) == graph.schema(samples=0)
    assert list(schema.labels) == sorted(schema.labels)
    names = {node.id: node.labels or ("Entity",) for node in NODES}
    triples = {f"{edge.head} {edge.relation} {edge.tail}": edge.relation for edge in EDGES}
    for label, info in schema.labels.items():
        assert len(info.samples) == 3
        assert all(label in names[id] for id in info.samples)
    for relation, info in schema.relations.items():
        assert len(info.samples) == 3
        assert all(triples[text] == relation for text in info.samples)


def test_the_arrays_are_the_scanned_edges(graph: BaseStore) -> None:
    arrays = graph.csr()
    assert [id for batch in graph.scan_nodes() for id in batch.column("id").to_pylist()] == (
        arrays.ids.strings.to_pylist()
    )
    scanned = [
        Edge(row["head"], row["relation"], row["tail"], row["key"])
        for batch in graph.scan_edges()
        for row in batch.to_pylist()
    ]
    assert arrays.edges(np.arange(arrays.num_edges)) == scanned


def test_pyg_has_the_edges_of_the_arrays(graph: BaseStore) -> None:
    arrays = graph.csr()
    head, relation, tail = arrays.triples(np.arange(arrays.num_edges)).T
    data = to_data(arrays)
    assert (data.num_nodes, data.ids) == (200, arrays.ids.strings.to_pylist())
    assert np.array_equal(data.edge_index.numpy(), [head, tail])
    assert np.array_equal(data.edge_type.numpy(), relation)
    hetero, seen = to_hetero(graph), []
    for source, name, target in hetero.edge_types:
        part = hetero[source, name, target]
        seen += part.e_id.tolist()
        ends = zip(part.edge_index, (source, target), (head, tail), strict=True)
        for places, kind, nids in ends:
            assert np.array_equal(hetero[kind].nid[places].numpy(), nids[part.e_id.numpy()])
        assert {data.relations[number] for number in relation[part.e_id.numpy()]} == {name}
    assert sorted(seen) == list(range(arrays.num_edges))
    assert {id for kind in hetero.node_types for id in hetero[kind].ids} == set(IDS)
