"""Random queries over random graphs: ladybug answers what is emitted as the interpreter answers the query."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgllm.errors import QueryError
from kgllm.kg.cypher.emit.ladybug.query import NotEmittable
from kgllm.kg.model import Edge, Entity, Path

GRAPHS = 8
"""Every second one is wild, and of those and the others every second one is large."""


def plain(value: Any) -> Any:
    """``value`` so that equal ones look alike: floats to 10 digits, and apart from integers."""
    match value:
        case float():
            return ("float", f"{value + 0.0:.10g}")
        case dict():
            return sorted((key, plain(item)) for key, item in value.items())
        case list():
            return [plain(item) for item in value]
        case Entity():
            return ("node", value.id, value.labels, plain(dict(value.properties)))
        case Edge():
            return ("edge", value.identity, plain(dict(value.properties)))
        case Path():
            return ("path", [plain(item) for item in (*value.entities, *value.edges)])
    return (type(value).__name__, value)


def rows_of(rows: Sequence[Sequence[Any]]) -> list[str]:
    return [repr([plain(value) for value in row]) for row in rows]


def keys_of(text: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """The columns of ``rows`` by which the RETURN of ``text`` sorts; none if it does not."""
    found = re.search(r" ORDER BY (.*?)( SKIP| LIMIT|$)", text)
    names = [key.split()[0] for key in found[1].split(", ")] if found else []
    return rows_of([[row[columns.index(name)] for name in names] for row in rows])


@pytest.fixture(scope="module")
def graphs(graph: Callable[..., Any], random_queries: ModuleType) -> list[Any]:
    made = []
    for seed in range(GRAPHS):
        pick = random.Random(seed).choice
        made.append(graph(*random_queries.graph(pick, wild=seed % 2 == 1, large=seed % 4 > 1)))
    return made


def check(graph: Any, text: str) -> str:
    """How a query went: ``same``, or why ladybug gave no rows to compare."""
    try:
        read = graph.prepared(text)
    except QueryError:
        return "refused"
    try:
        got = graph.engine(text)
    except NotEmittable:
        return "not emittable"
    except RuntimeError:
        return "declined"  # the interpreter answers then
    want = graph.reference(text)
    assert sorted(rows_of(got)) == sorted(rows_of(want)), text
    assert keys_of(text, read.columns, got) == keys_of(text, read.columns, want), text
    return "same"


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(number=st.integers(0, GRAPHS - 1), rng=st.randoms(use_true_random=False))
def test_any_query(graphs: list[Any], random_queries: ModuleType, number: int, rng: random.Random) -> None:
    check(graphs[number], random_queries.Query(rng.choice).text())


def test_enough_queries_are_compared(graphs: list[Any], random_queries: ModuleType) -> None:
    outcomes = [
        check(graphs[seed % GRAPHS], random_queries.Query(random.Random(seed).choice).text())
        for seed in range(400)
    ]
    assert outcomes.count("same") > 130
    assert outcomes.count("declined") < 40
