"""Aggregates, and values as keys of groups. Standard deviations and percentiles are the interpreter's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .operators import NUMBERS
from .typed import SCALARS, NotEmittable, Typed, declining, finite, list_of, need

__all__ = ["AGGREGATES", "aggregate", "grouped"]


def grouped(value: Typed) -> Typed:
    """``value`` as a key of grouping or DISTINCT, where −0.0 is 0.0."""
    need(value, (*SCALARS, "node", "edge"), "grouping by values")
    if not (value.free or value.aggregated):
        raise NotEmittable("grouping by a constant, which the engine forgets")
    if value.type == "float":
        value = finite(value)
        return replace(value, text=f"({value.text} + 0.0)")
    return value


def _count(value: Typed, distinct: str) -> Typed:
    if value.type in ("null", "path", "edges"):
        raise NotEmittable(f"count of {value.type}")
    return Typed(f"count({distinct}{value.text})", "int", nullable=False)


def _sum(value: Typed, distinct: str) -> Typed:
    need(value, NUMBERS, "sum")
    text = f"sum({distinct}{value.text})"
    if value.type == "int":
        return Typed(f"coalesce(CAST({text} AS INT64), 0)", "int", nullable=False)
    # Over no values it is 0, an integer, and the type of a column has to be known.
    sound = f"({text} < 1.7e308 AND {text} > -1.7e308)"
    return declining(Typed(text, "float", nullable=False), f"{text} IS NULL OR NOT {sound}")


def _avg(value: Typed, distinct: str) -> Typed:
    need(value, NUMBERS, "avg")
    return Typed(f"avg({distinct}{value.text})", "float", finite=value.type == "int")


def _extreme(function: str) -> Callable[[Typed, str], Typed]:
    def write(value: Typed, _distinct: str) -> Typed:
        value = finite(need(value, SCALARS, function))
        return Typed(f"{function}({value.text})", value.type)

    return write


def _collect(value: Typed, distinct: str) -> Typed:
    allowed = SCALARS if distinct else (*SCALARS, "node", "map")
    need(value, allowed, "collect")
    return Typed(f"collect({distinct}{value.text})", list_of(value.type), nullable=False)


AGGREGATES: dict[str, Callable[[Typed, str], Typed]] = {
    "count": _count,
    "sum": _sum,
    "avg": _avg,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "collect": _collect,
}
"""How each aggregate is written: of its argument and of ``DISTINCT `` or nothing."""


def aggregate(name: str, value: Typed, distinct: bool) -> Typed:
    """``name([DISTINCT] value)``."""
    if distinct:
        value = grouped(value)
    written = AGGREGATES[name](value, "DISTINCT " if distinct else "")
    return replace(written, aggregated=True, free=False)
