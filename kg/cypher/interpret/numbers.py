"""Functions of numbers, and conversions between types."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from ....errors import QueryFailedError
from ...model import Value
from .arithmetic import fits, number, quietly, to_text, whole
from .values import INT_MAX, INT_MIN, wrong_type

_DIGITS = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?", re.ASCII)
_WORDS = re.compile(r"[+-]?(NaN|Infinity)")


def of_float(name: str, function: Callable[..., np.float64]) -> Callable[..., Value]:
    """A Cypher function of floats from one of numpy's; outside its domain it gives NaN."""

    def apply(*values: Value) -> Value:
        return quietly(function, *(float(number(value, f"{name}()")) for value in values))

    return apply


def magnitude(value: Value) -> Value:
    found = number(value, "abs()")
    return fits(abs(found)) if isinstance(found, int) else abs(found)


def sign(value: Value) -> Value:
    found = number(value, "sign()")
    return (found > 0) - (found < 0)


def is_nan(value: Value) -> Value:
    return math.isnan(number(value, "isNaN()"))


def round_to(value: Value, digits: Value = 0) -> Value:
    """``round``, always a float.

    Without ``digits`` ties go up, and the result stays within 64 bits, as in Neo4j; with them ties go away
    from zero.
    """
    found, places = float(number(value, "round()")), whole(digits, "round()")
    if places < 0:
        raise QueryFailedError(f"round() expects a number of digits from 0, but got {places}")
    if not math.isfinite(found):
        return found
    if places == 0:
        return float(min(max(math.floor(Decimal(found) + Decimal("0.5")), INT_MIN), INT_MAX))
    shortest = Decimal(repr(found))
    if -shortest.as_tuple().exponent <= places:  # type: ignore[operator]
        return found
    return float(shortest.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def to_string(value: Value) -> Value:
    found = to_text(value)
    if found is None:
        raise wrong_type("toString()", "a STRING, number, BOOLEAN or DATE", value)
    return found


def to_integer(value: Value) -> Value:
    """``toInteger``: floats are cut towards zero; text that is no number gives null."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return 0 if math.isnan(value) else int(min(max(value, INT_MIN), INT_MAX))
    if not isinstance(value, str):
        raise wrong_type("toInteger()", "a STRING, number or BOOLEAN", value)
    if not (_DIGITS.fullmatch(value) or _DECIMAL.fullmatch(value)):
        return None
    text = value.rstrip("dDfF")
    return fits(int(Decimal(text)) if abs(float(text)) <= INT_MAX else INT_MAX + 1)


def to_float(value: Value) -> Value:
    """``toFloat``; text that is no number gives null."""
    if isinstance(value, str):
        text = value.strip()
        if _DECIMAL.fullmatch(text):
            return float(text.rstrip("dDfF"))
        return float(text) if _WORDS.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type("toFloat()", "a STRING or number", value)
    return float(value)


def to_boolean(value: Value) -> Value:
    """``toBoolean``: integers but 0 are true; text other than true and false gives null."""
    if isinstance(value, int):
        return value != 0
    if not isinstance(value, str):
        raise wrong_type("toBoolean()", "a STRING, INTEGER or BOOLEAN", value)
    return {"true": True, "false": False}.get(value.strip().lower())


def or_null(convert: Callable[[Value], Value]) -> Callable[[Value], Value]:
    """``toIntegerOrNull`` from ``toInteger``, and so on: null where the other fails."""

    def apply(value: Value) -> Value:
        try:
            return convert(value)
        except QueryFailedError:
            return None

    return apply
