"""The limits on what a query may cost, and the LIMIT that every query gets."""

from __future__ import annotations

import pytest

from kgllm.errors import QueryRefusedError
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.check import check
from kgllm.kg.cypher.check.bound import bound
from kgllm.kg.cypher.emit.text import text_of
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.parse.parser import parse
from kgllm.kg.schema import SchemaInfo

EMPTY = SchemaInfo({}, {}, 0, 0)
WIDE = Limits(known_names=False, products=99)


def bounded(text: str, limits: Limits = WIDE, **parameters: object) -> ast.Query:
    return bound(check(parse(text), EMPTY, parameters, limits), limits, parameters)


def refused(text: str, limits: Limits = WIDE, **parameters: object) -> QueryRefusedError:
    with pytest.raises(QueryRefusedError) as caught:
        bounded(text, limits, **parameters)
    return caught.value


# --- hops, size, ranges -----------------------------------------------------------------------------


@pytest.mark.parametrize("length", ["*", "*2..", "*0.."])
@pytest.mark.parametrize(
    "text",
    [
        "MATCH (a)-[{}]->(b) RETURN a",
        "MATCH p = shortestPath((a)-[{}]-(b)) RETURN p",
        "MATCH (a) WHERE EXISTS {{ (a)-[{}]->() }} RETURN a",
        "MATCH (a) RETURN [(a)-[{}]->(b) | b] AS l",
        "MATCH (a) WHERE (a)-[:R{}]->() RETURN a",
    ],
)
def test_unbounded_paths(text: str, length: str) -> None:
    if "shortest" in text and length == "*2..":
        length = "*1.."
    error = refused(text.format(length))
    assert error.reason == "unbounded-path"
    assert "at most 5 hops" in str(error)


def test_too_many_hops() -> None:
    error = refused("MATCH (a)-[:R*1..6]->(b) RETURN a")
    assert error.reason == "too-many-hops"
    assert "found 6 hops, at most 5 allowed" in str(error)
    assert bounded("MATCH (a)-[:R*1..5]->(b)-[*0..5]-(c) RETURN a")


def test_too_many_patterns() -> None:
    chain = "(a)" + "-->()" * 20
    error = refused(f"MATCH {chain} RETURN a")
    assert error.reason == "too-many-patterns"
    assert "41 nodes and relationships, at most 40" in str(error)
    assert refused(f"MATCH (a) WHERE {chain} RETURN a").reason == "too-many-patterns"
    assert bounded(f"MATCH (a){'-->()' * 19} RETURN a")


@pytest.mark.parametrize(
    ("call", "length"),
    [
        ("range(0, 10000)", 10001),
        ("range(-5000, 5000)", 10001),
        ("range(+1, 20001, 2)", 10001),
        ("range(10001, 1, -1)", 10001),
        ("range(- -1, 10001)", 10001),
        ("range(1, $top)", 1_000_000),
        ("range(-9223372036854775808, 9223372036854775807)", 2**64),
    ],
)
def test_long_ranges(call: str, length: int) -> None:
    error = refused(f"UNWIND {call} AS x RETURN x", top=1_000_000)
    assert error.reason == "range-too-long"
    assert f"{length} elements, at most 10000" in str(error)


@pytest.mark.parametrize(
    "call", ["range(1, 10000)", "range(10, 1)", "range(1, 10, 0)", "range(1, size(split('a b', ' ')))"]
)
def test_short_and_unknown_ranges(call: str) -> None:
    assert bounded(f"UNWIND {call} AS x RETURN x")


# --- Cartesian products -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("MATCH (a) RETURN a", 0),
        ("MATCH (a)-->(b), (b)-->(c) RETURN a", 0),
        ("MATCH (a), (b), (a)-->(b) RETURN a", 0),
        ("MATCH (a {x: 1}), (b {x: 2}), p = shortestPath((a)-[*..5]-(b)) RETURN p", 0),
        ("MATCH (a), (b {x: a.x}) RETURN a", 0),
        ("UNWIND [1, 2] AS x MATCH (a {x: x}) RETURN a", 0),
        ("MATCH (a) WITH count(a) AS n MATCH (b) RETURN n, b", 0),
        ("MATCH (a) WITH a LIMIT 1 MATCH (b) RETURN a, b", 0),
        ("MATCH (a) WHERE EXISTS { (a)-->(b) } RETURN [(a)-->(b) | b] AS l, COUNT { (a)<--() } AS n", 0),
        ("MATCH p = (a)-->() RETURN [n IN nodes(p) | COUNT { (n)-->() }] AS l", 0),
        ("RETURN COUNT { (a)-->() } AS n", 0),
        ("MATCH (a), (b) RETURN a", 1),
        ("MATCH (a) MATCH (b) RETURN a", 1),
        ("MATCH (), () RETURN 1 AS x", 1),
        ("MATCH (a) OPTIONAL MATCH (b)-->(c) RETURN a", 1),
        ("MATCH (a) WITH a.x AS x MATCH (b) RETURN b", 1),
        ("UNWIND [1, 2] AS x MATCH (a) RETURN a", 1),
        ("MATCH (a) WHERE EXISTS { (b)-->(c) } RETURN a", 1),
        ("MATCH (a) RETURN COUNT { (a)-->(), (b) } AS n", 1),
        ("RETURN COUNT { (a), (b) } AS n", 1),
        ("MATCH (a), (b) MATCH (c), (d) RETURN a", 3),
        ("MATCH (a), (b) RETURN a UNION MATCH (a), (b) RETURN a", 2),
    ],
)
def test_products(text: str, products: int) -> None:
    assert bounded(text, Limits(known_names=False, products=products))
    if products:
        error = refused(text, Limits(known_names=False, products=products - 1))
        assert error.reason == "cartesian-product"


# --- LIMIT ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("RETURN 1 AS x", "RETURN 1 AS `x` LIMIT 11"),
        ("RETURN 1 AS x LIMIT 3", "RETURN 1 AS `x` LIMIT 3"),
        ("RETURN 1 AS x SKIP 2 LIMIT 99", "RETURN 1 AS `x` SKIP 2 LIMIT 11"),
        ("RETURN 1 AS x LIMIT $n", "RETURN 1 AS `x` LIMIT 11"),
        ("RETURN 1 AS x LIMIT 0", "RETURN 1 AS `x` LIMIT 0"),
        (
            "WITH 1 AS x LIMIT 99 RETURN x ORDER BY x",
            "WITH 1 AS `x` LIMIT 99 RETURN `x` AS `x` ORDER BY `x` LIMIT 11",
        ),
        (
            "RETURN 1 AS x UNION ALL RETURN 2 AS x LIMIT 99",
            "RETURN 1 AS `x` LIMIT 11 UNION ALL RETURN 2 AS `x` LIMIT 11",
        ),
        (
            "RETURN 1 AS x UNION RETURN 2 AS x",
            "RETURN DISTINCT 1 AS `x` LIMIT 11 UNION RETURN DISTINCT 2 AS `x` LIMIT 11",
        ),
        (
            "RETURN 1 AS x LIMIT 99 UNION RETURN 2 AS x SKIP 1",
            "RETURN 1 AS `x` LIMIT 99 UNION RETURN 2 AS `x` SKIP 1",
        ),
    ],
)
def test_the_last_projection_gets_a_limit(text: str, becomes: str) -> None:
    assert text_of(bounded(text, Limits(rows=10), n=50)) == becomes
