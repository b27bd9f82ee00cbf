"""Expressions and clauses: hand-made trees, precedence, and what is told apart by looking ahead."""

from __future__ import annotations

import math
from datetime import date

import pytest

from kgllm.kg.cypher import ast
from kgllm.kg.cypher.ast import Binary, Comparison, Literal, Unary, Variable
from kgllm.kg.cypher.emit.text import text_of
from kgllm.kg.cypher.parse.parser import parse

A, B, C, D = (Variable(name) for name in "abcd")
ONE, TWO = Literal(1), Literal(2)


def expression(text: str) -> ast.Expression:
    [part] = parse(f"RETURN {text} AS x").parts
    [clause] = part.clauses
    assert isinstance(clause, ast.Return)
    return clause.projection.items[0].expression


def compared(first: ast.Expression, operator: str, second: ast.Expression) -> Comparison:
    return Comparison(first, ((operator, second),))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a OR b XOR c AND NOT d", Binary("OR", A, Binary("XOR", B, Binary("AND", C, Unary("NOT", D))))),
        ("a AND b OR c AND d", Binary("OR", Binary("AND", A, B), Binary("AND", C, D))),
        ("NOT a = b", Unary("NOT", compared(A, "=", B))),
        ("NOT NOT a", Unary("NOT", Unary("NOT", A))),
        ("a = b AND c", Binary("AND", compared(A, "=", B), C)),
        ("a < b <= c", Comparison(A, (("<", B), ("<=", C)))),
        ("(a < b) = c", compared(compared(A, "<", B), "=", C)),
        ("a = b IN c", compared(A, "=", Binary("IN", B, C))),
        ("a + b IN c", Binary("IN", Binary("+", A, B), C)),
        ("a IN b + c", Binary("IN", A, Binary("+", B, C))),
        ("a IS NULL = b", compared(ast.IsNull(A, False), "=", B)),
        ("a + b IS NOT NULL", ast.IsNull(Binary("+", A, B), True)),
        ("a STARTS WITH b AND c", Binary("AND", Binary("STARTS WITH", A, B), C)),
        ("a ENDS WITH b + c", Binary("ENDS WITH", A, Binary("+", B, C))),
        ("a CONTAINS b", Binary("CONTAINS", A, B)),
        ("a =~ b", Binary("=~", A, B)),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("a + b * c", Binary("+", A, Binary("*", B, C))),
        ("a / b * c % d", Binary("%", Binary("*", Binary("/", A, B), C), D)),
        ("a * b ^ c", Binary("*", A, Binary("^", B, C))),
        ("a ^ b ^ c", Binary("^", Binary("^", A, B), C)),
        ("-a ^ b", Binary("^", Unary("-", A), B)),
        ("-2 ^ 2", Binary("^", Literal(-2), TWO)),
        ("a - -1", Binary("-", A, Literal(-1))),
        ("a -1", Binary("-", A, ONE)),
        ("- -1", Unary("-", Literal(-1))),
        ("+1", Unary("+", ONE)),
        ("-a.b", Unary("-", ast.Property(A, "b"))),
        ("-9223372036854775808", Literal(-(2**63))),
        ("a < -1", compared(A, "<", Literal(-1))),
        ("(a + b) * c", Binary("*", Binary("+", A, B), C)),
        ("a.b.c", ast.Property(ast.Property(A, "b"), "c")),
        ("a[1].b", ast.Property(ast.Index(A, ONE), "b")),
        ("a[1..2]", ast.Slice(A, ONE, TWO)),
        ("a[..2]", ast.Slice(A, None, TWO)),
        ("a[1..]", ast.Slice(A, ONE, None)),
        ("$p.x", ast.Property(ast.Parameter("p"), "x")),
        ("{a: 1}.a", ast.Property(ast.MapLiteral((("a", ONE),)), "a")),
        ("NOT a:B", Unary("NOT", ast.HasLabels(A, ast.LabelName("B")))),
    ],
)
def test_precedence(text: str, tree: ast.Expression) -> None:
    assert expression(text) == tree
    assert expression(text_of(tree)) == tree


