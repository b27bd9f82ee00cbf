"""Patterns in a plain form: all parts have names; labels and property maps are conditions, as in WHERE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from .. import ast


def named(pattern: ast.PathPattern, hidden: Iterator[str]) -> ast.PathPattern:
    """``pattern`` with a name from ``hidden`` for each node and relationship that has none."""
    nodes = tuple(replace(node, variable=node.variable or next(hidden)) for node in pattern.nodes)
    edges = tuple(replace(edge, variable=edge.variable or next(hidden)) for edge in pattern.relationships)
    return replace(pattern, nodes=nodes, relationships=edges)


def variables(pattern: ast.PathPattern) -> list[str]:
    """The names that ``pattern`` binds."""
    parts = [node.variable for node in pattern.nodes] + [edge.variable for edge in pattern.relationships]
    return [name for name in (*parts, pattern.variable) if name]


def conjuncts(expression: ast.Expression | None) -> list[ast.Expression]:
    """The parts of a predicate that AND joins; each must be true for the whole to be."""
    if expression is None:
        return []
    if isinstance(expression, ast.Binary) and expression.operator == "AND":
        return conjuncts(expression.left) + conjuncts(expression.right)
    return [expression]


def conditions(pattern: ast.PathPattern, parameters: Mapping[str, object]) -> list[ast.Expression]:
    """What the pattern asks of its nodes and its single relationships."""
    found: list[ast.Expression] = []
    for node in pattern.nodes:
        if node.labels is not None:
            found.append(ast.HasLabels(ast.Variable(node.variable or ""), node.labels))
        found += own_conditions(node, parameters)
    for relationship in pattern.relationships:
        if relationship.length is None and pattern.shortest is None:
            found += own_conditions(relationship, parameters)
    return found


def own_conditions(
    part: ast.NodePattern | ast.RelPattern, parameters: Mapping[str, object]
) -> list[ast.Expression]:
    """The property map and the inline WHERE of a node or of one relationship."""
    subject = ast.Variable(part.variable or "")
    items: list[tuple[str, ast.Expression]] = []
    if isinstance(part.properties, ast.MapLiteral):
        items = list(part.properties.items)
    elif isinstance(part.properties, ast.Parameter):
        given = parameters[part.properties.name]
        keys = given if isinstance(given, dict) else {}
        items = [(key, ast.Index(part.properties, ast.Literal(key))) for key in keys]
    equalities = [ast.Comparison(ast.Property(subject, key), (("=", value),)) for key, value in items]
    return [*equalities, *conjuncts(part.where)]
