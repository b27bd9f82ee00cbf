"""Arithmetic with integers of 64 bits and IEEE floats, and the meanings of ``+``."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

import numpy as np

from ....errors import QueryFailedError
from ...model import Value
from .values import INT_MAX, INT_MIN, MAX_SIZE, is_integer, is_number, kind_of, wrong_type

Number = int | float


def fits(value: int) -> int:
    """``value``, if 64 bits hold it.

    Raises:
        QueryFailedError: they do not.
    """
    if INT_MIN <= value <= INT_MAX:
        return value
    raise QueryFailedError("an integer result does not fit 64 bits; calculate with floats, as in 1.0 * x")


def sized(length: int) -> int:
    """``length``, if a list or string of it may be built.

    Raises:
        QueryFailedError: it is too long.
    """
    if length <= MAX_SIZE:
        return length
    raise QueryFailedError(
        f"a list or string of {length} elements was asked for; at most {MAX_SIZE} can be built"
    )


def number(value: Value, where: str) -> Number:
    """``value`` as a number.

    Raises:
        QueryFailedError: it is none.
    """
    if isinstance(value, int | float) and is_number(value):
        return value
    raise wrong_type(where, "a number", value)


def whole(value: Value, where: str) -> int:
    """``value`` as an integer; a float is cut towards zero.

    Raises:
        QueryFailedError: it is no number, or not finite.
    """
    found = number(value, where)
    if isinstance(found, float) and not math.isfinite(found):
        raise wrong_type(where, "an INTEGER", value)
    return int(found)


def to_text(value: Value) -> str | None:
    """A string, number, boolean or date as ``toString`` writes it; ``None`` for the rest."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    return None if value is None or kind_of(value) not in ("INTEGER", "DATE") else str(value)


def _float_text(value: float) -> str:
    """As Java writes it: plain from 0.001 up to 10⁷, else one digit before the point and an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    shortest = Decimal(repr(value)).normalize()
    first, *others = map(str, shortest.as_tuple().digits)
    return f"{'-' if value < 0 else ''}{first}.{''.join(others) or '0'}E{shortest.adjusted()}"


def add(left: Value, right: Value) -> Value:
    """``+``: sum, concatenation, or a list with one more element."""
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return _calculated(lambda a, b: a + b, left, right, "+")
    if isinstance(left, list) or isinstance(right, list):
        joined = (left if isinstance(left, list) else [left], right if isinstance(right, list) else [right])
        sized(sum(map(len, joined)))
        return [*joined[0], *joined[1]]
    if isinstance(left, str) or isinstance(right, str):
        texts = to_text(left), to_text(right)
        if texts[0] is not None and texts[1] is not None:
            sized(len(texts[0]) + len(texts[1]))
            return texts[0] + texts[1]
    raise QueryFailedError(f"+ cannot join {kind_of(left)} and {kind_of(right)}; convert one of them")


def subtract(left: Value, right: Value) -> Value:
    """``-``."""
    return _calculated(lambda a, b: a - b, left, right, "-")


def multiply(left: Value, right: Value) -> Value:
    """``*``."""
    return _calculated(lambda a, b: a * b, left, right, "*")


def divide(left: Value, right: Value) -> Value:
    """``/``; between integers it cuts towards zero."""
    return _calculated(_quotient, left, right, "/")


def modulo(left: Value, right: Value) -> Value:
    """``%``; the result has the sign of ``left``."""
    return _calculated(_remainder, left, right, "%")


def power(left: Value, right: Value) -> Value:
    """``^``, always a float."""
    if left is None or right is None:
        return None
    return quietly(np.power, float(number(left, "^")), float(number(right, "^")))


def negate(value: Value) -> Value:
    """``-value``."""
    return None if value is None else subtract(0, value) if is_integer(value) else -number(value, "-")


def _calculated(operation: Callable[[Number, Number], Number], left: Value, right: Value, name: str) -> Value:
    if left is None or right is None:
        return None
    one, other = number(left, name), number(right, name)
    if isinstance(one, int) and isinstance(other, int):
        return fits(int(operation(one, other)))
    return float(operation(float(one), float(other)))


def _quotient(left: Number, right: Number) -> Number:
    if isinstance(left, float) or isinstance(right, float):
        return quietly(np.divide, left, right)
    if right == 0:
        raise QueryFailedError("an integer was divided by zero; test the divisor, or divide by a float")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: Number, right: Number) -> Number:
    if isinstance(left, float) or isinstance(right, float):
        return quietly(np.fmod, left, right)
    return left - right * int(_quotient(left, right))


def quietly(function: Callable[..., np.float64], *values: float) -> float:
    """A numpy function of floats by the rules of IEEE 754: infinities and NaN in place of errors."""
    with np.errstate(all="ignore"):
        return float(function(*map(np.float64, values)))
