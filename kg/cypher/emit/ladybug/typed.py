"""A piece of ladybug text and what is known of its value, which decides what may be written around it.

The engine converts silently where Cypher does not (``1 = '1'`` is true there), so nothing is written whose
types are not known. Where the engine gives another value than Neo4j only for some data, the text makes it
fail on such data instead (:func:`declining`): the store then answers the query with the interpreter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

__all__ = [
    "SCALARS",
    "NotEmittable",
    "Typed",
    "combined",
    "declining",
    "finite",
    "item_type",
    "list_of",
    "need",
]

SCALARS = ("bool", "int", "float", "str", "date")


class NotEmittable(Exception):  # noqa: N818 - no error: the interpreter answers then
    """Ladybug has no text that means the same. ``reason`` says what is missing, in a few words."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Typed:
    """Text that stands in parentheses or needs none.

    Args:
        text: the text.
        type: a name of :data:`SCALARS`, ``null``, ``node``, ``edge``, ``edges`` (a variable-length
            relationship), ``path``, ``map``, or one of these in brackets: ``[str]`` is a list of strings.
        nullable: whether it may be null.
        finite: false for a float that may be NaN or infinite.
        holes: whether a list may contain nulls.
        constant: the value, where the query gives it.
        aggregated: whether it holds an aggregate.
        free: whether it varies from row to row outside of aggregates.
        parts: of an edge, texts of the ids of its head and its tail; of ``edges``, the path around it.
    """

    text: str
    type: str
    nullable: bool = True
    finite: bool = True
    holes: bool = False
    constant: Any = None
    aggregated: bool = False
    free: bool = True
    parts: tuple[str, ...] = ()


def combined(
    text: str,
    type_: str,
    *operands: Typed,
    nullable: bool | None = None,
    finite: bool = True,
    holes: bool = False,
) -> Typed:
    """The value of ``text``, built from ``operands``: null only if one of them is, unless that is known."""
    return Typed(
        text,
        type_,
        nullable=any(operand.nullable for operand in operands) if nullable is None else nullable,
        finite=finite,
        holes=holes,
        aggregated=any(operand.aggregated for operand in operands),
        free=any(operand.free for operand in operands),
    )


def need(value: Typed, types: Iterable[str], what: str) -> Typed:
    """``value``, if it is of one of ``types``.

    Raises:
        NotEmittable: it is not.
    """
    if value.type not in types:
        raise NotEmittable(f"{what} of {value.type}")
    return value


def list_of(type_: str) -> str:
    return f"[{type_}]"


def item_type(type_: str) -> str | None:
    """The type of the items of a list; None for anything else."""
    return type_[1:-1] if type_.startswith("[") else None


def declining(value: Typed, condition: str) -> Typed:
    """``value``, or a run-time error of the engine where ``condition`` holds.

    CASE evaluates all its branches, so it is the index, out of range, that fails.
    """
    return replace(value, text=f"list_extract([{value.text}], CASE WHEN {condition} THEN 2 ELSE 1 END)")


def finite(value: Typed) -> Typed:
    """``value``, a float that is made to fail where it is NaN or infinite: the engine orders NaN first."""
    if value.finite:
        return value
    text = value.text
    inside = f"{text} IS NULL OR ({text} < 1.7e308 AND {text} > -1.7e308)"
    return replace(declining(value, f"NOT ({inside})"), finite=True)
