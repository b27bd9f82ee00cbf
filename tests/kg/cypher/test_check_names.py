"""Parameters, and names that the graph must have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from kgllm.errors import SchemaError
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.limits import Limits

Checked = Callable[..., ast.Query]
Problem = Callable[..., str]

LENIENT = Limits(known_names=False)


# --- parameters -------------------------------------------------------------------------------------


def test_a_missing_parameter_is_named(problem: Problem) -> None:
    assert "parameter $x has no value; given: $y" in problem("RETURN $x", y=1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({1, 2}, "$x is a set; expected null, a boolean"),
        (2**63, "$x does not fit 64 bits"),
        ([1, [object()]], "$x[1][0] is an object"),
        ({"a": {1: 2}}, "$x.a has the key 1; keys are strings"),
        ("\ud800", "half of a surrogate pair"),
        (datetime(2020, 1, 1), "$x is a datetime"),
        (b"x", "$x is a bytes"),
    ],
)
def test_parameters_of_other_types(value: object, said: str, problem: Problem) -> None:
    assert said in problem("RETURN 1", x=value)


def test_parameters_nested_too_deeply(problem: Problem) -> None:
    value: object = 1
    for _ in range(100):
        value = [value]
    assert "nested too deeply" in problem("RETURN 1", x=value)


@pytest.mark.parametrize("value", [None, True, -(2**63), 1.5, "é", date(2020, 1, 1), [1, "a"], {"a": [None]}])
def test_parameters_of_allowed_types(value: object, checked: Checked) -> None:
    assert checked("RETURN $x AS x", x=value)


def test_types_of_parameters_are_known(problem: Problem) -> None:
    assert "LIMIT cannot be negative" in problem("RETURN 1 LIMIT $x", x=-1)
    assert "needs a string, not a list" in problem("RETURN toUpper($x)", x=["a"])


# --- names of the schema ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said", "suggested"),
    [
        ("MATCH (n:Persn) RETURN n", "the graph has no label Persn", ("Person",)),
        ("MATCH (n) WHERE n:person RETURN n", "the graph has no label person", ("Person",)),
        ("MATCH (n:!Flim) RETURN n", "no label Flim", ("Film",)),
        ("MATCH ()-[:ACTS_IN]->() RETURN 1", "no relation type ACTS_IN", ("ACTED_IN",)),
        ("MATCH (n:Person) RETURN n.nme", "Person has no property nme", ("name",)),
        ("MATCH (n:Person) RETURN n.title", "Person has no property title; Film has it", ()),
        ("MATCH (n:Person) RETURN n.roles", "ACTED_IN has it", ()),
        ("MATCH (n) RETURN n.colour", "no node has a property colour", ()),
        ("MATCH ()-[r]-() RETURN r.title", "no relationship has a property title; Film has it", ()),
        ("MATCH (n:Person {titel: 1}) RETURN n", "Person has no property titel", ()),
        ("MATCH ()-[r:ACTED_IN {role: 1}]->() RETURN r", "ACTED_IN has no property role", ("roles",)),
        ("MATCH (n:Film) WITH n AS m RETURN collect(m)[0].yaer", "Film has no property yaer", ("year",)),
        ("MATCH (n:Film) RETURN n {.titel}", "no property titel", ("title",)),
        ("MATCH (n:Film) RETURN n['titel']", "no property titel", ("title",)),
        ("MATCH (n:Film) WHERE EXISTS { (n)<-[:DIRECTD]-() } RETURN n", "DIRECTD", ("DIRECTED",)),
    ],
)
def test_unknown_names(text: str, said: str, suggested: tuple[str, ...], checked: Checked) -> None:
    with pytest.raises(SchemaError) as caught:
        checked(text)
    assert said in str(caught.value)
    assert caught.value.suggestions == suggested
    assert checked(text, LENIENT)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(f:Film)-[:ACTED_IN]->(p:Person)", "ACTED_IN leads from Person to Film; turn the arrow round"),
        ("(f:Film)-[:DIRECTED]->()", "(:Film)-[:DIRECTED]->() never occurs"),
        ("(p:Person)<-[:DIRECTED]-(f)", "()-[:DIRECTED]->(:Person) never occurs"),
        ("(:Studio)-[:KNOWS]-(:Person)", "KNOWS leads from Person to Person"),
        ("(a:Film), (a)-[:KNOWS|ACTED_IN]->(b)", "(:Film)-[:ACTED_IN|KNOWS]->() never occurs"),
    ],
)
def test_edges_that_never_occur(pattern: str, said: str, checked: Checked) -> None:
    with pytest.raises(SchemaError, match=r"never occurs") as caught:
        checked(f"MATCH {pattern} RETURN 1")
    assert said in str(caught.value)
    assert checked(f"MATCH {pattern} RETURN 1", LENIENT)


@pytest.mark.parametrize(
    "pattern",
    [
        "(p:Person)-[:ACTED_IN]->(:Film)",
        "(f:Film)-[:ACTED_IN]-(p:Person)",
        "(f:Film)<-[:ACTED_IN|KNOWS]-(p)",
        "(p:Person|Film)-[:ACTED_IN]->(f)",
        "(s:!Person)-[:ACTED_IN]->(f)",
        "(s:Entity)-[:ACTED_IN]->(f)",
        "(f:Film)-[:KNOWS*0..2]->(p)",
        "(p)-[r]->(q)",
    ],
)
def test_edges_that_may_occur(pattern: str, checked: Checked) -> None:
    assert checked(f"MATCH {pattern} RETURN 1")
