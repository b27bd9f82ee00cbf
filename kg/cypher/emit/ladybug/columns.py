"""Which engine column holds which property.

The engine's identifiers ignore case and some words are reserved, while property names are any text. So a
plain name gets a prefix, ``born`` → ``p_born``, and any other a number as well, ``bornIn`` → ``p3_bornin``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from .....errors import SchemaError

__all__ = ["ENGINE_TYPES", "Column", "Columns"]

ENGINE_TYPES = {
    "bool": "BOOL",
    "int": "INT64",
    "float": "DOUBLE",
    "str": "STRING",
    "date": "DATE",
    "list": "STRING[]",
}
"""Property types of :data:`kgllm.kg.model.PROPERTY_TYPES` and what the engine calls them."""

_PLAIN = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LONGEST_SLUG = 24


class Column(NamedTuple):
    """An engine column and the type of its property, a name of :data:`ENGINE_TYPES`."""

    name: str
    type: str

    @property
    def engine_type(self) -> str:
        return ENGINE_TYPES[self.type]


@dataclass(frozen=True, slots=True)
class Columns:
    """Property name → column, of the nodes and of the edges, in the order in which they were added."""

    nodes: Mapping[str, Column] = field(default_factory=dict)
    edges: Mapping[str, Column] = field(default_factory=dict)

    def extended(self, nodes: Mapping[str, str], edges: Mapping[str, str]) -> Self:
        """These columns and those of the properties (name → type) that have none yet.

        Raises:
            SchemaError: a property has a column of another type.
        """
        return type(self)(_extended("nodes", self.nodes, nodes), _extended("edges", self.edges, edges))

    def to_json(self) -> str:
        """Text that :meth:`from_json` reads."""
        return json.dumps({"nodes": self.nodes, "edges": self.edges}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The columns that :meth:`to_json` wrote."""
        kinds = json.loads(text)
        return cls(
            *({name: Column(*column) for name, column in kinds[k].items()} for k in ("nodes", "edges"))
        )


def _columns(pairs: Mapping[str, tuple[str, str]]) -> dict[str, Column]:
    return {name: Column(*pair) for name, pair in pairs.items()}


def _extended(kind: str, known: Mapping[str, Column], wanted: Mapping[str, str]) -> dict[str, Column]:
    columns = dict(known)
    for name, type_ in wanted.items():
        column = columns.setdefault(name, Column(_encoded(name, len(columns)), type_))
        if column.type != type_:
            raise SchemaError(
                f"property {name!r} of {kind} is {type_} here, but {column.type} in the store; "
                "a property has one type, so convert the values or rename it"
            )
    return columns


def _encoded(name: str, number: int) -> str:
    if _PLAIN.fullmatch(name):
        return f"p_{name}"
    slug = "".join(_slug(name))[:_LONGEST_SLUG]
    return f"p{number}_{slug}"


def _slug(name: str) -> Iterator[str]:
    for character in name.lower():
        yield character if character.isascii() and character.isalnum() else "_"
