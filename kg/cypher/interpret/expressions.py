"""Expressions, compiled once into functions of a row.

:func:`compiled` looks up how to compile a kind of node in a table that this module, ``lists.py`` and
``subqueries.py`` fill.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from ....errors import QueryFailedError
from ...model import ENTITY, Edge, Entity, Value
from .. import ast
from ..check.functions import is_aggregate
from . import arithmetic, strings
from .context import Context, Evaluate, Row
from .dates import part_of
from .functions import SCALARS, properties_of
from .values import (
    INT_MAX,
    Truth,
    all_true,
    any_true,
    compare,
    contains,
    equal,
    kind_of,
    negated,
    truth,
    wrong_type,
)

Compiler = Callable[[Any, Context], Evaluate]
_COMPILERS: dict[type, Compiler] = {}


def compiles(*kinds: type) -> Callable[[Compiler], Compiler]:
    """Enter a function into the table as the compiler of ``kinds`` of nodes."""

    def enter(compiler: Compiler) -> Compiler:
        _COMPILERS.update(dict.fromkeys(kinds, compiler))
        return compiler

    return enter


def compiled(expression: ast.Expression, context: Context) -> Evaluate:
    """The function that gives the value of ``expression`` in a row."""
    return _COMPILERS[type(expression)](expression, context)


def predicate(expression: ast.Expression, context: Context, where: str = "WHERE") -> Callable[[Row], Truth]:
    """The same for an expression that must be true, false or null."""
    value = compiled(expression, context)
    return lambda row: truth(value(row), where)


@compiles(ast.Literal)
def _literal(node: ast.Literal, _: Context) -> Evaluate:
    value = node.value
    return lambda _: value


@compiles(ast.Parameter)
def _parameter(node: ast.Parameter, context: Context) -> Evaluate:
    value = context.parameters[node.name]
    return lambda _: value


@compiles(ast.Variable)
def _variable(node: ast.Variable, _: Context) -> Evaluate:
    name = node.name
    return lambda row: row[name]


@compiles(ast.Property)
def _property(node: ast.Property, context: Context) -> Evaluate:
    subject, key = compiled(node.subject, context), node.key
    return lambda row: property_of(subject(row), key)


def property_of(subject: Value, key: str) -> Value:
    """``subject.key``; the property ``id`` of a node is its id.

    Raises:
        QueryFailedError: ``subject`` is of a type without properties.
    """
    if isinstance(subject, Entity):
        return subject.id if key == "id" else subject.properties.get(key)
    if isinstance(subject, Edge | dict):
        return properties_of(subject, key).get(key)
    if subject is None:
        return None
    if isinstance(subject, date):
        return part_of(subject, key)
    raise wrong_type(f".{key}", "a NODE, RELATIONSHIP, MAP or DATE", subject)


# --- operators ------------------------------------------------------------------------------------

_OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
    "%": arithmetic.modulo,
    "^": arithmetic.power,
    "IN": contains,
    "STARTS WITH": strings.starts_with,
    "ENDS WITH": strings.ends_with,
    "CONTAINS": strings.has_part,
    "=~": strings.matches,
}


def _xor(left: Truth, right: Truth) -> Truth:
    return None if left is None or right is None else left != right


@compiles(ast.Binary)
def _binary(node: ast.Binary, context: Context) -> Evaluate:
    name = node.operator
    if name in ("AND", "OR", "XOR"):
        return _logic(name, node, context)
    apply, left, right = _OPERATORS[name], compiled(node.left, context), compiled(node.right, context)
    return lambda row: apply(left(row), right(row))


def _logic(name: str, node: ast.Binary, context: Context) -> Evaluate:
    """AND and OR leave the right side alone when the left one decides."""
    left, right = (predicate(side, context, name) for side in (node.left, node.right))
    if name == "XOR":
        return lambda row: _xor(left(row), right(row))
    joined = all_true if name == "AND" else any_true
    return lambda row: joined(side(row) for side in (left, right))


@compiles(ast.Unary)
def _unary(node: ast.Unary, context: Context) -> Evaluate:
    if node.operator == "NOT":
        test = predicate(node.operand, context, "NOT")
        return lambda row: negated(test(row))
    value = compiled(node.operand, context)
    if node.operator == "-":
        return lambda row: arithmetic.negate(value(row))
    return lambda row: None if (found := value(row)) is None else arithmetic.number(found, "+")


@compiles(ast.Comparison)
def _comparison(node: ast.Comparison, context: Context) -> Evaluate:
    first = compiled(node.first, context)
    rest = [(name, compiled(other, context)) for name, other in node.rest]
    if len(rest) == 1:
        [(operator, second)] = rest
        return lambda row: _compared(operator, first(row), second(row))

    def chain(row: Row) -> Value:
        values = [first(row), *(other(row) for _, other in rest)]
        links = zip(rest, values, values[1:], strict=False)
        return all_true(_compared(name, left, right) for (name, _), left, right in links)

    return chain


def _compared(name: str, left: Value, right: Value) -> Truth:
    if name == "=":
        return equal(left, right)
    return negated(equal(left, right)) if name == "<>" else compare(name, left, right)


@compiles(ast.IsNull)
def _is_null(node: ast.IsNull, context: Context) -> Evaluate:
    value, wanted = compiled(node.operand, context), not node.negated
    return lambda row: (value(row) is None) is wanted


# --- labels ---------------------------------------------------------------------------------------


@compiles(ast.HasLabels)
def _has_labels(node: ast.HasLabels, context: Context) -> Evaluate:
    subject, holds = compiled(node.subject, context), _label_test(node.labels)

    def test(row: Row) -> Value:
        value = subject(row)
        if isinstance(value, Entity):
            return holds(value.labels)
        if isinstance(value, Edge):
            return holds((value.relation,))
        if value is None:
            return None
        raise wrong_type("a label test", "a NODE or RELATIONSHIP", value)

    return test


def _label_test(labels: ast.LabelExpression) -> Callable[[Sequence[str]], bool]:
    match labels:
        case ast.LabelName(name):
            return (lambda _: True) if name == ENTITY else lambda held: name in held
        case ast.LabelNot(part):
            test = _label_test(part)
            return lambda held: not test(held)
        case ast.LabelAny():
            return lambda held: bool(held)
    tests = [_label_test(part) for part in labels.parts]
    joined = all if isinstance(labels, ast.LabelAnd) else any
    return lambda held: joined(test(held) for test in tests)


# --- functions and CASE ---------------------------------------------------------------------------


@compiles(ast.Call, ast.CountStar)
def _call(node: ast.Call | ast.CountStar, context: Context) -> Evaluate:
    if isinstance(node, ast.CountStar) or is_aggregate(node):
        slot = context.slots[id(node)]
        return lambda row: row[slot]
    arguments = [compiled(argument, context) for argument in node.arguments]
    if node.name == "coalesce":
        return lambda row: next((v for argument in arguments if (v := argument(row)) is not None), None)
    if node.name in ("startnode", "endnode"):
        return _end(node.name == "startnode", arguments[0], context)
    apply = SCALARS[node.name]
    return lambda row: apply(*[argument(row) for argument in arguments])


def _end(start: bool, subject: Evaluate, context: Context) -> Evaluate:
    def node(row: Row) -> Value:
        edge = subject(row)
        if edge is None:
            return None
        if isinstance(edge, Edge):
            return context.view.node(edge.head if start else edge.tail)
        raise wrong_type("startNode()" if start else "endNode()", "a RELATIONSHIP", edge)

    return node


@compiles(ast.Case)
def _case(node: ast.Case, context: Context) -> Evaluate:
    """With a subject, the first WHEN that equals it; null equals nothing."""
    whens = [(compiled(when, context), compiled(then, context)) for when, then in node.whens]
    otherwise = compiled(node.otherwise or ast.Literal(None), context)
    if node.subject is None:
        return lambda row: next((then for when, then in whens if truth(when(row), "WHEN")), otherwise)(row)
    subject = compiled(node.subject, context)

    def choose(row: Row) -> Value:
        value = subject(row)
        return next((then for when, then in whens if equal(value, when(row))), otherwise)(row)

    return choose


# --- places in lists and maps ---------------------------------------------------------------------


@compiles(ast.Index)
def _index(node: ast.Index, context: Context) -> Evaluate:
    subject, index = compiled(node.subject, context), compiled(node.index, context)
    return lambda row: _element(subject(row), index(row))


def _element(subject: Value, index: Value) -> Value:
    if subject is None or index is None:
        return None
    if isinstance(subject, list) and isinstance(index, int) and not isinstance(index, bool):
        return subject[index] if -len(subject) <= index < len(subject) else None
    if isinstance(index, str) and not isinstance(subject, list):
        return property_of(subject, index)
    raise QueryFailedError(
        f"{kind_of(subject)} has no [{kind_of(index)}]; lists take integers, maps and nodes take strings"
    )


@compiles(ast.Slice)
def _slice(node: ast.Slice, context: Context) -> Evaluate:
    subject = compiled(node.subject, context)
    bounds = [
        compiled(bound or ast.Literal(default), context)
        for bound, default in ((node.start, 0), (node.stop, INT_MAX))
    ]

    def part(row: Row) -> Value:
        items, start, stop = subject(row), *(bound(row) for bound in bounds)
        if items is None or start is None or stop is None:
            return None
        if not isinstance(items, list):
            raise wrong_type("a slice", "a LIST", items)
        return items[arithmetic.whole(start, "a slice") : arithmetic.whole(stop, "a slice")]

    return part
