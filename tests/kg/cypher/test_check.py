"""The check: what a query may mean on a small graph of films."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kgllm.errors import QueryRefusedError, QuerySyntaxError, SchemaError
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.check import check
from kgllm.kg.cypher.functions import FUNCTIONS, SPELLING
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.parser import parse
from kgllm.kg.cypher.text import text_of
from kgllm.kg.cypher.types import ANY, FLOAT, INT, NULL, NUMBER, STR, Type, join, list_of, of_value
from kgllm.kg.cypher.walk import walk
from kgllm.kg.store import LabelInfo, SchemaInfo

PERSON, FILM = ("Person",), ("Film",)
SCHEMA = SchemaInfo(
    labels={
        "Person": LabelInfo(3, {"name": "str", "born": "date", "height": "float"}),
        "Film": LabelInfo(2, {"title": "str", "year": "int", "tags": "list"}),
        "Studio": LabelInfo(1, {"name": "str"}),
    },
    relations={
        "ACTED_IN": LabelInfo(4, {"roles": "list", "minutes": "int"}, PERSON, FILM),
        "DIRECTED": LabelInfo(2, {}, PERSON, FILM),
        "KNOWS": LabelInfo(2, {"since": "date"}, PERSON, PERSON),
    },
    nodes=6,
    edges=8,
)
LENIENT = Limits(known_names=False)


def checked(text: str, limits: Limits | None = None, **parameters: object) -> ast.Query:
    return check(parse(text), SCHEMA, parameters, limits)


def problem(text: str, limits: Limits | None = None, **parameters: object) -> str:
    with pytest.raises(QuerySyntaxError) as caught:
        checked(text, limits, **parameters)
    return str(caught.value)


def last(query: ast.Query) -> ast.Projection:
    clause = query.parts[-1].clauses[-1]
    assert isinstance(clause, ast.Return)
    return clause.projection


# --- what comes back --------------------------------------------------------------------------------


def test_variables_get_their_kind() -> None:
    query = checked(
        "MATCH p = (a:Person)-[r:ACTED_IN]->(b)-[many:KNOWS*0..2]-(c) WITH a, r, p, many, collect(b) AS films"
        " UNWIND films AS film RETURN a, r, p, many, films, film, a.name AS name"
    )
    kinds = {n.name: n.kind for n in walk(last(query)) if isinstance(n, ast.Variable)}
    assert kinds == {
        "a": "node",
        "r": "edge",
        "p": "path",
        "many": "edges",
        "films": "nodes",
        "film": "node",
    }


@pytest.mark.parametrize(
    ("expression", "type"),
    [
        ("a.name", "str"),
        ("a.born", "date"),
        ("r.minutes", "int"),
        ("b.tags", "list"),
        ("a.id", "str"),
        ("startNode(r).height", "float"),
        ("nodes(p)[0].name", "str"),
        ("head([x IN nodes(p) | x]).name", "str"),
        ("coalesce(a, b).name", "str"),
        ("{name: 1}.name", None),
    ],
)
def test_properties_get_their_type(expression: str, type: str | None) -> None:
    query = checked(f"MATCH p = (a:Person)-[r:ACTED_IN]->(b) RETURN {expression} AS x")
    found = [n.type for n in walk(last(query)) if isinstance(n, ast.Property)]
    assert found == [type]


def test_star_becomes_the_variables_by_name() -> None:
    query = checked("MATCH (b:Film)<-[r]-(a) WITH *, 1 AS one RETURN *")
    items = last(query).items
    assert [item.name for item in items] == ["a", "b", "one", "r"]
    assert not last(query).star
    assert all(item.aliased for item in items)


def test_columns_keep_the_text_they_were_written_as() -> None:
    (item,) = last(checked("MATCH (a:Person) RETURN a . name")).items
    assert item == ast.Item(ast.Property(ast.Variable("a"), "name"), "a . name", aliased=True)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("RETURN DISTINCT a.name ORDER BY a.name", "`a.name`"),
        ("RETURN a.name AS n, count(*) AS c ORDER BY a.name", "`n`"),
        ("RETURN a.name AS n, count(*) AS c ORDER BY 2 * count(*) DESC", "2 * `c` DESC"),
        ("RETURN a AS b, count(*) AS c ORDER BY a.name", "`b`.`name`"),
        ("RETURN a.name AS n ORDER BY a.name", "`a`.`name`"),
        ("RETURN a.name AS n ORDER BY n", "`n`"),
        ("WITH a.name AS n, a.born AS b RETURN DISTINCT b AS n, n AS b ORDER BY n", "`n`"),
        ("RETURN DISTINCT a.height = 1 AS x, a.height = 1.0 AS y ORDER BY a.height = 1.0", "`y`"),
    ],
)
def test_order_by_names_the_columns_of_merged_rows(written: str, means: str) -> None:
    (key,) = last(checked(f"MATCH (a:Person) {written}")).order
    assert text_of(key) == means


def test_where_of_with_names_the_columns_of_merged_rows() -> None:
    query = checked("MATCH (a:Person)-->(f) WITH a.name AS n, count(f) AS c WHERE count(f) > 1 RETURN n")
    clause = query.parts[0].clauses[1]
    assert isinstance(clause, ast.With)
    assert text_of(clause.where or ast.Literal(None)) == "`c` > 1"


def test_skip_and_limit_become_numbers() -> None:
    projection = last(checked("MATCH (n) RETURN n SKIP $from LIMIT $most", **{"from": 2, "most": 10}))
    assert (projection.skip, projection.limit) == (ast.Literal(2), ast.Literal(10))


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (a:Person) WITH a.name AS n WHERE a.height > 1 RETURN n",
        "MATCH (a:Person) WITH a ORDER BY a.name LIMIT 1 MATCH (a)-[:KNOWS]-(b) RETURN b",
        "MATCH (a:Person)-[r:KNOWS]->(b) MATCH (b)-[r]-(c) RETURN c",
        "MATCH (a)-[r1]->(b)-[r2]->(c) WITH [r1, r2] AS rs, a, c MATCH (a)-[rs*1..2]->(c) RETURN a",
        "MATCH (a:Person) WHERE (a)-[:KNOWS]->() XOR NOT (a)-[:DIRECTED]->(:Film) RETURN a",
        "MATCH (a:Person) WHERE CASE WHEN (a)-[:KNOWS]->() THEN true ELSE false END RETURN a",
        "MATCH (a:Person) RETURN exists((a)-[:KNOWS]->()) AS e, EXISTS { (a)-[:KNOWS]->(b) } AS f",
        "MATCH (a:Person) RETURN COUNT { (a)-[:KNOWS]->(b:Person) WHERE b.name = a.name } AS n",
        "MATCH (a:Person) RETURN [(a)-[r:ACTED_IN]->(f) WHERE r.minutes > 1 | f.title] AS titles",
        "MATCH (a:Person) RETURN [x IN collect(a) | x.name] AS names, size(collect(a)) > 1 AS many",
        "MATCH (a:Person) RETURN a.name, a.name + toString(count(*)) AS both",
        "MATCH (a:Person) RETURN a, a.name + toString(count(*)) AS both",
        "MATCH (a:Person) RETURN a.born.year AS y, count(*) AS c ORDER BY y",
        "MATCH (a:Person) WHERE a.born < date('1980-01-01') RETURN a {.name, .*, n: 1} AS m",
        "MATCH (a:Person), (b:Film {title: a.name}) RETURN a, b",
        "OPTIONAL MATCH (a:Person) WITH coalesce(a, null) AS a MATCH (a)-[:KNOWS]-() RETURN a",
        "UNWIND $ids AS id MATCH (n {id: id}) RETURN n",
        "UNWIND [1, 2] AS x RETURN reduce(s = '', y IN [x] | s + y) AS s, all(y IN [x] WHERE y > 0) AS b",
        "WITH 1 AS x RETURN x UNION ALL RETURN 2 AS x",
        "MATCH (n:Person|Film) RETURN n.name, n.title",
        "MATCH (n:Person&!Film) WHERE n:Studio OR n:Entity RETURN n['name'] AS name, keys(n) AS keys",
        "RETURN 1 + 'a' AS s, [1] + 2 AS l, 7 % 2 AS m, -2 ^ 2 AS p, null AND true AS b",
        "MATCH (f:Film) WHERE 'new' IN f.tags AND f.title =~ 'A.*' AND f.year IS NOT NULL RETURN f",
    ],
)
def test_good_queries_pass(text: str) -> None:
    assert checked(text, ids=["a"])


# --- scopes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("MATCH (movie) RETURN movei", "variable movei is not defined; did you mean movie?"),
        ("MATCH (a) RETURN foo", "in scope: a"),
        ("MATCH () RETURN foo", "in scope: no variables"),
        ("MATCH (a) WITH a.name AS n RETURN a", "variable a is not defined"),
        ("MATCH (a) RETURN DISTINCT a.name ORDER BY a.id", "variable a is not defined"),
        ("MATCH (a)-->(b) RETURN count(b) AS c ORDER BY a.name", "variable a is not defined"),
        ("MATCH (a) WITH DISTINCT a.name AS n WHERE a.id = 'x' RETURN n", "variable a is not defined"),
        ("MATCH (a) WHERE (a)-->(b) RETURN a", "variable b is not defined"),
        ("MATCH (a) WHERE (a)-[r]->() RETURN a", "variable r is not defined"),
        ("MATCH (a) WHERE EXISTS { (a)-->(b) } RETURN b", "variable b is not defined"),
        ("RETURN [x IN [1] | x] AS l, x", "variable x is not defined"),
        ("MATCH () RETURN *", "RETURN * has no variables"),
        ("MATCH (a) UNWIND [1] AS a RETURN a", "variable a is bound already"),
        ("MATCH (a) MATCH a = ()-->() RETURN a", "a is bound already"),
        ("MATCH (a) RETURN 1 AS x, 2 AS x", "two columns are called x"),
        ("MATCH (a) WITH a.name RETURN 1 AS x", "a.name needs a name in WITH: a.name AS …"),
        ("RETURN 1 AS a UNION RETURN 2 AS b", "return a and b; give them the same columns"),
        ("MATCH (a) RETURN a SKIP a.n", "SKIP needs a number or a parameter"),
        ("RETURN 1 AS a LIMIT -1", "LIMIT cannot be negative; found -1"),
        ("RETURN 1 AS a LIMIT 1.5", "LIMIT needs an integer, not a float"),
        ("RETURN 1 AS a LIMIT 'x'", "LIMIT needs an integer, not a string"),
    ],
)
def test_scopes_and_columns(text: str, said: str) -> None:
    assert said in problem(text, LENIENT)


def test_the_error_knows_where_the_variable_stands() -> None:
    text = "MATCH (a)\nRETURN foo"
    with pytest.raises(QuerySyntaxError) as caught:
        checked(text)
    assert caught.value.at == text.index("foo")


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
def test_kinds_and_types(text: str, said: str) -> None:
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
def test_aggregations(text: str, said: str) -> None:
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
def test_functions_outside_the_subset(call: str, reason: str, said: str) -> None:
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
def test_numbers_of_arguments(call: str, takes: str) -> None:
    assert takes in problem(f"RETURN {call}")


def test_every_function_can_be_called_with_nulls() -> None:
    for name, function in FUNCTIONS.items():
        for count in range(len(function.arguments) - function.optional, len(function.arguments) + 1):
            if (name, count) != ("date", 0):
                assert checked(f"RETURN {SPELLING.get(name, name)}({', '.join(['null'] * count)}) AS x")


def test_spellings_are_those_of_functions() -> None:
    assert set(SPELLING) <= set(FUNCTIONS)


# --- parameters -------------------------------------------------------------------------------------


def test_a_missing_parameter_is_named() -> None:
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
def test_parameters_of_other_types(value: object, said: str) -> None:
    assert said in problem("RETURN 1", x=value)


def test_parameters_nested_too_deeply() -> None:
    value: object = 1
    for _ in range(100):
        value = [value]
    assert "nested too deeply" in problem("RETURN 1", x=value)


@pytest.mark.parametrize("value", [None, True, -(2**63), 1.5, "é", date(2020, 1, 1), [1, "a"], {"a": [None]}])
def test_parameters_of_allowed_types(value: object) -> None:
    assert checked("RETURN $x AS x", x=value)


def test_types_of_parameters_are_known() -> None:
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
def test_unknown_names(text: str, said: str, suggested: tuple[str, ...]) -> None:
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
def test_edges_that_never_occur(pattern: str, said: str) -> None:
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
def test_edges_that_may_occur(pattern: str) -> None:
    assert checked(f"MATCH {pattern} RETURN 1")


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
