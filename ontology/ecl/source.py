"""What expressions are evaluated on: an ontology, and what is worked out of it once for all expressions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...errors import EclError
from ..hierarchy.csr import AnyPositions
from ..hierarchy.graph import Hierarchy
from ..ids import Positions, TextIds
from ..tables import Bools, Kind, Tables
from .ast import Concept

__all__ = ["Groups", "Literals", "Source"]

CONCEPT_MODEL_ATTRIBUTE = "410662002"
"""Where an ontology has this concept, only it and its descendants are attributes."""

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Attribute groups, numbered through all concepts.

    Args:
        concept: (g,) int32 position of the concept of each group.
        of_relation: (r,) int32 group of each row of the relations, −1 for none.
        of_value: (v,) int32 group of each row of the values, −1 for none.
    """

    concept: Positions
    of_relation: Ints
    of_value: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Literals:
    """The different literals of the values: numbers, truth values and texts.

    Args:
        known: (k) literals.
        of_value: (v,) int32 literal of each row of the values.
    """

    known: list[Decimal | bool | str]
    of_value: Ints


class Source:
    """An ontology to ask.

    Args:
        tables: the ontology.
        hierarchy: its is-a links.
    """

    def __init__(self, tables: Tables, hierarchy: Hierarchy) -> None:
        self.tables, self.hierarchy = tables, hierarchy
        self.size = len(tables.ids)

    def position(self, concept: Concept) -> int:
        """Where ``concept`` is; ids it had before are taken too.

        Raises:
            EclError: the ontology does not have it.
        """
        found = self.tables.ids.position(concept.id)
        if found >= 0:
            return found
        alias = TextIds(self.tables.aliases.id).position(concept.id)
        if alias >= 0:
            return int(self.tables.aliases.concept[alias])
        raise EclError(f"the ontology has no concept {concept.id!r}, expected an id that it has", concept.at)

    def mask(self, positions: AnyPositions) -> Bools:
        """(n,) bool, true at ``positions``."""
        found = np.zeros(self.size, np.bool_)
        found[positions] = True
        return found

    @cached_property
    def everything(self) -> Bools:
        """(n,) bool, true everywhere."""
        return np.ones(self.size, np.bool_)

    @cached_property
    def things(self) -> Bools:
        """(n,) bool, whether it is a concept for people, not a relation type or a subset."""
        kind = self.tables.concepts.kind
        return np.isin(kind, (Kind.CLASS, Kind.INDIVIDUAL))

    @cached_property
    def attributes(self) -> Bools:
        """(n,) bool, whether it can be the type of an attribute."""
        top = self.tables.ids.position(CONCEPT_MODEL_ATTRIBUTE)
        return self.mask(self.hierarchy.descendants(top, itself=True)) if top >= 0 else self.everything

    @cached_property
    def groups(self) -> Groups:
        """The attribute groups; rows of group 0 are in none."""
        tables = (self.tables.relations, self.tables.values)
        source = np.concatenate([table.source for table in tables])
        group = np.concatenate([table.group for table in tables])
        rows = np.flatnonzero(group > 0)
        keys, number = np.unique(source[rows].astype(np.int64) << 16 | group[rows], return_inverse=True)
        found = np.full(len(source), -1, np.int32)
        found[rows] = number
        border = len(tables[0].source)
        return Groups((keys >> 16).astype(np.int32), found[:border], found[border:])

    @cached_property
    def literals(self) -> Literals:
        """The literals."""
        encoded = self.tables.values.value.arrow().dictionary_encode()
        known = [_literal(text) for text in encoded.dictionary.to_pylist()]
        return Literals(known, encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32))


def _literal(text: str) -> Decimal | bool | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.startswith("#"):
        try:
            return Decimal(text[1:])
        except InvalidOperation:
            return text
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
