"""The store in memory: loading, changing, reading, and what a failed change leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from kgllm.errors import BadRowsError, GraphError, NotFoundError, QueryError, SchemaError, StoreError
from kgllm.kg.backends.memory.store import MemoryStore
from kgllm.kg.changes import DeleteEdges, DeleteNodes, UpsertEdges, UpsertNodes, Version
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.model import Edge, Entity
from kgllm.kg.open import open_store
from kgllm.kg.rows import edges, edges_to_batch, entities, entities_to_batch
from kgllm.kg.store import GraphStore

ANY_NAMES = Limits(known_names=False)

ENTITIES = [
    Entity("z", ("Person",), {"name": "Zoë", "born": date(1970, 1, 2), "tags": ["x", ""], "big": 2**62}),
    Entity("a", ("City", "Place"), {"name": "", "height": 0.5}),
    Entity("m", (), {"alive": True}),
]
EDGES = [
    Edge("z", "KNOWS", "z"),
    Edge("z", "LIVES_IN", "a", "", {"since": 1999}),
    Edge("z", "LIVES_IN", "a", "second", {"since": 2001}),
    Edge("m", "KNOWS", "z"),
    Edge("a", "KNOWS", "m"),
]


@pytest.fixture
def store() -> MemoryStore:
    store = open_store("memory:")
    assert isinstance(store, MemoryStore)
    store.bulk_load([entities_to_batch(ENTITIES)], [edges_to_batch(EDGES)])
    return store


def content(store: GraphStore) -> tuple[list[Entity], list[Edge]]:
    nodes = [item for batch in store.scan_nodes() for item in entities(batch)]
    return nodes, [item for batch in store.scan_edges() for item in edges(batch)]


def test_it_is_a_graph_store(store: MemoryStore) -> None:
    assert isinstance(store, GraphStore)
    assert repr(store) == "MemoryStore('memory:', 'create')"
    with store as same:
        assert same is store
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.get(["a"])


def test_what_was_loaded_comes_back_in_order(store: MemoryStore) -> None:
    assert content(store) == (ENTITIES, [EDGES[i] for i in (0, 1, 2, 4, 3)])
    assert store.version() == Version(1, 0)
    assert [len(batch) for batch in store.scan_edges(2)] == [2, 2, 1]
    (batch,) = store.scan_nodes()
    assert batch.schema.names == ["id", "labels", "alive", "big", "born", "height", "name", "tags"]


def test_get_keeps_the_order(store: MemoryStore) -> None:
    assert store.get(["a", "nobody", "z", "a"]) == [ENTITIES[1], None, ENTITIES[0], ENTITIES[1]]


def test_neighbors_and_degrees(store: MemoryStore) -> None:
    loop, first, second, from_m = (Edge(*edge.identity) for edge in EDGES[:4])
    assert store.neighbors(["z"]) == [[from_m, loop, first, second]]
    assert store.neighbors(["z"], ["KNOWS"], "out") == [[loop]]
    assert store.neighbors(["z", "a"], None, "in") == [[from_m, loop], [first, second]]
    assert store.neighbors(["z"], []) == [[]]
    assert store.degree(["z", "m"]) == [5, 2]
    assert store.degree(["z"], "out") == [3]
    for ask in (store.neighbors, store.degree):
        with pytest.raises(NotFoundError, match="'nobody'"):
            ask(["nobody"])


def test_the_schema_counts(store: MemoryStore) -> None:
    schema = store.schema(1)
    assert (schema.nodes, schema.edges) == (3, 5)
    assert list(schema.labels) == ["City", "Entity", "Person", "Place"]
    assert schema.labels["Entity"].properties == {"alive": "bool"}
    assert schema.labels["Person"].properties == {"big": "int", "born": "date", "name": "str", "tags": "list"}
    lives = schema.relations["LIVES_IN"]
    assert (lives.count, lives.properties) == (2, {"since": "int"})
    assert (lives.head_labels, lives.tail_labels) == (("Person",), ("City", "Place"))
    assert lives.samples == ("z LIVES_IN a",)
    assert schema.relations["KNOWS"].head_labels == ("City", "Entity", "Person", "Place")
    store.delete_nodes(["a"])
    assert list(store.schema().labels) == ["Entity", "Person"]


def test_upserts_merge(store: MemoryStore) -> None:
    report = store.upsert_nodes(
        entities_to_batch(
            [Entity("m", ("Person",), {"name": "Em"}), Entity("new", ("Person",), {"name": "N"})]
        )
    )
    assert (report.nodes, report.edges) == (2, 0)
    assert store.get(["m", "new"]) == [
        Entity("m", ("Person",), {"alive": True, "name": "Em"}),
        Entity("new", ("Person",), {"name": "N"}),
    ]
    store.upsert_edges(edges_to_batch([Edge("z", "LIVES_IN", "a", "", {"until": 2000})]))
    (found,) = store.query("MATCH ({id: 'z'})-[r {until: 2000}]->() RETURN r").rows
    assert found == (Edge("z", "LIVES_IN", "a", "", {"since": 1999, "until": 2000}),)
    assert store.schema().edges == 5
    assert store.version() == Version(1, 2)


def test_nulls_leave_what_is_there(store: MemoryStore) -> None:
    batch = pa.RecordBatch.from_pydict({"id": ["z"], "name": pa.array([None], pa.string()), "big": [1]})
    store.upsert_nodes(batch)
    assert store.get(["z"])[0] == Entity("z", ("Person",), dict(ENTITIES[0].properties) | {"big": 1})


def test_deleting(store: MemoryStore) -> None:
    with pytest.raises(GraphError, match="'z' has edges"):
        store.delete_nodes(["nobody", "z"], detach=False)
    report = store.delete_edges([EDGES[1].identity, ("z", "KNOWS", "a", "")])
    assert (report.deleted_nodes, report.deleted_edges) == (0, 1)
    report = store.delete_nodes(["z", "z", "nobody"])
    assert (report.deleted_nodes, report.deleted_edges) == (1, 3)
    assert content(store) == (ENTITIES[1:], [EDGES[4]])
    assert store.query("MATCH (p:Person) RETURN count(*)", limits=ANY_NAMES).rows == ((0,),)


def test_one_apply_does_all_in_order(store: MemoryStore) -> None:
    report = store.apply(
        [
            DeleteNodes(("z",)),
            UpsertNodes(entities_to_batch([Entity("z", ("Star",))])),
            UpsertEdges(edges_to_batch([Edge("z", "KNOWS", "m"), Edge("z", "KNOWS", "a")])),
            DeleteEdges((("z", "KNOWS", "a", ""),)),
        ]
    )
    assert (report.nodes, report.edges, report.deleted_nodes, report.deleted_edges) == (1, 2, 1, 5)
    assert content(store) == ([*ENTITIES[1:], Entity("z", ("Star",))], [EDGES[4], Edge("z", "KNOWS", "m")])


def test_a_failed_change_leaves_nothing_behind(store: MemoryStore) -> None:
    before = content(store), store.version(), store.schema()
    good = UpsertNodes(entities_to_batch([Entity("new", ("New",), {"fresh": 1})]))
    dangling = UpsertEdges(edges_to_batch([Edge("new", "KNOWS", "nobody")]))
    wrong = UpsertNodes(entities_to_batch([Entity("new", (), {"name": 1})]))
    held = DeleteNodes(("z",), detach=False)
    for bad, error in ((dangling, BadRowsError), (wrong, BadRowsError), (held, GraphError)):
        with pytest.raises(error):
            store.apply([good, DeleteEdges((EDGES[0].identity,)), bad])
        assert (content(store), store.version(), store.schema()) == before
    with pytest.raises(BadRowsError) as caught:
        store.bulk_load([good.batch], [dangling.batch])
    assert caught.value.report.counts == {"dangling-tail": 1}
    assert (content(store), store.version(), store.schema()) == before


def test_bad_rows_may_be_left_out(store: MemoryStore) -> None:
    report = store.bulk_load(
        [entities_to_batch([Entity("x"), Entity(""), Entity("x")])],
        [edges_to_batch([Edge("x", "R", "x"), Edge("x", "R", "y")])],
        on_error="reject",
    )
    assert (report.nodes, report.edges) == (1, 1)
    assert report.rejects.counts == {"empty-id": 1, "dangling-tail": 1, "duplicate-id": 1}
    assert store.version() == Version(2, 0)


def test_a_transaction_is_one_change(store: MemoryStore) -> None:
    with store.transaction() as change:
        change.upsert_nodes(entities_to_batch([Entity("n1"), Entity("n2")]))
        change.upsert_edges(edges_to_batch([Edge("n1", "KNOWS", "n2")]))
        change.delete_edges([EDGES[0].identity])
        change.delete_nodes(["a"])
        assert store.get(["n1"]) == [None]
    assert store.version() == Version(1, 1)
    assert (store.schema().nodes, store.schema().edges) == (4, 2)
    with store.transaction():
        pass
    assert store.version() == Version(1, 1)


def test_a_transaction_that_fails_does_nothing(store: MemoryStore) -> None:
    def change_mind() -> None:
        with store.transaction() as change:
            change.delete_nodes(["z"])
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        change_mind()
    assert (content(store)[0], store.version()) == (ENTITIES, Version(1, 0))


def test_walks(store: MemoryStore) -> None:
    assert store.k_hop(["a"], 2) == {"a": 0, "m": 1, "z": 1}
    path = store.shortest_path("a", "z")
    assert path is not None
    assert [entity.id for entity in path.entities] == ["a", "z"]
    assert len(store.paths("m", "a", 2)) == 3
    assert len(store.csr()) == 3
    store.delete_nodes(["m"])
    assert len(store.csr()) == 2


def test_queries_pass_the_gate(store: MemoryStore) -> None:
    result = store.query(
        "MATCH (p:Person)-[r]->(c) RETURN p.name AS name, r.since, c ORDER BY r.since LIMIT 1"
    )
    assert result.columns == ("name", "r.since", "c")
    assert result.rows == (("Zoë", 1999, ENTITIES[1]),)
    assert not result.truncated
    assert result.stats["engine"] == "memory"
    with pytest.raises(QueryError):
        store.query("MATCH (n) DELETE n")
    with pytest.raises(SchemaError, match="Persn"):
        store.query("MATCH (n:Persn) RETURN n")


def test_the_row_limit_cuts(store: MemoryStore) -> None:
    result = store.query("MATCH (n) RETURN n.id ORDER BY n.id", limits=Limits(rows=2))
    assert (result.rows, result.truncated) == ((("a",), ("m",)), True)
    assert not store.query("MATCH (n) RETURN n.id", limits=Limits(rows=3)).truncated


def test_readers_keep_what_they_began_with(store: MemoryStore) -> None:
    scan = store.scan_nodes(1)
    first = next(scan)
    store.bulk_load([], [])
    assert [first.column("id")[0].as_py(), *(batch.column("id")[0].as_py() for batch in scan)] == [
        "z",
        "a",
        "m",
    ]
    assert content(store) == ([], [])


def test_reading_while_somebody_writes() -> None:
    store = MemoryStore()
    store.upsert_nodes(entities_to_batch([Entity("hub", ("Hub",))]))
    wrong: list[Any] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            ((nodes, edges),) = store.query("MATCH (h:Hub) RETURN COUNT { (n) }, COUNT { (h)-->() }").rows
            if nodes != edges + 1:
                wrong.append((nodes, edges))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for i in range(60):
        with store.transaction() as change:
            change.upsert_nodes(entities_to_batch([Entity(f"n{i}")]))
            change.upsert_edges(edges_to_batch([Edge("hub", "HAS", f"n{i}")]))
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_a_real_graph(data_root: Callable[[str], Path]) -> None:
    """UMLS: counts by query are those of its files."""
    lines = [
        line.split("\t")
        for name in ("train", "valid", "test")
        for line in (data_root("umls") / f"{name}.txt").read_text("utf-8").splitlines()
    ]
    triples = {tuple(line) for line in lines}
    ids = {end for head, _, tail in triples for end in (head, tail)}
    store = MemoryStore()
    store.bulk_load(
        [entities_to_batch(Entity(id) for id in sorted(ids))],
        [edges_to_batch(Edge(*triple) for triple in sorted(triples))],
    )
    relation = max({relation for _, relation, _ in triples}, key=lambda r: sum(t[1] == r for t in triples))
    count = sum(triple[1] == relation for triple in triples)
    assert store.query(f"MATCH ()-[r:`{relation}`]->() RETURN count(r)").rows == ((count,),)
    out: dict[str, list[str]] = {}
    for head, _, tail in triples:
        out.setdefault(head, []).append(tail)
    start = max(out, key=lambda id: len(out[id]))
    two = {end for middle in out[start] for end in out.get(middle, ())}
    found = store.query("MATCH ({id: $id})-->()-->(c) RETURN count(DISTINCT c) AS n", {"id": start}).rows
    assert len(two) - 1 <= found[0][0] <= len(two)  # a loop may not be walked twice
