"""Nodes, relationships, paths and label expressions, against hand-made trees."""

from __future__ import annotations

import pytest

from kgllm.kg.cypher import ast
from kgllm.kg.cypher.ast import LabelAnd, LabelName, LabelNot, LabelOr, Literal, Variable
from kgllm.kg.cypher.emit.text import text_of
from kgllm.kg.cypher.parse.parser import parse

CONDITION = Variable("a")
PROPERTIES = ast.MapLiteral((("a", Literal(1)),))
A, B = LabelName("A"), LabelName("B")


def pattern(text: str) -> ast.PathPattern:
    match = parse(f"MATCH {text} RETURN 1").parts[0].clauses[0]
    assert isinstance(match, ast.Match)
    return match.patterns[0]


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("()", ast.NodePattern()),
        ("(n)", ast.NodePattern("n")),
        ("(:A)", ast.NodePattern(labels=A)),
        (
            "(n:Order:`a b`)",
            ast.NodePattern("n", LabelAnd((LabelName("Order"), LabelName("a b")))),
        ),
        ("(n:A|B)", ast.NodePattern("n", LabelOr((A, B)))),
        (
            "(n:A&!B)",
            ast.NodePattern("n", LabelAnd((A, LabelNot(B)))),
        ),
        (
            "(n:!(A|B)&%)",
            ast.NodePattern(
                "n",
                LabelAnd((LabelNot(LabelOr((A, B))), ast.LabelAny())),
            ),
        ),
        ("(n IS A)", ast.NodePattern("n", A)),
        ("(IS A)", ast.NodePattern(None, A)),
        ("(is)", ast.NodePattern("is")),
        ("(where:A)", ast.NodePattern("where", A)),
        ("(match {a: 1})", ast.NodePattern("match", None, PROPERTIES)),
        ("(n $p)", ast.NodePattern("n", None, ast.Parameter("p"))),
        ("(n WHERE a)", ast.NodePattern("n", where=CONDITION)),
        ("(WHERE a)", ast.NodePattern(where=CONDITION)),
        ("(n:A {a: 1} WHERE a)", ast.NodePattern("n", A, PROPERTIES, CONDITION)),
    ],
)
def test_nodes(text: str, node: ast.NodePattern) -> None:
    assert pattern(text) == ast.PathPattern((node,))
    assert pattern(text_of(node)) == ast.PathPattern((node,))


@pytest.mark.parametrize(
    ("text", "relationship"),
    [
        ("-->", ast.RelPattern(direction="out")),
        ("<--", ast.RelPattern(direction="in")),
        ("--", ast.RelPattern()),
        ("<-->", ast.RelPattern()),
        ("- [ ] - >", ast.RelPattern(direction="out")),
        ("<-[r]-", ast.RelPattern("r", direction="in")),
        ("<-[r]->", ast.RelPattern("r")),
        ("-[:A]-", ast.RelPattern(types=("A",))),
        ("-[r:A|B]-", ast.RelPattern("r", ("A", "B"))),
        ("-[r:A|:B|C]-", ast.RelPattern("r", ("A", "B", "C"))),
        ("-[r IS A]-", ast.RelPattern("r", ("A",))),
        ("-[:%]-", ast.RelPattern()),
        ("-[*]-", ast.RelPattern(length=(1, None))),
        ("-[*2]-", ast.RelPattern(length=(2, 2))),
        ("-[*0..3]-", ast.RelPattern(length=(0, 3))),
        ("-[*..3]-", ast.RelPattern(length=(1, 3))),
        ("-[*2..]-", ast.RelPattern(length=(2, None))),
        ("-[*..]-", ast.RelPattern(length=(1, None))),
        (
            "-[r:A*1..2 {a: 1}]-",
            ast.RelPattern("r", ("A",), length=(1, 2), properties=PROPERTIES),
        ),
        ("-[r $p]-", ast.RelPattern("r", properties=ast.Parameter("p"))),
        ("-[r WHERE a]-", ast.RelPattern("r", where=CONDITION)),
    ],
)
def test_relationships(text: str, relationship: ast.RelPattern) -> None:
    assert pattern(f"(){text}()").relationships == (relationship,)
    assert pattern(f"(){text_of(relationship)}()").relationships == (relationship,)


def test_paths() -> None:
    path = pattern("p = (a)-->()<--(b)")
    assert path.variable == "p"
    assert [node.variable for node in path.nodes] == ["a", None, "b"]
    assert [rel.direction for rel in path.relationships] == ["out", "in"]
    assert pattern("p = shortestPath((a)-[*..3]-(b))").shortest == "one"
    assert pattern("ALLSHORTESTPATHS((a)-[*..3]-(b))").shortest == "all"
    assert pattern("any = (a)").variable == "any"
