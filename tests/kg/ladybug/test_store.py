"""What goes in comes out, on disk and again after a reopening, as from the reference in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgllm.errors import BadRowsError, GraphError, NotFoundError, StoreError
from kgllm.kg.backends.ladybug.store import LadybugStore
from kgllm.kg.backends.memory.store import MemoryStore
from kgllm.kg.changes import Change, DeleteEdges, DeleteNodes, UpsertEdges, UpsertNodes, Version
from kgllm.kg.model import Edge, Entity
from kgllm.kg.rows import edges, edges_to_batch, entities, entities_to_batch

Open = Callable[..., LadybugStore]
Chain = Callable[..., None]

ODD = [
    Entity("ï'd \"\\ 1", ("a", "Ünï cöde"), {"text": "tab\tnew\nline ’", "Text": "case", "empty": ""}),
    Entity("2", (), {"big": 2**62, "neg": -(2**63), "pi": 3.141592653589793, "tiny": 5e-324}),
    Entity("3", ("a",), {"yes": True, "no": False, "born": date(1, 1, 1), "died": date(9999, 12, 31)}),
    Entity("4", ("a",), {"list": ["x", "", "ü"], "none": []}),
    Entity("5", ("b",), {"select": "reserved", "we`ird\"'": "quoted", "日本": "script", "nid_": 1}),
]
TIES = [
    Edge("2", "KNOWS", "3", "", {"since": 1999, "Since": "case"}),
    Edge("2", "KNOWS", "3", "k2", {"weight": 0.5}),
    Edge("3", "KNOWS", "3"),
    Edge("4", "a 'relation'", "2", "", {"tags": ["p"], "on": date(2020, 2, 29)}),
    Edge("3", "KNOWS", "2"),
]


def content(store: LadybugStore | MemoryStore) -> tuple[list[Entity], list[Edge]]:
    nodes = [entity for batch in store.scan_nodes() for entity in entities(batch)]
    return nodes, [edge for batch in store.scan_edges() for edge in edges(batch)]


def test_round_trip_of_every_type(open_ladybug: Open) -> None:
    store = open_ladybug("create")
    report = store.bulk_load([entities_to_batch(ODD)], [edges_to_batch(TIES)])
    assert (report.nodes, report.edges, report.rejects.total) == (5, 5, 0)
    nodes, ties = content(store)
    assert nodes == ODD
    assert ties == [TIES[i] for i in (0, 1, 4, 2, 3)]
    assert store.get(["3", "nobody", "2", "3"]) == [ODD[2], None, ODD[1], ODD[2]]
    store.close()
    again = open_ladybug("r")
    assert content(again) == (nodes, ties)
    assert again.version() == Version(1, 0)


def test_scans_give_small_batches_of_one_schema_in_order(open_ladybug: Open) -> None:
    store = open_ladybug("create")
    ids = [f"n{i}" for i in range(100)]
    first = pa.record_batch({"id": ids[:50], "b": pa.array(range(50))})
    second = pa.record_batch({"id": ids[50:], "a": ["x"] * 50})
    ties = pa.record_batch({"head": ids, "relation": ["R"] * 100, "tail": ids[::-1]})
    store.bulk_load([first, second], [ties])
    store.upsert_nodes(pa.record_batch({"id": ["n3", "late"], "c": [True, None]}))
    batches = list(store.scan_nodes(batch_size=7))
    assert {tuple(batch.schema.names) for batch in batches} == {("id", "labels", "a", "b", "c")}
    assert max(map(len, batches)) == 7
    assert [id for batch in batches for id in batch.column("id").to_pylist()] == [*ids, "late"]
    heads = [batch.column("head").to_pylist() for batch in store.scan_edges(batch_size=9)]
    assert max(map(len, heads)) == 9
    assert [head for some in heads for head in some] == ids


def test_bad_rows_change_nothing_or_are_left_out(open_ladybug: Open) -> None:
    store = open_ladybug("create")
    store.upsert_nodes(pa.record_batch({"id": ["a"], "n": [1]}))
    before, version = content(store), store.version()
    wrong = pa.record_batch({"id": ["b", None, "c"], "n": ["x", "y", None]})
    with pytest.raises(BadRowsError) as caught:
        store.upsert_nodes(wrong)
    assert caught.value.report.counts == {"null-id": 1, "wrong-type": 1}
    with pytest.raises(BadRowsError):
        store.bulk_load([wrong, wrong], [])
    assert (content(store), store.version()) == (before, version)
    report = store.upsert_nodes(wrong, on_error="reject")
    assert (report.nodes, report.rejects.total) == (1, 2)
    assert [entity.id for entity in content(store)[0]] == ["a", "c"]
    load = store.bulk_load([wrong], [], on_error="reject")
    assert (load.nodes, load.rejects.counts) == (2, {"null-id": 1})


def test_a_change_is_all_or_nothing(open_ladybug: Open, chain: Chain) -> None:
    store = open_ladybug("create")
    chain(store, 4)
    before, version = content(store), store.version()
    new = UpsertNodes(pa.record_batch({"id": ["new"], "fresh": [1.5]}))
    with pytest.raises(GraphError, match="'e1' has edges"):
        store.apply([new, DeleteNodes(("e1",), detach=False)])
    assert (content(store), store.version()) == (before, version)
    with store.transaction() as transaction:
        transaction.delete_edges([("e0", "NEXT", "e1", ""), ("e0", "NEXT", "nobody", "")])
        transaction.delete_nodes(["e0", "nobody"], detach=False)
        transaction.upsert_nodes(pa.record_batch({"id": ["new"], "fresh": [1.5]}))
        transaction.upsert_edges(pa.record_batch({"head": ["new"], "relation": ["NEXT"], "tail": ["e1"]}))
    assert store.version() == Version(1, version.sequence + 1)
    assert store.neighbors(["e1"]) == [[Edge("e1", "NEXT", "e2"), Edge("new", "NEXT", "e1")]]
    report = store.delete_nodes(["e1", "e1", "nobody"])
    assert (report.deleted_nodes, report.deleted_edges) == (1, 2)


def test_neighbours_and_degrees(open_ladybug: Open) -> None:
    store = open_ladybug("create")
    store.bulk_load([entities_to_batch(ODD)], [edges_to_batch(TIES)])
    reference = MemoryStore()
    reference.bulk_load([entities_to_batch(ODD)], [edges_to_batch(TIES)])
    ids = [entity.id for entity in ODD] * 2
    for direction in ("out", "in", "both"):
        assert store.degree(ids, direction) == reference.degree(ids, direction)
        for relations in (None, [], ["KNOWS"], ["KNOWS", "a 'relation'"], ["nope"]):
            found = store.neighbors(ids, relations, direction)
            assert found == reference.neighbors(ids, relations, direction)
    for unknown in ("nobody", "", "2\0", "\ud800"):
        with pytest.raises(NotFoundError):
            store.neighbors(["2", unknown])
        with pytest.raises(NotFoundError):
            store.degree([unknown])
        assert store.get([unknown]) == [None]


def test_schema_counts_what_is_there(open_ladybug: Open) -> None:
    store = open_ladybug("create")
    store.bulk_load([entities_to_batch(ODD)], [edges_to_batch(TIES)])
    reference = MemoryStore()
    reference.bulk_load([entities_to_batch(ODD)], [edges_to_batch(TIES)])
    assert store.schema(samples=0) == reference.schema(samples=0)
    schema = store.schema(samples=2)
    assert schema.labels["a"].samples == ("3", "ï'd \"\\ 1")
    assert len(schema.relations["KNOWS"].samples) == 2
    store.upsert_nodes(pa.record_batch({"id": ["6"], "labels": [["New"]]}))
    assert store.schema().labels["New"].count == 1


def test_csr_is_kept_in_a_file_of_its_version(open_ladybug: Open, tmp_path: Path) -> None:
    store = open_ladybug("create")
    store.bulk_load([entities_to_batch(ODD)], [edges_to_batch(TIES)])
    graph = store.csr()
    assert (len(graph), graph.num_edges) == (5, 5)
    assert store.csr() is graph
    file = tmp_path / "graph" / "csr" / "graph.csr"
    kept = file.read_bytes()
    store.delete_nodes(["3"])
    assert store.csr().num_edges == 1
    assert file.read_bytes() != kept
    store.close()
    kept = file.read_bytes()
    assert open_ladybug("r").csr().num_edges == 1
    assert file.read_bytes() == kept


def test_compacting_keeps_the_content(open_ladybug: Open, chain: Chain, tmp_path: Path) -> None:
    store = open_ladybug("create")
    chain(store)
    store.upsert_nodes(pa.record_batch({"id": ["late", "e3"], "note": ["x", "y"]}))
    store.delete_nodes(["e5"])
    before = content(store)
    store.compact()
    assert (content(store), store.version()) == (before, Version(2, 2))
    assert (tmp_path / "graph" / "gen-000002" / "delta.log").stat().st_size == 0
    store.delete_nodes(["late"])
    assert store.version() == Version(2, 3)


def test_a_scan_does_not_mix_versions(open_ladybug: Open, chain: Chain) -> None:
    store = open_ladybug("create")
    chain(store)
    scan = store.scan_nodes(batch_size=2)
    next(scan)
    store.delete_nodes(["e9"])
    with pytest.raises(StoreError, match="changed while it was scanned"):
        next(scan)


IDS = ("a", "b", "c", "d")
PROPERTIES = st.fixed_dictionaries({}, optional={"x": st.integers(-9, 9), "Y": st.text("αb", max_size=2)})
NODE = st.builds(Entity, st.sampled_from(IDS), st.sampled_from([(), ("L",), ("L", "M")]), PROPERTIES)
EDGE = st.builds(
    Edge,
    st.sampled_from(IDS),
    st.sampled_from(["R", "S"]),
    st.sampled_from(IDS),
    st.sampled_from(["", "k"]),
    PROPERTIES,
)
CHANGE = st.one_of(
    st.lists(NODE, max_size=4).map(lambda nodes: UpsertNodes(entities_to_batch(nodes))),
    st.lists(EDGE, max_size=4).map(lambda ties: UpsertEdges(edges_to_batch(ties))),
    st.lists(st.sampled_from(IDS), max_size=2).map(lambda ids: DeleteNodes(tuple(ids))),
    st.lists(EDGE, max_size=2).map(lambda ties: DeleteEdges(tuple(edge.identity for edge in ties))),
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(applies=st.lists(st.lists(CHANGE, max_size=4), max_size=4))
def test_any_changes_do_what_they_do_in_memory(open_ladybug: Open, applies: list[list[Change]]) -> None:
    store = open_ladybug("create")  # the same engine for all examples: the first handle stays open
    store.delete_nodes(IDS)
    reference = MemoryStore()
    for changes in applies:
        expected = reference.apply(changes, on_error="reject")
        assert store.apply(changes, on_error="reject") == expected
        again = store.apply(changes, on_error="reject")
        assert (again.nodes, again.rejects.rows) == (expected.nodes, expected.rejects.rows)
        reference.apply(changes, on_error="reject")
        assert _plain(content(store)) == _plain(content(reference))


def _plain(found: tuple[list[Entity], list[Edge]]) -> object:
    """Earlier examples leave property types and nids behind, so order is not compared here."""
    nodes, ties = found
    return sorted(map(repr, nodes)), sorted(map(repr, ties))
