"""Filters of expression constraints, ``{{ … }}``: the active filter is read, the others are named."""

from __future__ import annotations

from .cursor import Cursor

__all__ = ["read_filters"]

NAMES = {
    "c": ("active", "definitionStatus", "definitionStatusId", "moduleId", "effectiveTime"),
    "d": (
        *("term", "language", "type", "typeId", "dialect", "dialectId"),
        *("moduleId", "effectiveTime", "active", "id"),
    ),
}
"""What concepts and their descriptions can be filtered by."""

ACTIVE = {"1": True, "true": True, "0": False, "false": False, "*": None}


def read_filters(cursor: Cursor) -> tuple[bool | None, ...]:
    """The active filters between ``{{``, which is read already, and ``}}``.

    Raises:
        EclUnsupportedError: a filter by something else.
        EclError: no filter.
    """
    if cursor.at("m"):
        raise cursor.unsupported("member filter")
    letter = cursor.take().key if cursor.at("c", "d") else "d"
    active = [_filter(cursor, letter)]
    while cursor.accept(","):
        active.append(_filter(cursor, letter))
    cursor.expect("}}")
    return tuple(active)


def _filter(cursor: Cursor, letter: str) -> bool | None:
    names = {name.lower(): name for name in NAMES[letter]}
    if cursor.token.key not in names:
        raise cursor.unexpected(f"{', '.join(names.values())}")
    if letter == "d":
        raise cursor.unsupported(f"description filter {names[cursor.token.key]}")
    if not cursor.at("active"):
        raise cursor.unsupported(f"concept filter {names[cursor.token.key]}")
    cursor.take()
    negated = read_equality(cursor)
    if cursor.token.text.lower() not in ACTIVE:
        raise cursor.unexpected("true, false, 1, 0 or *")
    if negated and cursor.at("*"):
        raise cursor.unexpected("true, false, 1 or 0")
    active = ACTIVE[cursor.take().text.lower()]
    return active if active is None else active != negated


def read_equality(cursor: Cursor) -> bool:
    """Reads ``=``, or one of the ways to write ``!=``, and says whether it is the latter."""
    if cursor.accept("not"):
        cursor.expect("=")
        return True
    return cursor.expect("=", "!=", "<>").key != "="
