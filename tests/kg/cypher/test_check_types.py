"""Kinds, types, aggregations and functions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kgllm.errors import QueryRefusedError
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.check.functions import FUNCTIONS, SPELLING
from kgllm.kg.cypher.check.types import ANY, FLOAT, INT, NULL, NUMBER, STR, Type, join, list_of, of_value
from kgllm.kg.cypher.limits import Limits

Checked = Callable[..., ast.Query]
Problem = Callable[..., str]

LENIENT = Limits(known_names=False)


# --- kinds and types --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("MATCH ()-[r]-(r) RETURN r", "r is a node and cannot be a relationship"),
        ("MATCH (r) MATCH ()-[r]-() RETURN r", "r is a node and cannot be a relationship"),
        ("MATCH p = ()-->() MATCH (p) RETURN p", "p is a path and cannot be a node"),
        ("MATCH ()-[r*1..2]-() MATCH ()-[r]-() RETURN r", "r is a list of relationship"),
        ("WITH 1 AS n MATCH (n) RETURN n", "n is an integer and cannot be a node"),
        ("WITH [1] AS r MATCH ()-[r*1..2]->() RETURN r", "cannot be a list of relationship"),
        ("MATCH (n) WITH [n] AS l MATCH (l)-->() RETURN l", "l is a list of node and cannot be a node"),
        ("MATCH (a)-[r]->()-[r]->(b) RETURN r", "r stands twice in one MATCH"),
        ("MATCH (a)-[r]->(), (b)-[r]->() RETURN r", "r stands twice in one MATCH"),
        ("MATCH ()-[r*1..2]->() RETURN r.x", ".x needs one element, not a list of relationship"),
        ("MATCH p = ()-->() RETURN labels(p)", "labels() needs a node, not a path"),
        ("MATCH (n) RETURN type(n)", "type() needs a relationship, not a node"),
        ("MATCH (n) RETURN length(n)", "length() needs a path, not a node"),
        ("MATCH (n:Person) RETURN length(n.name)", "length() needs a path, not a string; use size()"),
        ("MATCH (n) RETURN length(n.any)", "length() needs a path, not a property; use size()"),
        (
            "MATCH p = ()-->() WHERE p:A RETURN p",
            "needs a node or relationship, not a path",
        ),
        ("MATCH (n) WHERE n RETURN n", "WHERE needs a boolean, not a node"),
        ("MATCH (n:Person) WHERE n.name RETURN n", "WHERE needs a boolean, not a string"),
        ("RETURN 'a' AND true", "AND needs a boolean, not a string"),
        ("RETURN NOT [true]", "NOT needs a boolean, not a list of boolean"),
        ("RETURN 1 IN 2", "IN needs a list, not an integer"),
        ("RETURN 'a' - 1", "- needs a number, not a string"),
        ("RETURN true + 'a'", "+ needs a number, string or list, not a boolean"),
        ("RETURN date('2020-01-01') + 1", "+ cannot add to a date"),
        ("RETURN none(x IN ['a'] WHERE x % 2 = 0)", "% needs a number, not a string"),
        ("WITH 5 AS x RETURN x.y", ".y needs a node, relationship, map or date, not an integer"),
        ("WITH 5 AS x RETURN x[0]", "[…] needs a list, map, node or relationship, not an integer"),
        ("WITH [1] AS x RETURN x['a']", "the index of a list needs an integer, not a string"),
        ("WITH {a: 1} AS x RETURN x[0]", "the key of a map needs a string, not an integer"),
        ("WITH [1] AS x RETURN x[1.5..]", "the bound of a slice needs an integer, not a float"),
        ("RETURN [x IN 'abc' | x]", "a list comprehension needs a list, not a string"),
        ("RETURN toUpper(1)", "toUpper() needs a string, not an integer"),
        ("RETURN range(1, 2.5)", "range() needs an integer, not a float"),
        ("MATCH (a) RETURN (a)-->()", "a pattern is a condition, not a value"),
        ("MATCH (a) RETURN size((a)-->())", "use EXISTS { … } or COUNT { … }"),
        ("MATCH (n $all) RETURN n", "$all cannot stand for all properties"),
        ("MATCH p = shortestPath((a)-[*2..3]-(b)) RETURN p", "a shortest path can begin at length 0 or 1"),
    ],
)
def test_kinds_and_types(text: str, said: str, problem: Problem) -> None:
    assert said in problem(text, LENIENT, all={})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("MATCH (n) WHERE count(n) > 1 RETURN n", "count() cannot aggregate in WHERE; use WITH before"),
        ("MATCH (n) RETURN count(max(n.x))", "cannot aggregate inside another aggregation"),
        ("MATCH (n) RETURN [x IN [1] | count(*)]", "cannot aggregate in a list comprehension"),
        ("MATCH (n) RETURN n.x AS x ORDER BY count(n)", "cannot aggregate in ORDER BY"),
        ("UNWIND count(*) AS x RETURN x", "cannot aggregate in UNWIND"),
        ("MATCH (n {x: count(*)}) RETURN n", "cannot aggregate in a pattern"),
        ("MATCH (n) RETURN 1 AS x LIMIT count(*)", "cannot aggregate in LIMIT"),
        (
            "MATCH (n) WHERE EXISTS { (n)-->(m) WHERE max(m.x) > 1 } RETURN n",
            "max() cannot aggregate in WHERE",
        ),
        ("MATCH (a)-->(b) RETURN a.x + count(b.x) AS y", "y mixes an aggregation with a"),
        ("MATCH (a)-->(b) RETURN a.x + b.x, a.x + b.x + count(*) AS y", "y mixes an aggregation with a"),
        (
            "MATCH (a) RETURN {x: a.x, n: count(*)} AS m",
            "mixes an aggregation with a, which is not grouped",
        ),
        ("MATCH (a) RETURN a {.x, n: count(*)} AS m", "m mixes an aggregation with a"),
        ("MATCH (n) RETURN toUpper(DISTINCT n.x)", "DISTINCT is for aggregations; toUpper() is none"),
    ],
)
def test_aggregations(text: str, said: str, problem: Problem) -> None:
    assert said in problem(text, LENIENT)


# --- functions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reason", "said"),
    [
        ("id(n)", "engine-id", "use the property id"),
        ("elementId(n)", "engine-id", "n.id"),
        ("rand()", "function", "would depend on chance"),
        ("timestamp()", "function", "would depend on the clock"),
        ("date()", "function", "date('2024-01-31')"),
        ("datetime('2020-01-01')", "function", "only dates"),
        ("apoc.text.join(['a'], '')", "function", "unknown"),
        ("toUper('a')", "function", "did you mean toUpper"),
        ("rels(n)", "function", "relationships(path)"),
        ("date('2020-01-01').week", "date-field", "year, month and day"),
    ],
)
def test_functions_outside_the_subset(call: str, reason: str, said: str, checked: Checked) -> None:
    with pytest.raises(QueryRefusedError) as caught:
        checked(f"MATCH (n) RETURN {call}")
    assert caught.value.reason == reason
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("call", "takes"),
    [
        ("toUpper('a', 'b')", "toUpper() takes 1 argument, not 2"),
        ("range(1)", "range() takes 2 to 3 arguments, not 1"),
        ("coalesce()", "coalesce() takes 1 or more arguments, not 0"),
        ("pi(1)", "pi() takes 0 arguments, not 1"),
    ],
)
def test_numbers_of_arguments(call: str, takes: str, problem: Problem) -> None:
    assert takes in problem(f"RETURN {call}")


def test_every_function_can_be_called_with_nulls(checked: Checked) -> None:
    for name, function in FUNCTIONS.items():
        for count in range(len(function.arguments) - function.optional, len(function.arguments) + 1):
            if (name, count) != ("date", 0):
                assert checked(f"RETURN {SPELLING.get(name, name)}({', '.join(['null'] * count)}) AS x")


def test_spellings_are_those_of_functions() -> None:
    assert set(SPELLING) <= set(FUNCTIONS)


# --- types ------------------------------------------------------------------------------------------


def test_join_keeps_what_all_have_in_common() -> None:
    a, b = Type("node", names=frozenset("A")), Type("node", names=frozenset("B"))
    assert join([a, b]) == Type("node", names=frozenset("AB"))
    assert join([a, Type("node")]) == Type("node")
    assert join([INT, NULL, FLOAT]) == NUMBER
    assert join([list_of(INT), list_of(STR)]) == list_of(ANY)
    assert join([INT, STR]) == ANY
    assert join([]) == NULL


def test_types_of_values() -> None:
    assert of_value([1, None, 2.5]) == list_of(NUMBER)
    assert of_value([]) == list_of(ANY)
    assert str(of_value([["a"]])) == "list of list of string"
