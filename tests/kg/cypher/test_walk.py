"""Going through trees and rebuilding them."""

from __future__ import annotations

from kgllm.kg.cypher import ast
from kgllm.kg.cypher.emit.text import text_of
from kgllm.kg.cypher.parse.parser import parse
from kgllm.kg.cypher.walk import children, names, rewrite, variables, walk

QUERY = parse(
    "MATCH p = (a:A {x: u})-[r]->(b) WHERE EXISTS { (b)-->(c) } RETURN [y IN a.l | y + 1] AS l, {k: b} AS m"
)


def test_walk_meets_parents_first_and_goes_from_left_to_right() -> None:
    sum_ = parse("RETURN 1 + 2 * 3").parts[0].clauses[0].projection.items[0].expression
    met = [n.operator if isinstance(n, ast.Binary) else n.value for n in walk(sum_)]
    assert met == ["+", 1, "*", 2, 3]


def test_children_of_tuples_and_of_values() -> None:
    one, two = ast.Literal(1), ast.Literal(2)
    assert list(children((one, (two,), "x"))) == [one, two]
    assert list(children("x")) == []
    assert list(children(one)) == []


def test_names_that_are_read_and_bound() -> None:
    assert variables(QUERY) == {"u", "a", "y", "b"}
    assert names(QUERY) == {"u", "a", "y", "b", "p", "r", "c"}
    assert names(QUERY.parts[0].clauses[0].patterns) == {"p", "a", "u", "r", "b"}


def test_rewrite_replaces_and_shares_the_rest() -> None:
    def rename(node: object) -> object | None:
        return ast.Variable("z") if node == ast.Variable("b") else None

    new = rewrite(QUERY, rename)
    assert text_of(new).endswith("RETURN [`y` IN `a`.`l` | `y` + 1] AS `l`, {`k`: `z`} AS `m`")
    assert new.parts[0].clauses[0] is QUERY.parts[0].clauses[0]
    assert rewrite(QUERY, lambda _: None) is QUERY


def test_what_was_put_in_is_left_alone() -> None:
    def wrap(node: object) -> object | None:
        return ast.ListLiteral((node,)) if isinstance(node, ast.Literal) else None

    assert rewrite(ast.Literal(1), wrap) == ast.ListLiteral((ast.Literal(1),))
    assert rewrite((ast.Literal(1), "x"), wrap) == (ast.ListLiteral((ast.Literal(1),)), "x")
