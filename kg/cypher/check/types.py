"""What is known of a value before the query runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import reduce

from .. import ast


@dataclass(frozen=True, slots=True)
class Type:
    """The type of an expression.

    Args:
        name: ``any`` (not known), ``null``, ``bool``, ``int``, ``float``, ``number`` (either), ``str``,
            ``date``, ``list``, ``map``, ``node``, ``edge``, ``path``, or ``stored`` (what a property may be).
        item: of a list, what is known of its items.
        names: of a node, labels of which it has at least one; of an edge, the relation types it may have;
            None when nothing is known.
    """

    name: str
    item: Type | None = None
    names: frozenset[str] | None = None

    def __str__(self) -> str:
        return "list of " + str(self.item) if self.item not in (None, ANY, NULL) else _WORDS[self.name]

    def fits(self, allowed: Iterable[str]) -> bool:
        """Whether a value of this type can be one of ``allowed``; null fits everywhere."""
        allowed = set(allowed)
        if self.name in ("any", "null") or "any" in allowed or self.name in allowed:
            return True
        return not allowed.isdisjoint(_PARTS.get(self.name, ()))

    @property
    def kind(self) -> ast.Kind:
        """What a variable of this type stands for."""
        if self.name == "list" and self.item is not None:
            return {"node": "nodes", "edge": "edges"}.get(self.item.name, "value")  # type: ignore[return-value]
        return self.name if self.name in ("node", "edge", "path") else "value"  # type: ignore[return-value]


_WORDS = {
    "any": "value",
    "null": "null",
    "bool": "boolean",
    "int": "integer",
    "float": "float",
    "number": "number",
    "str": "string",
    "date": "date",
    "list": "list",
    "map": "map",
    "stored": "property",
    "node": "node",
    "edge": "relationship",
    "path": "path",
}

ANY, NULL, BOOL = Type("any"), Type("null"), Type("bool")
INT, FLOAT, NUMBER = Type("int"), Type("float"), Type("number")
STR, DATE, MAP = Type("str"), Type("date"), Type("map")
NODE, EDGE, PATH = Type("node"), Type("edge"), Type("path")
LIST = Type("list", ANY)
STRINGS = Type("list", STR)

STORED = Type("stored")

NUMERIC = ("int", "float", "number")
_PARTS = {"number": NUMERIC, "stored": ("bool", *NUMERIC, "str", "date", "list")}


def list_of(item: Type) -> Type:
    return Type("list", item)


def a(noun: object) -> str:
    """``a string``, ``an integer``, for messages."""
    return f"an {noun}" if str(noun)[0] in "aeiou" else f"a {noun}"


def words(names: Iterable[str]) -> str:
    """``node or relationship``, for messages."""
    *others, last = [_WORDS[name] for name in names]
    return f"{', '.join(others)} or {last}" if others else last


def join(types: Iterable[Type]) -> Type:
    """What is known of a value that has one of ``types``."""
    return reduce(_join, types, NULL)


def _join(one: Type, other: Type) -> Type:
    if one == other or other == NULL:
        return one
    if one == NULL:
        return other
    if one.name in NUMERIC and other.name in NUMERIC:
        return NUMBER
    if one.name != other.name:
        return ANY
    if one.name == "list":
        return list_of(_join(one.item or ANY, other.item or ANY))
    return Type(one.name, names=None if one.names is None or other.names is None else one.names | other.names)


def of_value(value: object) -> Type:
    """The type of a literal or of a parameter's value."""
    if value is None:
        return NULL
    if isinstance(value, list | tuple):
        return list_of(join(map(of_value, value)) if value else ANY)
    for kind, known in ((bool, BOOL), (int, INT), (float, FLOAT), (str, STR), (date, DATE), (dict, MAP)):
        if isinstance(value, kind):
            return known
    return ANY


def of_property(name: str | None) -> Type:
    """The type of a property whose type in the schema is ``name``; None where that is not known."""
    known = {"bool": BOOL, "int": INT, "float": FLOAT, "str": STR, "date": DATE, "list": STRINGS}
    return known.get(name or "", STORED)
