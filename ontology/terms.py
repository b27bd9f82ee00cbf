"""What concepts are called: the preferred term in the dialect that people read, the fully specified name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .rf2.metadata import DIALECTS as REFSETS
from .tables import Bools, Preference, Role, Tables, rows_of

DIALECTS = ("en-US", "en-GB")
"""The dialects asked for where nobody says which; the first in which a term is preferred decides."""

SYNONYMS = Role.LABEL, Role.EXACT, Role.BROAD, Role.NARROW, Role.RELATED

_TAG = re.compile(r"\(([^()]+)\)\s*$")
_NAMES = Role.LABEL, Role.FSN, Role.EXACT
_NEVER = 0x7FFF


class Name(NamedTuple):
    """A term, and the dialect that prefers it; ``""`` where none does and the term is the best there is."""

    text: str
    dialect: str = ""


@dataclass(frozen=True, slots=True)
class Synonym:
    """A term beside the preferred one.

    ``scope`` is ``exact``, ``broad``, ``narrow``, ``related``; ``label`` of a label in another language.
    """

    text: str
    scope: str
    language: str


class Names:
    """The names of an ontology's concepts for readers of some dialects.

    The preferred term is the active synonym that a dialect prefers: the first of ``dialects`` that prefers
    one, then the other dialects of the ontology. Where none does, it is the label, the fully specified name,
    or any synonym, in a language of ``dialects`` if there is one.

    Args:
        tables: the ontology.
        dialects: such as ``en-GB``, or ids of language refsets; unknown ones count as languages only.
    """

    def __init__(self, tables: Tables, dialects: Sequence[str] = DIALECTS) -> None:
        self.tables, self.dialects = tables, tuple(dialects)
        asked = [number for one in dialects if (number := _number(tables.dialects, one)) >= 0]
        self._order = [*asked, *(other for other in range(len(tables.dialects)) if other not in asked)]
        wanted = [language for one in dialects for language in (one, one.partition("-")[0])]
        known = {language: code for code, language in enumerate(tables.languages)}
        self._languages = [known[one] for one in dict.fromkeys((*wanted, "", "en")) if one in known]

    def preferred(self, position: int) -> Name | None:
        """The preferred term of a concept, ``None`` where it has no term."""
        row = self._best(position, _NAMES)
        return None if row < 0 else Name(self.tables.terms.text[row], self._preferring(row))

    def label(self, position: int) -> str:
        """The preferred term of a concept, else its id."""
        row = self._best(position, _NAMES)
        return self.tables.ids.text(position) if row < 0 else self.tables.terms.text[row]

    def labels(self, positions: NDArray[np.integer[Any]]) -> list[str]:
        """The preferred terms, or ids, of many concepts."""
        rows = self.label_rows[positions]
        texts = iter(self.tables.terms.text.take(rows[rows >= 0]))
        ids = iter(self.tables.ids.texts(positions[rows < 0]))
        return [next(texts if row >= 0 else ids) for row in rows.tolist()]

    def fsn(self, position: int) -> str:
        """The fully specified name of a concept; ``""`` where it has none."""
        return self._text(position, (Role.FSN,))

    def definition(self, position: int) -> str:
        """The definition of a concept; ``""`` where it has none."""
        return self._text(position, (Role.DEFINITION,))

    def synonyms(self, position: int) -> list[Synonym]:
        """The active synonyms of a concept, each text once, without its preferred term."""
        terms, languages = self.tables.terms, self.tables.languages
        rows = rows_of(terms.concept, position)
        found: dict[str, Synonym] = {}
        for row in range(rows.start, rows.stop):
            role = Role(terms.role[row])
            if terms.active[row] and role in SYNONYMS:
                text = terms.text[row]
                found.setdefault(text, Synonym(text, role.name.lower(), languages[terms.language[row]]))
        found.pop(self.label(position), None)
        return list(found.values())

    @cached_property
    def label_rows(self) -> NDArray[np.int64]:
        """(n,) the row of each concept's preferred term, −1 where it has none."""
        return self._best_of_all(_NAMES)

    @cached_property
    def fsn_rows(self) -> NDArray[np.int64]:
        """(n,) the row of each concept's fully specified name, −1 where it has none."""
        return self._best_of_all((Role.FSN,))

    @cached_property
    def definition_rows(self) -> NDArray[np.int64]:
        """(n,) the row of each concept's definition, −1 where it has none."""
        return self._best_of_all((Role.DEFINITION,))

    def _text(self, position: int, roles: Sequence[Role]) -> str:
        row = self._best(position, roles)
        return "" if row < 0 else self.tables.terms.text[row]

    def _best(self, position: int, roles: Sequence[Role]) -> int:
        """The row of a concept's name of one of ``roles``; −1 where it has none."""
        rows = rows_of(self.tables.terms.concept, position)
        ranks = self._ranks(rows, roles)
        if not len(ranks) or ranks.min() == _NEVER:
            return -1
        return int(rows.start + ranks.argmin())

    def _best_of_all(self, roles: Sequence[Role]) -> NDArray[np.int64]:
        """As :meth:`_best`, for all concepts at once."""
        concept = self.tables.terms.concept
        best = np.full(len(self.tables.ids), -1, np.int64)
        if len(concept):
            starts = np.flatnonzero(np.diff(concept, prepend=-1))
            keys = self._ranks(slice(0, len(concept)), roles).astype(np.int64) << 32
            keys = np.minimum.reduceat(keys | np.arange(len(concept)), starts)
            best[concept[starts]] = np.where(keys >> 32 == _NEVER, -1, keys & 0xFFFFFFFF)
        return best

    def _ranks(self, rows: slice, roles: Sequence[Role]) -> NDArray[np.int16]:
        """How late each row is taken as a name."""
        ranks = np.full(rows.stop - rows.start, _NEVER, np.int16)
        for rank, mask in enumerate(self._choices(rows, roles)):
            ranks[mask & (ranks == _NEVER)] = rank
        return ranks

    def _choices(self, rows: slice, roles: Sequence[Role]) -> Iterator[Bools]:
        """Which rows would do as a name, the best first."""
        terms = self.tables.terms
        of = {role: terms.active[rows] & (terms.role[rows] == role) for role in roles}
        preferred = [self._prefers(dialect, rows) for dialect in self._order]
        if Role.EXACT in of:
            yield from (of[Role.EXACT] & mask for mask in preferred)
        for role in roles:
            yield from (of[role] & mask for mask in preferred)
            yield from (of[role] & (terms.language[rows] == code) for code in self._languages)
            yield of[role]

    def _prefers(self, dialect: int, rows: slice) -> Bools:
        """Which of ``rows`` a dialect prefers."""
        start = dialect * len(self.tables.terms.concept)
        says = self.tables.terms.preference[start + rows.start : start + rows.stop]
        preferred: Bools = says == Preference.PREFERRED
        return preferred

    def _preferring(self, row: int) -> str:
        """The first dialect that prefers the term of ``row``."""
        count, preference = len(self.tables.terms.concept), self.tables.terms.preference
        for dialect in self._order:
            if preference[dialect * count + row] == Preference.PREFERRED:
                return self.tables.dialects[dialect]
        return ""


def semantic_tag(fsn: str) -> str:
    """What stands in the last brackets of a fully specified name: ``disorder``."""
    found = _TAG.search(fsn)
    return found[1] if found else ""


def _number(dialects: Sequence[str], wanted: str) -> int:
    """Which of ``dialects`` is ``wanted``, by name or by refset; −1 if none."""
    names = {wanted, *(dialect for dialect, refset in REFSETS.items() if str(refset) == wanted)}
    return next((number for number, dialect in enumerate(dialects) if dialect in names), -1)
