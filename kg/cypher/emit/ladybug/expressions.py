"""Expressions as ladybug text of known type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ... import ast
from . import patterns
from .aggregates import AGGREGATES, aggregate
from .columns import Column
from .conditions import conjuncts, label_test, where
from .context import Context, Scope
from .functions import FUNCTIONS, at
from .operators import BINARY, compared, negated
from .typed import SCALARS, NotEmittable, Typed, combined, item_type, list_of, need

__all__ = ["Expressions", "written"]

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DATE_PARTS = ("year", "month", "day")


class Expressions:
    """Writes expressions in one scope."""

    def __init__(self, context: Context, scope: Scope) -> None:
        self.context = context
        self.scope = scope

    def write(self, node: ast.Expression) -> Typed:
        """The text and type of ``node``.

        Raises:
            NotEmittable: the engine has nothing that means the same.
        """
        method = _METHODS.get(type(node))
        if method is None:
            raise NotEmittable(type(node).__name__)
        written: Typed = getattr(self, method)(node)
        return written

    # --- values and names ---

    def literal(self, node: ast.Literal) -> Typed:
        return self.context.constant(node.value)

    def parameter(self, node: ast.Parameter) -> Typed:
        return self.context.constant(self.context.given[node.name])

    def variable(self, node: ast.Variable) -> Typed:
        value = self.scope.get(node.name)
        if value.type == "lost":
            raise NotEmittable("a path that OPTIONAL MATCH may not have found")
        return self._present(value, value)

    def _present(self, value: Typed, variable: Typed) -> Typed:
        if value.nullable and variable.text in self.scope.outer:
            raise NotEmittable("a value from outside that may be null")
        return value

    def property(self, node: ast.Property) -> Typed:
        subject = self.write(node.subject)
        if subject.type == "date" and node.key in _DATE_PARTS:
            return combined(f"date_part('{node.key}', {subject.text})", "int", subject)
        return self.property_of(need(subject, ("node", "edge"), "property"), node.key)

    def property_of(self, subject: Typed, key: str) -> Typed:
        """Property ``key`` of a node or an edge."""
        column = self.context.column(subject.type, key)
        if column is None:
            raise NotEmittable(f"property {key}, which no {subject.type} has")
        type_ = "[str]" if column.type == "list" else column.type
        nullable = subject.nullable or column.name != "id"
        return self._present(Typed(f"{subject.text}.{column.name}", type_, nullable=nullable), subject)

    # --- operators ---

    def unary(self, node: ast.Unary) -> Typed:
        operand = self.write(node.operand)
        if node.operator == "NOT":
            need(operand, ("bool",), "NOT")
            return combined(f"(NOT {operand.text})", "bool", operand)
        return need(operand, ("int", "float"), "plus") if node.operator == "+" else negated(operand)

    def binary(self, node: ast.Binary) -> Typed:
        return BINARY[node.operator](self.context, self.write(node.left), self.write(node.right))

    def comparison(self, node: ast.Comparison) -> Typed:
        operands = [self.write(node.first), *(self.write(operand) for _, operand in node.rest)]
        links = [
            compared(self.context, operator, left, right)
            for (operator, _), left, right in zip(node.rest, operands, operands[1:], strict=False)
        ]
        if len(links) == 1:
            return links[0]
        return combined(f"({' AND '.join(link.text for link in links)})", "bool", *links)

    def is_null(self, node: ast.IsNull) -> Typed:
        operand = self.write(node.operand)
        if operand.type in ("null", "path", "edges", "map"):
            raise NotEmittable(f"IS NULL of {operand.type}")
        text = f"({operand.text} IS {'NOT ' if node.negated else ''}NULL)"
        return combined(text, "bool", operand, nullable=False)

    def has_labels(self, node: ast.HasLabels) -> Typed:
        subject = need(self.write(node.subject), ("node", "edge"), "label test")
        return combined(label_test(subject, node.labels), "bool", subject)

    def case(self, node: ast.Case) -> Typed:
        subject = self.write(node.subject) if node.subject else None
        whens = [self._when(subject, when) for when, _ in node.whens]
        thens = [self.write(then) for _, then in node.whens]
        otherwise = self.write(node.otherwise) if node.otherwise else self.context.constant(None)
        results = [value for value in (*thens, otherwise) if value.type != "null"]
        if not results or any(value.type != results[0].type for value in results):
            raise NotEmittable("CASE of several types")
        type_ = need(results[0], SCALARS, "CASE").type
        pairs = zip(whens, thens, strict=True)
        branches = "".join(f" WHEN {when.text} THEN {then.text}" for when, then in pairs)
        last = "" if otherwise.type == "null" else f" ELSE {otherwise.text}"
        return combined(
            f"(CASE{branches}{last} END)",
            type_,
            *whens,
            *thens,
            otherwise,
            nullable=len(results) <= len(thens) or any(value.nullable for value in results),
            finite=all(value.finite for value in results),
        )

    def _when(self, subject: Typed | None, when: ast.Expression) -> Typed:
        value = self.write(when)
        if subject is None:
            return need(value, ("bool",), "WHEN")
        return compared(self.context, "=", subject, value)  # a CASE of the engine would find null = null

    # --- lists and maps ---

    def list_literal(self, node: ast.ListLiteral) -> Typed:
        items = [self.write(item) for item in node.items]
        if items and all(item.constant is not None for item in items):
            return self.context.constant([item.constant for item in items])
        if not items or any(item.type != items[0].type for item in items):
            raise NotEmittable("a list that is empty or of several types")
        type_ = list_of(need(items[0], SCALARS, "list").type)
        text = f"[{', '.join(item.text for item in items)}]"
        holes = any(item.nullable for item in items)
        return combined(text, type_, *items, nullable=False, holes=holes)

    def index(self, node: ast.Index) -> Typed:
        return at(self.write(node.subject), self._position(node.index))

    def slice(self, node: ast.Slice) -> Typed:
        subject = self.write(node.subject)
        start = self._position(node.start) if node.start else 0
        stop = self._position(node.stop) if node.stop else 2**31
        if item_type(subject.type) not in SCALARS or stop <= start:
            raise NotEmittable(f"slice of {subject.type}")
        text = f"list_slice({subject.text}, {start + 1}, {stop})"
        return combined(text, subject.type, subject, holes=subject.holes)

    def _position(self, node: ast.Expression) -> int:
        position = self.write(node)
        if position.type != "int" or position.constant is None or position.constant < 0:
            raise NotEmittable("a position that is no constant from 0 up")
        return int(position.constant)

    def list_comprehension(self, node: ast.ListComprehension) -> Typed:
        """``[x IN nodes(p) | x.key]`` and ``[x IN relationships(p) | type(x)]``; no other."""
        source = self.write(node.source)
        kind = {"[node]": "node", "[edge]": "edge"}.get(source.type)
        if kind is None or node.where is not None:
            raise NotEmittable("list comprehension")
        column = self._column_of_items(kind, ast.Variable(node.variable), node.projection)
        if column is None or column.type not in SCALARS:
            raise NotEmittable("list comprehension")
        text = f"properties({source.text}, '{column.name}')"
        return combined(text, list_of(column.type), source, holes=column.name not in ("id", "rel"))

    def _column_of_items(
        self, kind: str, variable: ast.Variable, projection: ast.Expression | None
    ) -> Column | None:
        match projection:
            case ast.Property(subject=subject, key=key) if subject == variable:
                return self.context.column(kind, key)
            case ast.Call(name="type", arguments=(argument,)) if argument == variable and kind == "edge":
                return Column("rel", "str")
        return None

    def map_literal(self, node: ast.MapLiteral) -> Typed:
        return self._map({key: self.write(value) for key, value in node.items})

    def map_projection(self, node: ast.MapProjection) -> Typed:
        subject = need(self.write(node.subject), ("node", "edge"), "map projection")
        if subject.nullable or any(key == "*" for key, _ in node.items):
            raise NotEmittable("map projection with .* or of what may be null")
        return self._map(
            {key: self.write(value) if value else self.property_of(subject, key) for key, value in node.items}
        )

    def _map(self, items: Mapping[str, Typed]) -> Typed:
        distinct = len({key.lower() for key in items}) == len(items) > 0
        if not distinct or not all(map(_KEY.fullmatch, items)):
            raise NotEmittable("a map with keys that are no plain names")
        for value in items.values():
            need(value, (*SCALARS, "[str]", "[int]", "[float]"), "map")
        text = "{" + ", ".join(f"`{key}`: {value.text}" for key, value in items.items()) + "}"
        return combined(text, "map", *items.values(), nullable=False)

    # --- functions and subqueries ---

    def call(self, node: ast.Call) -> Typed:
        arguments = [self.write(argument) for argument in node.arguments]
        if node.name in AGGREGATES:
            if node.name == "collect" and self.scope.ordered:
                raise NotEmittable("collect of rows in order")
            return aggregate(node.name, arguments[0], node.distinct)
        if node.name not in FUNCTIONS:
            raise NotEmittable(f"function {node.name}")
        return FUNCTIONS[node.name](self.context, arguments)

    def count_star(self, _node: ast.CountStar) -> Typed:
        return Typed("count(*)", "int", nullable=False, aggregated=True, free=False)

    def exists(self, node: ast.Exists) -> Typed:
        text, _ = self._subquery(node, "exists")
        return Typed(f"EXISTS {{ {text} }}", "bool", nullable=False)

    def count(self, node: ast.Count) -> Typed:
        text, outer = self._subquery(node, "count")
        # Where nothing else of the outer node is read, the engine leaves out the nodes that count 0.
        return Typed(
            f"(CASE WHEN {outer}.id IS NULL THEN 0 ELSE COUNT {{ {text} }} END)", "int", nullable=False
        )

    def _subquery(self, node: ast.Exists | ast.Count, place: patterns.Place) -> tuple[str, str]:
        """The text of a subquery, and the node outside that it starts from."""
        found = patterns.matched(self.context, self.scope, ast.Match(node.patterns, node.where), place)
        ends = (end for pattern in node.patterns for end in pattern.nodes if end.variable in self.scope.names)
        outer = next(ends, None)
        if outer is None or outer.variable is None:
            raise NotEmittable("a subquery that starts from no node outside")
        conditions = written(self.context, found, node.where)
        text = f"MATCH {', '.join(found.texts)}{where(conditions, found.hops)}"
        return text, self.scope.get(outer.variable).text


def written(context: Context, found: patterns.Matched, where_: ast.Expression | None) -> list[str]:
    """What the patterns of a MATCH ask for and what its WHERE does, each condition for itself."""
    expressions = Expressions(context, replace(found.scope, outer=found.outer))
    texts = list(found.conditions)
    for subject, key, value in found.equalities:
        property_ = expressions.property_of(subject, key)
        texts.append(compared(context, "=", property_, expressions.write(value)).text)
    for condition in (*found.wheres, where_):
        parts = map(expressions.write, conjuncts(condition))
        texts.extend(need(part, ("bool",), "WHERE").text for part in parts)
    return texts


_METHODS: dict[type, str] = {
    ast.Literal: "literal",
    ast.Parameter: "parameter",
    ast.Variable: "variable",
    ast.Property: "property",
    ast.Unary: "unary",
    ast.Binary: "binary",
    ast.Comparison: "comparison",
    ast.IsNull: "is_null",
    ast.HasLabels: "has_labels",
    ast.Case: "case",
    ast.ListLiteral: "list_literal",
    ast.Index: "index",
    ast.Slice: "slice",
    ast.ListComprehension: "list_comprehension",
    ast.MapLiteral: "map_literal",
    ast.MapProjection: "map_projection",
    ast.Call: "call",
    ast.CountStar: "count_star",
    ast.Exists: "exists",
    ast.Count: "count",
}
