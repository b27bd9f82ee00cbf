"""Queries: who answers, and that both answer alike."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kgllm.errors import (
    QueryFailedError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTimeoutError,
    SchemaError,
)
from kgllm.kg.backends.ladybug import query as ladybug_query
from kgllm.kg.backends.ladybug.store import EngineOptions, LadybugStore
from kgllm.kg.backends.memory.store import MemoryStore
from kgllm.kg.cypher.emit.ladybug.query import LadybugStatement, NotEmittable
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.model import Edge, Entity
from kgllm.kg.rows import edges_to_batch, entities_to_batch

Stores = tuple[LadybugStore, MemoryStore]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """The same random graph twice."""
    rng = random.Random(7)
    nodes = [
        Entity(
            f"n{i}",
            tuple(sorted(rng.sample(["City", "Old", "Port"], rng.randint(0, 2)))),
            {
                "name": f"town {i % 17}",
                "size": rng.randint(0, 9),
                "share": rng.choice([0.5, 1.0, 2.0]),
                "built": date(1900 + i % 50, 1, 1),
                "tags": ["t"] * (i % 3),
                "is_big": i % 2 == 0,
            },
        )
        for i in range(60)
    ]
    ties = {
        (edge := (f"n{rng.randrange(60)}", rng.choice(["ROAD", "RAIL"]), f"n{rng.randrange(60)}", "")): Edge(
            *edge, {"km": rng.randint(1, 99)}
        )
        for _ in range(150)
    }
    path = tmp_path_factory.mktemp("query") / "graph"
    store = LadybugStore(path, "create", EngineOptions(256 << 20, 1 << 32))
    reference = MemoryStore()
    for one in (store, reference):
        one.bulk_load([entities_to_batch(nodes)], [edges_to_batch(ties.values())])
    yield store, reference
    store.close()


QUERIES = [
    "MATCH (n:City) RETURN n",
    "MATCH (n {name: 'town 3'})-[r:ROAD]->(m) RETURN n, r, m, r.km",
    "MATCH p = (n {id: 'n1'})-[*1..2]-(m:Port) RETURN p, length(p)",
    "MATCH (n:City:Old) OPTIONAL MATCH (n)-[:RAIL]->(m) RETURN n.id, count(m), max(m.id)",
    "MATCH (n) WHERE n.built < date('1910-01-01') RETURN n.name, n.tags, n.built",
    "MATCH (n) WHERE n.size = 3 AND n.is_big RETURN n.id, keys(n)",
    "MATCH (n) WHERE n.size = 3.0 RETURN n.id, properties(n)",
    "MATCH (n) WHERE n.share = 1 RETURN n.id, keys(n)",
    "MATCH (n) WHERE n.id IN ['n3', 'n3', 'zz'] RETURN n, keys(n)",
    "MATCH (n) WHERE n.tags = ['t', 't'] RETURN n.id, keys(n)",
    "MATCH (n:Entity)-[r]-(m) WHERE r.km > 90 RETURN [n.id, type(r), m.id], keys(r)",
    "MATCH (n:Port) RETURN n.id, size([(n)-[:ROAD]->(m:City) | m.name]) AS near",
    "MATCH p = shortestPath((a {id: 'n1'})-[*..5]-(b {id: 'n2'})) RETURN length(p), nodes(p)[0].id",
    "MATCH (n) RETURN toString(n.share) AS share, count(*) ORDER BY share",
]


@pytest.mark.parametrize("query", QUERIES)
def test_it_answers_as_the_store_in_memory(stores: Stores, query: str) -> None:
    store, reference = stores
    found, expected = store.query(query), reference.query(query)
    assert (found.columns, found.truncated) == (expected.columns, expected.truncated)
    assert sorted(map(repr, found.rows)) == sorted(map(repr, expected.rows))
    assert found.rows


@pytest.mark.parametrize("query", QUERIES)
def test_the_interpreter_sees_the_same_graph(
    stores: Stores, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, reference = stores

    def refuse(*_: object) -> LadybugStatement:
        raise NotEmittable("not today")

    monkeypatch.setattr(ladybug_query, "to_ladybug", refuse)
    found = store.query(query)
    assert (found.stats["engine"], found.stats["reason"]) == ("interpreter", "not today")
    assert sorted(map(repr, found.rows)) == sorted(map(repr, reference.query(query).rows))


def test_stats_say_who_answered(stores: Stores) -> None:
    store, _ = stores
    by_engine = store.query("MATCH (n:City) RETURN count(n)").stats
    assert by_engine["engine"] == "ladybug"
    assert "list_contains" in by_engine["text"]
    assert by_engine["seconds"] > 0
    by_interpreter = store.query("MATCH (n:City) RETURN keys(n)").stats
    assert by_interpreter["engine"] == "interpreter"
    assert by_interpreter["reason"]


def test_limits_and_parameters(stores: Stores) -> None:
    store, _ = stores
    result = store.query("MATCH (n) RETURN n.id", limits=Limits(rows=7))
    assert (len(result.rows), result.truncated) == (7, True)
    assert store.query("MATCH (n) WHERE n.id = $id RETURN n.size", {"id": "nope"}).rows == ()
    heavy = "MATCH (a), (b), (c) WHERE a.size + b.size + c.size < 0 RETURN keys(a)"
    with pytest.raises(QueryTimeoutError):
        store.query(heavy, limits=Limits(seconds=0.05, products=3))


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("MATCH (n", QuerySyntaxError),
        ("MATCH (n) DETACH DELETE n", QueryRefusedError),
        ("CHECKPOINT", QueryRefusedError),
        ("COPY Entity TO '/tmp/x.csv'", QueryRefusedError),
        ("MATCH (n:Cty) RETURN n", SchemaError),
        ("MATCH (n:City) RETURN 1 / (n.size - n.size)", QueryFailedError),
    ],
)
def test_what_is_no_answer(stores: Stores, query: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        stores[0].query(query)


def test_where_the_engine_fails_the_interpreter_answers(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store, _ = stores
    for text, warned in (("RETURN 1 / 0", False), ("MATCH (n:Nowhere) RETURN n", True)):
        caplog.clear()
        monkeypatch.setattr(ladybug_query, "to_ladybug", lambda *_, text=text: LadybugStatement(text))
        with caplog.at_level(logging.WARNING):
            result = store.query("RETURN 2 AS two")
        assert (result.rows, result.stats["engine"]) == (((2,),), "interpreter")
        assert ("did not understand" in caplog.text) == warned


def test_a_view_of_a_large_graph_lets_nodes_go(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgllm.kg.backends.ladybug.view.KEPT", 5)
    monkeypatch.setattr("kgllm.kg.backends.ladybug.view.PAGE", 7)
    store, reference = stores
    query = "MATCH (n)-->(m)-->(o) RETURN n.id, [m.id, o.id], keys(o)"
    found = store.query(query)
    assert found.stats["engine"] == "interpreter"
    assert sorted(map(repr, found.rows)) == sorted(map(repr, reference.query(query).rows))


def test_the_whole_folder_stays_as_it_was(stores: Stores, tmp_path: Path) -> None:
    """No query leaves a file anywhere."""
    store, _ = stores
    folder = store._shared.path
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for query in QUERIES:
        store.query(query)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert list(tmp_path.iterdir()) == []
