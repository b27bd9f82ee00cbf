"""The scalar functions: name in lower case → Python function of the arguments.

Which functions there are and how many arguments they take stands in ``check/functions.py``. Null in
gives null out. ``coalesce``, ``startNode`` and ``endNode`` need more than values: see ``expressions.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ....errors import QueryFailedError
from ...model import Edge, Entity, Path, Value
from . import numbers, strings
from .arithmetic import sized, whole
from .dates import to_date
from .values import listed, wrong_type

Function = Callable[..., Value]


def properties_of(value: Value, where: str) -> dict[str, Value]:
    """The properties of a node or relationship, without its id or key, or the items of a map.

    Raises:
        QueryFailedError: ``value`` is none of these.
    """
    if isinstance(value, Entity | Edge):
        return dict(value.properties)
    if isinstance(value, dict):
        return value
    raise wrong_type(where, "a NODE, RELATIONSHIP or MAP", value)


def _of_list(name: str, apply: Callable[[Sequence[Value]], Value]) -> Function:
    def checked(value: Value) -> Value:
        if isinstance(value, list):
            return apply(value)
        raise wrong_type(f"{name}()", "a LIST", value)

    return checked


def _of_path(name: str, apply: Callable[[Path], Value]) -> Function:
    def checked(value: Value) -> Value:
        if isinstance(value, Path):
            return apply(value)
        raise wrong_type(f"{name}()", "a PATH", value)

    return checked


def _labels(value: Value) -> Value:
    if isinstance(value, Entity):
        return list(value.labels)
    raise wrong_type("labels()", "a NODE", value)


def _type(value: Value) -> Value:
    if isinstance(value, Edge):
        return value.relation
    raise wrong_type("type()", "a RELATIONSHIP", value)


def _keys(value: Value) -> Value:
    return list(properties_of(value, "keys()"))


def _size(value: Value) -> Value:
    if isinstance(value, str | list):
        return len(value)
    raise wrong_type("size()", "a STRING or LIST", value)


def _is_empty(value: Value) -> Value:
    if isinstance(value, str | list | dict):
        return not value
    raise wrong_type("isEmpty()", "a STRING, LIST or MAP", value)


def _reverse(value: Value) -> Value:
    if isinstance(value, str | list):
        return value[::-1]
    raise wrong_type("reverse()", "a STRING or LIST", value)


def _range(start: Value, stop: Value, step: Value = 1) -> Value:
    """Both ends are in; null is an error."""
    first, last, by = (whole(value, "range()") for value in (start, stop, step))
    if by == 0:
        raise QueryFailedError("range() expects a step other than 0")
    found = range(first, last + (1 if by > 0 else -1), by)
    sized(max((last - first) // by + 1, 0))
    return listed(found)


def _strict(function: Function) -> Function:
    """Null in, null out."""

    def apply(*arguments: Value) -> Value:
        return None if any(argument is None for argument in arguments) else function(*arguments)

    return apply


_FLOATS: dict[str, Callable[..., np.float64]] = {
    **{name: getattr(np, name) for name in ("ceil", "floor", "sqrt", "exp", "log", "log10")},
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "degrees", "radians")},
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "cot": lambda x: 1 / np.tan(x),
}

_STRICT: dict[str, Function] = {
    **{name: numbers.of_float(name, function) for name, function in _FLOATS.items()},
    "labels": _labels,
    "type": _type,
    "keys": _keys,
    "properties": lambda value: properties_of(value, "properties()"),
    "nodes": _of_path("nodes", lambda path: listed(path.entities)),
    "relationships": _of_path("relationships", lambda path: listed(path.edges)),
    "length": _of_path("length", len),
    "size": _size,
    "head": _of_list("head", lambda items: items[0] if items else None),
    "last": _of_list("last", lambda items: items[-1] if items else None),
    "tail": _of_list("tail", lambda items: listed(items[1:])),
    "reverse": _reverse,
    "isempty": _is_empty,
    "tostring": numbers.to_string,
    "tointeger": numbers.to_integer,
    "tofloat": numbers.to_float,
    "toboolean": numbers.to_boolean,
    "tostringornull": numbers.or_null(numbers.to_string),
    "tointegerornull": numbers.or_null(numbers.to_integer),
    "tofloatornull": numbers.or_null(numbers.to_float),
    "tobooleanornull": numbers.or_null(numbers.to_boolean),
    "date": to_date,
    "tolower": strings.lower,
    "lower": strings.lower,
    "toupper": strings.upper,
    "upper": strings.upper,
    "trim": strings.trim,
    "ltrim": strings.trim_left,
    "rtrim": strings.trim_right,
    "char_length": lambda value: len(strings.string(value, "char_length()")),
    "character_length": lambda value: len(strings.string(value, "character_length()")),
    "replace": strings.replace,
    "substring": strings.substring,
    "left": strings.left,
    "right": strings.right,
    "split": strings.split,
    "abs": numbers.magnitude,
    "sign": numbers.sign,
    "round": numbers.round_to,
    "isnan": numbers.is_nan,
    "pi": lambda: math.pi,
    "e": lambda: math.e,
}

SCALARS: dict[str, Function] = {name: _strict(function) for name, function in _STRICT.items()} | {
    "range": _range
}
