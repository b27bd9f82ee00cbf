"""What is wrong with a text: where, what was expected, and nesting that is refused in time."""

from __future__ import annotations

import pytest

from kgllm.errors import QueryRefusedError, QuerySyntaxError
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.parse.parser import parse

END = "found the end of the query, expected"
LAST = "expected the end of the query: RETURN is its last clause"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", (1, 1), f"{END} a clause: MATCH, OPTIONAL MATCH, UNWIND, WITH or RETURN"),
        ("MATCH (n)", (1, 10), f"{END} a clause"),
        ("MATCH (n)\nWHERE n.x >\nRETURN n", (3, 1), "found 'RETURN', expected an expression"),
        ("MATCH n RETURN n", (1, 7), "found 'n', expected a node such as (n:Label)"),
        ("MATCH (n:) RETURN n", (1, 10), "found ')', expected a label"),
        ("MATCH (n", (1, 9), f"{END} ')' at the end of a node"),
        ("MATCH ()-[:]-() RETURN 1", (1, 12), "found ']', expected a relationship type"),
        ("MATCH ()-[r-() RETURN 1", (1, 12), "found '-', expected ']' at the end of a relationship"),
        ("MATCH (a)-(b) RETURN a", (1, 11), "found '(', expected -"),
        ("MATCH (n:A:B|C) RETURN n", (1, 13), "found '|', expected one way to join labels"),
        ("RETURN [1, 2", (1, 13), f"{END} ',' or ']'"),
        ("RETURN 1 != 2", (1, 10), f"found '!=', {LAST}; write <>"),
        ("RETURN 1 x", (1, 10), f"found 'x', {LAST}"),
        ("RETURN 1 AS 2", (1, 13), "found '2', expected a name for the column"),
        ("RETURN a NOT IN b", (1, 10), f"found 'NOT', {LAST}; write NOT x IN list"),
        ("RETURN 1 == 1", (1, 11), "found '=', expected an expression; write one = to compare"),
        ("RETURN a GROUP BY a", (1, 10), f"found 'GROUP', {LAST}; items without aggregates are the groups"),
        ("SELECT 1", (1, 1), "found 'SELECT', expected a clause"),
        ("RETURN exists(1)", (1, 8), "exists() takes a property or a pattern; write n.name IS NOT NULL"),
        ("RETURN 9223372036854775808", (1, 8), "expected an integer of 64 bits"),
        ("RETURN 1 UNION RETURN 2 UNION ALL RETURN 3", (1, 35), "expected the same UNION throughout"),
        ("MATCH p = shortestPath((a)) RETURN p", (1, 27), "expected exactly one relationship"),
        ("RETURN 1 + NOT a", (1, 12), "found 'NOT', expected an expression"),
        (
            "MATCH ()-[r*1..2 WHERE r.x]-() RETURN r",
            (1, 18),
            "found 'WHERE', expected no WHERE on",
        ),
        ("RETURN a[..]", (1, 12), "found ']', expected an expression"),
        ("RETURN all(x IN xs)", (1, 19), "found ')', expected WHERE"),
        ("RETURN " + "a" * 50 + " b" + "c" * 50, (1, 59), f"found 'b{'c' * 29}', {LAST}"),
    ],
)
def test_messages_say_where_what_and_instead_of_what(text: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    shown = str(caught.value)
    assert shown.startswith(f"line {place[0]}, column {place[1]}: ")
    assert message in shown
    assert "\n" not in shown
    assert 0 <= caught.value.at <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "[" * 5000,
        "{" * 5000,
        "RETURN " + "(" * 5000,
        "RETURN " + "(" * 61 + "1" + ")" * 61,
        "MATCH " + "(a)-[" * 500,
        "RETURN " + "NOT " * 4000 + "a",
        "RETURN " + "- " * 4000 + "a",
        "RETURN " + "-" * 4000 + "1",
        "RETURN " + "f(" * 4000,
        "RETURN " + "CASE WHEN " * 1000,
        "RETURN " + "EXISTS { MATCH (a WHERE " * 500,
        "RETURN " + "a.b" + ".b" * 4000,
        "RETURN " + "a" + "[0]" * 2000,
        "RETURN 1" + " + 1" * 4000,
        "RETURN 1" + " OR 1" * 3000,
        "RETURN " + "((1)" + " + 1" * 31 + ")" + " + 1" * 31,
        "MATCH (n:" + "!" * 4000 + "A) RETURN n",
        "RETURN a" + " IS NULL" * 2000,
        "RETURN " + "a IN " * 2000 + "b",
        "RETURN " + "[a IN " * 2000,
        "RETURN " + "all(a IN b WHERE " * 1000,
    ],
)
def test_nesting_is_refused_before_the_interpreter_gives_up(text: str) -> None:
    with pytest.raises(QueryRefusedError) as caught:
        parse(text)
    assert caught.value.reason == "too-deep"


def test_depth_is_the_limit() -> None:
    flat = "RETURN 1" + " + 1" * 58
    assert parse(flat).parts
    with pytest.raises(QueryRefusedError):
        parse(flat, Limits(depth=20))
    with pytest.raises(QueryRefusedError, match="nested more deeply"):  # more than Python bears
        parse("RETURN " + "(" * 2000 + "1" + ")" * 2000, Limits(depth=10_000))
    wide = f"RETURN [{', '.join('1' * 4000)}] AS x, " + ", ".join("a = b" for _ in range(500))
    assert parse(wide, Limits(characters=50_000)).parts
