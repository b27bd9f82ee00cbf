"""The label ``Entity`` in the patterns of a query for Neo4j."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from typing import TypeVar

from ...model import ENTITY
from .. import ast
from ..walk import names, rewrite, walk

Tree = TypeVar("Tree")
Subquery = ast.Exists | ast.Count | ast.PatternComprehension


def entities(query: ast.Query) -> ast.Query:
    """``query`` with ``:Entity`` on the node patterns that need it.

    These are the patterns that bind a variable, that stand alone or beside relationships of which there may
    be none (``*0..``), or that look for properties. The others, like the end of ``(a)-->()``, are left as
    they are: only entities have relationships, and Neo4j counts those without looking at the ends.
    """
    return replace(query, parts=tuple(map(_single, query.parts)))


def _single(query: ast.SingleQuery) -> ast.SingleQuery:
    known: set[str] = set()
    clauses: list[ast.Clause] = []
    for clause in query.clauses:
        if isinstance(clause, ast.Match):
            patterns = _patterns(clause.patterns, known)
            known |= names(clause.patterns)
            clauses.append(replace(clause, patterns=patterns, where=_below(clause.where, known)))
            continue
        clauses.append(_below(clause, known))
        if isinstance(clause, ast.Unwind):
            known.add(clause.variable)
        elif isinstance(clause, ast.With):
            known = {item.name for item in clause.projection.items}
    return ast.SingleQuery(tuple(clauses))


def _below(node: Tree, known: Set[str]) -> Tree:
    """``node`` with the subqueries and comprehensions in it labelled, where ``known`` is bound outside."""

    def change(part: object) -> object | None:
        if not isinstance(part, Subquery):
            return None
        if isinstance(part, ast.PatternComprehension):
            inner = known | names(part.pattern)
            (pattern,) = _patterns((part.pattern,), known)
            where, projection = _below(part.where, inner), _below(part.projection, inner)
            return ast.PatternComprehension(pattern, where, projection)
        inner = known | names(part.patterns)
        return replace(part, patterns=_patterns(part.patterns, known), where=_below(part.where, inner))

    return rewrite(node, change)


def _patterns(patterns: Iterable[ast.PathPattern], known: Set[str]) -> tuple[ast.PathPattern, ...]:
    bound = set(known)
    labelled = []
    for pattern in patterns:
        nodes = []
        lone = all(part.length is not None and part.length[0] == 0 for part in pattern.relationships)
        for node in pattern.nodes:
            needed = lone or node.properties is not None
            new = needed if node.variable is None else node.variable not in bound
            nodes.append(_node(node, new))
            bound |= {node.variable} if node.variable else set()
        inner = bound | names(pattern)
        path = replace(pattern, nodes=tuple(_below(node, inner) for node in nodes))
        labelled.append(replace(path, relationships=_below(path.relationships, inner)))
    return tuple(labelled)


def _node(node: ast.NodePattern, new: bool) -> ast.NodePattern:
    """``node`` with ``Entity``, if it is new, and with ``%``, which would count that label, in its WHERE."""
    labels, where = node.labels, node.where
    if labels is not None and any(isinstance(part, ast.LabelAny) for part in walk(labels)):
        variable = node.variable or f"_any{node.at}"
        node = replace(node, variable=variable)
        condition = ast.HasLabels(ast.Variable(variable, "node"), labels)
        where = condition if where is None else ast.Binary("AND", condition, where)
        labels = None
    if new:
        entity = ast.LabelName(ENTITY)
        labels = entity if labels is None else ast.LabelAnd((entity, labels))
    return replace(node, labels=labels, where=where)
