"""Queries of the read subset on a real server: values, limits and errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from neo4j import Driver

from kgllm.errors import (
    QueryFailedError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTimeoutError,
    SchemaError,
)
from kgllm.kg.backends.neo4j import query as neo4j_query
from kgllm.kg.backends.neo4j.store import Neo4jStore
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.model import Edge, Entity, Path

Batch = Callable[..., pa.RecordBatch]


@pytest.fixture
def store(neo4j_store: Neo4jStore, batch: Batch) -> Neo4jStore:
    """Ann -KNOWS-> Bob -KNOWS-> Cid; Bob also -KNOWS {key: k}-> Cid, and Cid -LIKES-> Cid."""
    nodes = [{"id": "a", "name": "Ann", "born": date(1990, 1, 2)}, {"id": "b", "name": "Bob", "born": None}]
    nodes = [{**node, "labels": ["Person"]} for node in (*nodes, {"id": "c", "name": "Cid"})]
    ends = [
        ("a", "KNOWS", "b", ""),
        ("b", "KNOWS", "c", ""),
        ("b", "KNOWS", "c", "k"),
        ("c", "LIKES", "c", ""),
    ]
    names = ("head", "relation", "tail", "key", "since")
    edges = [dict(zip(names, (*identity, n), strict=True)) for n, identity in enumerate(ends)]
    neo4j_store.bulk_load([batch(*nodes)], [batch(*edges)])
    return neo4j_store


ANN = Entity("a", ("Person",), {"born": date(1990, 1, 2), "name": "Ann"})
BOB = Entity("b", ("Person",), {"name": "Bob"})
CID = Entity("c", ("Person",), {"name": "Cid"})
KNOWS = Edge("a", "KNOWS", "b", "", {"since": 0})
KEYED = Edge("b", "KNOWS", "c", "k", {"since": 2})

ANSWERS: dict[str, tuple[Any, ...]] = {
    "MATCH (n {name: 'Ann'}) RETURN n, n.born, labels(n)": (ANN, date(1990, 1, 2), ["Person"]),
    "MATCH (:Person {id: 'a'})-[r]->() RETURN r": (KNOWS,),
    "MATCH ()-[r {since: 2}]-(x {id: 'b'}) RETURN [r, {edge: r}]": ([KEYED, {"edge": KEYED}],),
    "MATCH ()-[r {since: 2}]->() RETURN properties(r)": ({"since": 2},),
    "MATCH p = ({id: 'a'})-[:KNOWS]->() RETURN p, length(p)": (Path((ANN, BOB), (KNOWS,)), 1),
    "MATCH ({id: 'a'})-[rs*2]->(m) WHERE rs[1].since = 2 RETURN rs, m": ([KNOWS, KEYED], CID),
    "MATCH (n) RETURN count(*), collect(n.born)": (3, [date(1990, 1, 2)]),
    "MATCH (n {id: 'b'}) RETURN n {.*, x: 1.5}, keys(n)": ({"name": "Bob", "x": 1.5}, ["name"]),
    "OPTIONAL MATCH (n {id: 'zz'}) RETURN n, labels(n), properties(n)": (None, None, None),
    "RETURN [1, null, 'x', true], {a: [2.0]}": ([1, None, "x", True], {"a": [2.0]}),
    "RETURN date('2020-02-29')": (date(2020, 2, 29),),
}


@pytest.mark.parametrize("text", ANSWERS)
def test_answers_are_our_own_values(store: Neo4jStore, text: str) -> None:
    result = store.query(text)
    assert result.rows == (ANSWERS[text],)
    assert repr(result.rows).count("neo4j") == 0
    assert not result.truncated
    assert str(result.stats["engine"]).startswith("Neo4j/5.")


def test_parameters_travel_beside_the_text(store: Neo4jStore) -> None:
    given = {"names": ["Ann", "it's"], "from": date(1990, 1, 1)}
    result = store.query("MATCH (n) WHERE n.name IN $names AND n.born > $from RETURN n.id AS id", given)
    assert (result.columns, result.rows) == (("id",), (("a",),))
    assert "it's" not in str(result.stats["text"])


def test_rows_are_limited(store: Neo4jStore) -> None:
    limits = Limits(rows=2)
    cut = store.query("MATCH (n) RETURN n.id ORDER BY n.id", limits=limits)
    assert (cut.rows, cut.truncated) == ((("a",), ("b",)), True)
    whole = store.query("MATCH (n) RETURN n.id ORDER BY n.id LIMIT 2", limits=limits)
    assert (whole.rows, whole.truncated) == ((("a",), ("b",)), False)
    union = store.query("MATCH (n) RETURN n.id UNION ALL MATCH (n) RETURN n.id", limits=limits)
    assert (len(union.rows), union.truncated) == (2, True)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("MATCH (n", QuerySyntaxError, "expected"),
        ("MATCH (n) DETACH DELETE n", QueryRefusedError, "DELETE|DETACH"),
        ("MATCH (n:Persn) RETURN n", SchemaError, "did you mean Person"),
        ("MATCH (n) RETURN 1 / (size(labels(n)) - 1)", QueryFailedError, "Neo4j says: / by zero"),
        ("MATCH (n) RETURN 9223372036854775807 + size(labels(n))", QueryFailedError, "overflow"),
    ],
)
def test_errors_are_our_own(store: Neo4jStore, text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        store.query(text)
    assert store.query("RETURN 1").rows == ((1,),)


HEAVY = "MATCH (n) UNWIND range(1, 9999) AS x UNWIND range(1, 9999) AS y UNWIND range(1, 9999) AS z"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAVY} RETURN count(x + y + z)",
        f"{HEAVY} WITH x + y AS s, z WHERE s < 0 RETURN s LIMIT 1",
    ],
)
def test_a_query_without_end_is_stopped(store: Neo4jStore, text: str) -> None:
    with pytest.raises(QueryTimeoutError, match="allow more time"):
        store.query(text, limits=Limits(seconds=0.3))
    assert store.query("RETURN 1").rows == ((1,),)


def test_a_query_that_eats_the_memory_is_stopped_once(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    fetch = neo4j_query.fetch
    monkeypatch.setattr(neo4j_query, "fetch", lambda *a, **k: asked.append(1) or fetch(*a, **k))
    text = f"{HEAVY} RETURN size(collect([x, y, z, toString(x) + toString(y) + toString(z)]))"
    with pytest.raises(QueryFailedError, match="needs too much memory; ask for less"):
        store.query(text)
    assert asked == [1]


def test_the_server_is_asked_whether_it_would_only_read(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = iter(["r", "rw"])
    asked = []

    def explain(text: str, _: object) -> str:
        asked.append(text)
        return next(kinds)

    monkeypatch.setattr(store._connection, "explain", explain)
    for _ in range(2):
        assert store.query("MATCH (n {id: $id}) RETURN n", {"id": "a"}).rows == ((ANN,),)
    assert len(asked) == 1
    with pytest.raises(QueryRefusedError, match="kind 'rw', expected 'r'"):
        store.query("MATCH (n) RETURN n")
    store._connection.is_neo4j = False
    assert len(store.query("MATCH (n) RETURN n").rows) == 3
    assert len(asked) == 2


def test_an_edge_whose_end_has_gone_is_no_answer(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgllm.kg.backends.neo4j.query.loose_ends", lambda _: set())
    with pytest.raises(QueryFailedError, match="was deleted while the query ran"):
        store.query("MATCH ()-[r:LIKES]->() RETURN r")


def test_what_is_not_ours_stays_out(store: Neo4jStore, bare: Driver) -> None:
    bare.execute_query("MATCH (a:Entity {id: 'a'}) CREATE (a)-[:KNOWS]->(:Stranger {name: 'X'})")
    assert store.query("MATCH (n) RETURN count(n)").rows == ((3,),)
    assert store.query("MATCH ({id: 'a'})-[:KNOWS]->(m) RETURN m.name").rows == (("Bob",),)
