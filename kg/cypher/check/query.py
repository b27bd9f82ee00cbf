"""The check of whole queries, clause by clause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ....errors import QuerySyntaxError
from .. import ast
from ..limits import Limits
from .expressions import Expressions
from .names import Names
from .parameters import check_parameters
from .projections import Projections
from .scope import Scope
from .types import ANY

if TYPE_CHECKING:
    from ...model import Value
    from ...schema import SchemaInfo


def check(
    query: ast.Query,
    schema: SchemaInfo,
    parameters: Mapping[str, Value] | None = None,
    limits: Limits | None = None,
) -> ast.Query:
    """``query`` with its meaning made plain, if it has one on a graph with this schema.

    In the tree that comes back every ``Variable.kind`` and ``Property.type`` is filled in, ``*`` is replaced
    by the variables in scope, every column has its name by AS, and SKIP and LIMIT are numbers. Where rows
    were merged, by DISTINCT or by aggregation, ORDER BY and the WHERE of WITH name columns instead of
    repeating their expressions.

    Args:
        query: what the parser gave.
        schema: what the graph has.
        parameters: values for all ``$names`` in the query; others are passed over.
        limits: ``known_names`` says whether a name that the graph lacks is an error.

    Raises:
        QuerySyntaxError: variables, types, aggregations, columns or parameters are wrong.
        QueryRefusedError: a function outside the subset.
        SchemaError: a label, relation type or property that the graph lacks, or an edge that it cannot have.
    """
    limits = limits or Limits()
    given = check_parameters(parameters or {}, limits.depth)
    expressions = Expressions(Names(schema, limits.known_names), given)
    clauses = _Clauses(expressions)
    parts = tuple(clauses.single(part) for part in query.parts)
    _same_columns(parts)
    return replace(query, parts=parts)


class _Clauses:
    """Checks the clauses of one query in order; each has its own method."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.projections = Projections(expressions)

    def single(self, query: ast.SingleQuery) -> ast.SingleQuery:
        scope = Scope()
        clauses = []
        for clause in query.clauses:
            new, scope = self.clause(clause, scope)
            clauses.append(new)
        return ast.SingleQuery(tuple(clauses))

    def clause(self, clause: ast.Clause, scope: Scope) -> tuple[ast.Clause, Scope]:
        match clause:
            case ast.Match():
                return self.match(clause, scope)
            case ast.Unwind():
                return self.unwind(clause, scope)
            case ast.With():
                done = self.projections.check(clause.projection, scope, "WITH")
                where = self.projections.where(clause.where, done)
                return ast.With(done.tree, where), done.scope
            case ast.Return():
                done = self.projections.check(clause.projection, scope, "RETURN")
                return ast.Return(done.tree), done.scope

    def match(self, clause: ast.Match, scope: Scope) -> tuple[ast.Match, Scope]:
        patterns, inner = self.expressions.patterns.bind(clause.patterns, scope)
        return replace(clause, patterns=patterns, where=self.expressions.where(clause.where, inner)), inner

    def unwind(self, clause: ast.Unwind, scope: Scope) -> tuple[ast.Unwind, Scope]:
        if clause.variable in scope.types:
            raise QuerySyntaxError(f"variable {clause.variable} is bound already; unwind AS another name")
        new, found = self.expressions.check(clause.expression, scope.without_aggregates("in UNWIND"))
        item = (found.item or ANY) if found.name == "list" else found
        return replace(clause, expression=new), scope.with_types({clause.variable: item})


def _same_columns(parts: tuple[ast.SingleQuery, ...]) -> None:
    """The parts of a UNION return the same columns in the same order."""
    first, *others = map(columns, parts)
    for other in others:
        if other != first:
            raise QuerySyntaxError(
                f"the parts of a UNION return {', '.join(first)} and {', '.join(other)}; give them the same"
                " columns"
            )


def columns(query: ast.SingleQuery) -> tuple[str, ...]:
    """The names of the columns that ``query`` returns."""
    last = query.clauses[-1]
    if not isinstance(last, ast.Return):
        raise QuerySyntaxError("a query must end with RETURN")
    return tuple(item.name for item in last.projection.items)
