"""Where a pattern may start: the candidates for a node, and how many to expect."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...model import ENTITY, Entity, Value
from .. import ast
from ..walk import names
from .context import Context, Evaluate, Row
from .expressions import compiled
from .values import wrong_type

Candidates = Callable[[Row], Iterator[Entity]]

_BY_PROPERTY = 4
"""Nodes that a property is guessed to find."""


@dataclass(frozen=True, slots=True)
class _Property:
    """``variable.key`` is one of the values of ``source``, a list if ``listed``."""

    variable: str
    key: str
    source: ast.Expression
    listed: bool

    @property
    def cost(self) -> int:
        return 1 if self.key == "id" else _BY_PROPERTY


class Seeks:
    """Finds starting points among the conditions of a MATCH.

    Args:
        conditions: what the MATCH asks for.
        scope: the names that its patterns bind.
    """

    def __init__(self, conditions: Iterable[ast.Expression], scope: set[str], context: Context) -> None:
        self.scope, self.context = scope, context
        self.properties: list[_Property] = []
        self.labels: list[tuple[str, str]] = []
        for condition in conditions:
            self.properties += _properties(condition)
            self.labels += _labels(condition)

    def cost(self, variable: str, bound: Collection[str]) -> int:
        """How many candidates to expect for ``variable`` when the names in ``bound`` are known."""
        if variable in bound:
            return 0
        known = self._property(variable, bound)
        return known.cost if known else self.context.view.count(self._label(variable))

    def candidates(self, variable: str, bound: Collection[str]) -> Candidates:
        """The candidates themselves; not all of them need meet the conditions."""
        label, view = self._label(variable), self.context.view
        known = self._property(variable, bound)
        if known is None:
            return lambda _: view.nodes(label)
        values = _values(known, compiled(known.source, self.context))
        if known.key == "id":
            return lambda row: _by_id(values(row), self.context)

        def seek(row: Row) -> Iterator[Entity]:
            found = view.nodes_where(known.key, values(row))
            return view.nodes(label) if found is None else found

        return seek

    def _property(self, variable: str, bound: Collection[str]) -> _Property | None:
        """The property to look ``variable`` up by, if its value can be known by now."""
        usable = [
            known
            for known in self.properties
            if known.variable == variable and names(known.source) & self.scope <= set(bound)
        ]
        return min(usable, key=lambda known: known.cost, default=None)

    def _label(self, variable: str) -> str | None:
        """The rarest label that ``variable`` must carry."""
        labels = [label for name, label in self.labels if name == variable]
        return min(labels, key=self.context.view.count, default=None)


def _values(known: _Property, source: Evaluate) -> Callable[[Row], Sequence[Value]]:
    def values(row: Row) -> Sequence[Value]:
        value = source(row)
        if not known.listed or value is None:
            return [value]
        if isinstance(value, list):
            return value
        raise wrong_type("IN", "a LIST", value)

    return values


def _by_id(ids: Sequence[Value], context: Context) -> Iterator[Entity]:
    for id in dict.fromkeys(id for id in ids if isinstance(id, str)):
        entity = context.view.node(id)
        if entity is not None:
            yield entity


def _properties(condition: ast.Expression) -> Iterator[_Property]:
    """``n.key = value``, ``value = n.key`` and ``n.key IN values``."""
    sides: list[tuple[ast.Expression, ast.Expression, bool]] = []
    match condition:
        case ast.Comparison(left, (("=", right),)):
            sides = [(left, right, False), (right, left, False)]
        case ast.Binary("IN", left, right):
            sides = [(left, right, True)]
    for side, source, listed in sides:
        if isinstance(side, ast.Property) and isinstance(side.subject, ast.Variable):
            yield _Property(side.subject.name, side.key, source, listed)


def _labels(condition: ast.Expression) -> Iterator[tuple[str, str]]:
    match condition:
        case ast.HasLabels(ast.Variable(name), labels):
            parts = labels.parts if isinstance(labels, ast.LabelAnd) else (labels,)
            for part in parts:
                if isinstance(part, ast.LabelName) and part.name != ENTITY:  # which views do not list
                    yield name, part.name