X, XY = ast.LabelName("X"), ast.LabelOr((ast.LabelName("X"), ast.LabelName("Y")))
PATH = ast.PathPattern((ast.NodePattern("a"), ast.NodePattern("b")), (ast.RelPattern(direction="out"),))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("null", Literal(None)),
        ("TRUE", Literal(True)),
        ("inf", Literal(math.inf)),
        ("-Infinity", Unary("-", Literal(math.inf))),
        ("[]", ast.ListLiteral(())),
        ("[1, a]", ast.ListLiteral((ONE, A))),
        ("{}", ast.MapLiteral(())),
        ("{order: 1, `a b`: a}", ast.MapLiteral((("order", ONE), ("a b", A)))),
        ("count(*)", ast.CountStar()),
        ("COUNT(DISTINCT a)", ast.Call("count", (A,), distinct=True)),
        ("toUpper(a)", ast.Call("toupper", (A,))),
        ("pi()", ast.Call("pi", ())),
        ("apoc.text.join(a, b)", ast.Call("apoc.text.join", (A, B))),
        ("`toUpper`(a)", ast.Call("toupper", (A,))),
        ("\u212aelvin(a)", ast.Call("\u212aelvin", (A,))),  # the Kelvin sign is no k
        ("CASE WHEN a THEN 1 END", ast.Case(None, ((A, ONE),), None)),
        ("CASE a WHEN 1 THEN b WHEN 2 THEN c ELSE d END", ast.Case(A, ((ONE, B), (TWO, C)), D)),
        ("CASE -1 WHEN -1 THEN 1 END", ast.Case(Literal(-1), ((Literal(-1), ONE),), None)),
        ("a {.b, .*, c, d: 1}", ast.MapProjection(A, (("b", None), ("*", None), ("c", C), ("d", ONE)))),
        ("a {.`*`}", ast.MapProjection(A, (("*", ast.Property(A, "*")),))),
        ("[a IN b]", ast.ListComprehension("a", B, None, None)),
        ("[a IN b WHERE c]", ast.ListComprehension("a", B, C, None)),
        ("[a IN b | c]", ast.ListComprehension("a", B, None, C)),
        (
            "[a IN b WHERE a:X|Y | c]",
            ast.ListComprehension("a", B, ast.HasLabels(A, XY), C),
        ),
        (
            "[a IN b WHERE a:X | c:X|Y]",
            ast.ListComprehension("a", B, ast.HasLabels(A, X), ast.HasLabels(C, XY)),
        ),
        ("[a IN b WHERE a:X | c]", ast.ListComprehension("a", B, ast.HasLabels(A, X), C)),
        ("[a IN b, c]", ast.ListLiteral((Binary("IN", A, B), C))),
        (
            "[a IN [b IN c, d] | a]",
            ast.ListComprehension("a", ast.ListLiteral((Binary("IN", B, C), D)), None, A),
        ),
        ("[(a)-->(b) | b]", ast.PatternComprehension(PATH, None, B)),
        ("[(a)-->(b) WHERE c | b]", ast.PatternComprehension(PATH, C, B)),
        (
            "[p = (a)-->(b) | p]",
            ast.PatternComprehension(
                ast.PathPattern(PATH.nodes, PATH.relationships, "p"), None, Variable("p")
            ),
        ),
        ("[(a)-->(b)]", ast.ListLiteral((ast.Exists((PATH,)),))),
        ("[(a)-->(b), c]", ast.ListLiteral((ast.Exists((PATH,)), C))),
        ("[(a)-->(b) AND c]", ast.ListLiteral((Binary("AND", ast.Exists((PATH,)), C),))),
        ("[c AND (a)-->(b)]", ast.ListLiteral((Binary("AND", C, ast.Exists((PATH,))),))),
        ("any(a IN b WHERE c)", ast.Quantifier("any", "a", B, C)),
        ("NONE (a IN b WHERE c)", ast.Quantifier("none", "a", B, C)),
        ("all(a)", ast.Call("all", (A,))),
        ("reduce(a = 1, b IN c | a + b)", ast.Reduce("a", ONE, "b", C, Binary("+", A, B))),
        ("exists(a.b)", ast.IsNull(ast.Property(A, "b"), True)),
        ("exists(a['b'])", ast.IsNull(ast.Index(A, Literal("b")), True)),
        ("exists((a)-->(b))", ast.Exists((PATH,))),
        ("EXISTS { (a)-->(b) }", ast.Exists((PATH,))),
        ("EXISTS { MATCH (a)-->(b) WHERE c }", ast.Exists((PATH,), C)),
        ("count { (a)-->(b), (a)-->(b) }", ast.Count((PATH, PATH))),
        ("a:B:C", ast.HasLabels(A, ast.LabelAnd((ast.LabelName("B"), ast.LabelName("C"))))),
        ("a:B|C", ast.HasLabels(A, ast.LabelOr((ast.LabelName("B"), ast.LabelName("C"))))),
        ("a IS B", ast.HasLabels(A, ast.LabelName("B"))),
        ("a IS NULL", ast.IsNull(A, False)),
    ],
)
def test_values(text: str, tree: ast.Expression) -> None:
    assert expression(text) == tree
    assert expression(text_of(tree)) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("(a)-->(b)", ast.Exists((PATH,))),
        ("((a)-->(b))", ast.Exists((PATH,))),
        ("NOT (a)-->(b)", Unary("NOT", ast.Exists((PATH,)))),
        ("(a)-->(b) OR c", Binary("OR", ast.Exists((PATH,)), C)),
        ("(a) - b", Binary("-", A, B)),
        ("(a) - (b)", Binary("-", A, B)),
        ("(a)--b", Binary("-", A, Unary("-", B))),
        ("(a) - [b]", Binary("-", A, ast.ListLiteral((B,)))),
        ("(a) < -b", compared(A, "<", Unary("-", B))),
        ("(a) < - (b)", compared(A, "<", Unary("-", B))),
        ("(a.b)--(c)", Binary("-", ast.Property(A, "b"), Unary("-", C))),
        ("(1)--(2)", Binary("-", ONE, Unary("-", TWO))),
        ("(a) > b", compared(A, ">", B)),
    ],
)
def test_patterns_are_told_from_parentheses(text: str, tree: ast.Expression) -> None:
    assert expression(text) == tree


