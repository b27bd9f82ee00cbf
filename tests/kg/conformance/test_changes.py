"""Changes: merging, deleting, order, all or nothing, and who sees what when."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from kgllm.errors import BadRowsError, GraphError
from kgllm.kg.backends.base import BaseStore
from kgllm.kg.changes import Change, DeleteEdges, DeleteNodes, UpsertEdges, UpsertNodes
from kgllm.kg.model import Edge, EdgeKey, Entity
from kgllm.kg.open import open_store
from kgllm.kg.rows import edges_to_batch, entities_to_batch

Content = Callable[[BaseStore], tuple[list[Entity], list[Edge]]]

A, B = Entity("a", ("L",), {"x": 1, "y": "old"}), Entity("b")
AB, BA = Edge("a", "R", "b", "", {"w": 1.5}), Edge("b", "R", "a")


def nodes(*items: Entity) -> UpsertNodes:
    return UpsertNodes(entities_to_batch(items))


def edges(*items: Edge) -> UpsertEdges:
    return UpsertEdges(edges_to_batch(items))


def test_twice_is_once(store: BaseStore, content: Content) -> None:
    changes = [nodes(A, B), edges(AB, BA)]
    generation, sequence = store.version()
    reports = [store.apply(changes) for _ in range(2)]
    assert reports[0] == reports[1]
    assert (reports[0].nodes, reports[0].edges, reports[0].rejects.total) == (2, 2, 0)
    assert content(store) == ([A, B], [AB, BA])
    assert store.version() == (generation, sequence + 2)


def test_upserts_merge(store: BaseStore, content: Content) -> None:
    store.apply([nodes(A, B), edges(AB)])
    first = {"id": "a", "labels": ["M"], "x": None, "y": "new", "z": True}
    second = {"id": "a", "labels": ["K", "Entity"], "x": None, "y": None, "z": False}
    store.upsert_nodes(pa.RecordBatch.from_pylist([first, second]))
    fields = {"head": "a", "relation": "R", "tail": "b"}
    ties = [{**fields, "key": "", "w": None, "n": 1}, {**fields, "key": "k", "w": 2.5, "n": None}]
    store.upsert_edges(pa.RecordBatch.from_pylist(ties))
    assert content(store) == (
        [Entity("a", ("K", "L", "M"), {"x": 1, "y": "new", "z": False}), B],
        [Edge("a", "R", "b", "", {"n": 1, "w": 1.5}), Edge("a", "R", "b", "k", {"w": 2.5})],
    )


def test_deletes(store: BaseStore, content: Content) -> None:
    loop = Edge("a", "S", "a")
    store.apply([nodes(A, B), edges(AB, BA, loop)])
    with pytest.raises(GraphError, match="'a' has edges"):
        store.delete_nodes(["nobody", "a"], detach=False)
    assert content(store) == ([A, B], [AB, loop, BA])
    report = store.delete_edges([AB.identity, AB.identity, ("a", "R", "b", "k"), ("x", "R", "\ud800", "")])
    assert report.deleted_edges == 1
    report = store.delete_nodes(["a", "nobody", "a"])
    assert (report.deleted_nodes, report.deleted_edges) == (1, 2)
    assert store.delete_nodes(["b", "b"], detach=False).deleted_nodes == 1
    assert content(store) == ([], [])
    store.apply([nodes(Entity("a")), edges(Edge("a", "S", "a"))])
    assert content(store) == ([Entity("a")], [loop])  # nothing is left of the first a


def test_changes_are_done_in_order(store: BaseStore, content: Content) -> None:
    report = store.apply(
        [
            nodes(A, B),
            edges(AB, BA),
            DeleteEdges((BA.identity,)),
            DeleteNodes(("b",)),
            nodes(Entity("b", ("New",)), Entity("c")),
            edges(Edge("c", "R", "b")),
            DeleteEdges((("c", "R", "b", ""),)),
            DeleteNodes(("c",), detach=False),
        ]
    )
    assert (report.nodes, report.edges, report.deleted_nodes, report.deleted_edges) == (4, 3, 2, 3)
    assert content(store) == ([A, Entity("b", ("New",))], [])


def test_a_failed_apply_leaves_nothing(store: BaseStore, content: Content) -> None:
    store.apply([nodes(A, B), edges(AB)])
    before, version = content(store), store.version()
    gone = Edge("c", "R", "gone")
    failing: list[list[Change]] = [
        [nodes(Entity("c", ("New",), {"x": 2, "fresh": 1})), edges(gone)],
        [DeleteNodes(("b",)), edges(BA)],
        [nodes(Entity("c")), DeleteEdges((AB.identity,)), edges(BA), DeleteNodes(("a",), detach=False)],
        [nodes(Entity("c", (), {"x": "text"}))],
    ]
    for changes in failing:
        with pytest.raises(GraphError):
            store.apply(changes)
        assert (content(store), store.version()) == (before, version)
    with pytest.raises(BadRowsError) as caught:
        store.apply(failing[0])
    assert caught.value.report.counts == {"dangling-tail": 1}
    assert "New" not in store.schema().labels
    assert store.apply(failing[0], "reject").rejects == caught.value.report
    assert store.get(["c"]) == [Entity("c", ("New",), {"x": 2, "fresh": 1})]


def test_a_failed_load_leaves_the_old_content(store: BaseStore, content: Content) -> None:
    store.bulk_load([entities_to_batch([A, B])], [edges_to_batch([AB])])
    before, version = content(store), store.version()
    wrong = entities_to_batch([Entity("c"), Entity("c"), Entity("")])
    dangling = edges_to_batch([Edge("c", "R", "a")])
    with pytest.raises(BadRowsError) as caught:
        store.bulk_load([wrong], [dangling])
    counts = {"duplicate-id": 1, "empty-id": 1, "dangling-tail": 1}
    assert caught.value.report.counts == counts
    with pytest.raises(ZeroDivisionError):
        store.bulk_load((entities_to_batch([Entity(str(1 // i))]) for i in (1, 0)), [])
    assert (content(store), store.version()) == (before, version)
    report = store.bulk_load([wrong], [dangling], on_error="reject")
    assert (report.nodes, report.edges, report.rejects.counts) == (1, 0, counts)
    assert content(store) == ([Entity("c")], [])
    assert store.version() == (version.generation + 1, 0)


# --- any changes, against dictionaries ---------------------------------------------------------------

APPLIES = {"memory": 200, "ladybug": 8, "neo4j": 15}
IDS, KEYS = "abcdef", ["", "k"]


class Model:
    """What a store must hold, in the plainest way."""

    def __init__(self) -> None:
        self.nodes: dict[str, tuple[set[str], dict[str, Any]]] = {}
        self.edges: dict[EdgeKey, dict[str, Any]] = {}

    def node(self, entity: Entity) -> None:
        labels, properties = self.nodes.setdefault(entity.id, (set(), {}))
        labels |= set(entity.labels)
        properties |= entity.properties

    def edge(self, edge: Edge) -> None:
        if edge.head in self.nodes and edge.tail in self.nodes:
            self.edges.setdefault(edge.identity, {}).update(edge.properties)

    def drop(self, ids: tuple[str, ...]) -> None:
        self.nodes = {id: held for id, held in self.nodes.items() if id not in ids}
        self.edges = {key: held for key, held in self.edges.items() if not {key[0], key[2]} & set(ids)}

    def content(self) -> tuple[list[Entity], list[Edge]]:
        nodes = [Entity(id, tuple(sorted(labels)), held) for id, (labels, held) in sorted(self.nodes.items())]
        return nodes, [Edge(*key, held) for key, held in sorted(self.edges.items())]


def some_change(rng: random.Random, model: Model) -> Change:
    """A random change, done to the model too."""
    held = {"x": rng.randrange(9), "y": rng.choice("pq")}
    held = {name: held[name] for name in rng.sample(sorted(held), rng.randrange(3))}
    kind, ids = rng.randrange(6), tuple(rng.sample(IDS, 2))
    if kind < 2:
        items = [Entity(id, tuple(rng.sample("LM", rng.randrange(3))), held) for id in (*ids, ids[0])]
        for item in items:
            model.node(item)
        return nodes(*items)
    ties = [
        Edge(rng.choice(IDS), rng.choice("RS"), rng.choice(IDS), rng.choice(KEYS), held) for _ in range(4)
    ]
    if kind < 4:
        for edge in ties:
            model.edge(edge)
        return edges(*ties)
    if kind == 4:
        model.drop(ids[:1])
        return DeleteNodes(ids[:1])
    for edge in ties:
        model.edges.pop(edge.identity, None)
    return DeleteEdges(tuple(edge.identity for edge in ties))


def test_any_changes_do_what_they_do_to_dictionaries(
    store: BaseStore, content: Content, request: pytest.FixtureRequest
) -> None:
    rng, model = random.Random(7), Model()
    for _ in range(APPLIES[request.node.callspec.params["store"]]):
        store.apply([some_change(rng, model) for _ in range(rng.randrange(1, 9))], "reject")
        assert content(store) == model.content()
    assert len(model.nodes) > 2


# --- who sees what ----------------------------------------------------------------------------------


def test_a_transaction_is_seen_when_it_ends(store: BaseStore, content: Content) -> None:
    with store.transaction() as transaction:
        transaction.upsert_nodes(entities_to_batch([A, B]))
        transaction.upsert_edges(edges_to_batch([AB]))
        assert store.get(["a"]) == [None]
    assert content(store) == ([A, B], [AB])
    version = store.version()
    with pytest.raises(ZeroDivisionError), store.transaction() as transaction:
        transaction.delete_nodes([str(1 // 0)])
    with store.transaction():
        pass
    assert (content(store), store.version()) == (([A, B], [AB]), version)
    with store.transaction() as transaction:
        transaction.delete_edges([AB.identity])
        transaction.delete_nodes(["a"], detach=False)
    assert content(store) == ([B], [])


def test_readers_never_see_half_a_change(store: BaseStore) -> None:
    counts: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            counts.extend(row for (row,) in store.query("MATCH (n) RETURN count(n) AS n").rows)
            found = store.get(["0", "00"])
            counts.append(sum(entity is not None for entity in found))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for i in range(5):
            pair = Entity(f"{i}"), Entity(f"{i}{i}")
            store.apply([nodes(pair[0]), nodes(pair[1]), edges(Edge(pair[0].id, "R", pair[1].id))])
    finally:
        done.set()
        reader.join()
    assert counts
    assert not any(count % 2 for count in counts)
    assert store.query("MATCH (n) RETURN count(n) AS n").rows == ((10,),)


@pytest.mark.parametrize(
    "store", ["ladybug", pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j"))], indirect=True
)
def test_other_handles_see_what_was_acknowledged(store: BaseStore, content: Content) -> None:
    store.apply([nodes(A, B)])
    with open_store(store.url, "r") as other:
        assert other.version() == store.version()
        assert other.csr().num_edges == 0
        store.apply([edges(AB)])
        assert content(other) == ([A, B], [AB])
        assert other.csr().num_edges == 1
        assert other.query("MATCH (:L)-[r:R]->() RETURN r").rows == ((AB,),)
        assert (other.version(), other.schema()) == (store.version(), store.schema())
