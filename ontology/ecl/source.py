"""What expressions are evaluated on: an ontology, and what is worked out of it once for all expressions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...errors import EclError
from ..hierarchy.closure import Closure
from ..hierarchy.csr import AnyPositions, Csr
from ..hierarchy.graph import Hierarchy
from ..ids import Positions
from ..resolve import near_ids, position_of
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
        closure: its whole closure, where it is worth its memory: it makes ``<<`` of one concept a look-up.
    """

    def __init__(self, tables: Tables, hierarchy: Hierarchy, closure: Closure | None = None) -> None:
        self.tables, self.hierarchy, self.closure = tables, hierarchy, closure
        self.size = len(tables.ids)

    def position(self, concept: Concept) -> int:
        """Where ``concept`` is; ids it had before are taken too.

        Raises:
            EclError: the ontology does not have it; the message names near ids.
        """
        found = position_of(self.tables, concept.id)
        if found >= 0:
            return found
        near = self.tables.ids.texts(np.array(near_ids(self.tables.ids, concept.id), np.int32))
        hint = f"did you mean {' or '.join(near)}?" if near else "expected an id that it has"
        raise EclError(f"the ontology has no concept {concept.id!r}; {hint}", concept.at)

    def below(self, positions: AnyPositions, itself: bool = False) -> AnyPositions:
        """Descendants; see :meth:`~kgllm.ontology.hierarchy.graph.Hierarchy.below`."""
        if self.closure is None or len(positions) != 1:
            return self.hierarchy.below(positions, itself)
        return _row(self.closure.descendants, positions, itself)

    def above(self, positions: AnyPositions, itself: bool = False) -> AnyPositions:
        """Ancestors; see :meth:`~kgllm.ontology.hierarchy.graph.Hierarchy.above`."""
        if self.closure is None or len(positions) != 1:
            return self.hierarchy.above(positions, itself)
        return _row(self.closure.ancestors, positions, itself)

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


def _row(closure: Csr, positions: AnyPositions, itself: bool) -> AnyPositions:
    """The row of the one position, with it or without."""
    found = closure[positions[0]]
    return np.insert(found, np.searchsorted(found, positions), positions) if itself else found


def _literal(text: str) -> Decimal | bool | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.startswith("#"):
        try:
            return Decimal(text[1:])
        except InvalidOperation:
            return text
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