def test_constants() -> None:
    nan = expression("NaN")
    assert isinstance(nan, Literal)
    assert isinstance(nan.value, float)
    assert math.isnan(nan.value)
    assert [text_of(Literal(value)) for value in (math.nan, math.inf, -math.inf)] == [
        "NaN",
        "Infinity",
        "-Infinity",
    ]
    assert text_of(Literal(date(2024, 1, 31))) == "date('2024-01-31')"
    assert text_of(Literal("a'b\\c\n\x07😀\u200b")) == r"'a\'b\\c\n\u0007😀\u200b'"


def test_only_a_pattern_without_braces_is_bare() -> None:
    bare, braced = expression("(a)-->(b)"), expression("EXISTS { (a)-->(b) }")
    assert isinstance(bare, ast.Exists)
    assert isinstance(braced, ast.Exists)
    assert (bare.bare, braced.bare) == (True, False)


def test_clauses() -> None:
    query = parse(
        "MATCH (a), (b) WHERE a OPTIONAL MATCH (c) UNWIND [1] AS d "
        "WITH DISTINCT *, d AS e ORDER BY e DESC, a SKIP 1 LIMIT $n WHERE e "
        "RETURN e, count(*) AS c ORDER BY c ASCENDING OFFSET 2"
    )
    match, optional, unwind, with_, return_ = query.parts[0].clauses
    nodes = tuple(ast.PathPattern((ast.NodePattern(name),)) for name in "abc")
    assert match == ast.Match(nodes[:2], A)
    assert optional == ast.Match(nodes[2:], None, optional=True)
    assert unwind == ast.Unwind(ast.ListLiteral((ONE,)), "d")
    e, order = Variable("e"), (ast.SortKey(Variable("e"), True), ast.SortKey(A))
    projection = ast.Projection((ast.Item(D, "e"),), True, True, order, ONE, ast.Parameter("n"))
    assert with_ == ast.With(projection, e)
    items = (ast.Item(e, "e", aliased=False), ast.Item(ast.CountStar(), "c"))
    assert return_ == ast.Return(ast.Projection(items, order=(ast.SortKey(C),), skip=TWO))


