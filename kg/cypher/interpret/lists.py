"""Lists, maps, and what goes through a list with a variable of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ...model import Value
from .. import ast
from .context import Context, Evaluate, Row
from .expressions import compiled, compiles, predicate, property_of
from .functions import properties_of
from .values import Truth, all_true, any_true, negated, wrong_type


@compiles(ast.ListLiteral)
def _list(node: ast.ListLiteral, context: Context) -> Evaluate:
    items = [compiled(item, context) for item in node.items]
    return lambda row: [item(row) for item in items]


@compiles(ast.MapLiteral)
def _map(node: ast.MapLiteral, context: Context) -> Evaluate:
    items = [(key, compiled(item, context)) for key, item in node.items]
    return lambda row: {key: item(row) for key, item in items}


@compiles(ast.MapProjection)
def _map_projection(node: ast.MapProjection, context: Context) -> Evaluate:
    subject = compiled(node.subject, context)
    items = [(key, item and compiled(item, context)) for key, item in node.items]

    def project(row: Row) -> Value:
        value = subject(row)
        if value is None:
            return None
        found: dict[str, Value] = {}
        for key, item in items:
            if key == "*" and item is None:
                found |= properties_of(value, "a map projection")
            else:
                found[key] = item(row) if item else property_of(value, key)
        return found

    return project


def _each(variable: str, source: ast.Expression, context: Context) -> Callable[[Row], Iterator[Row] | None]:
    """For each item of a list the row with ``variable`` set to it; ``None`` when the list is null."""
    items = compiled(source, context)

    def rows(row: Row) -> Iterator[Row] | None:
        found = items(row)
        if found is None:
            return None
        if not isinstance(found, list):
            raise wrong_type(f"{variable} IN …", "a LIST", found)
        return _extended(row, found)

    def _extended(row: Row, found: Sequence[Value]) -> Iterator[Row]:
        inner = dict(row)
        for item in found:
            context.clock.tick()
            inner[variable] = item
            yield inner

    return rows


@compiles(ast.ListComprehension)
def _comprehension(node: ast.ListComprehension, context: Context) -> Evaluate:
    each = _each(node.variable, node.source, context)
    test = predicate(node.where or ast.Literal(True), context)
    value = compiled(node.projection or ast.Variable(node.variable), context)

    def collect(row: Row) -> Value:
        rows = each(row)
        return None if rows is None else [value(inner) for inner in rows if test(inner)]

    return collect


def _single(tests: Iterator[Truth]) -> Truth:
    """Exactly one true; not known when nulls could make or break it."""
    holding, unknown = 0, False
    for holds in tests:
        holding += holds is True
        unknown = unknown or holds is None
        if holding > 1:
            return False
    return None if unknown else holding == 1


QUANTIFIERS: dict[str, Callable[[Iterator[Truth]], Truth]] = {
    "all": all_true,
    "any": any_true,
    "none": lambda tests: negated(any_true(tests)),
    "single": _single,
}


@compiles(ast.Quantifier)
def _quantifier(node: ast.Quantifier, context: Context) -> Evaluate:
    each = _each(node.variable, node.source, context)
    test, decide = predicate(node.where, context), QUANTIFIERS[node.kind]

    def holds(row: Row) -> Value:
        rows = each(row)
        return None if rows is None else decide(test(inner) for inner in rows)

    return holds


@compiles(ast.Reduce)
def _reduce(node: ast.Reduce, context: Context) -> Evaluate:
    initial, body = compiled(node.initial, context), compiled(node.body, context)
    each = _each(node.variable, node.source, context)

    def fold(row: Row) -> Value:
        rows, value = each(row), initial(row)
        if rows is None:
            return None
        for inner in rows:
            inner[node.accumulator] = value
            value = body(inner)
        return value

    return fold
