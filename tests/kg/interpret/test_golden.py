"""Some 470 queries with the answers of a real Neo4j 5.26: the interpreter gives the same ones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kgllm.errors import QueryFailedError
from kgllm.kg.backends.memory.graph import MemoryGraph
from kgllm.kg.cypher.interpret import Table

GOLDEN: list[tuple[str, Any]] = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
"""Query → rows of values in the form of :func:`spelled`, or ``error``."""

PARAMETERS = {
    "one": 1,
    "m": {"a": 1},
    "list": [1, 2],
    "str": "abc",
    "bool": True,
    "nan": float("nan"),
    "float": 1.5,
    "null": None,
    "neg": -1,
    "big": 2**62,
}

CREATE = """
CREATE (a:A:B {name: 'a', num: 1}), (b:A {name: 'b', num: 2}), (c:C {name: 'c'}), (d {name: 'd', num: 3}),
       (l:C {name: 'l', num: 1}), (a)-[:R {w: 1}]->(b), (b)-[:R {w: 1}]->(c), (a)-[:S {w: 2}]->(c),
       (c)-[:S]->(d), (a)-[:R]->(d), (d)-[:R {w: 1}]->(a), (l)-[:L]->(l), (l)-[:R]->(a)
"""
"""The fixture ``small``, for the server."""


def spelled(value: Any) -> Any:
    """``value`` in JSON, with floats told from integers."""
    if hasattr(value, "to_native"):
        value = value.to_native()
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, float):
        return {"f": repr(value)} if value == value else "NaN!"
    if isinstance(value, list):
        return [spelled(item) for item in value]
    if isinstance(value, dict):
        return {"m": {key: spelled(item) for key, item in sorted(value.items())}}
    return value


def same(query: str, rows: list[list[Any]], expected: list[list[Any]]) -> bool:
    if "ORDER BY" in query:
        return rows == expected
    return Counter(map(json.dumps, rows)) == Counter(map(json.dumps, expected))


@pytest.mark.parametrize(("query", "expected"), GOLDEN, ids=[query for query, _ in GOLDEN])
def test_the_interpreter_answers_like_neo4j(
    small: MemoryGraph, ask: Callable[..., Table], query: str, expected: Any
) -> None:
    if expected == "error":
        with pytest.raises(QueryFailedError):
            ask(small, query, PARAMETERS)
    else:
        rows = [spelled(list(row)) for row in ask(small, query, PARAMETERS).rows]
        assert same(query, rows, expected)


@pytest.mark.slow
def test_neo4j_still_answers_so(neo4j_server: ModuleType, neo4j_url: str) -> None:
    neo4j_server.clear(neo4j_url)
    wrong = []
    with neo4j_server.driver(neo4j_url) as driver, driver.session() as session:
        session.run(CREATE)
        for query, expected in GOLDEN:
            try:
                rows = [spelled(record.values()) for record in session.run(query, PARAMETERS)]
            except Exception as error:
                rows = str(error)
            if isinstance(rows, str) != (expected == "error") or (
                expected != "error" and not same(query, rows, expected)
            ):
                wrong.append((query, rows, expected))
    neo4j_server.clear(neo4j_url)
    assert not wrong
