"""Equality, comparison, order and grouping of values, as Cypher defines them.

There are three notions, which differ on null, NaN and mixed types (openCypher 9, "Comparability, equality,
orderability and equivalence"): :func:`equal` and :func:`compare` answer true, false or null;
:func:`order_key` places any two values; :func:`group_key` says what DISTINCT and grouping take for the same.
Where Neo4j 5 departs from openCypher, it is followed, and the docstring says so.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from typing import Any

from ....errors import QueryFailedError
from ...model import Edge, Entity, Path, Value

Truth = bool | None

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
MAX_SIZE = 1_000_000
"""Longest list or string that a query may build, so that it cannot use up the memory."""

_ORDERED = (str, bool, date, dict, Entity, Edge, Path)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def is_number(value: Value) -> bool:
    """Integer or float; a boolean is no number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_integer(value: Value) -> bool:
    """An integer; a boolean is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def kind_of(value: Value) -> str:
    """The name of a value's type, for messages."""
    names: tuple[tuple[type, str], ...] = (
        (bool, "BOOLEAN"),
        (int, "INTEGER"),
        (float, "FLOAT"),
        (str, "STRING"),
        (date, "DATE"),
        (list, "LIST"),
        (dict, "MAP"),
        (Entity, "NODE"),
        (Edge, "RELATIONSHIP"),
        (Path, "PATH"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "NULL")


def listed(items: Iterable[Value]) -> list[Value]:
    """``items`` as the list that a query sees."""
    return list(items)


def wrong_type(where: str, expected: str, value: Value) -> QueryFailedError:
    """The error for a value that an operator or function cannot take."""
    return QueryFailedError(
        f"{where} expects {expected}, but got {kind_of(value)}; convert the value or test it first"
    )


# --- three-valued logic ---------------------------------------------------------------------------


def truth(value: Value, where: str) -> Truth:
    """``value`` as true, false or null.

    Raises:
        QueryFailedError: it is no boolean.
    """
    if value is None or isinstance(value, bool):
        return value
    raise wrong_type(where, "a BOOLEAN", value)


def negated(value: Truth) -> Truth:
    """NOT."""
    return None if value is None else not value


def all_true(values: Iterable[Truth]) -> Truth:
    """AND over ``values``, which are read up to the first false."""
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown = unknown or value is None
    return None if unknown else True


def any_true(values: Iterable[Truth]) -> Truth:
    """OR over ``values``, which are read up to the first true."""
    return negated(all_true(negated(value) for value in values))


# --- equality and comparison ----------------------------------------------------------------------


def equal(left: Value, right: Value) -> Truth:
    """``left = right``; values of different types are unequal, except that 1 = 1.0.

    An integer is compared with a float as a float, so 2⁵³ + 1 equals 2.0⁵³, as in Neo4j.
    """
    if left is None or right is None:
        return None
    if isinstance(left, str) or isinstance(right, str):
        return left == right
    if is_number(left) and is_number(right):
        return _with(operator.eq, left, right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all_true(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all_true(equal(left[key], right[key]) for key in left)
    return group_key(left) == group_key(right)


def compare(name: str, left: Value, right: Value) -> Truth:
    """``left < right`` and its kin; null where the types cannot be compared.

    As in Neo4j, maps, nodes, relationships and paths compare with their like, in the order of sorting.
    """
    holds = _OPERATORS[name]
    if is_number(left) and is_number(right):
        return _with(holds, left, right)
    if isinstance(left, list) and isinstance(right, list):
        return _compare_lists(name, left, right)
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        keys = sorted(left)
        return _compare_lists(name, [left[key] for key in keys], [right[key] for key in keys])
    for kind in _ORDERED:
        if isinstance(left, kind) and isinstance(right, kind):
            return holds(order_key(left), order_key(right))
    return None


def _with(holds: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    """Whether ``holds`` for two numbers; of mixed types they are taken as floats."""
    return holds(left, right) if type(left) is type(right) else holds(float(left), float(right))


def _compare_lists(name: str, left: Sequence[Value], right: Sequence[Value]) -> Truth:
    """The first pair of unequal elements decides, then the lengths."""
    for one, other in zip(left, right, strict=False):
        same = equal(one, other)
        if same is None:
            return None
        if not same:
            return compare(name, one, other)
    return _OPERATORS[name](len(left), len(right))


def contains(item: Value, items: Value) -> Truth:
    """``item IN items``."""
    if items is None:
        return None
    if not isinstance(items, list):
        raise wrong_type("IN", "a LIST", items)
    return any_true(equal(item, other) for other in items)


# --- order and grouping ---------------------------------------------------------------------------


def order_key(value: Value) -> tuple[Any, ...]:
    """A key that sorts any values in ascending order.

    Maps, nodes, relationships, lists, paths, dates, strings, booleans, numbers with NaN last, null.
    """
    if value is None:
        return (9,)
    if isinstance(value, bool):
        return 7, value
    if isinstance(value, int | float):
        return (8, 1) if value != value else (8, 0, value)
    if isinstance(value, str):
        return 6, value
    if isinstance(value, date):
        return 5, value
    if isinstance(value, list):
        return 3, tuple(map(order_key, value))
    if isinstance(value, dict):
        keys = sorted(value)
        return 0, len(keys), keys, [order_key(value[key]) for key in keys]
    if isinstance(value, Entity):
        return 1, value.id
    if isinstance(value, Edge):
        return 2, value.identity
    return 4, *_steps(value)


def group_key(value: Value) -> Hashable:
    """What two values share exactly when they are the same to DISTINCT and to grouping.

    null is like null, 1 like 1.0; nodes and relationships are known by their identity. As in Neo4j, no NaN is
    like another.
    """
    if value is None or isinstance(value, str | date):
        return value
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int | float):
        return object() if value != value else ("number", value)
    if isinstance(value, list):
        return "list", tuple(map(group_key, value))
    if isinstance(value, dict):
        return "map", frozenset((key, group_key(item)) for key, item in value.items())
    if isinstance(value, Entity):
        return "node", value.id
    if isinstance(value, Edge):
        return "edge", value.identity
    return "path", _steps(value)


def _steps(path: Path) -> tuple[Hashable, ...]:
    return path.entities[0].id, tuple(edge.identity for edge in path.edges)
