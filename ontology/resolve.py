"""From what people call a concept to where it stands, and what they may have meant instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .formats.curies import curie
from .ids import Ids, TextIds
from .tables import Tables

_KINDS = (re.compile(r"[0-9]"), "0123456789"), (re.compile(r"[A-Za-z]"), "abcdefghijklmnopqrstuvwxyz")
_LONGEST = 64


def position_of(tables: Tables, id: str) -> int:
    """Where the concept is that has ``id``, had it before, or is known by it as an IRI; −1 if nowhere."""
    for one in dict.fromkeys((id, curie(id))):
        position = tables.ids.position(one)
        if position >= 0:
            return position
        alias = TextIds(tables.aliases.id).position(one)
        if alias >= 0:
            return int(tables.aliases.concept[alias])
    return -1


def near_ids(ids: Ids, id: str, most: int = 3) -> list[int]:
    """Positions of ids that one slip turns ``id`` into: case, ``_`` for ``:``, or one digit or letter."""
    if len(id) > _LONGEST:
        return []
    found = ids.positions(dict.fromkeys(_slips(id)))
    return list(dict.fromkeys(found[found >= 0].tolist()))[:most]


def _slips(id: str) -> Iterator[str]:
    prefix, _, code = id.replace("_", ":").partition(":")
    yield from (f"{one}:{code}" for one in (prefix, prefix.upper(), prefix.lower(), prefix.capitalize()))
    yield from (id.strip(), id.upper(), id.lower())
    for at in reversed(range(len(id))):
        character = id[at]
        before, after = id[:at], id[at + 1 :]
        yield before + after[:1] + character + after[1:]
        yield before + after
        for kind, alphabet in _KINDS:
            if kind.match(character):
                yield from (before + other + after for other in alphabet)
                yield from (before + other + character + after for other in alphabet)
    yield from (id + digit for digit in "0123456789")
