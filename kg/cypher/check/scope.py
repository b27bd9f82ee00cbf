"""The variables that an expression can see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ....errors import QuerySyntaxError
from ..walk import walk
from .names import did_you_mean
from .types import Type


@dataclass(frozen=True, slots=True)
class Scope:
    """Variables by name, with what is known of their values.

    ``no_aggregates`` says where we are (``in WHERE``) if no aggregation may stand there.
    """

    types: Mapping[str, Type] = field(default_factory=dict)
    no_aggregates: str = ""

    def type_of(self, name: str, at: int = -1) -> Type:
        """The type of a variable.

        Raises:
            QuerySyntaxError: there is none of this name.
        """
        if name not in self.types:
            known = ", ".join(sorted(self.types)) or "no variables"
            hint = did_you_mean(name, self.types) or f"; in scope: {known}"
            raise QuerySyntaxError(f"variable {name} is not defined{hint}", at)
        return self.types[name]

    def with_types(self, more: Mapping[str, Type]) -> Scope:
        """This scope with further variables, or others of the same name."""
        return replace(self, types={**self.types, **more})

    def without_aggregates(self, where: str) -> Scope:
        """This scope in a place where no aggregation may stand."""
        return replace(self, no_aggregates=self.no_aggregates or where)


def place(node: object) -> int:
    """The offset of the first node at or below ``node`` that knows where it stands; -1 if none does."""
    return next((at for n in walk(node) if (at := getattr(n, "at", -1)) >= 0), -1)
