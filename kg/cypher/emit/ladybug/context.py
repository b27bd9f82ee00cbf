"""What one emission carries along: columns, parameters, fresh names; and what each name stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from .columns import Column, Columns
from .typed import SCALARS, NotEmittable, Typed, list_of

__all__ = ["Context", "Scope", "quoted"]


@dataclass(slots=True)
class Context:
    """State of one emission. The engine ignores the case of variables, so all get names of our own.

    Args:
        columns: where the properties are.
        given: the parameters of the query.
        parameters: the parameters of the text, which this class fills.
        names: how many variables there are.
    """

    columns: Columns
    given: Mapping[str, Any]
    parameters: dict[str, Any] = field(default_factory=dict)
    names: int = 0

    def fresh(self, kind: str = "v") -> str:
        """A variable that is not yet used: r1, r2 … for relationships, p1 … for paths, v1 … for the rest."""
        self.names += 1
        return f"{kind}{self.names}"

    def bind(self, value: object) -> str:
        """The text of a parameter that holds ``value``."""
        for name, known in self.parameters.items():
            if type(known) is type(value) and repr(known) == repr(value):  # 0.0 is not -0.0
                return f"${name}"
        name = f"a{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def constant(self, value: object) -> Typed:
        """``value`` as a parameter, or as text where the engine would take a parameter for something else."""
        match value:
            case None:
                return Typed("NULL", "null", free=False)
            case bool():
                return Typed(str(value).lower(), "bool", nullable=False, constant=value, free=False)
            case int() if -(2**63) <= value < 2**63:  # a small int would arrive as INT8, and overflow as one
                text = f"CAST({self.bind(value)} AS INT64)"
                return Typed(text, "int", nullable=False, constant=value, free=False)
            case float() if math.isfinite(value):
                return Typed(self.bind(value), "float", nullable=False, constant=value, free=False)
            case str() | date():
                type_ = "str" if isinstance(value, str) else "date"
                return Typed(self.bind(value), type_, nullable=False, constant=value, free=False)
            case list() | tuple() if value:
                types = {self.constant(item).type for item in value}
                if len(types) == 1 and types <= set(SCALARS):
                    type_ = list_of(types.pop())
                    text = self.bind(list(value))
                    return Typed(text, type_, nullable=False, constant=list(value), free=False)
        raise NotEmittable(f"parameter of type {type(value).__name__}")

    def column(self, kind: str, key: str) -> Column | None:
        """The column of property ``key`` of nodes or edges; None where no node (edge) has it."""
        if kind == "node":
            return Column("id", "str") if key == "id" else self.columns.nodes.get(key)
        return self.columns.edges.get(key)


@dataclass(frozen=True, slots=True)
class Scope:
    """What names stand for at one point of the query.

    Args:
        names: Cypher variable → its text and type.
        pins: (engine variable of a node, property) → the constant that the property equals.
        ordered: whether the rows come in an order that a WITH gave them.
        outer: texts of variables from outside of the OPTIONAL MATCH or subquery that is being written. The
            engine joins on their values, so a null among them would match nothing, whatever is asked of it.
    """

    names: Mapping[str, Typed] = field(default_factory=dict)
    pins: Mapping[tuple[str, str], object] = field(default_factory=dict)
    ordered: bool = False
    outer: frozenset[str] = frozenset()

    def get(self, name: str) -> Typed:
        """What ``name`` stands for.

        Raises:
            NotEmittable: the text could not name it here, though Cypher can.
        """
        if name not in self.names:
            raise NotEmittable(f"variable {name} out of reach")
        return self.names[name]

    def with_names(self, names: Mapping[str, Typed]) -> Scope:
        return replace(self, names={**self.names, **names})


def quoted(name: str) -> str:
    """``name``, a label or a relation type, as a string of the text: patterns take no parameters inside."""
    if not name.isprintable() or "'" in name or "\\" in name:
        raise NotEmittable("a name with quotes or control characters")
    return f"'{name}'"
