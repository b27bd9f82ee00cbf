"""Which concepts satisfy a refinement: attributes are counted for each concept, or for each of its groups."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tables import Bools
from .ast import (
    Attribute,
    Cardinality,
    Comparison,
    Connective,
    Expression,
    Group,
    Refinement,
    Wildcard,
)
from .source import Source

__all__ = ["Attributes"]

Ints = NDArray[np.int32]
COMPARE: dict[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.EQUAL: operator.eq,
    Comparison.UNEQUAL: operator.ne,
    Comparison.LESS: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.GREATER: operator.gt,
    Comparison.AT_LEAST: operator.ge,
}


@dataclass(frozen=True, slots=True, eq=False)
class Owners:
    """Whose attributes are counted: concepts, or groups.

    Args:
        count: how many owners there are.
        of_relation: (r,) int32 owner of each row of the relations, −1 for none.
        of_value: (v,) int32 owner of each row of the values, −1 for none.
    """

    count: int
    of_relation: Ints
    of_value: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Attributes that match: (m,) the owner of each, int32, and a number for its type and value, int64."""

    owner: Ints
    what: NDArray[np.int64]

    def joined(self, other: Found) -> Found:
        """These and ``other``."""
        owner = np.concatenate((self.owner, other.owner))
        return Found(owner, np.concatenate((self.what, other.what)))

    def counts(self, owners: int) -> NDArray[np.intp]:
        """How many there are of each of ``owners``."""
        return np.bincount(self.owner, minlength=owners)

    def different(self, owners: int) -> NDArray[np.intp]:
        """How many different ones there are of each of ``owners``."""
        order = np.lexsort((self.what, self.owner))
        owner, what = self.owner[order], self.what[order]
        fresh = np.ones(len(order), np.bool_)
        fresh[1:] = (owner[1:] != owner[:-1]) | (what[1:] != what[:-1])
        return np.bincount(owner[fresh], minlength=owners)


class Attributes:
    """Answers refinements.

    Args:
        source: the ontology.
        names: the types that an attribute's name stands for, (n,) bool.
        values: the concepts that an attribute's value stands for, (n,) bool.
    """

    def __init__(
        self, source: Source, names: Callable[[Expression], Bools], values: Callable[[Expression], Bools]
    ) -> None:
        self.source, self.names, self.values = source, names, values

    def satisfied(self, refinement: Refinement) -> Bools:
        """(n,) bool, whether each concept does as ``refinement`` says."""
        tables = self.source.tables
        return self._by(refinement, Owners(self.source.size, tables.relations.source, tables.values.source))

    def _by(self, refinement: Refinement, owners: Owners) -> Bools:
        match refinement:
            case Attribute(cardinality=cardinality):
                return _within(self._found(refinement, owners), cardinality, owners.count)
            case Group(attributes, cardinality):
                groups = self.source.groups
                inside = Owners(len(groups.concept), groups.of_relation, groups.of_value)
                satisfied = groups.concept[self._by(attributes, inside)]
                return _between(np.bincount(satisfied, minlength=owners.count), cardinality)
            case _:
                parts = (self._by(part, owners) for part in refinement.parts)
                joined = operator.and_ if refinement.connective == Connective.AND else operator.or_
                return reduce(joined, parts)

    def _found(self, attribute: Attribute, owners: Owners) -> Found:
        names, value = self.names(attribute.name), attribute.value
        if isinstance(value, Decimal | bool | str):
            return self._literals(names, self._compared(attribute.comparison, value), owners)
        wanted = self.values(value)
        if attribute.comparison == Comparison.UNEQUAL:
            wanted = ~wanted
        if attribute.reverse:
            return self._reversed(names, wanted)
        concepts = self._concepts(names, wanted, owners)
        if value != Wildcard() or attribute.comparison == Comparison.UNEQUAL:
            return concepts
        every = np.ones(len(self.source.literals.known), np.bool_)
        return concepts.joined(self._literals(names, every, owners))

    def _concepts(self, names: Bools, wanted: Bools, owners: Owners) -> Found:
        relations = self.source.tables.relations
        rows = (owners.of_relation >= 0) & names[relations.type] & wanted[relations.target]
        return Found(owners.of_relation[rows], self._what(relations.type[rows], relations.target[rows]))

    def _reversed(self, names: Bools, wanted: Bools) -> Found:
        """Owners are the targets, and what is counted are their sources, whatever the types."""
        relations = self.source.tables.relations
        rows = names[relations.type] & wanted[relations.source]
        return Found(relations.target[rows], relations.source[rows].astype(np.int64))

    def _literals(self, names: Bools, wanted: Bools, owners: Owners) -> Found:
        """``wanted`` says it for each of the known literals, which are numbered after the concepts."""
        values, of_value = self.source.tables.values, self.source.literals.of_value
        rows = (owners.of_value >= 0) & names[values.type] & wanted[of_value]
        return Found(owners.of_value[rows], self._what(values.type[rows], self.source.size + of_value[rows]))

    def _what(self, type_: Ints, value: Ints) -> NDArray[np.int64]:
        return type_.astype(np.int64) * (self.source.size + len(self.source.literals.known)) + value

    def _compared(self, comparison: Comparison, value: Decimal | bool | str) -> Bools:
        """Literals of the same kind as ``value`` that compare with it as asked."""
        compare = COMPARE[comparison]
        known = self.source.literals.known
        return np.array([type(one) is type(value) and compare(one, value) for one in known], np.bool_)


def _within(found: Found, cardinality: Cardinality, owners: int) -> Bools:
    least, most = cardinality.least, cardinality.most
    repeated = least > 1 or (most is not None and most > 0)  # whether it matters what is there twice
    return _between(found.different(owners) if repeated else found.counts(owners), cardinality)


def _between(counts: NDArray[np.intp], cardinality: Cardinality) -> Bools:
    inside: Bools = counts >= cardinality.least
    return inside if cardinality.most is None else inside & (counts <= cardinality.most)
