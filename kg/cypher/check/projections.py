"""The check of WITH and RETURN: columns, grouping, and what ORDER BY and WHERE can see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ....errors import QueryRefusedError, QuerySyntaxError
from .. import ast
from ..refusals import REASONS
from ..walk import children, rewrite, variables, walk
from .expressions import Expressions
from .functions import is_aggregate
from .scope import Scope, place
from .types import INT, a


@dataclass(frozen=True, slots=True)
class Projected:
    """A checked projection.

    Args:
        tree: it, with ``star`` replaced by items, all of them ``aliased``, and SKIP and LIMIT by numbers.
        scope: what the next clause can see.
        where: what the WHERE of a WITH can see.
        source: the items as they were written, for :func:`projected`.
        closed: whether ORDER BY and WHERE see the columns only, because rows were merged.
    """

    tree: ast.Projection
    scope: Scope
    where: Scope
    source: tuple[ast.Item, ...]
    closed: bool


class Projections:
    """Checks the projections of WITH and RETURN."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions

    def check(self, node: ast.Projection, scope: Scope, clause: str) -> Projected:
        """A projection with its annotations, and the scopes that follow from it.

        Args:
            node: the projection.
            scope: the variables before it.
            clause: ``WITH`` or ``RETURN``.

        Raises:
            QuerySyntaxError: columns of one name or without a name, or values neither grouped nor aggregated.
        """
        source = _star(node, scope, clause) + node.items
        _names(source, clause)
        aggregating = any(map(_aggregates, source))
        if aggregating:
            _grouping(source)
        checked = [self.expressions.check(item.expression, scope) for item in source]
        items = tuple(ast.Item(new, item.name) for item, (new, _) in zip(source, checked, strict=True))
        after = Scope({item.name: found for item, (_, found) in zip(items, checked, strict=True)})
        closed = aggregating or node.distinct
        inner = after if closed else scope.with_types(after.types)
        done = Projected(node, after, inner, source, closed)
        order = self._order(node.order, done)
        skip, limit = self._number(node.skip, "SKIP", scope), self._number(node.limit, "LIMIT", scope)
        tree = replace(node, items=items, star=False, order=order, skip=skip, limit=limit)
        return replace(done, tree=tree)

    def where(self, node: ast.Expression | None, done: Projected) -> ast.Expression | None:
        """The condition of the WITH that ``done`` is."""
        return self.expressions.where(node and projected(node, done), done.where)

    def _order(self, order: Sequence[ast.SortKey], done: Projected) -> tuple[ast.SortKey, ...]:
        where = "in ORDER BY, unless the columns aggregate it, too"
        inner = done.where.without_aggregates(where)
        return tuple(
            replace(key, expression=self.expressions.tree(projected(key.expression, done), inner))
            for key in order
        )

    def _number(self, node: ast.Expression | None, word: str, scope: Scope) -> ast.Literal | None:
        """The value of SKIP or LIMIT, if it stands there."""
        if node is None:
            return None
        at = place(node)
        if variables(node):
            raise QuerySyntaxError(f"{word} needs a number or a parameter, not a value of the rows", at)
        _, found = self.expressions.check(node, scope.without_aggregates(f"in {word}"))
        if found != INT:
            raise QuerySyntaxError(f"{word} needs an integer, not {a(found)}", at)
        value = self.expressions.parameters[node.name] if isinstance(node, ast.Parameter) else _constant(node)
        if not isinstance(value, int):
            raise QueryRefusedError("computed-limit", f"{word}: {REASONS['computed-limit']}")
        if value < 0:
            raise QuerySyntaxError(f"{word} cannot be negative; found {value}", at)
        return ast.Literal(value)


def projected(node: ast.Expression, done: Projected) -> ast.Expression:
    """``node`` with the columns of a closed projection in place of the expressions that they hold.

    So ``RETURN a.name AS name, count(*) ORDER BY a.name`` is sorted by ``name``. An expression that uses a
    name to which the projection gives another meaning is left as it is.
    """
    if not done.closed:
        return node
    hidden = {item.name for item in done.source if item.expression != ast.Variable(item.name)}
    columns = {  # by repr, as Literal(1) == Literal(True)
        repr(item.expression): ast.Variable(item.name, at=place(item.expression))
        for item in done.source
        if not isinstance(item.expression, ast.Literal) and not variables(item.expression) & hidden
    }
    return rewrite(node, lambda part: columns.get(repr(part)))


def _constant(node: ast.Expression) -> object:
    match node:
        case ast.Literal(value=value):
            return value
        case ast.Unary(operator="-", operand=ast.Literal(value=int() as value)):
            return -value
    return None


def _star(node: ast.Projection, scope: Scope, clause: str) -> tuple[ast.Item, ...]:
    """The items for ``*``: every variable, by name."""
    if not node.star:
        return ()
    if not scope.types and (clause == "RETURN" or not node.items):
        raise QuerySyntaxError(f"{clause} * has no variables to take; name what to return")
    return tuple(ast.Item(ast.Variable(name), name) for name in sorted(scope.types))


def _names(items: Sequence[ast.Item], clause: str) -> None:
    """Every column of a WITH needs a name of its own."""
    seen: set[str] = set()
    for item in items:
        if item.name in seen:
            raise QuerySyntaxError(f"two columns are called {item.name}; rename one by AS", place(item))
        seen.add(item.name)
        if clause == "WITH" and not item.aliased and not isinstance(item.expression, ast.Variable):
            raise QuerySyntaxError(f"{item.name} needs a name in WITH: {item.name} AS …", place(item))


def _aggregates(item: ast.Item) -> bool:
    return any(map(is_aggregate, walk(item.expression)))


def _grouping(items: Sequence[ast.Item]) -> None:
    """In a column that aggregates, the rest must be constant or a column of its own."""
    keys: set[ast.Expression] = {
        item.expression
        for item in items
        if not _aggregates(item) and isinstance(item.expression, ast.Variable | ast.Property)
    }
    for item in items:
        for loose in _loose(item.expression, keys, frozenset()) if _aggregates(item) else ():
            raise QuerySyntaxError(
                f"{item.name} mixes an aggregation with {loose.name}, which is not grouped; make what it"
                f" needs of {loose.name} a column of its own, or compute it in a WITH before",
                loose.at,
            )


def _loose(node: object, keys: set[ast.Expression], local: frozenset[str]) -> Iterator[ast.Variable]:
    """Variables that are neither aggregated, nor grouped by, nor bound by a comprehension."""
    if is_aggregate(node) or node in keys:
        return
    if isinstance(node, ast.Variable):
        if node.name not in local:
            yield node
        return
    for child in children(node):
        yield from _loose(child, keys, local | _bound_by(node))


def _bound_by(node: object) -> set[str]:
    match node:
        case ast.ListComprehension(variable=name) | ast.Quantifier(variable=name):
            return {name}
        case ast.Reduce(accumulator=accumulator, variable=name):
            return {accumulator, name}
        case ast.PatternComprehension() | ast.Exists() | ast.Count():
            parts = (ast.PathPattern, ast.NodePattern, ast.RelPattern)
            return {n.variable for n in walk(node) if isinstance(n, parts) and n.variable}
    return set()
