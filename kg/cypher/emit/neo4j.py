"""A checked query as text for Neo4j 5.26.

Neo4j has the meaning that we want; what differs is how the store keeps a graph there
(:mod:`~.neo4j_writes`). Every entity has the label ``Entity`` and the property ``id``, every
relationship the property ``_key``, and one node that is no entity holds the store's own data:

- ``(n)`` becomes ``(n:Entity)`` where ``n`` is bound; so a lookup by ``id`` finds the index, too;
- ``labels(n)`` and ``%`` pass over ``Entity``; ``labels`` and ``keys`` are sorted, as in the other stores;
- ``keys``, ``properties`` and ``n {.*}`` hide the store's own properties. Cypher cannot take a key out of a
  map: its value becomes :data:`HIDDEN`, and the store drops such entries from what comes back.
"""

from __future__ import annotations

from ...model import ENTITY
from .. import ast
from ..gate import ReadQuery
from ..operators import POSTFIX
from ..walk import names, walk
from .neo4j_labels import entities
from .neo4j_writes import EDGE_KEY, quoted
from .statement import Statement
from .text import Writer

__all__ = ["HIDDEN", "to_neo4j"]

HIDDEN = "\x00hidden"
"""Stands in maps for the value of a property that belongs to the store."""

OWN: dict[ast.Kind | None, str] = {"node": "id", "edge": EDGE_KEY}
"""The store's own property, by kind."""


def to_neo4j(read: ReadQuery) -> Statement:
    """The statement that asks Neo4j for ``read``.

    Nodes, relationships and paths come back as the driver's objects. In maps, entries whose value is
    :data:`HIDDEN` are to be dropped.
    """
    query = entities(read.query)
    taken = {*names(query), *read.parameters}
    writer = Neo4jWriter(hidden=_free("_hidden", taken), local=_free("_name", taken))
    text = writer.write(query)
    hides = f"${writer.hidden}" in text
    return Statement(text, {**read.parameters, writer.hidden: HIDDEN} if hides else dict(read.parameters))


def _free(name: str, taken: set[str]) -> str:
    return next(free for n in range(len(taken) + 1) if (free := f"{name}{n or ''}") not in taken)


class Neo4jWriter(Writer):
    """Writes a tree in Neo4j's dialect.

    Args:
        hidden: a parameter that holds :data:`HIDDEN`.
        local: a name for a variable; nothing else in the query has it.
    """

    def __init__(self, hidden: str, local: str) -> None:
        self.hidden = hidden
        self.local = local

    def name(self, name: str) -> str:
        return quoted(name)

    def call(self, node: ast.Call) -> str:
        if node.name == "labels":
            return self._sorted(f"labels({self.write(node.arguments[0])})", ENTITY)
        kind = kind_of(node.arguments[0]) if node.name in ("keys", "properties") else None
        if kind not in OWN:
            return super().call(node)
        (subject,) = node.arguments
        if node.name == "keys":
            return self._sorted(f"keys({self.write(subject)})", OWN[kind])
        if isinstance(subject, ast.Variable):
            return self.map_projection(ast.MapProjection(subject, (("*", None),)))
        variable = ast.Variable(self.local, kind)
        mapped = self.map_projection(ast.MapProjection(variable, (("*", None),)))
        return f"[{self.name(self.local)} IN [{self.write(subject)}] | {mapped}][0]"

    def _sorted(self, strings: str, own: str) -> str:
        """A list of strings without ``own``, in order; null for null."""
        name = self.name(self.local)
        rows = f"UNWIND {strings} AS {name} WITH {name} WHERE {name} <> '{own}' RETURN {name} ORDER BY {name}"
        return f"CASE WHEN {strings} IS NULL THEN null ELSE COLLECT {{ {rows} }} END"

    def map_projection(self, node: ast.MapProjection) -> str:
        text = super().map_projection(node)
        own = OWN.get(node.subject.kind)
        keys = [key for key, _ in node.items]
        if own is None or own in keys or "*" not in keys:
            return text
        return f"{text.removesuffix('}')}, {self.name(own)}: ${self.hidden}}}"

    def has_labels(self, node: ast.HasLabels) -> str:
        if kind_of(node.subject) == "edge" or not any(isinstance(n, ast.LabelAny) for n in walk(node.labels)):
            return super().has_labels(node)
        return f"({self._condition(self.operand(node.subject, POSTFIX), node.labels)})"

    def _condition(self, subject: str, labels: ast.LabelExpression) -> str:
        """``labels`` as a condition; ``%`` is a label other than ``Entity``."""
        match labels:
            case ast.LabelAny():
                return f"size(labels({subject})) > 1"
            case ast.LabelNot(part=part):
                return f"NOT ({self._condition(subject, part)})"
            case ast.LabelAnd(parts=parts):
                return " AND ".join(f"({self._condition(subject, part)})" for part in parts)
            case ast.LabelOr(parts=parts):
                return " OR ".join(f"({self._condition(subject, part)})" for part in parts)
        return f"{subject}:{self.write(labels)}"


def kind_of(node: ast.Expression) -> ast.Kind | None:
    """``node`` or ``edge`` where an expression is known to give one."""
    match node:
        case ast.Variable(kind="node" | "edge" as kind):
            return kind
        case ast.Call(name="startnode" | "endnode"):
            return "node"
        case ast.Call(name="head" | "last", arguments=(source,)) | ast.Index(subject=source):
            return _items(source)
    return None


def _items(node: ast.Expression) -> ast.Kind | None:
    match node:
        case ast.Variable(kind="nodes") | ast.Call(name="nodes"):
            return "node"
        case ast.Variable(kind="edges") | ast.Call(name="relationships"):
            return "edge"
    return None
