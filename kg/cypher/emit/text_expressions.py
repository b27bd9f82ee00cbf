"""Expressions and labels written as portable Cypher; patterns and clauses are in :mod:`~.text`."""

from __future__ import annotations

import re

from .. import ast
from ..operators import COMPARISON, LEVELS, NOT, POSTFIX, PREDICATE, UNARY, level_of
from ..refusals import refused
from .literals import literal

__all__ = ["METHODS", "ExpressionWriter", "Node"]

Node = (
    ast.Expression
    | ast.LabelExpression
    | ast.NodePattern
    | ast.RelPattern
    | ast.PathPattern
    | ast.Clause
    | ast.Item
    | ast.SortKey
    | ast.Projection
    | ast.SingleQuery
    | ast.Query
)

METHODS: dict[type, str] = {
    ast.Literal: "literal",
    ast.Parameter: "parameter",
    ast.Variable: "variable",
    ast.Property: "property",
    ast.Index: "index",
    ast.Slice: "slice",
    ast.ListLiteral: "list_literal",
    ast.MapLiteral: "map_literal",
    ast.MapProjection: "map_projection",
    ast.Unary: "unary",
    ast.Binary: "binary",
    ast.Comparison: "comparison",
    ast.IsNull: "is_null",
    ast.HasLabels: "has_labels",
    ast.Call: "call",
    ast.CountStar: "count_star",
    ast.Case: "case",
    ast.ListComprehension: "list_comprehension",
    ast.PatternComprehension: "pattern_comprehension",
    ast.Quantifier: "quantifier",
    ast.Reduce: "reduce",
    ast.Exists: "exists",
    ast.Count: "count",
    ast.LabelName: "label_name",
    ast.LabelAnd: "label_and",
    ast.LabelOr: "label_or",
    ast.LabelNot: "label_not",
    ast.LabelAny: "label_any",
    ast.NodePattern: "node",
    ast.RelPattern: "relationship",
    ast.PathPattern: "path",
    ast.Match: "match",
    ast.Unwind: "unwind",
    ast.With: "with_",
    ast.Return: "return_",
    ast.Item: "item",
    ast.SortKey: "sort_key",
    ast.Projection: "projection",
    ast.SingleQuery: "single_query",
    ast.Query: "query",
}

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+")


