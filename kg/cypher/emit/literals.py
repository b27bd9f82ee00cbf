"""Values written as Cypher literals."""

from __future__ import annotations

import math
from datetime import date

__all__ = ["literal"]

ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def literal(value: bool | int | float | str | date | None) -> str:
    """``value`` as portable Cypher; a date, which has no literal, becomes a function call."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _float(value)
        case str():
            return _string(value)
        case date():
            return f"date('{value.isoformat()}')"
        case _:
            return str(value)


def _float(value: float) -> str:
    if math.isfinite(value):
        return repr(value).replace("e+", "e")
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _string(value: str) -> str:
    return "'" + "".join(ESCAPES.get(c, c if c.isprintable() else _escape(c)) for c in value) + "'"


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
