"""The syntax tree of the Expression Constraint Language. Its nodes say which concepts they stand for.

Nodes are equal when they mean the same and carry the same terms; ``at``, the offset in the text they were
read from, takes no part. Sources: SNOMED International, Expression Constraint Language, version 2.2 and the
core profile of 2.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

__all__ = [
    "Attribute",
    "Cardinality",
    "Comparison",
    "Compound",
    "Concept",
    "Connective",
    "Dotted",
    "Expression",
    "Filtered",
    "Group",
    "MemberOf",
    "Operation",
    "Operator",
    "Profile",
    "Refined",
    "Refinement",
    "RefinementSet",
    "Supplemented",
    "Value",
    "Wildcard",
]


class Operator(StrEnum):
    """Constraint operators; ``top`` and ``bottom`` keep what has nothing above or below it in the set."""

    DESCENDANT_OF = "<"
    DESCENDANT_OR_SELF_OF = "<<"
    CHILD_OF = "<!"
    CHILD_OR_SELF_OF = "<<!"
    ANCESTOR_OF = ">"
    ANCESTOR_OR_SELF_OF = ">>"
    PARENT_OF = ">!"
    PARENT_OR_SELF_OF = ">>!"
    TOP = "!!>"
    BOTTOM = "!!<"


class Connective(StrEnum):
    """What joins expressions, or (``AND`` and ``OR``) attributes."""

    AND = "AND"
    OR = "OR"
    MINUS = "MINUS"


class Comparison(StrEnum):
    """How an attribute's value is compared. ``!=`` asks for a value that differs, not that none is equal."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


class Profile(StrEnum):
    """Which historical associations a history supplement follows."""

    MIN = "HISTORY-MIN"
    MOD = "HISTORY-MOD"
    MAX = "HISTORY-MAX"


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept: an SCTID, a CURIE or any other id. ``term`` is a note for people."""

    id: str
    term: str | None = None
    at: int = field(default=-1, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """All concepts."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What an operator makes of the concepts of ``operand``."""

    operator: Operator
    operand: Expression


@dataclass(frozen=True, slots=True)
class MemberOf:
    """Members of any of ``refsets``."""

    refsets: Expression


@dataclass(frozen=True, slots=True)
class Compound:
    """Two or more operands joined; with ``MINUS`` two."""

    connective: Connective
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Refined:
    """The concepts of ``focus`` whose attributes are as ``refinement`` says."""

    focus: Expression
    refinement: Refinement


@dataclass(frozen=True, slots=True)
class Dotted:
    """Values that the first of ``attributes`` has at ``focus``, the second at these values, and so on."""

    focus: Expression
    attributes: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """The concepts of ``operand``, inactive ones too, that pass each filter.

    Args:
        operand: what is filtered.
        active: one or more filters: active, inactive, or (``None``) either.
    """

    operand: Expression
    active: tuple[bool | None, ...]


@dataclass(frozen=True, slots=True)
class Supplemented:
    """``operand``, and the inactive concepts whose historical associations lead to it.

    Args:
        operand: what is supplemented.
        history: which associations are followed: a profile, or the association refsets.
    """

    operand: Expression
    history: Profile | Expression


@dataclass(frozen=True, slots=True)
class Cardinality:
    """At least ``least`` and at most ``most``; ``None`` is many."""

    least: int = 1
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute with a value.

    Args:
        name: the attributes that count.
        comparison: with ``=`` or ``!=`` any value, with the others a number.
        value: concepts, or a literal.
        cardinality: how many such values there are.
        reverse: whether the concept is the value, and ``value`` the concepts that have it.
    """

    name: Expression
    comparison: Comparison
    value: Value
    cardinality: Cardinality = Cardinality()
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Attribute groups that satisfy ``attributes``, which hold no group; ``cardinality`` says how many."""

    attributes: Refinement
    cardinality: Cardinality = Cardinality()


@dataclass(frozen=True, slots=True)
class RefinementSet:
    """Two or more parts joined by ``AND`` or ``OR``."""

    connective: Connective
    parts: tuple[Refinement, ...]


Expression = Concept | Wildcard | Operation | MemberOf | Compound | Refined | Dotted | Filtered | Supplemented
Refinement = Attribute | Group | RefinementSet
Value = Expression | Decimal | str | bool
