"""The grammar of what binds variables of its own: comprehensions, quantifiers, reduce and subqueries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar, get_args

from .. import ast
from ..operators import OR
from .cursor import NAMES
from .patterns import Patterns

__all__ = ["Comprehensions"]

Part = TypeVar("Part")
QuantifierKind = Literal["all", "any", "none", "single"]
QUANTIFIERS: dict[str, QuantifierKind] = {kind.upper(): kind for kind in get_args(QuantifierKind)}
SUBQUERY_WORDS = ("MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "UNION", "ORDER", "SKIP", "LIMIT")


class Comprehensions(Patterns):
    """Reads lists and everything with a scope of its own."""

    # --- lists ---

    def list_(self) -> ast.Expression:
        """Reads a list, a list comprehension or a pattern comprehension."""
        opening = self.index
        self.take()
        named, following = self.token.kind in NAMES, self.ahead().key
        if named and following == "IN" and not self.has_comma(opening):
            return self._list_comprehension()
        if named and following == "=" and self.path_ahead(self.index + 2):
            return self._pattern_comprehension(self.pattern())
        if self.path_ahead(self.index):
            return self._path_first()
        return ast.ListLiteral(self.separated(self.expression, "]"))

    def _path_first(self) -> ast.Expression:
        """A comprehension, or a list whose first item begins with a pattern predicate."""
        start, path = self.token.at, self.path()
        if self.at("WHERE", "|"):
            return self._pattern_comprehension(path)
        first = self.operators(ast.Exists((path,), bare=True), OR, start)
        return ast.ListLiteral(self.separated(self.expression, "]", first))

    def _list_comprehension(self) -> ast.Expression:
        variable = self.name("a variable")
        self.expect("IN")
        source = self._until_bar(self.expression)
        where = self._until_bar(self.where)
        projection = self.expression() if self.accept("|") else None
        self.expect("]")
        return ast.ListComprehension(variable, source, where, projection)

    def _pattern_comprehension(self, pattern: ast.PathPattern) -> ast.Expression:
        where = self._until_bar(self.where)
        self.expect("|")
        projection = self.expression()
        self.expect("]")
        return ast.PatternComprehension(pattern, where, projection)

    def _until_bar(self, read: Callable[[], Part]) -> Part:
        """What ``read`` reads; the last ``|`` of the bracket ends it instead of joining labels."""
        outer, self.bar = self.bar, self.token.depth
        part = read()
        self.bar = outer
        return part

    # --- what looks like a function ---

    def quantifier(self) -> ast.Quantifier:
        """Reads ``all(variable IN source WHERE condition)`` and its siblings."""
        kind = QUANTIFIERS[self.take().key]
        self.expect("(")
        variable = self.name("a variable")
        self.expect("IN")
        source = self.expression()
        self.expect("WHERE")
        where = self.expression()
        self.expect(")")
        return ast.Quantifier(kind, variable, source, where)

    def reduce(self) -> ast.Reduce:
        """Reads ``reduce(accumulator = initial, variable IN source | body)``."""
        self.expect("REDUCE", "(")
        accumulator = self.name("a variable")
        self.expect("=")
        initial = self.expression()
        self.expect(",")
        variable = self.name("a variable")
        self.expect("IN")
        source = self._until_bar(self.expression)
        self.expect("|")
        body = self.expression()
        self.expect(")")
        return ast.Reduce(accumulator, initial, variable, source, body)

    def subquery(self) -> ast.Exists | ast.Count:
        """Reads ``EXISTS { … }`` or ``COUNT { … }``."""
        if self.at("COLLECT"):
            raise self.refuse("collect-subquery")
        kind = ast.Exists if self.take().key == "EXISTS" else ast.Count
        self.expect("{")
        if not self.accept("MATCH") and self.token.kind == "name" and self.ahead().key != "=":
            raise self._beyond_subquery()
        patterns, where = self.patterns(), self.where()
        if not self.accept("}"):
            raise self._beyond_subquery()
        return kind(patterns, where)

    def _beyond_subquery(self) -> Exception:
        if self.at(*SUBQUERY_WORDS):
            return self.refuse("subquery-clauses")
        return self.not_a_clause("a pattern, WHERE or '}' in a subquery")
