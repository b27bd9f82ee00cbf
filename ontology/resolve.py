"""From what people call a concept to where it stands, and what they may have meant instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import NotFoundError
from .formats.curies import curie
from .ids import Ids, TextIds
from .tables import Tables
from .terms import Names

if TYPE_CHECKING:
    from .search.index import TermIndex

SHOWN = 3
"""How many ids or terms an error suggests."""

_KINDS = (re.compile(r"[0-9]"), "0123456789"), (re.compile(r"[A-Za-z]"), "abcdefghijklmnopqrstuvwxyz")
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Match:
    """What a search found: a concept, its preferred term, and the term that matched."""

    id: str
    label: str
    term: str


class Finder:
    """Finds the concepts of an ontology by ids and terms.

    Args:
        names: what they are called.
        index: gives the index of their terms; asked only where a term is looked for.
    """

    def __init__(self, names: Names, index: Callable[[], TermIndex]) -> None:
        self.tables, self.names, self.index = names.tables, names, index

    def at(self, id: str) -> int:
        """Where the concept with an id is; see :func:`position_of`.

        Raises:
            NotFoundError: there is none; the message names near ones.
        """
        position = position_of(self.tables, id)
        if position < 0:
            raise self._unknown(id)
        return position

    def named(self, text: str) -> int:
        """Where the concept is that has ``text`` as its id or as one of its terms.

        Raises:
            NotFoundError: none has it, or several active ones have this term.
        """
        position = position_of(self.tables, text)
        if position >= 0:
            return position
        found = self.index().equal(text)
        found = [one for one in found if self.tables.concepts.active[one]] or found
        if not found:
            raise self._unknown(text)
        if len(found) > 1:
            shown = ", ".join(map(self._shown, found[:SHOWN]))
            raise NotFoundError(f"{text!r} is a term of {len(found)} concepts: {shown}; give an id")
        return found[0]

    def search(self, text: str, k: int, inactive: bool) -> list[Match]:
        """The ``k`` best concepts; see :meth:`.search.index.TermIndex.find`."""
        found = []
        for row in self.index().find(text, k, inactive):
            position = int(self.tables.terms.concept[row])
            id, label = self.tables.ids.text(position), self.names.label(position)
            found.append(Match(id, label, self.tables.terms.text[row]))
        return found

    def _shown(self, position: int) -> str:
        return f"{self.tables.ids.text(position)} |{self.names.label(position)}|"

    def _unknown(self, text: str) -> NotFoundError:
        """The error for an id or a term that nothing has, with what may have been meant."""
        near = [self._shown(one) for one in near_ids(self.tables.ids, text, SHOWN)]
        near = near or [f"{one.id} |{one.label}|" for one in self.search(text, SHOWN, inactive=True)]
        near = near or [word for words in self.index().corrections(text).values() for word in words]
        hint = f"did you mean {', '.join(near)}?" if near else "search for it by its words"
        return NotFoundError(f"the ontology has no concept {text!r}; {hint}")


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
