"""Labels, relation types and properties of a graph, and the nearest ones to a name it does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ....errors import SchemaError
from ...model import ENTITY
from .types import Type

if TYPE_CHECKING:
    from ...schema import SchemaInfo

ID = "id"
"""The property of every node that holds the entity's id."""


def near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to three of ``known`` that look like ``name``, upper and lower case being the same."""
    folded: dict[str, str] = {}
    for other in sorted(known):
        folded.setdefault(other.lower(), other)
    return tuple(folded[match] for match in get_close_matches(name.lower(), folded, n=3, cutoff=0.6))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean a, b?``, or nothing."""
    found = near(name, known)
    return f"; did you mean {', '.join(found)}?" if found else ""


class Names:
    """What a query may name.

    Args:
        schema: what the graph has.
        strict: whether a name that the graph lacks is an error.
    """

    def __init__(self, schema: SchemaInfo, strict: bool) -> None:
        self.schema = schema
        self.strict = strict
        self._merged: dict[tuple[str, frozenset[str] | None], dict[str, str]] = {}

    def label(self, name: str) -> None:
        """Raise SchemaError if no node has the label ``name``."""
        if name != ENTITY:
            self._known("label", name, self.schema.labels)

    def relation(self, name: str) -> None:
        """Raise SchemaError if no edge is of the type ``name``."""
        self._known("relation type", name, self.schema.relations)

    def label_or_relation(self, name: str) -> None:
        """Raise SchemaError if ``name`` is neither a label nor a relation type."""
        if name not in self.schema.relations:
            self.label(name)

    def property(self, subject: Type, key: str) -> str | None:
        """The type, as in the schema, of the property ``key`` of a node or an edge; None if not known.

        Raises:
            SchemaError: nothing that ``subject`` may be has such a property.
        """
        known = self._types(subject.name, subject.names)
        if self.strict and key not in known:
            owners = " or ".join(sorted(subject.names or ()))
            missing = f"{owners} has no property {key}" if owners else f"no {subject} has a property {key}"
            raise SchemaError(missing + self._elsewhere(key), near(key, known))
        return known.get(key) or self._types(subject.name, None).get(key)

    def _types(self, kind: str, names: frozenset[str] | None) -> dict[str, str]:
        """Properties and their types of nodes with one of the labels, or of edges of one of the types."""
        if (kind, names) not in self._merged:
            self._merged[kind, names] = self._merge(kind, names)
        return self._merged[kind, names]

    def _merge(self, kind: str, names: frozenset[str] | None) -> dict[str, str]:
        infos = self.schema.relations if kind == "edge" else self.schema.labels
        chosen = infos if names is None else [name for name in names if name in infos]
        own = {} if kind == "edge" else {ID: "str"}
        return own | {key: value for name in chosen for key, value in infos[name].properties.items()}

    def _elsewhere(self, key: str) -> str:
        """``; Movie has it``: the first labels and relation types that have the property ``key``."""
        infos = {**self.schema.labels, **self.schema.relations}
        owners = sorted(name for name, info in infos.items() if key in info.properties)[:3]
        return f"; {' and '.join(owners)} {'has' if len(owners) == 1 else 'have'} it" if owners else ""

    def possible(self, types: frozenset[str], head: Type, tail: Type) -> bool:
        """Whether an edge of one of ``types`` may lead from a node like ``head`` to one like ``tail``."""
        infos = [self.schema.relations[name] for name in types if name in self.schema.relations]
        return any(_meets(head, i.head_labels) and _meets(tail, i.tail_labels) for i in infos)

    def no_such_edge(self, types: frozenset[str], head: Type, tail: Type) -> SchemaError:
        """The error for a pattern that can match nothing; it tells the way that there is."""
        there = "; ".join(
            f"{name} leads from {_or(info.head_labels)} to {_or(info.tail_labels)}"
            for name in sorted(types)
            if (info := self.schema.relations.get(name))
        )
        turned = "; turn the arrow round" if self.possible(types, tail, head) else ""
        pattern = f"({_colon(head)})-[:{'|'.join(sorted(types))}]->({_colon(tail)})"
        return SchemaError(f"{pattern} never occurs: {there}{turned}")

    def _known(self, what: str, name: str, known: Mapping[str, object]) -> None:
        if self.strict and name not in known:
            raise SchemaError(f"the graph has no {what} {name}", near(name, known))


def _meets(node: Type, labels: tuple[str, ...]) -> bool:
    return node.names is None or not labels or not node.names.isdisjoint(labels)


def _or(labels: Iterable[str]) -> str:
    return " or ".join(sorted(labels)) or "nodes without a label"


def _colon(node: Type) -> str:
    return ":" + "|".join(sorted(node.names)) if node.names else ""