class ExpressionWriter:
    """Writes what stands in an expression; stateless, so that one instance serves many queries."""

    def write(self, node: Node) -> str:
        """The text of ``node``, by its method in :data:`METHODS`."""
        text: str = getattr(self, METHODS[type(node)])(node)
        return text

    def operand(self, node: ast.Expression, level: int) -> str:
        """The text of ``node``, in parentheses unless it binds at least as tightly as ``level``."""
        text = self.write(node)
        return text if level_of(node) >= level else f"({text})"

    def name(self, name: str) -> str:
        """``name`` as a quoted identifier.

        Raises:
            QueryRefusedError: it holds a unicode escape, which Neo4j would decode before it reads the quotes.
        """
        if "\\u" in name.lower():
            raise refused("unicode-escape-outside-string", name, 0, name)
        return "`" + name.replace("`", "``") + "`"

    def where(self, condition: ast.Expression | None) -> str:
        """`` WHERE …``, or nothing."""
        if condition is None:
            return ""
        text = self.write(condition)
        # (WHERE {…}) would be a variable of that name with properties
        return f" WHERE ({text})" if text[0] == "{" else f" WHERE {text}"

    def joined(self, nodes: tuple[Node, ...]) -> str:
        """The texts of ``nodes`` between commas."""
        return ", ".join(self.write(node) for node in nodes)

    # --- values and names ---

    def literal(self, node: ast.Literal) -> str:
        return literal(node.value)

    def parameter(self, node: ast.Parameter) -> str:
        return "$" + (node.name if PLAIN.fullmatch(node.name) else self.name(node.name))

    def variable(self, node: ast.Variable) -> str:
        return self.name(node.name)

    def property(self, node: ast.Property) -> str:
        return f"{self.operand(node.subject, POSTFIX)}.{self.name(node.key)}"

    # --- lists and maps ---

    def index(self, node: ast.Index) -> str:
        return f"{self.operand(node.subject, POSTFIX)}[{self.write(node.index)}]"

    def slice(self, node: ast.Slice) -> str:
        start = self.write(node.start) if node.start else ""
        stop = self.write(node.stop) if node.stop else ""
        return f"{self.operand(node.subject, POSTFIX)}[{start}..{stop}]"

    def list_literal(self, node: ast.ListLiteral) -> str:
        if len(node.items) == 1:
            return f"[{self.operand(node.items[0], POSTFIX)}]"  # [a IN b] would be a comprehension
        return f"[{self.joined(node.items)}]"

    def map_literal(self, node: ast.MapLiteral) -> str:
        return "{" + ", ".join(f"{self.name(key)}: {self.write(value)}" for key, value in node.items) + "}"

    def map_projection(self, node: ast.MapProjection) -> str:
        return f"{self.write(node.subject)} {{{', '.join(self._projected(*item) for item in node.items)}}}"

    def _projected(self, key: str, value: ast.Expression | None) -> str:
        if value is not None:
            return f"{self.name(key)}: {self.write(value)}"
        return ".*" if key == "*" else f".{self.name(key)}"

    # --- operators ---

    def unary(self, node: ast.Unary) -> str:
        if node.operator == "NOT":
            return f"NOT {self.operand(node.operand, NOT)}"
        text = self.operand(node.operand, UNARY)
        # -1 is one literal, -(1) is an operator and its operand
        return f"{node.operator}({text})" if text[0] in "0123456789" else f"{node.operator}{text}"

    def binary(self, node: ast.Binary) -> str:
        level = LEVELS[node.operator]
        # Neo4j reads a - b - c, but not a IN b IN c
        left = self.operand(node.left, level + (level == PREDICATE))
        right = self.operand(node.right, level + 1)
        return f"{left} {node.operator} {_no_arrow(node.operator, right)}"

    def comparison(self, node: ast.Comparison) -> str:
        links = ((operator, self.operand(operand, COMPARISON + 1)) for operator, operand in node.rest)
        rest = "".join(f" {operator} {_no_arrow(operator, operand)}" for operator, operand in links)
        return self.operand(node.first, COMPARISON + 1) + rest

    def is_null(self, node: ast.IsNull) -> str:
        return f"{self.operand(node.operand, PREDICATE + 1)} IS {'NOT ' if node.negated else ''}NULL"

    # --- labels ---

    def has_labels(self, node: ast.HasLabels) -> str:
        labels = self.label_operand(node.labels)  # a bare | might end a comprehension's WHERE
        return f"{self.operand(node.subject, POSTFIX)}:{labels}"

    def label_name(self, node: ast.LabelName) -> str:
        return self.name(node.name)

    def label_and(self, node: ast.LabelAnd) -> str:
        return "&".join(self.label_operand(part) for part in node.parts)

    def label_or(self, node: ast.LabelOr) -> str:
        return "|".join(self.label_operand(part) for part in node.parts)

    def label_not(self, node: ast.LabelNot) -> str:
        return f"!{self.label_operand(node.part)}"

    def label_any(self, _node: ast.LabelAny) -> str:
        return "%"

    def label_operand(self, node: ast.LabelExpression) -> str:
        text = self.write(node)
        return f"({text})" if isinstance(node, ast.LabelAnd | ast.LabelOr) else text

    # --- functions ---

    def call(self, node: ast.Call) -> str:
        name = ".".join(part if PLAIN.fullmatch(part) else self.name(part) for part in node.name.split("."))
        return f"{name}({'DISTINCT ' if node.distinct else ''}{self.joined(node.arguments)})"

    def count_star(self, _node: ast.CountStar) -> str:
        return "count(*)"

    def case(self, node: ast.Case) -> str:
        subject = f" {self.write(node.subject)}" if node.subject else ""
        whens = "".join(f" WHEN {self.write(when)} THEN {self.write(then)}" for when, then in node.whens)
        otherwise = f" ELSE {self.write(node.otherwise)}" if node.otherwise else ""
        return f"CASE{subject}{whens}{otherwise} END"

    def list_comprehension(self, node: ast.ListComprehension) -> str:
        projection = f" | {self.write(node.projection)}" if node.projection else ""
        return (
            f"[{self.name(node.variable)} IN {self.write(node.source)}{self.where(node.where)}{projection}]"
        )

    def pattern_comprehension(self, node: ast.PatternComprehension) -> str:
        return f"[{self.write(node.pattern)}{self.where(node.where)} | {self.write(node.projection)}]"

    def quantifier(self, node: ast.Quantifier) -> str:
        return f"{node.kind}({self.name(node.variable)} IN {self.write(node.source)}{self.where(node.where)})"

    def reduce(self, node: ast.Reduce) -> str:
        start = f"{self.name(node.accumulator)} = {self.write(node.initial)}"
        source = f"{self.name(node.variable)} IN {self.write(node.source)}"
        return f"reduce({start}, {source} | {self.write(node.body)})"

    def exists(self, node: ast.Exists) -> str:
        return f"EXISTS {{ MATCH {self.joined(node.patterns)}{self.where(node.where)} }}"

    def count(self, node: ast.Count) -> str:
        return f"COUNT {{ MATCH {self.joined(node.patterns)}{self.where(node.where)} }}"


def _no_arrow(operator: str, right: str) -> str:
    """``right`` in parentheses where ``(a) - [b]`` or ``(a) < -b`` would read as the start of a pattern."""
    return f"({right})" if operator in {"-", "<"} and right[0] in "-[" else right
