"""The check of patterns: what they bind, which names they use, and whether such edges exist at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ....errors import QuerySyntaxError
from ...model import ENTITY
from .. import ast
from .scope import Scope
from .types import NODE, PATH, Type, a, list_of

if TYPE_CHECKING:
    from .expressions import Expressions

PathPatterns = tuple[ast.PathPattern, ...]


class Patterns:
    """Checks the patterns of MATCH, EXISTS, COUNT and pattern comprehensions."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.names = expressions.names

    def bind(self, patterns: PathPatterns, scope: Scope, new: bool = True) -> tuple[PathPatterns, Scope]:
        """Patterns with their annotations, and the scope in which what they bind can be seen.

        Args:
            patterns: those of one MATCH, so that no relationship stands in them twice.
            scope: what is bound before.
            new: whether they may bind variables; a pattern used as a condition may not.

        Raises:
            QuerySyntaxError: a variable is bound as something else, or may not be bound here.
            SchemaError: a label, relation type or property is unknown, or no edge fits.
        """
        if not new:
            for variable, at in _variables(patterns):
                scope.type_of(variable, at)
        edges: set[str] = set()
        for pattern in patterns:
            scope = self._declare(pattern, scope, edges)
        inner = scope.without_aggregates("in a pattern")
        return tuple(self._pattern(pattern, inner) for pattern in patterns), scope

    def labels(self, labels: ast.LabelExpression, subject: Type) -> None:
        """Check the names in a label expression about ``subject``."""
        match labels:
            case ast.LabelName(name=name):
                known = {"node": self.names.label, "edge": self.names.relation}
                known.get(subject.name, self.names.label_or_relation)(name)
            case ast.LabelAnd(parts=parts) | ast.LabelOr(parts=parts):
                for part in parts:
                    self.labels(part, subject)
            case ast.LabelNot(part=part):
                self.labels(part, subject)

    # --- what is bound ---

    def _declare(self, pattern: ast.PathPattern, scope: Scope, edges: set[str]) -> Scope:
        """``scope`` with the variables of ``pattern``; ``edges`` collects those of relationships."""
        if pattern.variable is not None:
            if pattern.variable in scope.types:
                at = pattern.nodes[0].at
                raise QuerySyntaxError(
                    f"variable {pattern.variable} is bound already; name the path anew", at
                )
            scope = scope.with_types({pattern.variable: PATH})
        for node in pattern.nodes:
            scope = _declare(node.variable, _node_type(node), scope, node.at)
        for edge in pattern.relationships:
            if edge.variable is not None and edge.variable in edges:
                raise QuerySyntaxError(
                    f"relationship {edge.variable} stands twice in one MATCH, which never uses a relationship"
                    " twice; use another variable or another MATCH",
                    edge.at,
                )
            edges |= {edge.variable} if edge.variable else set()
            found = _edge_type(edge)
            scope = _declare(edge.variable, list_of(found) if edge.length else found, scope, edge.at)
        return scope

    # --- what stands in it ---

    def _pattern(self, pattern: ast.PathPattern, scope: Scope) -> ast.PathPattern:
        nodes = tuple(self._node(node, scope) for node in pattern.nodes)
        edges = tuple(self._edge(edge, scope) for edge in pattern.relationships)
        if pattern.shortest:
            self._shortest(pattern)
        for i, edge in enumerate(edges):
            self._direction(edge, *(_type_here(node, scope) for node in nodes[i : i + 2]))
        return replace(pattern, nodes=nodes, relationships=edges)

    def _node(self, node: ast.NodePattern, scope: Scope) -> ast.NodePattern:
        if node.labels is not None:
            self.labels(node.labels, NODE)
        properties = self._properties(node, _type_here(node, scope), scope)
        return replace(node, properties=properties, where=self.expressions.where(node.where, scope))

    def _edge(self, edge: ast.RelPattern, scope: Scope) -> ast.RelPattern:
        for name in edge.types:
            self.names.relation(name)
        properties = self._properties(edge, _edge_type(edge), scope)
        return replace(edge, properties=properties, where=self.expressions.where(edge.where, scope))

    def _properties(
        self, node: ast.NodePattern | ast.RelPattern, subject: Type, scope: Scope
    ) -> ast.MapLiteral | None:
        if isinstance(node.properties, ast.Parameter):
            raise QuerySyntaxError(
                f"${node.properties.name} cannot stand for all properties in MATCH; name them: {{id: $id}}",
                node.at,
            )
        if node.properties is None:
            return None
        items = []
        for key, value in node.properties.items:
            self.names.property(subject, key)
            items.append((key, self.expressions.tree(value, scope)))
        return ast.MapLiteral(tuple(items))

    def _shortest(self, pattern: ast.PathPattern) -> None:
        (edge,) = pattern.relationships
        if edge.length and edge.length[0] > 1:
            raise QuerySyntaxError(
                "a shortest path can begin at length 0 or 1 only; drop the lower bound", edge.at
            )

    def _direction(self, edge: ast.RelPattern, left: Type, right: Type) -> None:
        """Refuse an edge whose types never connect such ends."""
        if not (self.names.strict and edge.types) or edge.length not in (None, (1, 1)):
            return
        types = frozenset(edge.types)
        head, tail = (right, left) if edge.direction == "in" else (left, right)
        turned = edge.direction == "both" and self.names.possible(types, tail, head)
        if not (turned or self.names.possible(types, head, tail)):
            raise self.names.no_such_edge(types, head, tail)


def _declare(variable: str | None, found: Type, scope: Scope, at: int) -> Scope:
    """``scope`` with ``variable`` as a node, an edge or a list of edges."""
    if variable is None:
        return scope
    before = scope.types.get(variable)
    if before is None or before.name in ("any", "null"):
        return scope.with_types({variable: found})
    item = before.item
    of_edges = before.name == "list" and item is not None and item.name in ("edge", "any")
    if before.name != found.name or (found.name == "list" and not of_edges):
        raise QuerySyntaxError(f"variable {variable} is {a(before)} and cannot be {a(found)} as well", at)
    if before.names and found.names:
        return scope.with_types({variable: replace(found, names=before.names | found.names)})
    return scope.with_types({variable: found}) if found.names else scope


def _node_type(node: ast.NodePattern) -> Type:
    return Type("node", names=labels_of(node.labels))


def _edge_type(edge: ast.RelPattern) -> Type:
    return Type("edge", names=frozenset(edge.types) or None)


def _type_here(node: ast.NodePattern, scope: Scope) -> Type:
    """What is known of the node where the whole MATCH is known."""
    return scope.types[node.variable] if node.variable else _node_type(node)


def labels_of(labels: ast.LabelExpression | None) -> frozenset[str] | None:
    """Labels of which a node that ``labels`` describes has at least one; None where nothing is known."""
    match labels:
        case ast.LabelName(name=name) if name != ENTITY:
            return frozenset({name})
        case ast.LabelAnd(parts=parts):
            known = [found for part in parts if (found := labels_of(part))]
            return frozenset().union(*known) or None
        case ast.LabelOr(parts=parts):
            each = [labels_of(part) for part in parts]
            return None if None in each else frozenset().union(*(found or () for found in each))
    return None


def _variables(patterns: PathPatterns) -> Iterator[tuple[str, int]]:
    for pattern in patterns:
        parts: tuple[ast.NodePattern | ast.RelPattern, ...] = (*pattern.nodes, *pattern.relationships)
        yield from ((part.variable, part.at) for part in parts if part.variable)
