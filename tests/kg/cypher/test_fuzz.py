"""Whatever goes in, a tree or one of two errors comes out; and a tree reads as it was written."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgllm.errors import QueryRefusedError, QuerySyntaxError
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.emit.text import text_of
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.operators import LEVELS
from kgllm.kg.cypher.parse.parser import parse

VALID = [
    "MATCH (a:Person {name: 'x'})-[r:KNOWS|LIKES*1..3]->(b) WHERE a.age > $min AND NOT (a)-->(b) RETURN a, r",
    "OPTIONAL MATCH p = shortestPath((a)-[*..3]-(b)) WITH p, count(*) AS n LIMIT 3 WHERE n > 1 RETURN p",
    "UNWIND [1, 2.5, 'x', null, true] AS x RETURN DISTINCT x, -x ^ 2 AS y SKIP 1 UNION ALL RETURN 1, 2 AS y",
    "RETURN [x IN range(1, 3) WHERE x % 2 = 1 | x * 2], reduce(a = 0, x IN [1] | a + x), n {.a, .*, b: 1}",
    "RETURN CASE x WHEN 1 THEN 'a' ELSE 'b' END, EXISTS { MATCH (n:A&!B) WHERE n.x IS NOT NULL }",
    "RETURN all(x IN xs WHERE x STARTS WITH 'a' OR x =~ '.*'), xs[0], xs[1..], $`p q`, `a``b` // end",
    "WITH 1 AS x ORDER BY x DESC RETURN [(a)--(b) WHERE a:A | b.x], COUNT { (a)<-[:R]-() }, x IS NULL",
]
FRAGMENTS = [
    *"()[]{}<>-+*/%^=.,:;|&!$`'\"\\\n\t\0",
    *(" MATCH ", " WHERE ", " RETURN ", " CREATE ", " DELETE ", " CALL ", " UNION ", " NOT ", " IN "),
    *(" CASE ", "..", "->", "<-", "--", "/*", "*/", "//", "\\u0041", "é", "\ud800", "\u202e"),
    *("1e9", "0x", "9" * 30, "a"),
]


def parsed_or_refused(text: str) -> ast.Query | None:
    try:
        query = parse(text)
    except (QuerySyntaxError, QueryRefusedError):
        return None
    written = text_of(query)
    assert text_of(parse(written)) == written
    return query


@settings(max_examples=400)
@given(st.text(max_size=60))
@example("RETURN 1;")
def test_any_text(text: str) -> None:
    parsed_or_refused(text)


@settings(max_examples=400)
@given(st.lists(st.sampled_from([*FRAGMENTS, *" ".join(VALID).split()]), max_size=25).map(" ".join))
def test_any_heap_of_words(text: str) -> None:
    parsed_or_refused(text)


damage = st.tuples(st.floats(0, 1), st.integers(0, 4), st.sampled_from(FRAGMENTS))


@settings(max_examples=400)
@given(st.sampled_from(VALID), st.lists(damage, min_size=1, max_size=4))
def test_damaged_queries(text: str, damages: list[tuple[float, int, str]]) -> None:
    assert parsed_or_refused(text)
    for place, removed, added in damages:
        at = int(place * len(text))
        text = text[:at] + added + text[at + removed :]
    parsed_or_refused(text)


def test_all_prefixes_and_all_texts_without_one_character() -> None:
    corpus = (Path(__file__).parent / "hostile.txt").read_text(encoding="utf-8").splitlines()
    hostile = [json.loads(line.split(maxsplit=2)[2]) for line in corpus if line and not line.startswith("#")]
    for text in VALID + hostile[::7]:
        for at in range(min(len(text), 120)):
            parsed_or_refused(text[:at])
            parsed_or_refused(text[:at] + text[at + 1 :])


# --- random trees ---------------------------------------------------------------------------------

names = st.one_of(
    st.sampled_from(["a", "n", "x", "order", "match", "a b", "a`b", "`", "é", "*", "IN", "where", "1", "😀"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=4).filter(
        lambda s: "\\" not in s
    ),
)
variables = names.map(ast.Variable)
literals = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
).map(ast.Literal)


def labels() -> st.SearchStrategy[ast.LabelExpression]:
    simple = st.one_of(names.map(ast.LabelName), st.just(ast.LabelAny()))
    return st.recursive(
        simple,
        lambda part: st.one_of(
            part.map(ast.LabelNot),
            st.lists(part, min_size=2, max_size=3).map(lambda parts: ast.LabelAnd(tuple(parts))),
            st.lists(part, min_size=2, max_size=3).map(lambda parts: ast.LabelOr(tuple(parts))),
        ),
        max_leaves=4,
    )


Expressions = st.SearchStrategy[ast.Expression]


def paths(part: Expressions, least: int = 0) -> st.SearchStrategy[ast.PathPattern]:
    properties = st.one_of(st.none(), maps(part), names.map(ast.Parameter))
    where = st.one_of(st.none(), part)
    nodes = st.builds(ast.NodePattern, st.none() | names, st.none() | labels(), properties, where)
    lengths = st.tuples(st.integers(0, 3), st.none() | st.integers(0, 9))
    types = st.lists(names, max_size=2).map(tuple)
    directions = st.sampled_from(["in", "out", "both"])
    relationships = st.one_of(
        st.builds(ast.RelPattern, st.none() | names, types, directions, lengths, properties),
        st.builds(ast.RelPattern, st.none() | names, types, directions, st.none(), properties, where),
    )
    sizes = st.integers(least, 2)
    return sizes.flatmap(
        lambda n: st.builds(
            ast.PathPattern,
            st.tuples(*[nodes] * (n + 1)),
            st.tuples(*[relationships] * n),
            st.none() | names,
            st.sampled_from([None, "one", "all"]) if n == 1 and not least else st.none(),
        )
    )


def maps(part: Expressions) -> st.SearchStrategy[ast.MapLiteral]:
    return st.lists(st.tuples(names, part), max_size=2).map(lambda items: ast.MapLiteral(tuple(items)))


def some(part: st.SearchStrategy[object], least: int = 0) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(part, min_size=least, max_size=2 + least).map(tuple)


def larger(part: Expressions) -> Expressions:
    maybe = st.none() | part
    comparisons = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    binary = st.sampled_from(sorted(LEVELS.keys() - {"=", "<>", "<", "<=", ">", ">="}))
    projected = st.one_of(
        st.just(("*", None)), st.tuples(names.filter("*".__ne__), st.none()), st.tuples(names, part)
    )
    return st.one_of(
        st.builds(ast.Property, part, names),
        st.builds(ast.Index, part, part),
        st.builds(ast.Slice, part, part, maybe),
        st.builds(ast.Slice, part, st.none(), part),
        some(part).map(ast.ListLiteral),
        maps(part),
        st.builds(ast.MapProjection, variables, some(projected)),
        st.builds(ast.Unary, st.sampled_from(["NOT", "-", "+"]), part),
        st.builds(ast.Binary, binary, part, part),
        st.builds(ast.Binary, binary, part, part),
        st.builds(ast.Comparison, part, some(st.tuples(comparisons, part), 1)),
        st.builds(ast.IsNull, part, st.booleans()),
        st.builds(ast.HasLabels, part, labels()),
        st.builds(ast.Call, st.sampled_from(["size", "apoc.x.y", "a b"]), some(part), st.booleans()),
        st.just(ast.CountStar()),
        st.builds(ast.Case, maybe, some(st.tuples(part, part), 1), maybe),
        st.builds(ast.ListComprehension, names, part, maybe, maybe),
        st.builds(ast.PatternComprehension, paths(part, 1), maybe, part),
        st.builds(ast.Quantifier, st.sampled_from(["all", "any", "none", "single"]), names, part, part),
        st.builds(ast.Reduce, names, part, names, part, part),
        st.builds(ast.Exists, some(paths(part), 1), maybe),
        st.builds(ast.Count, some(paths(part), 1), maybe),
    )


expressions = st.recursive(st.one_of(literals, variables, names.map(ast.Parameter)), larger, max_leaves=6)
maybe_expression = st.none() | expressions


@st.composite
def projections(draw: st.DrawFn) -> ast.Projection:
    star = draw(st.booleans())
    items = draw(some(st.builds(ast.Item, expressions, names), 0 if star else 1))
    order = draw(some(st.builds(ast.SortKey, expressions, st.booleans())))
    skip, limit = draw(maybe_expression), draw(maybe_expression)
    return ast.Projection(items, star, draw(st.booleans()), order, skip, limit)  # type: ignore[arg-type]


clauses = st.one_of(
    st.builds(ast.Match, some(paths(expressions), 1), maybe_expression, st.booleans()),
    st.builds(ast.Unwind, expressions, names),
    st.builds(ast.With, projections(), maybe_expression),
)
single_queries = st.builds(
    lambda before, last: ast.SingleQuery((*before, ast.Return(last))), some(clauses), projections()
)


@st.composite
def queries(draw: st.DrawFn) -> ast.Query:
    parts = tuple(draw(st.lists(single_queries, min_size=1, max_size=2)))
    return ast.Query(parts, (draw(st.booleans()),) * (len(parts) - 1))


@settings(max_examples=150, deadline=None)
@given(expressions)
@example(ast.ListLiteral((ast.Binary("IN", ast.Variable("a"), ast.Variable("b")),)))
@example(ast.Binary("-", ast.HasLabels(ast.Variable("a"), ast.LabelName("B")), ast.ListLiteral(())))
@example(ast.Unary("-", ast.Literal(1)))
@example(ast.Property(ast.Literal(-1), "a"))
def test_expressions_read_as_they_were_written(tree: ast.Expression) -> None:
    projection = ast.Projection((ast.Item(tree, "x"),))
    query = ast.Query((ast.SingleQuery((ast.Return(projection),)),))
    assert parse(text_of(query)) == query


@settings(max_examples=40, deadline=None)
@given(queries())
def test_queries_read_as_they_were_written(query: ast.Query) -> None:
    assert parse(text_of(query)) == query


def test_names_that_would_be_decoded_cannot_be_written() -> None:
    with pytest.raises(QueryRefusedError) as caught:
        text_of(ast.Variable("a\\u0060) DETACH DELETE n //"))
    assert caught.value.reason == "unicode-escape-outside-string"


# --- work -----------------------------------------------------------------------------------------


def calls(work: Callable[[], object]) -> int:
    """How many functions ``work`` calls: a measure of time that does not depend on the machine."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    outer = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(outer)
    return count


@pytest.mark.parametrize(
    "unit",
    [
        "a.b.c + f(x), ",
        "[x IN xs WHERE x:A | x], [x IN xs, 1], ",
        "[(a)-[:R]->(b) | b], (a)-->(b), (a) - (b), ((a)), ",
        "EXISTS { MATCH (a) WHERE (a)--(b) }, ",
        "[[[[[[[[[[1]]]]]]]]]], ((((((((((1)))))))))), ",
        "n {.a, .*}, {a: {b: {c: 1}}}, CASE WHEN a THEN b END, ",
        "/* x */ 'string' // y\n, ",
    ],
)
def test_work_grows_with_the_text(unit: str) -> None:
    limits = Limits(characters=1_000_000)
    few, many = (f"RETURN {unit * times} 1" for times in (50, 200))
    ratio = calls(lambda: parse(many, limits)) / calls(lambda: parse(few, limits))
    assert ratio < 4.4
