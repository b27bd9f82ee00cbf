"""The grammar of expressions: operators by precedence, and what may follow a value."""

from __future__ import annotations

from .. import ast
from ..operators import COMPARISON, LEVELS, NOT, OR, PREDICATE, UNARY
from .atoms import Atoms

__all__ = ["Expressions"]

FIRST_WORDS = {"STARTS": "STARTS WITH", "ENDS": "ENDS WITH"}
COMPARED = frozenset(operator for operator, level in LEVELS.items() if level == COMPARISON)
NORMAL_FORMS = {"NORMALIZED", "NFC", "NFD", "NFKC", "NFKD"}


class Expressions(Atoms):
    """Reads expressions by precedence climbing."""

    def expression(self) -> ast.Expression:
        """Reads an expression."""
        return self.operand(OR)

    def operand(self, least: int) -> ast.Expression:
        """Reads what binds at least as tightly as ``least``."""
        self.deeper()
        start = self.token.at
        expression = self.operators(self._prefix(least), least, start)
        self.nesting -= 1
        return expression

    def _prefix(self, least: int) -> ast.Expression:
        if self.at("NOT") and least <= NOT:
            self.take()
            return ast.Unary("NOT", self.operand(NOT))
        if self.at("-") and self.ahead().kind in {"integer", "float"}:
            self.take()
            value = self.take().value
            return self.postfix(ast.Literal(-value if isinstance(value, int | float) else value))
        if self.at("-", "+"):
            return ast.Unary("-" if self.take().key == "-" else "+", self.operand(UNARY))
        start = self.token.at
        return self.postfix(self.atom(), start)

    def operators(self, left: ast.Expression, least: int, start: int) -> ast.Expression:
        while True:
            operator = FIRST_WORDS.get(self.token.key, self.token.key)
            level = PREDICATE if operator == "IS" else LEVELS.get(operator, 0)
            if level < least:
                return left
            if level == COMPARISON:
                left = self._comparison(left)
            elif operator == "IS":
                left = self._is(left)
            else:
                self.expect(*operator.split())
                left = ast.Binary(operator, left, self.operand(level + 1), at=start)

    def _comparison(self, first: ast.Expression) -> ast.Expression:
        rest: list[tuple[str, ast.Expression]] = []
        while self.at(*COMPARED):
            operator = self.take().key
            rest.append((operator, self.operand(COMPARISON + 1)))
        return ast.Comparison(first, tuple(rest))

    def _is(self, left: ast.Expression) -> ast.Expression:
        self.take()
        negated = self.accept("NOT") is not None
        if self.accept("NULL"):
            return ast.IsNull(left, negated)
        if self.at("::") or (self.at("TYPED") and self.ahead().kind == "name"):
            raise self.refuse("type-predicate")
        if self.at(*NORMAL_FORMS):
            raise self.refuse("normalized")
        if negated:
            raise self.unexpected("NULL")
        return ast.HasLabels(left, self.labels())

    def postfix(self, subject: ast.Expression, start: int = -1) -> ast.Expression:
        """Reads properties, indexes and labels after ``subject``."""
        while True:
            if self.accept("."):
                subject = ast.Property(subject, self.name("the name of a property"), at=start)
            elif self.at("["):
                subject = self._index(subject)
            elif self.accept(":"):
                subject = ast.HasLabels(subject, self.labels())
            else:
                return subject

    def _index(self, subject: ast.Expression) -> ast.Expression:
        self.take()
        if self.accept(".."):
            return self._slice(subject, None)
        start = self.expression()
        if self.accept(".."):
            return self._slice(subject, start)
        self.expect("]")
        return ast.Index(subject, start)

    def _slice(self, subject: ast.Expression, start: ast.Expression | None) -> ast.Expression:
        stop = None if start and self.at("]") else self.expression()
        self.expect("]")
        return ast.Slice(subject, start, stop)
