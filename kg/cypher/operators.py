"""How tightly operators bind, for the parser and the writer: a higher level binds tighter."""

from __future__ import annotations

import math

from . import ast

OR, XOR, AND, NOT, COMPARISON, PREDICATE, SUM, PRODUCT, POWER, UNARY, POSTFIX = range(1, 12)

LEVELS: dict[str, int] = {
    "OR": OR,
    "XOR": XOR,
    "AND": AND,
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">="), COMPARISON),
    **dict.fromkeys(("IN", "STARTS WITH", "ENDS WITH", "CONTAINS", "=~"), PREDICATE),
    **dict.fromkeys(("+", "-"), SUM),
    **dict.fromkeys(("*", "/", "%"), PRODUCT),
    "^": POWER,
}
"""Operators between two operands; all of one level group from the left."""


def level_of(node: ast.Expression) -> int:
    """How tightly the text of ``node`` binds."""
    match node:
        case ast.Unary(operator="NOT"):
            return NOT
        case ast.Unary() | ast.HasLabels():
            return UNARY
        case ast.Binary(operator=operator):
            return LEVELS[operator]
        case ast.Comparison():
            return COMPARISON
        case ast.IsNull():
            return PREDICATE
        case ast.Literal(value=int() | float() as value) if math.copysign(1, value) < 0:
            return UNARY
    return POSTFIX
