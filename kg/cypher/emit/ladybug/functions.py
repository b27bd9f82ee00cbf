"""Scalar functions that the engine has with Neo4j's meaning, or that can be given it.

Not here, so answered by the interpreter, are those whose values differ too often: ``round``, ``trim``,
``split``, ``reverse``, ``toString`` of floats, ``keys``, ``properties`` …
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from .columns import ENGINE_TYPES
from .context import Context
from .operators import NUMBERS
from .typed import SCALARS, NotEmittable, Typed, combined, declining, item_type, need

__all__ = ["FUNCTIONS", "at"]

Scalar = Callable[[Context, Sequence[Typed]], Typed]

# Where the engine's letters differ from Java's: special casings, and scripts newer than one of the two.
_NEW_SCRIPTS = "\u2c00-\u2c5f\ua640-\uabff\U00010400-\U0001e9ff"
_LOWER_DIFFERS = f"[\u0130\u03a3{_NEW_SCRIPTS}]"
_UPPER_DIFFERS = (
    "[\u00df\u0149\u01f0\u0390\u03b0\u0587\u10d0-\u10ff\u1e96-\u1e9a\u1f00-\u1fff\ufb00-\ufb17"
    f"{_NEW_SCRIPTS}]"
)
_ONE_BY_ONE = (
    "[\u0001-\u000c\u000e-\u02ff\u0370-\u0482\u048a-\u058f\u1e00-\u200a\u2010-\u2027\u2030-\u205f\u20a0-\u20cf"
    "\u2100-\u2bff\u3000-\u3029\u3030-\u3098\u309b-\ua4cf\uac00-\ud7a3]*"
)
"""Characters of which none joins another: the engine counts what a reader sees as one, Neo4j code points."""


def _cased(function: str, differs: str) -> Scalar:
    def write(context: Context, arguments: Sequence[Typed]) -> Typed:
        value = need(arguments[0], ("str",), function)
        text = combined(f"{function}({value.text})", "str", value)
        return declining(text, f"regexp_matches({value.text}, {context.bind(differs)})")

    return write


def _one_by_one(context: Context, value: Typed) -> Typed:
    plain = f"regexp_full_match({value.text}, {context.bind(_ONE_BY_ONE)})"
    return declining(value, f"NOT ({value.text} IS NULL OR {plain})")


def _size(context: Context, arguments: Sequence[Typed]) -> Typed:
    (value,) = arguments
    if value.type == "edges":
        return combined(f"size(rels({value.text}))", "int", value)
    if value.type == "str":
        value = _one_by_one(context, value)
    elif item_type(value.type) is None:
        raise NotEmittable(f"size of {value.type}")
    return combined(f"size({value.text})", "int", value)


def _is_empty(_context: Context, arguments: Sequence[Typed]) -> Typed:
    (value,) = arguments
    if value.type == "str":
        return combined(f"({value.text} = '')", "bool", value)
    if item_type(value.type) is None:
        raise NotEmittable(f"isEmpty of {value.type}")
    return combined(f"(size({value.text}) = 0)", "bool", value)


def _count_of(value: Typed, what: str) -> int:
    if not isinstance(value.constant, int) or isinstance(value.constant, bool) or value.constant < 0:
        raise NotEmittable(f"{what} that is no constant from 0 up")
    return value.constant


def _substring(context: Context, arguments: Sequence[Typed]) -> Typed:
    value = _one_by_one(context, need(arguments[0], ("str",), "substring"))
    start = _count_of(arguments[1], "a start")
    length = _count_of(arguments[2], "a length") if len(arguments) == 3 else 2**31
    return combined(f"substring({value.text}, {start + 1}, {length})", "str", value)


def _end(function: str) -> Scalar:
    def write(context: Context, arguments: Sequence[Typed]) -> Typed:
        value = _one_by_one(context, need(arguments[0], ("str",), function))
        length = _count_of(arguments[1], "a length")
        return combined(f"{function}({value.text}, {length})", "str", value)

    return write


def _replace(_context: Context, arguments: Sequence[Typed]) -> Typed:
    for argument in arguments:
        need(argument, ("str",), "replace")
    if not arguments[1].constant:
        raise NotEmittable("replace of a string that is no constant, or empty")
    return combined(f"replace({', '.join(each.text for each in arguments)})", "str", *arguments)


def _coalesce(_context: Context, arguments: Sequence[Typed]) -> Typed:
    values = [argument for argument in arguments if argument.type != "null"]
    if not values or any(value.type != values[0].type for value in values):
        raise NotEmittable("coalesce of several types")
    need(values[0], SCALARS, "coalesce")
    text = f"coalesce({', '.join(value.text for value in values)})"
    nullable, finite = all(value.nullable for value in values), all(value.finite for value in values)
    return combined(text, values[0].type, *values, nullable=nullable, finite=finite)


def at(value: Typed, index: int) -> Typed:
    """``value[index]`` of a list, counted from 0; null beyond its end, where the engine fails."""
    item = item_type(value.type)
    if item not in SCALARS:
        raise NotEmittable(f"item of {value.type}")
    there = f"size({value.text}) > {index}"
    nothing = f"[CAST(NULL AS {ENGINE_TYPES[item]})]"
    text = (
        f"list_extract(CASE WHEN {there} THEN {value.text} ELSE {nothing} END, "
        f"CASE WHEN {there} THEN {index + 1} ELSE 1 END)"
    )
    return combined(text, item, value, nullable=True)


def _head(_context: Context, arguments: Sequence[Typed]) -> Typed:
    return at(arguments[0], 0)


def _range(_context: Context, arguments: Sequence[Typed]) -> Typed:
    if any(argument.type != "int" or argument.nullable for argument in arguments):
        raise NotEmittable("range of what may be no integer")
    return combined(f"range({', '.join(each.text for each in arguments)})", "[int]", *arguments)


# --- numbers and conversions ---


def _to_string(_context: Context, arguments: Sequence[Typed]) -> Typed:
    value = need(arguments[0], ("str", "int", "bool", "date"), "toString")
    if value.type == "bool":  # the engine writes True
        text = f"CASE WHEN {value.text} THEN 'true' WHEN NOT {value.text} THEN 'false' END"
        return combined(f"({text})", "str", value)
    return value if value.type == "str" else combined(f"CAST({value.text} AS STRING)", "str", value)


def _parsed(context: Context, value: Typed, type_: str, plain: str) -> Typed:
    """A number from a string that is written plainly; any other string fails in the engine."""
    fits = f"({value.text} IS NULL OR regexp_full_match({value.text}, {context.bind(plain)}))"
    text = f"CAST(CASE WHEN {fits} THEN {value.text} ELSE 'not plain' END AS {ENGINE_TYPES[type_]})"
    return combined(text, type_, value)


def _to_integer(context: Context, arguments: Sequence[Typed]) -> Typed:
    value = need(arguments[0], ("int", "str"), "toInteger")
    return _parsed(context, value, "int", "-?[0-9]{1,18}") if value.type == "str" else value


def _to_float(context: Context, arguments: Sequence[Typed]) -> Typed:
    value = need(arguments[0], ("float", "int", "str"), "toFloat")
    if value.type == "str":
        return _parsed(context, value, "float", r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
    return value if value.type == "float" else combined(f"CAST({value.text} AS DOUBLE)", "float", value)


def _abs(_context: Context, arguments: Sequence[Typed]) -> Typed:
    value = need(arguments[0], NUMBERS, "abs")
    return combined(f"abs({value.text})", value.type, value, finite=value.finite)


def _float_function(function: str) -> Scalar:
    def write(_context: Context, arguments: Sequence[Typed]) -> Typed:
        value = need(arguments[0], NUMBERS, function)
        kept = function in ("ceil", "floor") and value.finite
        return combined(f"{function}(CAST({value.text} AS DOUBLE))", "float", value, finite=kept)

    return write


_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _date(context: Context, arguments: Sequence[Typed]) -> Typed:
    text = arguments[0].constant
    if arguments[0].type == "date":
        return arguments[0]
    if not isinstance(text, str) or not _ISO_DATE.fullmatch(text):
        raise NotEmittable("date of what is no constant YYYY-MM-DD")
    try:
        return context.constant(date.fromisoformat(text))
    except ValueError as error:
        raise NotEmittable("date that does not exist") from error


# --- of nodes, relationships and paths ---


def _labels(_context: Context, arguments: Sequence[Typed]) -> Typed:
    value = need(arguments[0], ("node",), "labels")
    return combined(f"{value.text}.labels", "[str]", value)


def _type(_context: Context, arguments: Sequence[Typed]) -> Typed:
    value = need(arguments[0], ("edge",), "type")
    return combined(f"{value.text}.rel", "str", value)


def _length(_context: Context, arguments: Sequence[Typed]) -> Typed:
    value = need(arguments[0], ("path",), "length")
    return combined(f"size(rels({value.text}))", "int", value)


def _nodes(_context: Context, arguments: Sequence[Typed]) -> Typed:
    value = need(arguments[0], ("path",), "nodes")
    return combined(f"nodes({value.text})", "[node]", value)


def _relationships(_context: Context, arguments: Sequence[Typed]) -> Typed:
    value = need(arguments[0], ("path",), "relationships")
    return replace(combined(f"rels({value.text})", "[edge]", value), parts=(value.text,))


FUNCTIONS: dict[str, Scalar] = {
    "labels": _labels,
    "type": _type,
    "length": _length,
    "nodes": _nodes,
    "relationships": _relationships,
    "size": _size,
    "char_length": _size,
    "isempty": _is_empty,
    "head": _head,
    "range": _range,
    "coalesce": _coalesce,
    "tostring": _to_string,
    "tointeger": _to_integer,
    "tofloat": _to_float,
    "date": _date,
    "tolower": _cased("lower", _LOWER_DIFFERS),
    "lower": _cased("lower", _LOWER_DIFFERS),
    "toupper": _cased("upper", _UPPER_DIFFERS),
    "upper": _cased("upper", _UPPER_DIFFERS),
    "substring": _substring,
    "left": _end("left"),
    "right": _end("right"),
    "replace": _replace,
    "abs": _abs,
    "ceil": _float_function("ceil"),
    "floor": _float_function("floor"),
    "sqrt": _float_function("sqrt"),
}
"""How each function is written, by its name in lower case."""
