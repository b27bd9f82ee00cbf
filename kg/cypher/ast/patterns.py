"""Patterns: nodes, relationships and paths to match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as Choice

from .expressions import Expression, LabelExpression, MapLiteral, Parameter, offset


@dataclass(frozen=True, slots=True)
class NodePattern:
    """``(variable:labels {properties} WHERE where)``; ``variable`` is None when the text names none."""

    variable: str | None = None
    labels: LabelExpression | None = None
    properties: MapLiteral | Parameter | None = None
    where: Expression | None = None
    at: int = offset()


@dataclass(frozen=True, slots=True)
class RelPattern:
    """``-[variable:types*low..high {properties}]->``; ``length`` None means exactly one edge.

    ``high`` is None in ``*`` and ``*2..``: the limits refuse those. ``direction`` is seen from left to right.
    """

    variable: str | None = None
    types: tuple[str, ...] = ()
    direction: Choice["out", "in", "both"] = "both"
    length: tuple[int, int | None] | None = None
    properties: MapLiteral | Parameter | None = None
    where: Expression | None = None
    at: int = offset()


@dataclass(frozen=True, slots=True)
class PathPattern:
    """``variable = (n0)-[r0]-(n1)…``.

    One node more than relationships; ``shortest`` for the two functions.
    """

    nodes: tuple[NodePattern, ...]
    relationships: tuple[RelPattern, ...] = ()
    variable: str | None = None
    shortest: Choice["one", "all"] | None = None
