"""The same mistake gives the same error on every store, and a query that takes too long is stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from kgllm.errors import (
    BadRowsError,
    GraphError,
    NotFoundError,
    QueryFailedError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTimeoutError,
    SchemaError,
    StoreError,
)
from kgllm.kg.backends.base import BaseStore
from kgllm.kg.changes import DeleteNodes, UpsertEdges, UpsertNodes
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.model import Edge, Entity

SIZE = 40
IDS = [f"n{i}" for i in range(SIZE)]


@pytest.fixture(scope="module")
def graph(shared: BaseStore, load: Callable[..., None]) -> BaseStore:
    """Each of 40 nodes has an edge to each other one."""
    nodes = [Entity(id, ("Node",), {"x": i, "name": id, "tags": [id]}) for i, id in enumerate(IDS)]
    load(shared, nodes, [Edge(head, "R", tail) for head in IDS for tail in IDS if head != tail])
    return shared


# --- queries ----------------------------------------------------------------------------------------

QUERIES: list[tuple[type[GraphError], str, dict[str, Any]]] = [
    (QuerySyntaxError, "MATCH (n RETURN n", {}),
    (QuerySyntaxError, "MATCH (n) RETURN m", {}),
    (QuerySyntaxError, "MATCH (n) RETURN n.x + date('2020-01-01')", {}),
    (QuerySyntaxError, "MATCH (n) RETURN $missing", {}),
    (QuerySyntaxError, "RETURN size(1)", {}),
    (QuerySyntaxError, "RETURN count(count(*))", {}),
    (QueryRefusedError, "MATCH (n) DELETE n", {}),
    (QueryRefusedError, "MATCH (a)-[*]->(b) RETURN a", {}),
    (QueryRefusedError, "MATCH (a)-[*1..9]->(b) RETURN a", {}),
    (QueryRefusedError, "MATCH (a), (b), (c) RETURN count(*)", {}),
    (QueryRefusedError, "UNWIND range(1, $n) AS x RETURN x", {"n": 10**6}),
    (QueryRefusedError, "RETURN rand()", {}),
    (SchemaError, "MATCH (n:Nod) RETURN n", {}),
    (SchemaError, "MATCH ()-[:RR]->() RETURN 1", {}),
    (SchemaError, "MATCH (n:Node) RETURN n.nam", {}),
    (QueryFailedError, "RETURN 1 / 0", {}),
    (QueryFailedError, "MATCH (n) RETURN 1 / (n.x - n.x)", {}),
    (QueryFailedError, "RETURN 9223372036854775807 + 1", {}),
    (QueryFailedError, "MATCH (n) RETURN n.x * 9223372036854775807", {}),
    (QueryFailedError, "RETURN toInteger('9223372036854775808')", {}),
    (QueryFailedError, "RETURN date('2021-02-29')", {}),
    (QueryFailedError, "MATCH (n) RETURN date(n.name)", {}),
    (QueryFailedError, "RETURN 'a' =~ $pattern", {"pattern": "["}),
    (QueryFailedError, "RETURN substring('abc', -1)", {}),
    (QueryFailedError, "RETURN left('abc', $n)", {"n": -1}),
    (QueryFailedError, "RETURN range(1, 2, 0)", {}),
    (QueryFailedError, "UNWIND $list AS x RETURN x + true", {"list": [1, "a"]}),
    (QueryFailedError, "UNWIND $list AS x RETURN toUpper(x)", {"list": ["a", 1]}),
    (QueryFailedError, "UNWIND $list AS x RETURN sum(x)", {"list": [1, "a"]}),
    (QueryFailedError, "UNWIND [1, 2] AS x RETURN percentileCont(x, 1.5)", {}),
    (QueryFailedError, "UNWIND $list AS x MATCH (n) WHERE x RETURN n", {"list": [1, "a"]}),
    (QueryFailedError, "UNWIND [{a: 1}, 2] AS m RETURN m.a", {}),
    (QueryFailedError, "MATCH (a {id: 'n0'}) MATCH p = shortestPath((a)-[*..3]-(a)) RETURN p", {}),
]


@pytest.mark.parametrize(("kind", "text", "parameters"), QUERIES, ids=[text for _, text, _ in QUERIES])
def test_queries(graph: BaseStore, kind: type[GraphError], text: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(GraphError) as caught:
        graph.query(text, parameters)
    assert (type(caught.value), "\n" in str(caught.value)) == (kind, False)


def test_near_names_are_suggested(graph: BaseStore) -> None:
    with pytest.raises(SchemaError) as caught:
        graph.query("MATCH (n:Nodes) RETURN n")
    assert caught.value.suggestions == ("Node",)
    lenient = Limits(known_names=False)
    assert graph.query("MATCH (n:Nodes) RETURN n.nope", limits=lenient).rows == ()
    assert graph.query("MATCH (n {id: 'n1'}) RETURN n.nope AS x, n:Nope AS y", limits=lenient).rows == (
        (None, False),
    )
    assert graph.query("MATCH ()-[:NOPE]->() RETURN count(*) AS n", limits=lenient).rows == ((0,),)


@pytest.mark.parametrize("rows", [1, SIZE - 1, SIZE, SIZE + 1])
def test_more_rows_than_allowed_are_cut_and_told(graph: BaseStore, rows: int) -> None:
    for text in ("MATCH (n) RETURN n.x AS x ORDER BY x", "MATCH (n) RETURN n.x AS x ORDER BY x LIMIT 100"):
        result = graph.query(text, limits=Limits(rows=rows))
        assert result.rows == tuple((i,) for i in range(min(rows, SIZE)))
        assert result.truncated == (rows < SIZE)
    union = "MATCH (n) RETURN n.x AS x UNION ALL MATCH (n) RETURN n.x AS x"
    result = graph.query(union, limits=Limits(rows=rows))
    assert (len(result.rows), result.truncated) == (rows, True)


PATHOLOGICAL = [
    "UNWIND range(1, 9999) AS a UNWIND range(1, 9999) AS b UNWIND range(1, 9999) AS c RETURN sum(a * b + c)",
    "MATCH p = (a)-[:R*5]->(b) WHERE all(n IN nodes(p) WHERE n.x >= 0) RETURN count(p)",
    "MATCH (a)--(b)--(c)--(d)--(e)--(f) WHERE a.x + f.x < b.x - 1000 RETURN count(*)",
]


@pytest.mark.parametrize("text", PATHOLOGICAL)
def test_what_takes_too_long_is_stopped(graph: BaseStore, text: str) -> None:
    with pytest.raises(QueryTimeoutError):
        graph.query(text, limits=Limits(seconds=0.3))
    assert graph.query("MATCH (n:Node) RETURN count(n) AS n").rows == ((SIZE,),)


# --- everything else --------------------------------------------------------------------------------


def table(**columns: list[Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


TIE = {"head": ["n0"], "relation": ["R"], "tail": ["n1"]}
MISTAKES: dict[str, tuple[type[GraphError], Callable[[BaseStore], object]]] = {
    "unknown neighbour": (NotFoundError, lambda s: s.neighbors(["n0", "nope"])),
    "unknown neighbour, no relation": (NotFoundError, lambda s: s.neighbors(["nope"], [])),
    "unknown degree": (NotFoundError, lambda s: s.degree(["nope"])),
    "unknown hop": (NotFoundError, lambda s: s.k_hop(["nope"], 1)),
    "unknown path": (NotFoundError, lambda s: s.paths("n0", "nope", 2)),
    "unknown shortest path": (NotFoundError, lambda s: s.shortest_path("nope", "n0")),
    "no id column": (SchemaError, lambda s: s.upsert_nodes(table(name=["x"]))),
    "no tail column": (SchemaError, lambda s: s.upsert_edges(table(head=["n0"], relation=["R"]))),
    "id of numbers": (SchemaError, lambda s: s.upsert_nodes(table(id=[1]))),
    "null id": (BadRowsError, lambda s: s.upsert_nodes(table(id=["a", None]))),
    "long id": (BadRowsError, lambda s: s.upsert_nodes(table(id=["é" * 257]))),
    "control character": (BadRowsError, lambda s: s.upsert_nodes(table(id=["a\x1f"]))),
    "NaN": (BadRowsError, lambda s: s.upsert_nodes(table(id=["a"], real=[float("nan")]))),
    "NUL": (BadRowsError, lambda s: s.upsert_nodes(table(id=["a"], name=["\0"]))),
    "other type": (BadRowsError, lambda s: s.upsert_nodes(table(id=["a"], x=["text"]))),
    "type of no store": (BadRowsError, lambda s: s.upsert_nodes(table(id=["a"], y=[{"z": 1}]))),
    "reserved name": (BadRowsError, lambda s: s.upsert_nodes(table(id=["a"], nid=[1]))),
    "empty label": (BadRowsError, lambda s: s.upsert_nodes(table(id=["a"], labels=[[""]]))),
    "dangling": (BadRowsError, lambda s: s.upsert_edges(table(**TIE | {"tail": ["nope"]}))),
    "null relation": (BadRowsError, lambda s: s.upsert_edges(table(**TIE | {"relation": [None]}))),
    "duplicate in a load": (BadRowsError, lambda s: s.bulk_load([table(id=["a", "a"])], [])),
    "still has edges": (GraphError, lambda s: s.apply([DeleteNodes(("n0",), detach=False)])),
    "dangling after a delete": (
        BadRowsError,
        lambda s: s.apply([DeleteNodes(("n1",)), UpsertEdges(table(**TIE))]),
    ),
    "second of two is wrong": (
        BadRowsError,
        lambda s: s.apply([UpsertNodes(table(id=["new"])), UpsertNodes(table(id=[""]))]),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(graph: BaseStore, mistake: str) -> None:
    kind, make = MISTAKES[mistake]
    version = graph.version()
    with pytest.raises(GraphError) as caught:
        make(graph)
    assert (type(caught.value), "\n" in str(caught.value)) == (kind, False)
    assert graph.version() == version


def test_reports_of_bad_rows_are_equal(graph: BaseStore) -> None:
    rows = table(
        id=["a", None, "", "b", "c\x00", "a"],
        x=[1, 2, None, 4, 5, 6],
        real=[float("inf"), 1.0, 2.0, 3.0, 4.0, 5.0],
    )
    ties = table(head=["b", "nope", None], relation=["R", "R", ""], tail=["n0", "n0", "n0"])
    with pytest.raises(BadRowsError) as caught:
        graph.apply([UpsertNodes(rows), UpsertEdges(ties)])
    assert caught.value.report.counts == {
        **{"null-id": 1, "empty-id": 1, "empty-relation": 1, "control-character": 1},
        **{"dangling-head": 1, "not-finite": 1},
    }
    first = {reason: (s[0].kind, s[0].row) for reason, s in caught.value.report.samples.items()}
    assert first["not-finite"] == ("node", 1)
    assert first["dangling-head"] == ("edge", 2)


def test_a_closed_store_is_an_error(store: BaseStore) -> None:
    store.close()
    store.close()
    uses: list[Callable[[], object]] = [
        store.version,
        store.schema,
        store.csr,
        lambda: store.get(["a"]),
        lambda: store.neighbors(["a"]),
        lambda: store.query("RETURN 1 AS x"),
        lambda: next(iter(store.scan_nodes())),
        lambda: store.apply([]),
        lambda: store.bulk_load([], []),
    ]
    for use in uses:
        with pytest.raises(StoreError, match="closed"):
            use()
