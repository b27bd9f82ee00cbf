"""Cypher text to the syntax tree of the read subset.

The grammar is read by recursive descent, one layer of it in each class: :class:`~.cursor.Cursor`,
:class:`~.patterns.Patterns`, :class:`~.comprehensions.Comprehensions`, :class:`~.atoms.Atoms`,
:class:`~.expressions.Expressions` and, here, clauses. No rule ever goes back over text it has read: where two
rules begin alike, a look at what stands behind the closing bracket decides.
"""

from __future__ import annotations

from collections.abc import Callable

from .. import ast
from ..limits import Limits
from ..refusals import refused
from ..walk import children
from .expressions import Expressions

__all__ = ["parse"]

NESTING = ast.Expression | ast.LabelExpression


def parse(text: str, limits: Limits | None = None) -> ast.Query:
    """The syntax tree of one reading query.

    Args:
        text: Cypher, as a person or a language model wrote it.
        limits: ``depth`` and ``characters`` count here; the others are for
            :func:`~kgllm.kg.cypher.bound.bound`.

    Raises:
        QuerySyntaxError: the text is no Cypher; the message says where, and what was expected.
        QueryRefusedError: it is Cypher outside the read subset, or over a limit; ``reason`` is one of
            :data:`~kgllm.kg.cypher.refusals.REASONS`.
    """
    limits = limits or Limits()
    try:
        query = Parser(text, limits).query()
    except RecursionError:  # limits.depth is more than the interpreter can bear
        raise refused("too-deep", text, 0) from None
    if _deeper_than(query, limits.depth):
        raise refused("too-deep", text, 0)
    return query


class Parser(Expressions):
    """Reads clauses and queries."""

    def query(self) -> ast.Query:
        """Reads the whole text."""
        parts, joins = [self._single_query()], []
        while self.accept("UNION"):
            joins.append(self.accept("ALL") is not None)
            if not joins[-1]:
                self.accept("DISTINCT")
            if joins[-1] != joins[0]:
                raise self.unexpected("the same UNION throughout: either UNION or UNION ALL")
            parts.append(self._single_query())
        if self.token.kind != "end":
            raise self.not_a_clause("the end of the query: RETURN is its last clause")
        return ast.Query(tuple(parts), tuple(joins))

    def _single_query(self) -> ast.SingleQuery:
        clauses: list[ast.Clause] = []
        while True:
            clause = self._clause()
            clauses.append(clause)
            if isinstance(clause, ast.Return):
                return ast.SingleQuery(tuple(clauses))

    def _clause(self) -> ast.Clause:
        readers: dict[str, Callable[[], ast.Clause]] = {
            "MATCH": self._match,
            "OPTIONAL": self._match,
            "UNWIND": self._unwind,
            "WITH": self._with,
            "RETURN": self._return,
        }
        reader = readers.get(self.token.key)
        if reader is None or (self.at("OPTIONAL") and self.ahead().key != "MATCH"):
            raise self.not_a_clause("a clause: MATCH, OPTIONAL MATCH, UNWIND, WITH or RETURN")
        return reader()

    # --- clauses ---

    def _match(self) -> ast.Match:
        optional = self.accept("OPTIONAL") is not None
        self.expect("MATCH")
        return ast.Match(self.patterns(), self.where(), optional)

    def _unwind(self) -> ast.Unwind:
        self.expect("UNWIND")
        expression = self.expression()
        self.expect("AS")
        return ast.Unwind(expression, self.name("a variable"))

    def _with(self) -> ast.With:
        self.expect("WITH")
        return ast.With(self._projection(), self.where())

    def _return(self) -> ast.Return:
        self.expect("RETURN")
        return ast.Return(self._projection())

    def _projection(self) -> ast.Projection:
        distinct = self.accept("DISTINCT") is not None
        star = self.accept("*") is not None
        items: list[ast.Item] = []
        if not star or self.accept(","):
            items.append(self._item())
            while self.accept(","):
                items.append(self._item())
        order = self._order()
        skip = self.expression() if self.accept("SKIP", "OFFSET") else None
        limit = self.expression() if self.accept("LIMIT") else None
        return ast.Projection(tuple(items), star, distinct, order, skip, limit)

    def _item(self) -> ast.Item:
        start = self.token.at
        expression = self.expression()
        text = self.source(start)
        if self.accept("AS"):
            return ast.Item(expression, self.name("a name for the column"))
        name = expression.name if isinstance(expression, ast.Variable) else text
        return ast.Item(expression, name, aliased=False)

    def _order(self) -> tuple[ast.SortKey, ...]:
        if not self.accept("ORDER"):
            return ()
        self.expect("BY")
        keys = [self._sort_key()]
        while self.accept(","):
            keys.append(self._sort_key())
        return tuple(keys)

    def _sort_key(self) -> ast.SortKey:
        expression = self.expression()
        descending = self.accept("DESC", "DESCENDING") is not None
        if not descending:
            self.accept("ASC", "ASCENDING")
        return ast.SortKey(expression, descending)


def _deeper_than(query: ast.Query, depth: int) -> bool:
    """Whether expressions are nested more deeply than ``depth``; long chains such as ``1 + 1 + …`` are."""
    nodes: list[tuple[object, int]] = [(query, 0)]
    while nodes:
        node, level = nodes.pop()
        if level > depth:
            return True
        nested = isinstance(node, NESTING)
        nodes.extend((child, level + nested) for child in children(node))
    return False
