"""The one way from text to a query that a store may run.

    parse  →  check (meaning, schema)  →  bound (cost, LIMIT)  →  literals become parameters

Nothing of the text reaches an engine: what the emitters write comes from the tree, and the values travel
beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from ...errors import QuerySyntaxError
from . import ast
from .check import check, columns
from .check.bound import bound
from .check.parameters import check_parameters
from .limits import Limits
from .parse.parser import parse
from .refusals import syntax_error
from .walk import rewrite, walk

if TYPE_CHECKING:
    from ..model import Value
    from ..schema import SchemaInfo

_Fixed: TypeAlias = tuple[ast.Query, tuple[str, ...], frozenset[str], dict[str, object]]
"""The tree, its columns, the parameters it takes from the caller, and the values of its literals."""


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


class Gate:
    """The way in to a graph with one schema; it remembers the latest queries, for whichever ids they asked.

    Args:
        schema: what the graph has; another schema needs another gate.
    """

    def __init__(self, schema: SchemaInfo) -> None:
        self.schema = schema
        self._known = lru_cache(maxsize=256)(self._fixed)

    def prepare(
        self, text: str, parameters: Mapping[str, Value] | None = None, limits: Limits | None = None
    ) -> ReadQuery:
        """The query that ``text`` asks, if it is one that may be run on this graph.

        Raises:
            QuerySyntaxError: it is no Cypher, or means nothing.
            QueryRefusedError: it is outside the read subset, or over a limit; ``reason`` says which.
            SchemaError: it names what the graph does not have.
        """
        limits = limits or Limits()
        given = check_parameters(parameters or {}, limits.depth)
        shapes = tuple((name, type(value), _shape(value)) for name, value in given.items())
        plain = all(not isinstance(value, list | tuple | dict) for value in given.values())
        query, names, used, literals = (self._known if plain else self._fixed)(text, limits, shapes)
        values = {name: given[name] for name in used} | literals
        return ReadQuery(query, names, values, limits.rows, limits.seconds)

    def _fixed(self, text: str, limits: Limits, shapes: tuple[tuple[str, type, object], ...]) -> _Fixed:
        """What is the same for all strings that the parameters may hold."""
        given: dict[str, Any] = {name: value for name, _, value in shapes}
        parsed = parse(text, limits)
        try:
            checked = check(parsed, self.schema, given, limits)
        except QuerySyntaxError as error:
            raise error if error.at < 0 else syntax_error(text, error.at, str(error)) from None
        lifted, used, literals = _lift(bound(checked, limits, given))
        return lifted, columns(checked.parts[0]), used, literals


def prepare(
    text: str,
    schema: SchemaInfo,
    parameters: Mapping[str, Value] | None = None,
    limits: Limits | None = None,
) -> ReadQuery:
    """As :meth:`Gate.prepare`, for one query."""
    return Gate(schema).prepare(text, parameters, limits)


def _shape(value: object) -> object:
    """All of a value that check and bounds look at: of a string, that it is one."""
    return "" if isinstance(value, str) else value


def _lift(query: ast.Query) -> tuple[ast.Query, frozenset[str], dict[str, object]]:
    """``query`` with parameters for its literals; the caller's parameters in it; the values of the new ones.

    Equal literals share a parameter, so that equal expressions stay equal.
    """
    lifted: dict[tuple[type, str], ast.Parameter] = {}
    values: dict[str, object] = {}
    used = frozenset(n.name for n in walk(query) if isinstance(n, ast.Parameter))

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
            lifted[key] = ast.Parameter(_free(used | values.keys()))
            values[lifted[key].name] = node.value
        return lifted[key]

    return rewrite(query, change), used, values


def _free(taken: Set[str]) -> str:
    """``_0``, or the first of ``_1`` … that is not taken."""
    number = 0
    while f"_{number}" in taken:
        number += 1
    return f"_{number}"
