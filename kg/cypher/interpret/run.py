"""Running a query: clauses as generators over rows, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....errors import QueryFailedError
from ...model import Value
from .. import ast

# They enter their expressions into the table of compilers.
from . import lists, subqueries  # noqa: F401
from .context import Clock, Context
from .expressions import compiled
from .plan import Matcher
from .projections import Rows, projected
from .values import group_key
from .view import GraphView

if TYPE_CHECKING:
    from ..gate import ReadQuery


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a query; each row has a value for each of ``columns``."""

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]


def interpret(read: ReadQuery, view: GraphView, deadline: float | None = None) -> Table:
    """Answer a query over ``view``.

    Args:
        read: a query that has passed the gate.
        view: the graph; it must hold still meanwhile.
        deadline: when to give up, as a time of ``time.monotonic``.

    Raises:
        QueryTimeoutError: the deadline has passed.
        QueryFailedError: a value was of the wrong type, a number out of range, an integer divided by zero.
    """
    context = Context(view, read.parameters, Clock(deadline))
    try:
        return Table(tuple(read.columns), list(_union(read.query, context)))
    except RecursionError as error:
        raise QueryFailedError("the query nests values too deeply; flatten the lists it builds") from error


def _union(query: ast.Query, context: Context) -> Iterator[tuple[Value, ...]]:
    """Without ALL, a UNION makes all rows up to there distinct."""
    rows = _single(query.parts[0], context)
    for part, keep in zip(query.parts[1:], query.all, strict=True):
        rows = _both(rows, _single(part, context))
        if not keep:
            rows = _distinct(rows)
    return rows


def _both(
    first: Iterator[tuple[Value, ...]], second: Iterator[tuple[Value, ...]]
) -> Iterator[tuple[Value, ...]]:
    yield from first
    yield from second


def _distinct(rows: Iterator[tuple[Value, ...]]) -> Iterator[tuple[Value, ...]]:
    seen: set[Hashable] = set()
    for row in rows:
        key = tuple(map(group_key, row))
        if key not in seen:
            seen.add(key)
            yield row


def _single(query: ast.SingleQuery, context: Context) -> Iterator[tuple[Value, ...]]:
    rows: Rows = iter([{}])
    for clause in query.clauses:
        rows = clause_of(clause, context)(rows)
    return (tuple(row.values()) for row in rows)


def clause_of(clause: ast.Clause, context: Context) -> Callable[[Rows], Rows]:
    """What turns the rows before a clause into those after it."""
    match clause:
        case ast.Match():
            return _match(clause, context)
        case ast.Unwind():
            return _unwind(clause, context)
        case ast.With(projection, where):
            return projected(projection, where, context)
        case ast.Return(projection):
            return projected(projection, None, context)


def _match(clause: ast.Match, context: Context) -> Callable[[Rows], Rows]:
    matches = Matcher(clause.patterns, clause.where, context)

    def rows(given: Rows) -> Rows:
        for row in given:
            found = False
            for solution in matches(row):
                found = True
                yield solution
            if clause.optional and not found:
                yield dict.fromkeys(matches.names) | row

    return rows


def _unwind(clause: ast.Unwind, context: Context) -> Callable[[Rows], Rows]:
    """A value that is no list counts as a list of one, null as an empty one."""
    value = compiled(clause.expression, context)

    def rows(given: Rows) -> Rows:
        for row in given:
            found = value(row)
            items = found if isinstance(found, list) else [] if found is None else [found]
            for item in items:
                context.clock.tick()
                yield {**row, clause.variable: item}

    return rows
