"""WITH and RETURN: items, grouping, DISTINCT, ORDER BY, SKIP and LIMIT."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from ....errors import QueryFailedError
from ...model import Value
from .. import ast
from ..check.functions import is_aggregate
from ..walk import walk
from .aggregates import AGGREGATES, Accumulator, Count, Distinct
from .context import Context, Evaluate, Row
from .expressions import compiled, predicate
from .values import group_key, is_integer, kind_of, order_key

Rows = Iterator[Row]


def projected(
    projection: ast.Projection, where: ast.Expression | None, context: Context
) -> Callable[[Rows], Rows]:
    """What turns the rows before a WITH or RETURN into those after it.

    Up to WHERE a row holds both what was there before and the new columns, which hide old variables of the
    same name: ORDER BY and WHERE may use either.
    """
    items, order = projection.items, projection.order
    aggregates = _aggregates(projection)
    if aggregates:
        slots = {id(call): next(context.hidden) for call in aggregates}
        outer = replace(context, slots=slots)
        before = _grouped(items, aggregates, outer)
    else:
        outer = context
        before = _plain
    columns = {item.name: compiled(item.expression, outer) for item in items}
    keys = [_sort_key(key, items, outer) for key in order]
    test = predicate(where, outer) if where is not None else None

    def rows(given: Rows) -> Rows:
        found = _with_columns(before(given), columns)
        if projection.distinct:
            found = _distinct(found, list(columns))
        for key, descending in reversed(keys):
            found = iter(sorted(found, key=key, reverse=descending))
        found = _cut(found, projection, context)
        if test is not None:
            found = (row for row in found if test(row))
        return ({name: row[name] for name in columns} for row in found)

    return rows


def _aggregates(tree: object) -> list[ast.Call | ast.CountStar]:
    """The aggregations in ``tree``; none stands inside another."""
    return [node for node in walk(tree) if isinstance(node, ast.Call | ast.CountStar) and is_aggregate(node)]


def _plain(rows: Rows) -> Rows:
    return rows


def _with_columns(rows: Rows, columns: dict[str, Evaluate]) -> Rows:
    for row in rows:
        yield row | {name: value(row) for name, value in columns.items()}


def _distinct(rows: Rows, names: list[str]) -> Rows:
    seen: set[Hashable] = set()
    for row in rows:
        key = tuple(group_key(row[name]) for name in names)
        if key not in seen:
            seen.add(key)
            yield row


def _sort_key(
    key: ast.SortKey, items: Iterable[ast.Item], context: Context
) -> tuple[Callable[[Row], tuple[object, ...]], bool]:
    """A key that is the same expression as an item takes the item's value."""
    same = next((item.name for item in items if item.expression == key.expression), None)
    value = compiled(ast.Variable(same) if same else key.expression, context)
    return (lambda row: order_key(value(row))), key.descending


def _cut(rows: Rows, projection: ast.Projection, context: Context) -> Rows:
    skip, limit = (
        _bound(count, name, context)
        for count, name in ((projection.skip, "SKIP"), (projection.limit, "LIMIT"))
    )
    if skip is None and limit is None:
        return rows
    start = skip or 0
    return islice(rows, start, None if limit is None else start + limit)


def _bound(count: ast.Expression | None, name: str, context: Context) -> int | None:
    if count is None:
        return None
    value = compiled(count, context)({})
    if isinstance(value, int) and is_integer(value) and value >= 0:
        return value
    shown = value if is_integer(value) else kind_of(value)
    raise QueryFailedError(f"{name} expects an integer from 0, but got {shown}")


# --- grouping -------------------------------------------------------------------------------------


def _grouped(
    items: tuple[ast.Item, ...], calls: list[ast.Call | ast.CountStar], context: Context
) -> Callable[[Rows], Rows]:
    """One row for each group: its first row, with the results of the aggregations.

    Items without an aggregation are what is grouped by; with none there is one group, even of no rows.
    """
    keys = [compiled(item.expression, context) for item in items if not _aggregates(item.expression)]
    makers = [_maker(call, context) for call in calls]

    def rows(given: Rows) -> Rows:
        groups: dict[Hashable, tuple[Row, list[_Feed]]] = {}
        for row in given:
            key = tuple(group_key(value(row)) for value in keys)
            if key not in groups:
                groups[key] = row, [make() for make in makers]
            for feed in groups[key][1]:
                feed.take(row)
        if not groups and not keys:
            groups[()] = {}, [make() for make in makers]
        for first, feeds in groups.values():
            results = zip(calls, feeds, strict=True)
            yield first | {context.slots[id(call)]: feed.accumulator.result() for call, feed in results}

    return rows


class _Feed:
    """Hands the arguments of one aggregation over, row by row, unless the first is null."""

    def __init__(self, accumulator: Accumulator, arguments: list[Evaluate]) -> None:
        self.accumulator, self.arguments = accumulator, arguments

    def take(self, row: Row) -> None:
        values: list[Value] = [argument(row) for argument in self.arguments]
        if not values or values[0] is not None:
            self.accumulator.add(*values)


def _maker(call: ast.Call | ast.CountStar, context: Context) -> Callable[[], _Feed]:
    if isinstance(call, ast.CountStar):
        return lambda: _Feed(Count(), [])
    arguments = [compiled(argument, context) for argument in call.arguments]
    make = AGGREGATES[call.name]
    if call.distinct:
        return lambda: _Feed(Distinct(make()), arguments)
    return lambda: _Feed(make(), arguments)
