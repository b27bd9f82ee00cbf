"""Reads what follows the colon: attributes, groups of them, cardinalities, values."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from .ast import (
    Attribute,
    Cardinality,
    Comparison,
    Connective,
    Expression,
    Group,
    Refinement,
    RefinementSet,
    Value,
)
from .cursor import Cursor
from .filters import read_equality

__all__ = ["RefinementReader"]

ORDER = ("<", "<=", ">", ">=")
COMPARISONS = ("=", "!=", "<>", "not", *ORDER)
SEARCH = ("match", "wild")
JOINED = (Connective.AND, Connective.OR)
LONGEST_COUNT = 9
STRING = re.compile(r'"(?:[^"\\]|\\["\\])*"', re.DOTALL)


class RefinementReader:
    """Reads refinements.

    Args:
        cursor: where to read.
        operand: reads an expression that needs no brackets.
    """

    def __init__(self, cursor: Cursor, operand: Callable[[], Expression]) -> None:
        self.cursor, self.operand = cursor, operand

    def read(self) -> Refinement:
        """A refinement, with groups."""
        return self._joined(self._part)

    def _joined(self, read: Callable[[], Refinement]) -> Refinement:
        connective, parts = self.cursor.joined(read, JOINED)
        return parts[0] if connective is None else RefinementSet(connective, parts)

    def _part(self) -> Refinement:
        if self._in_brackets():
            return self._bracketed(self._part)
        cardinality = self._cardinality()
        if not self.cursor.accept("{"):
            return self._attribute(cardinality, grouped=False)
        attributes = self._joined(self._grouped)
        self.cursor.expect("}")
        return Group(attributes, cardinality)

    def _grouped(self) -> Refinement:
        if self._in_brackets():
            return self._bracketed(self._grouped)
        return self._attribute(self._cardinality(), grouped=True)

    def _in_brackets(self) -> bool:
        """Whether the bracket here holds a refinement, and not the name of an attribute."""
        return self.cursor.at("(") and self.cursor.behind().key not in (*COMPARISONS, "{{")

    def _bracketed(self, read: Callable[[], Refinement]) -> Refinement:
        self.cursor.expect("(")
        found = self._joined(read)
        self.cursor.expect(")")
        return found

    def _cardinality(self) -> Cardinality:
        if not self.cursor.accept("["):
            return Cardinality()
        least = self._count()
        self.cursor.expect("..", "to")
        most = None if self.cursor.accept("*", "many") else self._count(least)
        self.cursor.expect("]")
        return Cardinality(least, most)

    def _count(self, least: int = 0) -> int:
        token = self.cursor.token
        if token.kind != "digits" or len(token.text) > LONGEST_COUNT or int(token.text) < least:
            raise self.cursor.unexpected(f"a number from {least} on, of at most {LONGEST_COUNT} digits")
        return int(self.cursor.take().text)

    def _attribute(self, cardinality: Cardinality, grouped: bool) -> Attribute:
        if grouped and self.cursor.at("r", "reverseof"):
            raise self.cursor.unsupported("reverse flag in an attribute group")
        reverse = self.cursor.accept("r", "reverseof") is not None
        name = self.operand()
        if not self.cursor.at(*COMPARISONS) or (reverse and self.cursor.at(*ORDER)):
            raise self.cursor.unexpected("= or !=" if reverse else "=, !=, <, <=, > or >=")
        if self.cursor.at(*ORDER):
            comparison = Comparison(self.cursor.take().key)
            value: Value = self._number()
        else:
            comparison = Comparison.UNEQUAL if read_equality(self.cursor) else Comparison.EQUAL
            value = self.operand() if reverse else self._value()
        return Attribute(name, comparison, value, cardinality, reverse)

    def _value(self) -> Value:
        cursor = self.cursor
        first = cursor.tokens[cursor.index + 1] if cursor.at("(") else cursor.token
        if first.key in SEARCH or (cursor.at("(") and first.kind == "string"):
            raise cursor.unsupported("search for terms in a value")
        if cursor.token.kind == "number":
            return self._number()
        if cursor.token.kind == "string":
            return self._string()
        if cursor.at("true", "false"):
            return cursor.take().key == "true"
        return self.operand()

    def _number(self) -> Decimal:
        if self.cursor.token.kind != "number":
            raise self.cursor.unexpected("a number, such as #5")
        return Decimal(self.cursor.take().text[1:])

    def _string(self) -> str:
        if not STRING.fullmatch(self.cursor.token.text):
            raise self.cursor.error(r"a backslash in a string, expected \\ or \" for what stands there")
        return re.sub(r"\\(.)", r"\1", self.cursor.take().text[1:-1])
