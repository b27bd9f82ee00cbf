"""What a checked query may cost: hops, patterns, products, ranges, and how many rows it may return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ....errors import QueryRefusedError
from .. import ast
from ..limits import Limits
from ..refusals import REASONS
from ..walk import children, names, walk
from .functions import is_aggregate

Subquery = ast.Exists | ast.Count | ast.PatternComprehension


def bound(
    query: ast.Query, limits: Limits | None = None, parameters: Mapping[str, object] | None = None
) -> ast.Query:
    """``query`` with a LIMIT, if it keeps within ``limits``.

    One row more than ``limits.rows`` is asked for, so that the store can tell a cut result from a complete
    one. A UNION has no LIMIT of its own in Cypher 5: each part gets one, where that cannot change the rows,
    and the store cuts what comes back.

    Args:
        query: what the check gave.
        limits: the defaults suit text from a language model.
        parameters: values of parameters, which may be bounds of ``range()``.

    Raises:
        QueryRefusedError: ``unbounded-path``, ``too-many-hops``, ``too-many-patterns``,
            ``cartesian-product`` or ``range-too-long``.
    """
    limits = limits or Limits()
    size = 0
    for node in walk(query):
        if isinstance(node, ast.RelPattern):
            _hops(node, limits.hops)
        elif isinstance(node, ast.Call) and node.name == "range":
            _range(node, limits.range, parameters or {})
        size += isinstance(node, ast.NodePattern | ast.RelPattern)
    if size > limits.patterns:
        raise _over("too-many-patterns", f"{size} nodes and relationships", limits.patterns)
    products = sum(map(_products, query.parts))
    if products > limits.products:
        raise _over("cartesian-product", f"{products} patterns that nothing connects", limits.products)
    union = len(query.parts) > 1
    merged = union and not all(query.all)
    return replace(query, parts=tuple(_limited(part, limits.rows + 1, merged) for part in query.parts))


def _over(reason: str, found: str, most: int) -> QueryRefusedError:
    return QueryRefusedError(reason, f"{REASONS[reason]}; found {found}, at most {most} allowed")


def _hops(edge: ast.RelPattern, most: int) -> None:
    if edge.length is None:
        return
    high = edge.length[1]
    if high is None:
        raise QueryRefusedError(
            "unbounded-path", f"{REASONS['unbounded-path']}; at most {most} hops are allowed"
        )
    if high > most:
        raise _over("too-many-hops", f"{high} hops", most)


# --- range() ----------------------------------------------------------------------------------------


def _range(call: ast.Call, most: int, parameters: Mapping[str, object]) -> None:
    """Refuse a range whose length is known from the text and the parameters."""
    start, stop, *more = (_integer(argument, parameters) for argument in call.arguments)
    step = more[0] if more else 1
    if start is not None and stop is not None and step and (length := (stop - start) // step + 1) > most:
        raise _over("range-too-long", f"{length} elements", most)


def _integer(node: ast.Expression, parameters: Mapping[str, object]) -> int | None:
    value: object = None
    match node:
        case ast.Literal():
            value = node.value
        case ast.Parameter():
            value = parameters.get(node.name)
        case ast.Unary(operator="-" | "+" as sign, operand=operand):
            inner = _integer(operand, parameters)
            value = -inner if inner is not None and sign == "-" else inner
    return value if isinstance(value, int) else None


# --- Cartesian products -----------------------------------------------------------------------------


def _products(query: ast.SingleQuery) -> int:
    """How many groups of patterns multiply the rows that were there before them."""
    known: set[str] = set()
    rows = False  # whether there may be more than one row
    count = 0
    for clause in query.clauses:
        if isinstance(clause, ast.Match):
            count += _loose(clause.patterns, known, rows)
            rows = True
            known |= names(clause.patterns)
        count += _inside(clause, known, rows)
        if isinstance(clause, ast.Unwind):
            rows = True
            known |= {clause.variable}
        elif isinstance(clause, ast.With):
            rows = rows and not _one_row(clause.projection)
            known = {item.name for item in clause.projection.items}
    return count


def _loose(patterns: Sequence[ast.PathPattern], known: set[str], rows: bool) -> int:
    """How many groups of connected patterns share no variable with what is known.

    The first of them multiplies nothing where there are no rows yet.
    """
    groups: list[set[str]] = []
    for pattern in patterns:
        new = names(pattern)
        touching = [group for group in groups if group & new]
        groups = [group for group in groups if not group & new]
        groups.append(new.union(*touching))
    loose = sum(not group & known for group in groups)
    return loose if rows else max(loose - 1, 0)


def _inside(node: object, known: set[str], rows: bool) -> int:
    """The same for subqueries and pattern comprehensions below ``node``."""
    count = 0
    for child in children(node):
        inner = known
        if isinstance(child, Subquery):
            patterns = (child.pattern,) if isinstance(child, ast.PatternComprehension) else child.patterns
            count += _loose(patterns, known, rows)
            inner = known | names(patterns)
        elif isinstance(child, ast.ListComprehension | ast.Quantifier):
            inner = known | {child.variable}
        elif isinstance(child, ast.Reduce):
            inner = known | {child.variable, child.accumulator}
        count += _inside(child, inner, rows)
    return count


def _one_row(projection: ast.Projection) -> bool:
    if projection.limit == ast.Literal(1):
        return True
    return all(any(map(is_aggregate, walk(item.expression))) for item in projection.items)


# --- rows -------------------------------------------------------------------------------------------


def _limited(query: ast.SingleQuery, most: int, merged: bool) -> ast.SingleQuery:
    """``query`` with a LIMIT of at most ``most``.

    In a UNION that drops duplicates (``merged``) a LIMIT could cut rows that the duplicates would have made
    room for. There only a part without ORDER BY, SKIP and LIMIT gets one, after a DISTINCT of its own.
    """
    *before, last = query.clauses
    if not isinstance(last, ast.Return):
        return query
    projection = last.projection
    cut = projection.skip or projection.limit or projection.order
    if merged and cut:
        return query
    limit = projection.limit.value if isinstance(projection.limit, ast.Literal) else most
    least = ast.Literal(min(limit, most) if isinstance(limit, int) else most)
    new = replace(projection, limit=least, distinct=projection.distinct or merged)
    return ast.SingleQuery((*before, ast.Return(new)))
