"""Comparisons, arithmetic and tests of strings and lists, for operands of known types."""

from __future__ import annotations

import re
from collections.abc import Callable

from .context import Context
from .typed import SCALARS, NotEmittable, Typed, combined, declining, finite, item_type, need

__all__ = ["BINARY", "compared", "contained", "negated"]

NUMBERS = ("int", "float")
_EXACT = 2**53


def compared(context: Context, operator: str, left: Typed, right: Typed) -> Typed:
    """``left operator right`` for one of = <> < <= > >=."""
    if left.type in ("node", "edge") and left.type == right.type and operator in ("=", "<>"):
        return combined(f"(id({left.text}) {operator} id({right.text}))", "bool", left, right)
    left, right = _same_number(context, left, right), _same_number(context, right, left)
    need(left, SCALARS, "comparison")
    if left.type != right.type:
        raise NotEmittable(f"comparison of {left.type} with {right.type}")
    if operator not in ("=", "<>"):
        left, right = finite(left), finite(right)
    return combined(f"({left.text} {operator} {right.text})", "bool", left, right)


def _same_number(context: Context, value: Typed, other: Typed) -> Typed:
    """``value`` in the type of ``other`` where both are numbers and it is a constant that fits exactly.

    The engine compares an integer with a float as floats, Neo4j exactly.
    """
    number = value.constant
    if value.type == "int" and other.type == "float" and number is not None and abs(number) <= _EXACT:
        return context.constant(float(number))
    if value.type == "float" and other.type == "int" and number is not None and number.is_integer():
        return context.constant(int(number))
    return value


def negated(operand: Typed) -> Typed:
    """``-operand``."""
    need(operand, NUMBERS, "minus")
    return combined(f"(-{operand.text})", operand.type, operand, finite=operand.finite)


def _logical(operator: str) -> Callable[[Context, Typed, Typed], Typed]:
    def write(_context: Context, left: Typed, right: Typed) -> Typed:
        need(left, ("bool",), operator)
        need(right, ("bool",), operator)
        return combined(f"({left.text} {operator} {right.text})", "bool", left, right)

    return write


def _plus(context: Context, left: Typed, right: Typed) -> Typed:
    if left.type == right.type == "str":
        text = f"concat({left.text}, {right.text})"
        present = [f"{side.text} IS NOT NULL" for side in (left, right) if side.nullable]
        if present:  # the engine takes a null for an empty string
            text = f"CASE WHEN {' AND '.join(present)} THEN {text} END"
        return combined(f"({text})", "str", left, right)
    if item_type(left.type) in SCALARS and left.type == right.type:
        if left.nullable or right.nullable:
            raise NotEmittable("sum of lists that may be null")
        text = f"list_concat({left.text}, {right.text})"
        return combined(text, left.type, left, right, holes=left.holes or right.holes)
    return _arithmetic("+")(context, left, right)


def _arithmetic(operator: str) -> Callable[[Context, Typed, Typed], Typed]:
    def write(_context: Context, left: Typed, right: Typed) -> Typed:
        need(left, NUMBERS, operator)
        need(right, NUMBERS, operator)
        type_ = "int" if left.type == right.type == "int" and operator != "^" else "float"
        if operator == "%" and type_ == "float":
            raise NotEmittable("% of floats")
        text = f"({left.text} {operator} {right.text})"
        return combined(text, type_, left, right, finite=type_ == "int")

    return write


def _starts_or_ends(function: str) -> Callable[[Context, Typed, Typed], Typed]:
    def write(_context: Context, left: Typed, right: Typed) -> Typed:
        need(left, ("str",), function)
        need(right, ("str",), function)
        return combined(f"{function}({left.text}, {right.text})", "bool", left, right)

    return write


def _contains(_context: Context, left: Typed, right: Typed) -> Typed:
    need(left, ("str",), "CONTAINS")
    need(right, ("str",), "CONTAINS")
    text = f"contains({left.text}, {right.text})"
    if not right.constant:  # to the engine, no string contains the empty one
        text = f"({text} OR ({right.text} = '' AND {left.text} IS NOT NULL))"
    return combined(text, "bool", left, right)


def contained(context: Context, left: Typed, right: Typed) -> Typed:
    """``left IN right``."""
    item = item_type(right.type)
    if right.constant is not None and {left.type, item} == {*NUMBERS}:
        values = map(context.constant, right.constant)
        right = context.constant([_same_number(context, value, left).constant for value in values])
        item = item_type(right.type)
    if item not in SCALARS or left.type != item or right.holes:
        raise NotEmittable(f"IN of {left.type} and {right.type}")
    text = f"list_contains({right.text}, {left.text})"
    if left.nullable and right.constant is None:  # null IN [] is false, to the engine null
        text = f"(CASE WHEN size({right.text}) = 0 THEN false ELSE {text} END)"
    return combined(text, "bool", left, right)


_PLAIN = r"[A-Za-z0-9 _,:;'\"@%&=~#/<>!-]|[^\x00-\x7f]|\\[.()\[\]*+?|{}^$\\/-]"
_ATOM = rf"(?:{_PLAIN}|\\d|\.|\[\^?[A-Za-z0-9 _-]+\])"
_TIMES = r"(?:[*+?]|\{\d+(?:,\d*)?\})?"
_BODY = rf"(?:{_ATOM}{_TIMES}|\(\?:|\((?!\?)|\){_TIMES}|\|)*"
_PATTERN = re.compile(rf"(?P<fold>\(\?i\))?\^?(?P<body>{_BODY})\$?")
_NOT_DOT = "[\r\u0085\u2028\u2029]"
_FOLDS_TO_ASCII = "[\u017f\u212a]"


def _matches(context: Context, left: Typed, right: Typed) -> Typed:
    """``left =~ right`` where RE2 and Java agree.

    Java's dot leaves out more line ends than RE2's, and its (?i) folds ASCII letters only.
    """
    need(left, ("str",), "=~")
    found = _PATTERN.fullmatch(right.constant) if isinstance(right.constant, str) else None
    if found is None or (found["fold"] and not found["body"].isascii()):
        raise NotEmittable("a regular expression beyond the common ground of RE2 and Java")
    if "|" in found["body"] and found[0] != (found["fold"] or "") + found["body"]:
        raise NotEmittable("a regular expression with | and anchors")
    subject = left
    if "." in found["body"]:
        subject = declining(subject, f"regexp_matches({left.text}, {context.bind(_NOT_DOT)})")
    if found["fold"]:
        subject = declining(subject, f"regexp_matches({left.text}, {context.bind(_FOLDS_TO_ASCII)})")
    pattern = context.bind((found["fold"] or "") + found["body"])
    return combined(f"regexp_full_match({subject.text}, {pattern})", "bool", left, right)


BINARY: dict[str, Callable[[Context, Typed, Typed], Typed]] = {
    "AND": _logical("AND"),
    "OR": _logical("OR"),
    "XOR": _logical("XOR"),
    "+": _plus,
    "-": _arithmetic("-"),
    "*": _arithmetic("*"),
    "/": _arithmetic("/"),
    "%": _arithmetic("%"),
    "^": _arithmetic("^"),
    "IN": contained,
    "STARTS WITH": _starts_or_ends("starts_with"),
    "ENDS WITH": _starts_or_ends("ends_with"),
    "CONTAINS": _contains,
    "=~": _matches,
}
"""How each binary operator is written."""
