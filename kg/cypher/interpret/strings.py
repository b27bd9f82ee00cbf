"""Operators and functions on strings. Positions count characters (code points), as in Neo4j.

``=~`` runs Python's ``re`` in its ASCII mode, which agrees with Java's expressions on everything common.
Escapes that only Java knows (``\\p{…}``, ``\\Q…\\E``) are errors here, and so is a repeat inside a repeated
group, ``(a+)+``, since it can run for longer than any time limit and cannot be stopped.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ....errors import QueryFailedError
from ...model import Value
from .arithmetic import sized, whole
from .values import wrong_type

_WHITESPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a"
    + ("\u2028\u2029\u205f\u3000")
)
"""What Java takes for white space; no-break spaces are not among it."""

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:[^\]\\]|\\.)*\]|[*+{()]", re.DOTALL)
"""Parts of a regular expression that matter for its repeats; what is escaped or in a class is passed over."""


def string(value: Value, where: str) -> str:
    """``value``, if it is a string.

    Raises:
        QueryFailedError: it is none.
    """
    if isinstance(value, str):
        return value
    raise wrong_type(where, "a STRING", value)


def starts_with(value: Value, start: Value) -> bool | None:
    """``STARTS WITH``; null unless both are strings."""
    return value.startswith(start) if isinstance(value, str) and isinstance(start, str) else None


def ends_with(value: Value, end: Value) -> bool | None:
    """``ENDS WITH``; null unless both are strings."""
    return value.endswith(end) if isinstance(value, str) and isinstance(end, str) else None


def has_part(value: Value, part: Value) -> bool | None:
    """``CONTAINS``; null unless both are strings."""
    return part in value if isinstance(value, str) and isinstance(part, str) else None


def matches(value: Value, expression: Value) -> bool | None:
    """``=~``: whether ``expression`` matches the whole of ``value``."""
    if value is None or expression is None:
        return None
    return _compiled(string(expression, "=~")).fullmatch(string(value, "=~")) is not None


@lru_cache(maxsize=256)
def _compiled(expression: str) -> re.Pattern[str]:
    if _repeats_a_repeat(expression):
        raise QueryFailedError(
            f"the regular expression {expression!r} repeats a group that repeats itself; write it without"
        )
    try:
        return re.compile(expression, re.ASCII)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise QueryFailedError(f"{expression!r} is no regular expression: {error}") from error


def _repeats_a_repeat(expression: str) -> bool:
    """Whether a group that holds a repeat is repeated itself."""
    holds, group, end = [False], False, -1
    for token in _TOKEN.finditer(expression):
        if token[0] == "(":
            holds.append(False)
        elif token[0] == ")" and len(holds) > 1:
            group, end = holds.pop(), token.end()
            holds[-1] |= group
        elif token[0] in "*+{":
            if group and token.start() == end:
                return True
            holds[-1] = True
    return False


def lower(value: Value) -> Value:
    return string(value, "toLower()").lower()


def upper(value: Value) -> Value:
    return string(value, "toUpper()").upper()


def trim(value: Value) -> Value:
    return string(value, "trim()").strip(_WHITESPACE)


def trim_left(value: Value) -> Value:
    return string(value, "ltrim()").lstrip(_WHITESPACE)


def trim_right(value: Value) -> Value:
    return string(value, "rtrim()").rstrip(_WHITESPACE)


def replace(value: Value, old: Value, new: Value) -> Value:
    """``replace``; an empty ``old`` stands before, between and after all characters."""
    one, other, third = (string(v, "replace()") for v in (value, old, new))
    sized(len(one) + one.count(other) * len(third))
    return one.replace(other, third)


def substring(value: Value, start: Value, length: Value = None) -> Value:
    """``substring``: from ``start``, counted from 0, at most ``length`` characters."""
    found = string(value, "substring()")[_place(start, "substring()") :]
    return found if length is None else found[: _place(length, "substring()")]


def left(value: Value, length: Value) -> Value:
    return string(value, "left()")[: _place(length, "left()")]


def right(value: Value, length: Value) -> Value:
    found, count = string(value, "right()"), _place(length, "right()")
    return found[max(len(found) - count, 0) :]


def split(value: Value, separator: Value) -> Value:
    """``split``; an empty separator parts all characters."""
    found, at = string(value, "split()"), string(separator, "split()")
    return list(found.split(at) if at else found or [""])


def _place(value: Value, where: str) -> int:
    place = whole(value, where)
    if place < 0:
        raise QueryFailedError(f"{where} expects places and lengths from 0, but got {place}")
    return place
