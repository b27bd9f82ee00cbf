"""Clauses as ladybug text: MATCH, UNWIND, WITH, RETURN, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import cast

from ... import ast
from ...walk import walk
from . import patterns
from .aggregates import AGGREGATES, grouped
from .conditions import where
from .context import Context, Scope
from .expressions import Expressions, written
from .typed import SCALARS, NotEmittable, Typed, finite, item_type, need

__all__ = ["Clauses"]


class Clauses:
    """Writes the clauses of one query.

    Args:
        context: the emission.
        types: after :meth:`write`, the type of each column of the result.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.types: list[str] = []
        self._scope = Scope()
        self._sort: tuple[ast.SortKey, ...] = ()
        self._cut_there = False

    def write(self, clauses: Sequence[ast.Clause]) -> str:
        """The text of ``clauses``.

        Raises:
            NotEmittable: the engine has nothing that means the same.
        """
        rels = [node for clause in clauses for node in walk(clause) if isinstance(node, ast.RelPattern)]
        if len(rels) > 1 and any(rel.length for rel in rels):
            raise NotEmittable("a variable-length relationship beside others")
        texts: list[str] = []
        for plain, group in groupby(clauses, _is_plain_match):
            if plain:
                texts.append(self._match(cast("list[ast.Match]", list(group))))
            else:
                texts.extend(map(self._clause, group))
        return " ".join(texts)

    def _clause(self, clause: ast.Clause) -> str:
        match clause:
            case ast.Match():
                return self._match([clause])
            case ast.Unwind():
                return self._unwind(clause)
            case ast.With():
                return self._with(clause)
            case ast.Return():
                return self._return(clause.projection)

    def _expression(self, node: ast.Expression, scope: Scope | None = None) -> Typed:
        return Expressions(self.context, scope or self._scope).write(node)

    def _match(self, matches: Sequence[ast.Match]) -> str:
        """One OPTIONAL MATCH, or several MATCH as one, which the engine plans together anyway."""
        self._lose_order()
        texts: list[str] = []
        conditions: list[str] = []
        hops: list[str] = []
        for match in matches:
            found = patterns.matched(self.context, self._scope, match)
            conditions.extend(written(self.context, found, match.where))
            texts.extend(found.texts)
            hops.extend(found.hops)
            self._scope = found.scope
        if matches[0].optional:
            return f"OPTIONAL MATCH {', '.join(texts)}{where(conditions, hops)}"
        # After rows of UNWIND or WITH, the engine multiplies patterns that a comma joins before it filters.
        return " ".join(f"MATCH {text}" for text in texts) + where(conditions, hops)

    def _unwind(self, unwind: ast.Unwind) -> str:
        self._lose_order()
        source = self._expression(unwind.expression)
        item = item_type(source.type)
        if item not in SCALARS:
            raise NotEmittable(f"UNWIND of {source.type}")
        name = self.context.fresh()
        value = Typed(name, item, nullable=source.holes)
        self._scope = self._scope.with_names({unwind.variable: value})
        return f"UNWIND {source.text} AS {name}"

    # --- projections ---

    def _with(self, with_: ast.With) -> str:
        self._lose_order()
        projection = with_.projection
        names: dict[str, Typed] = {}
        columns: list[str] = []
        for item in projection.items:
            value = self._item(item, projection)
            texts, names[item.name] = self._renamed(value)
            columns.extend(texts)
        if len(set(columns)) < len(columns):
            raise NotEmittable("one node under two names")
        cut = projection.skip is not None or projection.limit is not None
        order = self._order(projection, names) if cut else ""
        ordered = self._scope.ordered or bool(projection.order)
        self._scope = Scope(names, self._scope.pins, ordered)
        self._sort, self._cut_there = self._order_of(projection), cut
        text = f"WITH {_distinct(projection)}{', '.join(columns)}{order}{self._cut(projection)}"
        if with_.where is None:
            return text
        return f"{text} WHERE {need(self._expression(with_.where), ('bool',), 'WHERE').text}"

    def _order_of(self, projection: ast.Projection) -> tuple[ast.SortKey, ...]:
        """The order of a WITH in terms of what it makes, so that the RETURN after it can sort again."""
        names = {item.expression: ast.Variable(item.name) for item in projection.items}
        keys = projection.order
        return tuple(replace(key, expression=names.get(key.expression, key.expression)) for key in keys)

    def _lose_order(self) -> None:
        """Go on without the order of the last WITH, which may do if a LIMIT there has used it."""
        if self._sort and not self._cut_there:
            raise NotEmittable("WITH ... ORDER BY without LIMIT")
        self._sort = ()

    def _return(self, projection: ast.Projection) -> str:
        names: dict[str, Typed] = {}
        columns: list[str] = []
        for item in projection.items:
            value = self._item(item, projection)
            texts, names[item.name] = self._returned(value, columns)
            columns.extend(texts)
            self.types.append(value.type)
        if _groups(projection):
            self._lose_order()
        if not projection.order:
            projection = replace(projection, order=self._sort)
        order = self._order(projection, names)
        return f"RETURN {_distinct(projection)}{', '.join(columns)}{order}{self._cut(projection)}"

    def _item(self, item: ast.Item, projection: ast.Projection) -> Typed:
        value = self._expression(item.expression)
        if value.type == "null":
            raise NotEmittable("a column of nulls")
        if value.aggregated and value.free:
            raise NotEmittable("an aggregate beside a value of each row")
        if projection.distinct or (_groups(projection) and not value.aggregated):
            value = grouped(value)
        return value

    def _renamed(self, value: Typed) -> tuple[list[str], Typed]:
        """Columns of a WITH that hold ``value``, and what they make of it."""
        if value.type in ("node", "path"):
            return [value.text], value
        if value.type == "edges":
            return [value.text, *value.parts], value
        if value.type == "edge":
            ends = [self.context.fresh() for _ in value.parts]
            texts = [f"{part} AS {end}" for part, end in zip(value.parts, ends, strict=True)]
            return [value.text, *texts], replace(value, parts=tuple(ends))
        if value.type in ("[node]", "[edge]"):
            raise NotEmittable(f"WITH of {value.type}")
        name = self.context.fresh()
        known = replace(value, text=name, constant=None, aggregated=False, free=True)
        return [f"{value.text} AS {name}"], known

    def _returned(self, value: Typed, columns: Sequence[str]) -> tuple[list[str], Typed]:
        """Columns of the RETURN that hold ``value``: three of an edge, the path around a list of edges."""
        if value.type == "node" and value.text not in columns:
            return [value.text], value  # under this name, ORDER BY can still read its properties
        cells = [value.text]
        if value.type == "edge":
            cells.extend(value.parts)
        elif value.type in ("edges", "[edge]"):
            cells = list(value.parts)
        if not cells:
            raise NotEmittable("a variable-length relationship inside a longer pattern")
        names = [f"c{len(columns) + i}" for i in range(len(cells))]
        texts = [f"{cell} AS {name}" for cell, name in zip(cells, names, strict=True)]
        return texts, replace(value, text=names[0], aggregated=False, free=True, constant=None)

    def _order(self, projection: ast.Projection, names: Mapping[str, Typed]) -> str:
        if not projection.order:
            return ""
        visible = names if _groups(projection) else {**self._scope.names, **names}
        scope = replace(self._scope, names=visible)
        columns = {item.expression: names[item.name] for item in projection.items}
        keys = []
        for key in projection.order:
            value = columns.get(key.expression) or self._expression(key.expression, scope)
            text = finite(need(value, SCALARS, "ORDER BY")).text
            if value.type == "float":
                text = f"({text} + 0.0)"  # the engine sorts -0.0 before 0.0
            keys.append(f"{text} {'DESC' if key.descending else 'ASC'}")
        return f" ORDER BY {', '.join(keys)}"

    def _cut(self, projection: ast.Projection) -> str:
        text = ""
        for word, expression in (("SKIP", projection.skip), ("LIMIT", projection.limit)):
            if expression is not None:
                rows = self._expression(expression).constant
                if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
                    raise NotEmittable(f"{word} that is no constant from 0 up")
                text += f" {word} {rows}"
        return text


def _is_plain_match(clause: ast.Clause) -> bool:
    return isinstance(clause, ast.Match) and not clause.optional


def _distinct(projection: ast.Projection) -> str:
    return "DISTINCT " if projection.distinct else ""


def _groups(projection: ast.Projection) -> bool:
    """Whether rows of the projection stand for several rows before it."""
    return projection.distinct or any(
        isinstance(node, ast.CountStar) or (isinstance(node, ast.Call) and node.name in _AGGREGATES)
        for item in projection.items
        for node in walk(item.expression)
    )


_AGGREGATES = {*AGGREGATES, "stdev", "stdevp", "percentilecont", "percentiledisc"}
