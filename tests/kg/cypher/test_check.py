"""What the check gives back: kinds, types, columns; and queries whose variables or columns are wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kgllm.errors import QuerySyntaxError
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.emit.text import text_of
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.walk import walk

Checked = Callable[..., ast.Query]
Problem = Callable[..., str]

LENIENT = Limits(known_names=False)


def last(query: ast.Query) -> ast.Projection:
    clause = query.parts[-1].clauses[-1]
    assert isinstance(clause, ast.Return)
    return clause.projection


# --- what comes back --------------------------------------------------------------------------------


def test_variables_get_their_kind(checked: Checked) -> None:
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
def test_properties_get_their_type(expression: str, type: str | None, checked: Checked) -> None:
    query = checked(f"MATCH p = (a:Person)-[r:ACTED_IN]->(b) RETURN {expression} AS x")
    found = [n.type for n in walk(last(query)) if isinstance(n, ast.Property)]
    assert found == [type]


def test_star_becomes_the_variables_by_name(checked: Checked) -> None:
    query = checked("MATCH (b:Film)<-[r]-(a) WITH *, 1 AS one RETURN *")
    items = last(query).items
    assert [item.name for item in items] == ["a", "b", "one", "r"]
    assert not last(query).star
    assert all(item.aliased for item in items)


def test_columns_keep_the_text_they_were_written_as(checked: Checked) -> None:
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
def test_order_by_names_the_columns_of_merged_rows(written: str, means: str, checked: Checked) -> None:
    (key,) = last(checked(f"MATCH (a:Person) {written}")).order
    assert text_of(key) == means


def test_where_of_with_names_the_columns_of_merged_rows(checked: Checked) -> None:
    query = checked("MATCH (a:Person)-->(f) WITH a.name AS n, count(f) AS c WHERE count(f) > 1 RETURN n")
    clause = query.parts[0].clauses[1]
    assert isinstance(clause, ast.With)
    assert text_of(clause.where or ast.Literal(None)) == "`c` > 1"


def test_skip_and_limit_become_numbers(checked: Checked) -> None:
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
def test_good_queries_pass(text: str, checked: Checked) -> None:
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
def test_scopes_and_columns(text: str, said: str, problem: Problem) -> None:
    assert said in problem(text, LENIENT)


def test_the_error_knows_where_the_variable_stands(checked: Checked) -> None:
    text = "MATCH (a)\nRETURN foo"
    with pytest.raises(QuerySyntaxError) as caught:
        checked(text)
    assert caught.value.at == text.index("foo")
