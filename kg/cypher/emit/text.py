"""A syntax tree written as portable Cypher: identifiers quoted, values as literals.

    text_of(parse("MATCH (n:Person) RETURN n.name"))  ->  MATCH (`n`:`Person`) RETURN `n`.`name`

The writers of the engines' dialects are subclasses of :class:`Writer`: each kind of node has one method,
named in ``METHODS``, and all of them call back through ``write``.
"""

from __future__ import annotations

from .. import ast
from .text_expressions import METHODS, ExpressionWriter, Node

__all__ = ["METHODS", "Node", "Writer", "text_of"]


def text_of(node: Node) -> str:
    """``node`` as portable Cypher; parsing it gives an equal tree."""
    return Writer().write(node)


class Writer(ExpressionWriter):
    """Writes any node of the tree."""

    # --- patterns ---

    def node(self, node: ast.NodePattern) -> str:
        labels = f":{self.write(node.labels)}" if node.labels else ""
        return f"({self._pattern_inside(node, labels)})"

    def relationship(self, node: ast.RelPattern) -> str:
        types = ":" + "|".join(map(self.name, node.types)) if node.types else ""
        low, high = node.length or (None, None)
        length = f"*{low}..{'' if high is None else high}" if node.length else ""
        inside = self._pattern_inside(node, types + length)
        left, right = ("<" if node.direction == "in" else ""), (">" if node.direction == "out" else "")
        return f"{left}-[{inside}]-{right}"

    def _pattern_inside(self, node: ast.NodePattern | ast.RelPattern, labels: str) -> str:
        variable = self.name(node.variable) if node.variable is not None else ""
        properties = f" {self.write(node.properties)}" if node.properties else ""
        return f"{variable}{labels}{properties}{self.where(node.where)}"

    def path(self, node: ast.PathPattern) -> str:
        steps = zip(node.relationships, node.nodes[1:], strict=True)
        text = self.write(node.nodes[0]) + "".join(self.write(rel) + self.write(end) for rel, end in steps)
        if node.shortest:
            text = f"{'shortestPath' if node.shortest == 'one' else 'allShortestPaths'}({text})"
        return f"{self.name(node.variable)} = {text}" if node.variable is not None else text

    # --- clauses ---

    def match(self, node: ast.Match) -> str:
        optional = "OPTIONAL " if node.optional else ""
        return f"{optional}MATCH {self.joined(node.patterns)}{self.where(node.where)}"

    def unwind(self, node: ast.Unwind) -> str:
        return f"UNWIND {self.write(node.expression)} AS {self.name(node.variable)}"

    def with_(self, node: ast.With) -> str:
        return f"WITH {self.write(node.projection)}{self.where(node.where)}"

    def return_(self, node: ast.Return) -> str:
        return f"RETURN {self.write(node.projection)}"

    def projection(self, node: ast.Projection) -> str:
        items = ["*"] * node.star + [self.write(item) for item in node.items]
        text = ("DISTINCT " if node.distinct else "") + ", ".join(items)
        order = f" ORDER BY {self.joined(node.order)}" if node.order else ""
        skip = f" SKIP {self.write(node.skip)}" if node.skip else ""
        limit = f" LIMIT {self.write(node.limit)}" if node.limit else ""
        return text + order + skip + limit

    def item(self, node: ast.Item) -> str:
        text = self.write(node.expression)
        return f"{text} AS {self.name(node.name)}" if node.aliased else text

    def sort_key(self, node: ast.SortKey) -> str:
        return self.write(node.expression) + (" DESC" if node.descending else "")

    def single_query(self, node: ast.SingleQuery) -> str:
        return " ".join(self.write(clause) for clause in node.clauses)

    def query(self, node: ast.Query) -> str:
        joins = (" UNION ALL " if keep else " UNION " for keep in node.all)
        rest = zip(joins, node.parts[1:], strict=True)
        return self.write(node.parts[0]) + "".join(join + self.write(part) for join, part in rest)
