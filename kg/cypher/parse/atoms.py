"""The grammar of single values: literals, variables, CASE, functions and map projections."""

from __future__ import annotations

import math

from .. import ast
from ..operators import LEVELS
from .comprehensions import QUANTIFIERS, Comprehensions
from .cursor import NAMES
from .patterns import SHORTEST

__all__ = ["Atoms"]

CONSTANTS: dict[str, bool | float | None] = {
    "TRUE": True,
    "FALSE": False,
    "NULL": None,
    "INF": math.inf,
    "INFINITY": math.inf,
    "NAN": math.nan,
}

RESERVED = {
    *("AND", "AS", "CONTAINS", "DISTINCT", "ELSE", "IN", "IS", "MATCH", "NOT", "OR", "RETURN"),
    *("THEN", "UNION", "UNWIND", "WHEN", "WHERE", "WITH", "XOR"),
}
"""Words that no expression begins with; they are variables only in back-ticks."""

AFTER_VARIABLE = frozenset((".", ")", ",", "]", "}", ":", "=", "|", "AS", "IS", "IN", "ORDER"))
"""What follows a variable named ``case`` but not the keyword."""


class Atoms(Comprehensions):
    """Reads values; the operators between them are read by a subclass."""

    def atom(self) -> ast.Expression:
        """Reads a value without operators around it."""
        token = self.token
        match token.kind:
            case "name" | "quoted":
                return self._named()
            case "integer" if token.value == 2**63:
                raise self.unexpected("an integer of 64 bits")
            case "integer" | "float" | "string":
                return ast.Literal(self.take().value)
            case "parameter":
                return ast.Parameter(str(self.take().value), at=token.at)
        match token.key:
            case "(":
                return self._parenthesis()
            case "[":
                return self.list_()
            case "{":
                return self.map_literal()
        raise self.unexpected("an expression")

    def _parenthesis(self) -> ast.Expression:
        if self.path_ahead(self.index):
            return ast.Exists((self.path(),), bare=True)
        self.take()
        expression = self.expression()
        self.expect(")")
        return expression

    def _named(self) -> ast.Expression:
        key, following = self.token.key, self.ahead().key
        if key in RESERVED and following != ".":
            raise self.unexpected("an expression")
        if following == "{" and key in {"EXISTS", "COUNT", "COLLECT"}:
            return self.subquery()
        if following == "(" and key in QUANTIFIERS and self.ahead(3).key == "IN":
            return self.quantifier()
        if following == "(" and key == "REDUCE" and self.ahead(3).key == "=":
            return self.reduce()
        if following == "(" and key in SHORTEST:
            raise self.refuse("path-expression")
        if key == "CASE" and following not in AFTER_VARIABLE and self.ahead().kind != "end":
            return self._case()
        if self._call_ahead():
            return self._call()
        return self._constant_or_variable()

    def _constant_or_variable(self) -> ast.Expression:
        token = self.take()
        if token.key in CONSTANTS:
            return ast.Literal(CONSTANTS[token.key])
        variable = ast.Variable(str(token.value), at=token.at)
        return self._map_projection(variable) if self.at("{") else variable

    # --- functions ---

    def _call_ahead(self) -> bool:
        """Whether names joined by dots and a ``(`` follow."""
        index = self.index
        while self.tokens[index].kind in NAMES and self.tokens[index + 1].key == ".":
            index += 2
        return self.tokens[index].kind in NAMES and self.tokens[index + 1].key == "("

    def _call(self) -> ast.Expression:
        start, parts = self.token.at, [self.name("a function")]
        while self.accept("."):
            parts.append(self.name("a function"))
        name = ".".join(part.lower() if part.isascii() else part for part in parts)
        self.expect("(")
        if name == "count" and self.accept("*"):
            self.expect(")")
            return ast.CountStar()
        if name == "trim" and self._trims_from():
            raise self.refuse("trim-from")
        distinct = self.accept("DISTINCT") is not None
        arguments = self.separated(self.expression, ")")
        if name == "exists":
            return self._exists(arguments, start)
        return ast.Call(name, arguments, distinct, at=start)

    def _trims_from(self) -> bool:
        if self.at("BOTH", "LEADING", "TRAILING"):
            return self.ahead().key not in {")", "."}
        return self.ahead().key == "FROM"

    def _exists(self, arguments: tuple[ast.Expression, ...], start: int) -> ast.Expression:
        """``exists(n.key)`` and ``exists((a)-->(b))``."""
        match arguments:
            case (ast.Property() | ast.Index() as subject,):
                return ast.IsNull(subject, negated=True)
            case (ast.Exists(patterns=patterns, where=where),):
                return ast.Exists(patterns, where)  # unlike the bare pattern, a value in any place
        raise self.error(start, "exists() takes a property or a pattern; write n.name IS NOT NULL")

    # --- CASE and maps ---

    def _case(self) -> ast.Case:
        self.take()
        subject = None if self.at("WHEN") else self.expression()
        whens = [self._when(subject)]
        while self.at("WHEN"):
            whens.append(self._when(subject))
        otherwise = self.expression() if self.accept("ELSE") else None
        if not self.accept("END"):
            raise self.unexpected("WHEN, ELSE or END")
        return ast.Case(subject, tuple(whens), otherwise)

    def _when(self, subject: ast.Expression | None) -> tuple[ast.Expression, ast.Expression]:
        self.expect("WHEN")
        compared = self.token.key in LEVELS.keys() - {"-", "+"} or self.at("IS", "STARTS", "ENDS")
        if subject is not None and compared:
            raise self.refuse("extended-case")
        when = self.expression()
        if subject is not None and self.at(","):
            raise self.refuse("extended-case")
        self.expect("THEN")
        return when, self.expression()

    def _map_projection(self, subject: ast.Variable) -> ast.MapProjection:
        self.expect("{")
        return ast.MapProjection(subject, self.separated(lambda: self._projected(subject), "}"))

    def _projected(self, subject: ast.Variable) -> tuple[str, ast.Expression | None]:
        start = self.token.at
        if self.accept("."):
            if self.accept("*"):
                return "*", None
            key = self.name("a property or *")
            return key, ast.Property(subject, key, at=start) if key == "*" else None
        key = self.name("a key, .property or .*")
        return key, self.expression() if self.accept(":") else ast.Variable(key, at=start)
