"""Expressions that look into the graph: EXISTS, COUNT and pattern comprehensions."""

from __future__ import annotations

from .. import ast
from .context import Context, Evaluate
from .expressions import compiled, compiles
from .plan import Matcher


@compiles(ast.Exists)
def _exists(node: ast.Exists, context: Context) -> Evaluate:
    matches = Matcher(node.patterns, node.where, context)
    return lambda row: next(matches(row), None) is not None


@compiles(ast.Count)
def _count(node: ast.Count, context: Context) -> Evaluate:
    matches = Matcher(node.patterns, node.where, context)
    return lambda row: sum(1 for _ in matches(row))


@compiles(ast.PatternComprehension)
def _comprehension(node: ast.PatternComprehension, context: Context) -> Evaluate:
    matches = Matcher((node.pattern,), node.where, context)
    value = compiled(node.projection, context)
    return lambda row: [value(found) for found in matches(row)]
