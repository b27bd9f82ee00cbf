"""Clauses and whole queries."""

from __future__ import annotations

from dataclasses import dataclass

from .expressions import Expression
from .patterns import PathPattern


@dataclass(frozen=True, slots=True)
class Match:
    patterns: tuple[PathPattern, ...]
    where: Expression | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Unwind:
    expression: Expression
    variable: str


@dataclass(frozen=True, slots=True)
class Item:
    """``expression AS name``.

    Without AS, ``name`` is the expression as it stands in the text, ``aliased`` false.
    """

    expression: Expression
    name: str
    aliased: bool = True


@dataclass(frozen=True, slots=True)
class SortKey:
    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Projection:
    """``[DISTINCT] [*,] items [ORDER BY …] [SKIP …] [LIMIT …]``; the check replaces ``star`` by items."""

    items: tuple[Item, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[SortKey, ...] = ()
    skip: Expression | None = None
    limit: Expression | None = None


@dataclass(frozen=True, slots=True)
class With:
    projection: Projection
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Return:
    projection: Projection


Clause = Match | Unwind | With | Return


@dataclass(frozen=True, slots=True)
class SingleQuery:
    """Clauses in order; the last one is a RETURN."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """``parts`` joined by UNION; ``all`` says for each join whether it is UNION ALL."""

    parts: tuple[SingleQuery, ...]
    all: tuple[bool, ...] = ()
