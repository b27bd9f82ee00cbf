"""The gate: text in, a query that a store may run out."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import QueryRefusedError, QuerySyntaxError, SchemaError
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.emit.neo4j import to_neo4j
from kgllm.kg.cypher.emit.text import text_of
from kgllm.kg.cypher.gate import Gate, prepare
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.schema import LabelInfo, SchemaInfo

SCHEMA = SchemaInfo(
    {"Person": LabelInfo(2, {"name": "str", "age": "int"})},
    {"KNOWS": LabelInfo(1, {}, ("Person",), ("Person",))},
    2,
    1,
)


def test_literals_become_parameters() -> None:
    read = prepare(
        "MATCH (p:Person {name: 'Ann'})-[:KNOWS*1..2]->(q) WHERE q.age > 3 + 1.0 AND q.name <> $other"
        " RETURN q.name, q.age % 3 = 0 AS third, true AS yes, null AS no SKIP 3 LIMIT 7",
        SCHEMA,
        {"other": "Bob", "unused": 1},
        Limits(rows=100, seconds=5),
    )
    assert text_of(read.query) == (
        "MATCH (`p`:`Person` {`name`: $_0})-[:`KNOWS`*1..2]->(`q`) WHERE `q`.`age` > $_1 + $_2 AND"
        " `q`.`name` <> $other RETURN `q`.`name` AS `q.name`, `q`.`age` % $_1 = $_3 AS `third`,"
        " true AS `yes`, null AS `no` SKIP 3 LIMIT 7"
    )
    assert read.parameters == {"other": "Bob", "_0": "Ann", "_1": 3, "_2": 1.0, "_3": 0}
    assert read.columns == ("q.name", "third", "yes", "no")
    assert (read.rows, read.seconds) == (100, 5)


def test_equal_expressions_stay_equal() -> None:
    read = prepare("MATCH (p:Person) RETURN p.age + 1 AS a, count(*) AS c ORDER BY p.age + 1", SCHEMA)
    assert text_of(read.query).endswith(
        "RETURN `p`.`age` + $_0 AS `a`, count(*) AS `c` ORDER BY `a` LIMIT 1001"
    )


def test_numbers_of_other_types_are_other_parameters() -> None:
    read = prepare("RETURN 1 AS i, 1.0 AS f, '1' AS s, 0.0 AS z, -0.0 AS m", SCHEMA)
    assert sorted(map(repr, read.parameters.values())) == sorted(["1", "1.0", "'1'", "0.0", "-0.0"])


def test_names_of_the_caller_are_left_alone() -> None:
    read = prepare("RETURN 'a' AS a, $_0 AS b, 'c' AS c", SCHEMA, {"_0": "mine"})
    assert read.parameters == {"_0": "mine", "_1": "a", "_2": "c"}


def test_parameters_keep_their_values() -> None:
    given = {"ids": ["a", "b"], "day": date(2020, 1, 2), "nothing": None}
    read = prepare("UNWIND $ids AS id RETURN id, $day AS day, $nothing AS nothing", SCHEMA, given)
    assert read.parameters == given


def test_errors_tell_line_and_column() -> None:
    with pytest.raises(QuerySyntaxError, match=r"^line 2, column 8: variable x is not defined") as caught:
        prepare("MATCH (p:Person)\nRETURN x", SCHEMA)
    assert caught.value.at == 24


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("MATCH (p:Person RETURN p", QuerySyntaxError),
        ("CREATE (p:Person)", QueryRefusedError),
        ("MATCH (p:Person)-[*]->() RETURN p", QueryRefusedError),
        ("MATCH (p) RETURN id(p)", QueryRefusedError),
        ("MATCH (p:Persn) RETURN p", SchemaError),
        ("RETURN $x", QuerySyntaxError),
    ],
)
def test_every_stage_may_refuse(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        prepare(text, SCHEMA)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), st.integers(-(2**63), 2**63 - 1))
def test_values_never_change_the_text(word: str, number: int) -> None:
    def read(word: str, number: int) -> str:
        literals = {"word": text_of(ast.Literal(word)), "number": text_of(ast.Literal(number))}
        text = "MATCH (p:Person) WHERE p.name = {word} AND p.age > {number} RETURN p".format(**literals)
        prepared = prepare(text, SCHEMA)
        assert prepared.parameters == {"_0": word, "_1": number}
        return to_neo4j(prepared).text

    assert read(word, number) == read("x", 5)


def test_a_gate_remembers_the_query_but_not_its_values() -> None:
    gate = Gate(SCHEMA)
    text = "MATCH (p:Person {name: $name}) WHERE p.name <> 'x' RETURN p LIMIT 3"
    first, second = (gate.prepare(text, {"name": name}) for name in ("Ann", "Bob"))
    assert first.query is second.query
    assert (first.parameters, second.parameters) == (
        {"name": "Ann", "_0": "x"},
        {"name": "Bob", "_0": "x"},
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("MATCH (p:Person) RETURN p LIMIT $x", [1, 2]),
        ("RETURN $x AS x", [1, True, 1.0, "1", None, [1], ["1"], {"a": 1}]),
        ("UNWIND range(0, $x) AS i RETURN i", [1, 10]),
    ],
)
def test_a_gate_that_has_seen_other_values_prepares_as_a_new_one(text: str, values: list[object]) -> None:
    gate = Gate(SCHEMA)
    for value in values * 2:
        assert gate.prepare(text, {"x": value}) == prepare(text, SCHEMA, {"x": value})  # type: ignore[dict-item]


def test_a_gate_that_has_let_a_query_pass_still_refuses_it_over_another_limit() -> None:
    gate = Gate(SCHEMA)
    gate.prepare("UNWIND range(0, $x) AS i RETURN i", {"x": 10})
    with pytest.raises(QueryRefusedError, match="elements"):
        gate.prepare("UNWIND range(0, $x) AS i RETURN i", {"x": 10**6})
    with pytest.raises(QueryRefusedError, match="elements"):
        gate.prepare("UNWIND range(0, $x) AS i RETURN i", {"x": 10}, Limits(range=5))
    with pytest.raises(QuerySyntaxError):
        gate.prepare("UNWIND range(0, $x) AS i RETURN i", {"x": "10"})
