"""The check of the values that a caller gives for ``$names``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from ....errors import QuerySyntaxError
from .types import a

_MOST, _LEAST = 2**63 - 1, -(2**63)


def check_parameters(parameters: Mapping[str, object], depth: int) -> dict[str, object]:
    """``parameters``, if all of them can be sent to every engine.

    Args:
        parameters: null, booleans, integers of 64 bits, floats, strings, dates, and lists and maps of those.
        depth: how deep lists and maps may be nested.

    Raises:
        QuerySyntaxError: one of them is something else.
    """
    for name, value in parameters.items():
        _check(value, f"${name}", depth)
    return dict(parameters)


def _check(value: object, where: str, depth: int) -> None:
    if depth < 0:
        raise QuerySyntaxError(f"parameter {where[:40]}… is nested too deeply; flatten it")
    match value:
        case None | bool() | float():
            return
        case int():
            if not _LEAST <= value <= _MOST:
                raise QuerySyntaxError(f"parameter {where} does not fit 64 bits; send it as a string")
        case str():
            if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
                raise QuerySyntaxError(f"parameter {where} holds half of a surrogate pair; remove it")
        case date() if not isinstance(value, datetime):
            return
        case list() | tuple():
            for i, item in enumerate(value):
                _check(item, f"{where}[{i}]", depth - 1)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise QuerySyntaxError(f"parameter {where} has the key {key!r}; keys are strings")
                _check(item, f"{where}.{key}", depth - 1)
        case _:
            raise QuerySyntaxError(
                f"parameter {where} is {a(type(value).__name__)}; expected null, a boolean, a number, a"
                " string, a date, or a list or map of them"
            )