def test_unions() -> None:
    assert parse("RETURN 1").all == ()
    assert parse("RETURN 1 UNION RETURN 2 UNION DISTINCT RETURN 3").all == (False, False)
    assert parse("RETURN 1 UNION ALL RETURN 2").all == (True,)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("n.name", "n.name"),
        ("n .  name", "n .  name"),
        ("COUNT( * )", "COUNT( * )"),
        ("1+ /* two */ 2 ", "1+ /* two */ 2"),
        ("`a b`", "a b"),
        ("'it\\'s'", "'it\\'s'"),
    ],
)
def test_columns_are_named_as_written(text: str, name: str) -> None:
    clause = parse(f"RETURN {text}, 0").parts[0].clauses[0]
    assert isinstance(clause, ast.Return)
    first = clause.projection.items[0]
    assert (first.name, first.aliased) == (name, False)


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (order:Order) RETURN order.total AS total ORDER BY order.total",
        "MATCH (n) RETURN n.set, n.delete, n.match, n.where, n.`create`",
        "MATCH (create:Create)-[delete:DELETE]->(set:Set {merge: 1}) RETURN create, delete, set",
        "MATCH (case:Case) RETURN case.id, case",
        "WITH 'CREATE (n)' AS call RETURN call AS load",
        "RETURN 'DROP TABLE x; // DELETE' AS s, \"/* SET */\" AS t",
        "WITH 1 AS limit, 2 AS skip, 3 AS desc RETURN limit ORDER BY desc SKIP 0 LIMIT 1",
        "MATCH (where:A)-->(match) RETURN where.x, match.y",
        "match (n) where n.x is not null return n",
        "MATCH (`match`) RETURN `match` // CREATE (n)",
        "MATCH (n) /* DELETE n */ RETURN n",
        "RETURN {create: 1, delete: 2, `set`: 3} AS m",
        "MATCH (count), (exists), (shortestPath) RETURN count.x, exists, shortestPath",
        "MATCH (all) WHERE all.x = 1 RETURN all",
        "UNWIND [1] AS end RETURN CASE WHEN end = 1 THEN end END AS x",
    ],
)
def test_keywords_are_names_where_a_name_is_due(text: str) -> None:
    written = text_of(parse(text))
    assert text_of(parse(written)) == written


def test_places() -> None:
    text = "MATCH (a:Person)-[r:KNOWS]->(b) WHERE a.age > $min RETURN toUpper(b.name) AS x, a.x + 1"
    match, return_ = parse(text).parts[0].clauses
    assert isinstance(match, ast.Match)
    assert isinstance(return_, ast.Return)
    path, where = match.patterns[0], match.where
    assert isinstance(where, Comparison)
    assert isinstance(where.first, ast.Property)
    assert isinstance(path.nodes[0].labels, ast.LabelName)
    call, plus = (item.expression for item in return_.projection.items)
    found = {
        "(a": path.nodes[0].at,
        "Person": path.nodes[0].labels.at,
        "-[r": path.relationships[0].at,
        "a.age": where.first.at,
        "$min": where.rest[0][1].at,  # type: ignore[union-attr]
        "toUpper": call.at,  # type: ignore[union-attr]
        "a.x": plus.at,  # type: ignore[union-attr]
    }
    assert {shown: text.index(shown) for shown in found} == found
