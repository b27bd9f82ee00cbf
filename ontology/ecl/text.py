"""Expressions as text, in the brief syntax: what :func:`~.parser.parse` reads back."""

from __future__ import annotations

import re
from decimal import Decimal

from .ast import (
    Attribute,
    Cardinality,
    Compound,
    Concept,
    Dotted,
    Expression,
    Filtered,
    Group,
    MemberOf,
    Operation,
    Profile,
    Refined,
    Refinement,
    RefinementSet,
    Supplemented,
    Value,
    Wildcard,
)
from .lexer import CURIE
from .parser import is_concept

__all__ = ["write"]

ACTIVE = {True: "true", False: "false", None: "*"}

RANKS = {Concept: 0, Wildcard: 0, MemberOf: 1, Operation: 2, Filtered: 3, Supplemented: 4}
"""What may stand in what without brackets: the lower in the higher."""

OPERAND = 4
"""The rank of what connectives, colons and dots join."""


def write(expression: Expression) -> str:
    """The text of ``expression``, on one line if its terms and strings are."""
    match expression:
        case Concept(id, term):
            return f"{_id(id)} |{term}|" if term else _id(id)
        case Wildcard():
            return "*"
        case MemberOf(refsets):
            return f"^ {_within(0, refsets)}"
        case Operation(operator, operand):
            return f"{operator} {_within(1, operand)}"
        case Filtered(operand, active):
            filters = ", ".join(f"active = {ACTIVE[one]}" for one in active)
            return f"{_within(2, operand)} {{{{ C {filters} }}}}"
        case Supplemented(operand, history):
            how = history.value if isinstance(history, Profile) else f"HISTORY ({write(history)})"
            return f"{_within(3, operand)} {{{{ + {how} }}}}"
        case Compound(connective, operands):
            return f" {connective} ".join(_within(OPERAND, one) for one in operands)
        case Refined(focus, refinement):
            return f"{_within(OPERAND, focus)} : {_refinement(refinement)}"
        case Dotted(focus, attributes):
            return " . ".join(_within(OPERAND, one) for one in (focus, *attributes))


def _within(rank: int, expression: Expression) -> str:
    """``expression`` as part of one of a higher rank than ``rank``."""
    text = write(expression)
    return text if RANKS.get(type(expression), OPERAND + 1) <= rank else f"({text})"


def _id(id: str) -> str:
    if re.fullmatch(CURIE, id) or is_concept(id):
        return id
    doubled = id.replace("'", "''")
    return f"'{doubled}'"


def _refinement(refinement: Refinement) -> str:
    match refinement:
        case Attribute(name, comparison, value, cardinality, reverse):
            flag = "R " if reverse else ""
            name_text = _within(OPERAND, name)
            return f"{_cardinality(cardinality)}{flag}{name_text} {comparison} {_value(value)}"
        case Group(attributes, cardinality):
            return f"{_cardinality(cardinality)}{{ {_refinement(attributes)} }}"
        case RefinementSet(connective, parts):
            texts = (
                f"({_refinement(part)})" if isinstance(part, RefinementSet) else _refinement(part)
                for part in parts
            )
            return f" {connective} ".join(texts)


def _cardinality(cardinality: Cardinality) -> str:
    if cardinality == Cardinality():
        return ""
    most = "*" if cardinality.most is None else cardinality.most
    return f"[{cardinality.least}..{most}] "


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"#{value:f}"
    if isinstance(value, str):
        escaped = value.replace("\\", r"\\").replace('"', r"\"")
        return f'"{escaped}"'
    return _within(OPERAND, value)
