"""Which types the operators take, and what they give."""

from __future__ import annotations

from collections.abc import Iterable

from ....errors import QuerySyntaxError
from .types import ANY, BOOL, DATE, FLOAT, INT, NUMBER, NUMERIC, STR, Type, a, join, list_of, words

LOGIC = frozenset({"AND", "OR", "XOR"})


def expect(found: Type, allowed: Iterable[str], by: str, at: int, hint: str = "") -> None:
    """Raise QuerySyntaxError unless a value of type ``found`` can be one of ``allowed``."""
    allowed = tuple(allowed)
    if not found.fits(allowed):
        shown = [name for name in allowed if name not in ("int", "float") or "number" not in allowed]
        raise QuerySyntaxError(f"{by} needs {a(words(shown))}, not {a(found)}{hint}", at)


def binary(operator: str, left: Type, right: Type, at: int) -> Type:
    """The type of ``left operator right``.

    Raises:
        QuerySyntaxError: the operator does not take such values.
    """
    if operator == "+":
        return _plus(left, right, at)
    if operator in ("-", "*", "/", "%", "^"):
        for side in (left, right):
            expect(side, NUMERIC, operator, at)
        return FLOAT if operator == "^" else _number(left, right)
    if operator == "IN":
        expect(right, ("list",), "IN", at)
    return BOOL


def _number(left: Type, right: Type) -> Type:
    if FLOAT in (left, right):
        return FLOAT
    return INT if left == right == INT else NUMBER


def _plus(left: Type, right: Type, at: int) -> Type:
    """Sum, concatenation of strings, or of lists and what is to stand in them."""
    sides = (left, right)
    if any(side.name == "list" for side in sides):
        items = [side.item or ANY if side.name == "list" else side for side in sides]
        return list_of(join(items))
    if any(side.name in ("any", "null", "stored") for side in sides):
        return ANY
    if DATE in sides:
        raise QuerySyntaxError("+ cannot add to a date; compare dates instead", at)
    for side in sides:
        expect(side, (*NUMERIC, "str", "list"), "+", at)
    return STR if STR in sides else _number(left, right)


def element(found: Type, by: str, at: int) -> Type:
    """The type of the items of ``found``.

    Raises:
        QuerySyntaxError: it is no list.
    """
    expect(found, ("list",), by, at)
    return found.item or ANY
