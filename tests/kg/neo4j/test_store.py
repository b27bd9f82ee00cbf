"""What Neo4jStore keeps, changes and gives back, on a real server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pytest
from neo4j import Driver

from kgllm.errors import (
    BadRowsError,
    GraphError,
    NotFoundError,
    SchemaError,
    StoreError,
    StoreReadOnlyError,
)
from kgllm.kg.backends.neo4j.store import Neo4jStore
from kgllm.kg.changes import DeleteNodes, UpsertEdges, UpsertNodes, Version
from kgllm.kg.model import Edge, Entity
from kgllm.kg.open import open_store

Batch = Callable[..., pa.RecordBatch]

ANN = {
    "id": "a",
    "labels": ["Person", "Née `x` \\u0060y"],
    "name": "Ann\n'\"\\",
    "born": date(1990, 1, 2),
    "score": 1.0,
    "big": 2**62,
    "true": True,
    "tags": ["x", ""],
}


EDGE = {"relation": "odd `type` \\u0060", "tail": "a", "key": "k", "since": date(2000, 2, 29)}


def rows(batches: object) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.to_pylist()]


def test_every_type_comes_back(neo4j_store: Neo4jStore, batch: Batch) -> None:
    neo4j_store.upsert_nodes(batch(ANN, {"id": "漢😀", "labels": [], "tags": []}))
    neo4j_store.upsert_edges(
        batch(
            {
                "head": "a",
                "relation": "odd `type` \\u0060",
                "tail": "a",
                "key": "k",
                "since": date(2000, 2, 29),
            }
        )
    )
    ann, none, other = neo4j_store.get(["a", "nobody", "漢😀"])
    properties = {name: value for name, value in ANN.items() if name not in ("id", "labels")}
    assert ann == Entity("a", tuple(sorted(ANN["labels"])), properties)
    assert type(ann.properties["born"]) is date
    assert type(ann.properties["score"]) is float
    assert none is None
    assert other == Entity("漢😀", (), {"tags": []})
    assert rows(neo4j_store.scan_edges()) == [{"head": "a", **EDGE}]
    [scanned] = neo4j_store.scan_nodes()
    kinds = [pa.int64(), pa.date32(), pa.string(), pa.float64(), pa.list_(pa.string()), pa.bool_()]
    assert scanned.schema.names[2:] == ["big", "born", "name", "score", "tags", "true"]
    assert scanned.schema.types[2:] == kinds


def test_an_upsert_merges_and_bears_repetition(neo4j_store: Neo4jStore, batch: Batch) -> None:
    first = batch({"id": "a", "labels": ["A"], "x": 1, "y": "old"})
    second = batch({"id": "a", "labels": ["B"], "x": None, "y": "new"})
    edge = batch({"head": "a", "relation": "R", "tail": "a", "w": 1.5})
    for _ in range(2):
        report = neo4j_store.apply([UpsertNodes(first), UpsertNodes(second), UpsertEdges(edge)])
        assert (report.nodes, report.edges, report.rejects.total) == (2, 1, 0)
        assert neo4j_store.get(["a"]) == [Entity("a", ("A", "B"), {"x": 1, "y": "new"})]
        assert neo4j_store.degree(["a"]) == [2]
    assert neo4j_store.version() == Version(0, 2)


def test_parallel_edges_are_told_apart_by_key(neo4j_store: Neo4jStore, batch: Batch) -> None:
    neo4j_store.upsert_nodes(batch({"id": "a"}, {"id": "b"}))
    edge = {"head": "a", "relation": "R", "tail": "b"}
    neo4j_store.upsert_edges(
        batch({**edge, "key": "1", "w": 1}, {**edge, "key": "", "w": 0}, {**edge, "w": 2})
    )
    assert [(row["key"], row["w"]) for row in rows(neo4j_store.scan_edges())] == [("", 2), ("1", 1)]
    neo4j_store.delete_edges([("a", "R", "b", ""), ("a", "R", "b", "9"), ("a", "\0", "b", "")])
    assert neo4j_store.neighbors(["b"]) == [[Edge("a", "R", "b", "1")]]


def test_neighbors_and_degrees(neo4j_store: Neo4jStore, batch: Batch) -> None:
    neo4j_store.upsert_nodes(batch({"id": "a"}, {"id": "b"}, {"id": "c"}))
    ends = [("a", "R", "b"), ("b", "S", "a"), ("a", "R", "a"), ("b", "R", "c")]
    neo4j_store.upsert_edges(batch(*({"head": h, "relation": r, "tail": t} for h, r, t in ends)))
    loop, there, back, on = Edge("a", "R", "a"), Edge("a", "R", "b"), Edge("b", "S", "a"), Edge("b", "R", "c")
    assert neo4j_store.neighbors(["a", "b", "a"]) == [
        [loop, there, back],
        [there, on, back],
        [loop, there, back],
    ]
    assert neo4j_store.neighbors(["a", "c"], ["R"], "out") == [[loop, there], []]
    assert neo4j_store.neighbors(["a"], ["S", "unknown", ""], "in") == [[back]]
    assert neo4j_store.neighbors(["a"], []) == neo4j_store.neighbors(["a"], ["\0"]) == [[]]
    assert [neo4j_store.degree(["a", "c"], way) for way in ("out", "in", "both")] == [[2, 0], [2, 1], [4, 1]]
    assert neo4j_store.shortest_path("a", "c").edges == (there, on)
    for unknown in ("x", "\ud800", ""):
        with pytest.raises(NotFoundError, match="there is no entity"):
            neo4j_store.neighbors(["a", unknown])
    with pytest.raises(NotFoundError):
        neo4j_store.neighbors(["x"], [])


def test_deletes(neo4j_store: Neo4jStore, batch: Batch) -> None:
    neo4j_store.upsert_nodes(batch({"id": "a"}, {"id": "b"}, {"id": "c"}))
    neo4j_store.upsert_edges(batch({"head": "a", "relation": "R", "tail": "b"}))
    with pytest.raises(GraphError, match="'a' has edges"):
        neo4j_store.delete_nodes(["c", "a"], detach=False)
    assert neo4j_store.get(["c"]) != [None]
    report = neo4j_store.delete_nodes(["a", "unknown"])
    assert (report.deleted_nodes, report.deleted_edges) == (1, 1)
    assert [row["id"] for row in rows(neo4j_store.scan_nodes())] == ["b", "c"]


def test_one_apply_is_all_or_nothing(neo4j_store: Neo4jStore, batch: Batch) -> None:
    nodes = batch({"id": "a", "x": 1}, {"id": "b", "x": 2})
    edges = batch({"head": "a", "relation": "R", "tail": "b"}, {"head": "a", "relation": "R", "tail": "gone"})
    with pytest.raises(BadRowsError, match="1 dangling-tail") as error:
        neo4j_store.apply([UpsertNodes(nodes), UpsertEdges(edges)])
    assert error.value.report.counts == {"dangling-tail": 1}
    assert neo4j_store.schema().nodes == 0
    assert neo4j_store.version() == Version(0, 0)
    report = neo4j_store.apply([UpsertNodes(nodes), UpsertEdges(edges), DeleteNodes(("b",))], "reject")
    assert (report.nodes, report.edges, report.deleted_nodes, report.deleted_edges) == (2, 1, 1, 1)
    assert report.rejects.counts == {"dangling-tail": 1}


def test_a_property_keeps_its_type(neo4j_store: Neo4jStore, neo4j_url: str, batch: Batch) -> None:
    neo4j_store.upsert_nodes(batch({"id": "a", "x": 1}))
    with open_store(neo4j_url) as other, pytest.raises(BadRowsError, match="wrong-type"):
        other.upsert_nodes(batch({"id": "b", "x": "one"}))


def test_names_of_the_store_itself_are_refused(neo4j_store: Neo4jStore, batch: Batch) -> None:
    mine = batch({"id": "a", "labels": ["_KgllmMeta"]})
    key = batch({"head": "a", "relation": "R", "tail": "a", "_key": "x"})
    with pytest.raises(SchemaError, match="_KgllmMeta is kgllm's own"):
        neo4j_store.upsert_nodes(mine)
    neo4j_store.upsert_nodes(batch({"id": "a"}))
    with pytest.raises(SchemaError, match="_key is kgllm's own"):
        neo4j_store.upsert_edges(key)
    with pytest.raises(SchemaError, match="_key is kgllm's own"):
        neo4j_store.bulk_load([batch({"id": "a"})], [key])
    assert neo4j_store.version() == Version(0, 1)


def test_scans_are_ordered_by_code_points_and_paged(neo4j_store: Neo4jStore, batch: Batch) -> None:
    ids = ["a", "B", "é", "\uffff", "😀", "ﬀ", "\U0010ffff", "a ", "aa", "漢"]
    neo4j_store.upsert_nodes(batch(*({"id": id, "n": number} for number, id in enumerate(ids))))
    edges = [{"head": id, "relation": r, "tail": t} for id in ids[::2] for r in ("S", "R") for t in ids]
    neo4j_store.upsert_edges(batch(*edges))
    for size in (1, 3, 100):
        pages = list(neo4j_store.scan_nodes(size))
        assert [row["id"] for row in rows(pages)] == sorted(ids)
        assert max(len(page) for page in pages) <= size
    for size in (1, 45, 1000):
        pages = list(neo4j_store.scan_edges(size))
        found = [(row["head"], row["relation"], row["tail"]) for row in rows(pages)]
        assert found == sorted((e["head"], e["relation"], e["tail"]) for e in edges)
        assert max(len(page) for page in pages) <= max(size, 20)


def test_a_page_is_read_off_the_index(neo4j_store: Neo4jStore, bare: Driver) -> None:
    from kgllm.kg.cypher.emit.neo4j_writes import HEAD_PAGE, node_page

    assert neo4j_store.version() == Version(0, 0)
    for statement in (HEAD_PAGE, node_page(["x"])):
        plan = bare.execute_query(f"EXPLAIN {statement}", after="a", limit=10).summary.plan
        shown = plan["args"]["string-representation"]
        assert "NodeUniqueIndexSeekByRange" in shown
        assert "Sort" not in shown
        assert "+Top" not in shown


def test_the_schema_counts_and_follows_changes(neo4j_store: Neo4jStore, batch: Batch) -> None:
    neo4j_store.upsert_nodes(batch({"id": "a", "labels": ["A", "B"], "x": 1}, {"id": "b", "y": "z"}))
    neo4j_store.upsert_edges(batch({"head": "a", "relation": "R", "tail": "b", "w": 1.0}))
    schema = neo4j_store.schema()
    assert {name: (info.count, dict(info.properties)) for name, info in schema.labels.items()} == {
        "A": (1, {"x": "int"}),
        "B": (1, {"x": "int"}),
        "Entity": (1, {"y": "str"}),
    }
    relation = schema.relations["R"]
    assert (relation.count, dict(relation.properties)) == (1, {"w": "float"})
    assert (relation.head_labels, relation.tail_labels) == (("A", "B"), ("Entity",))
    assert (schema.labels["Entity"].samples, relation.samples) == (("b",), ("a R b",))
    assert neo4j_store.schema(0).labels["A"].samples == ()
    neo4j_store.delete_nodes(["a"])
    assert (neo4j_store.schema().nodes, dict(neo4j_store.schema().relations)) == (1, {})


def test_csr_is_kept_until_the_version_changes(neo4j_store: Neo4jStore, batch: Batch) -> None:
    neo4j_store.upsert_nodes(batch({"id": "a"}, {"id": "b"}))
    empty = neo4j_store.csr()
    assert neo4j_store.csr() is empty
    neo4j_store.upsert_edges(batch({"head": "a", "relation": "R", "tail": "b"}))
    assert neo4j_store.csr().num_edges == 1


@pytest.mark.usefixtures("neo4j_store")
def test_modes(neo4j_url: str, batch: Batch, bare: Driver) -> None:
    with open_store(neo4j_url, "r") as reader:
        for change in (
            lambda: reader.upsert_nodes(batch({"id": "a"})),
            lambda: reader.bulk_load([], []),
        ):
            with pytest.raises(StoreReadOnlyError):
                change()
    bare.execute_query("MATCH (n) DETACH DELETE n")
    for mode in ("r", "rw"):
        with pytest.raises(NotFoundError, match="open it with mode 'create'"):
            open_store(neo4j_url, mode)


def test_somebody_elses_data_is_left_alone(
    neo4j_url: str, neo4j_store: Neo4jStore, batch: Batch, bare: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    neo4j_store.upsert_nodes(batch({"id": "a"}))
    bare.execute_query("CREATE (:Invoice {id: 'theirs'})")
    with open_store(neo4j_url, "r") as store:
        assert "also holds 1 nodes of other origin" in caplog.text
        assert store.schema().nodes == 1
        assert store.get(["theirs"]) == [None]
    with pytest.raises(StoreError, match=r"did not write \(1\); name a database without them"):
        neo4j_store.bulk_load([], [])
    bare.execute_query("MATCH (n) WHERE NOT n:Invoice DETACH DELETE n")
    with pytest.raises(StoreError, match=r"did not write \(1\); name an empty database"):
        open_store(neo4j_url, "create")
    assert bare.execute_query("MATCH (n) RETURN count(n)").records[0][0] == 1


def test_values_written_past_the_store_are_noticed(
    neo4j_store: Neo4jStore, batch: Batch, bare: Driver
) -> None:
    neo4j_store.upsert_nodes(batch({"id": "a", "x": 1}))
    bare.execute_query("MATCH (n:Entity) SET n.x = 'one', n.other = 1")
    with pytest.raises(StoreError, match="not of the type that kgllm wrote"):
        list(neo4j_store.scan_nodes())


def test_a_closed_store_says_so(neo4j_store: Neo4jStore) -> None:
    neo4j_store.close()
    neo4j_store.close()
    with pytest.raises(StoreError, match="is closed; open it again"):
        neo4j_store.version()
