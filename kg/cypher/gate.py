"""The one way from text to a query that a store may run.

    parse  →  check (meaning, schema)  →  bound (cost, LIMIT)  →  literals become parameters

Nothing of the text reaches an engine: what the emitters write comes from the tree, and the values travel
beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from ...errors import QuerySyntaxError
from . import ast
from .check import check, columns
from .check.bound import bound
from .limits import Limits
from .parse.parser import parse
from .refusals import syntax_error
from .walk import rewrite, walk

if TYPE_CHECKING:
    from ..model import Value
    from ..store import SchemaInfo


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """A query of the read subset that has passed the gate.

    Args:
        query: the tree; strings, numbers and dates in it are parameters, but for SKIP, LIMIT and hops.
        columns: names of the columns, in order.
        parameters: a value for each parameter in the tree: the caller's, and ``_0``, ``_1`` … for literals.
        rows: most rows to give back. The tree asks for one more.
        seconds: wall time after which the query is stopped.
    """

    query: ast.Query
    columns: tuple[str, ...]
    parameters: Mapping[str, object]
    rows: int
    seconds: float


def prepare(
    text: str,
    schema: SchemaInfo,
    parameters: Mapping[str, Value] | None = None,
    limits: Limits | None = None,
) -> ReadQuery:
    """The query that ``text`` asks, if it is one that may be run on a graph with this schema.

    Raises:
        QuerySyntaxError: it is no Cypher, or means nothing.
        QueryRefusedError: it is outside the read subset, or over a limit; ``reason`` says which.
        SchemaError: it names what the graph does not have.
    """
    limits = limits or Limits()
    given: Mapping[str, object] = dict(parameters or {})
    parsed = parse(text, limits)
    try:
        checked = check(parsed, schema, parameters, limits)
    except QuerySyntaxError as error:
        raise error if error.at < 0 else syntax_error(text, error.at, str(error)) from None
    lifted, values = _lift(bound(checked, limits, given), given)
    return ReadQuery(lifted, columns(checked.parts[0]), values, limits.rows, limits.seconds)


def _lift(query: ast.Query, given: Mapping[str, object]) -> tuple[ast.Query, dict[str, object]]:
    """``query`` with parameters for its literals, and the values of all its parameters.

    Equal literals share a parameter, so that equal expressions stay equal.
    """
    lifted: dict[tuple[type, str], ast.Parameter] = {}
    values = {n.name: given[n.name] for n in walk(query) if isinstance(n, ast.Parameter)}

    def change(node: object) -> object | None:
        if isinstance(node, ast.Projection):
            items, order = rewrite(node.items, change), rewrite(node.order, change)
            return replace(node, items=items, order=order)
        if not isinstance(node, ast.Literal) or not isinstance(node.value, int | float | str | date):
            return None
        if isinstance(node.value, bool):
            return None
        key = (type(node.value), repr(node.value))
        if key not in lifted:
            lifted[key] = ast.Parameter(_free(values))
            values[lifted[key].name] = node.value
        return lifted[key]

    return rewrite(query, change), values


def _free(taken: Mapping[str, object]) -> str:
    """``_0``, or the first of ``_1`` … that is not taken."""
    number = 0
    while f"_{number}" in taken:
        number += 1
    return f"_{number}"
