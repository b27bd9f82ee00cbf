"""Which concepts an expression stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..hierarchy.csr import AnyPositions
from ..ids import Positions
from ..rf2.metadata import LINKS
from ..tables import Bools, Link
from .ast import (
    Compound,
    Concept,
    Connective,
    Dotted,
    Expression,
    Filtered,
    MemberOf,
    Operation,
    Operator,
    Profile,
    Refined,
    Supplemented,
    Wildcard,
)
from .attributes import Attributes
from .source import Source

__all__ = ["evaluate"]

FOLLOWED = {
    Profile.MIN: (Link.SAME_AS,),
    Profile.MOD: (Link.SAME_AS, Link.REPLACED_BY, Link.WAS_A, Link.PARTIALLY_EQUIVALENT_TO),
    Profile.MAX: tuple(Link),
}


def evaluate(expression: Expression, source: Source) -> Positions:
    """The concepts that ``expression`` stands for, as ascending int32 positions.

    Only active concepts are found, but for those that an active filter or a history supplement brings in. A
    wildcard stands for classes and individuals; as the name of an attribute, or behind ``^``, for anything.
    Attributes of group 0 are in no group. A cardinality counts different values of an attribute, whatever
    their groups; with the reverse flag, different concepts that have the attribute.

    Args:
        expression: what :func:`~.parser.parse` gives.
        source: the ontology.

    Raises:
        EclError: an id that the ontology does not have.
    """
    active = source.tables.concepts.active
    return _Evaluation(source, active, source.things).of(expression).astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class _Evaluation:
    """Evaluates on a part of an ontology.

    Args:
        source: the ontology.
        allowed: (n,) bool, what may be found.
        shown: (n,) bool, what a wildcard stands for, of what may be found.
    """

    source: Source
    allowed: Bools
    shown: Bools

    def of(self, expression: Expression) -> AnyPositions:
        """The concepts, ascending."""
        match expression:
            case Concept():
                position = self.source.position(expression)
                return np.array([position] if self.allowed[position] else [], np.int32)
            case Wildcard():
                return np.flatnonzero(self.allowed & self.shown)
            case Operation(operator, operand):
                return self._operated(operator, self.of(operand))
            case MemberOf(refsets):
                members = self.source.tables.members
                rows = self._of_any_kind(refsets)[members.refset]
                return self._allowed(members.member[rows])
            case Compound(connective, operands):
                return self._joined(connective, (self.of(operand) for operand in operands))
            case Refined(focus, refinement):
                found = self.of(focus)
                attributes = Attributes(self.source, self._names, self._mask)
                return found[attributes.satisfied(refinement)[found]]
            case Dotted(focus, attributes):
                found = self.of(focus)
                for attribute in attributes:
                    found = self._values(found, attribute)
                return found
            case Filtered(operand, active):
                return self._filtered(operand, active)
            case Supplemented(operand, history):
                return self._supplemented(self.of(operand), history)

    def _mask(self, expression: Expression) -> Bools:
        return self.source.mask(self.of(expression))

    def _of_any_kind(self, expression: Expression) -> Bools:
        """The same where relation types and subsets count."""
        return _Evaluation(self.source, self.allowed, self.source.everything)._mask(expression)

    def _names(self, expression: Expression) -> Bools:
        return self._of_any_kind(expression) & self.source.attributes

    def _operated(self, operator: Operator, positions: AnyPositions) -> AnyPositions:
        hierarchy = self.source.hierarchy
        match operator:
            case Operator.DESCENDANT_OF:
                return self.source.below(positions)
            case Operator.DESCENDANT_OR_SELF_OF:
                return self.source.below(positions, itself=True)
            case Operator.ANCESTOR_OF:
                return self.source.above(positions)
            case Operator.ANCESTOR_OR_SELF_OF:
                return self.source.above(positions, itself=True)
            case Operator.CHILD_OF:
                return self._set(hierarchy.down.gathered(positions))
            case Operator.CHILD_OR_SELF_OF:
                return self._set(np.append(hierarchy.down.gathered(positions), positions))
            case Operator.PARENT_OF:
                return self._set(hierarchy.up.gathered(positions))
            case Operator.PARENT_OR_SELF_OF:
                return self._set(np.append(hierarchy.up.gathered(positions), positions))
            case Operator.TOP:
                return self._without(positions, self.source.below(positions))
            case Operator.BOTTOM:
                return self._without(positions, self.source.above(positions))

    def _allowed(self, positions: AnyPositions) -> AnyPositions:
        """Those of ``positions`` that may be found, ascending, each once."""
        return np.flatnonzero(self.source.mask(positions) & self.allowed)

    def _set(self, positions: AnyPositions) -> AnyPositions:
        """``positions``, ascending, each once."""
        return np.flatnonzero(self.source.mask(positions))

    def _without(self, positions: AnyPositions, other: AnyPositions) -> AnyPositions:
        return positions[~self.source.mask(other)[positions]]

    def _joined(self, connective: Connective, sets: Iterable[AnyPositions]) -> AnyPositions:
        if connective == Connective.OR:
            return self._set(np.concatenate([*sets]))
        first, *others = sets
        for other in others:
            kept = self.source.mask(other)[first]
            first = first[kept if connective == Connective.AND else ~kept]
        return first

    def _values(self, positions: AnyPositions, attribute: Expression) -> AnyPositions:
        relations = self.source.tables.relations
        rows = self._names(attribute)[relations.type] & self.source.mask(positions)[relations.source]
        return self._allowed(relations.target[rows])

    def _filtered(self, operand: Expression, filters: tuple[bool | None, ...]) -> AnyPositions:
        source = self.source
        found = _Evaluation(source, source.everything, self.shown).of(operand)
        active = source.tables.concepts.active[found]
        kept = [active == wanted for wanted in filters if wanted is not None]
        return found[np.logical_and.reduce(kept)] if kept else found

    def _supplemented(self, positions: AnyPositions, history: Profile | Expression) -> AnyPositions:
        rows, inactive = self.source.tables.history, ~self.source.tables.concepts.active
        kept = self._followed(history)[rows.link] & self.source.mask(positions)[rows.target]
        return self._set(np.append(positions, rows.source[kept & inactive[rows.source]]))

    def _followed(self, history: Profile | Expression) -> Bools:
        """Which of the historical associations are followed, one bool for each :class:`Link`."""
        followed = np.zeros(len(Link), np.bool_)
        if isinstance(history, Profile):
            followed[[*FOLLOWED[history]]] = True
            return followed
        chosen = self._of_any_kind(history)
        for refset, link in LINKS.items():
            position = self.source.tables.ids.position(str(refset))
            followed[link] = position >= 0 and chosen[position]
        return followed
