"""An ontology to ask: names, hierarchy, relations, expressions, history, search.

ontology = load("doid.obo.gz")
ontology.label("DOID:2841"), ontology.parents("DOID:2841")
ontology.save("stores/doid")
Ontology.open("stores/doid").search("bronch asth")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import NotFoundError
from . import history, resolve, store
from .concept import Concept, Past, Reader, Relation
from .hierarchy.graph import Hierarchy
from .ids import Positions
from .issues import Issues
from .stats import stats
from .tables import Tables
from .terms import DIALECTS, Names, semantic_tag

if TYPE_CHECKING:
    from .ecl.source import Source
    from .rf2.maps import MapTarget
    from .search.index import TermIndex

SHOWN = 3
"""How many ids or terms an error suggests."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a search found: a concept, its preferred term, and the term that matched."""

    id: str
    label: str
    term: str


class Ontology:
    """Concepts are known by their ids, which are strings. All lists of ids are in the order of the ids.

    Methods that take an id take an earlier id (OBO ``alt_id``) or an IRI as well, and raise
    :class:`~kgllm.errors.NotFoundError`, with near ids, for one that nothing has.

    Args:
        tables: what a reader made.
        issues: what the reader found wrong.
    """

    def __init__(self, tables: Tables, issues: Issues | None = None) -> None:
        self.tables, self.issues = tables, issues or Issues()
        self._stored: store.Stored | None = None
        self._names: dict[tuple[str, ...], Names] = {}

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """The ontology that :meth:`save` wrote to ``folder``; its arrays are read as they are used.

        Raises:
            NotFoundError: there is none.
            StoreCorruptError: its files are damaged or of another version; load it anew.
        """
        stored = store.open_store(Path(folder))
        ontology = cls(stored.tables, stored.issues)
        ontology._stored = stored
        return ontology

    def save(self, folder: Path | str) -> None:
        """Write it to ``folder``, whole or not at all; see :func:`.store.save` for the errors."""
        self._stored = store.save(self.tables, self.issues, Path(folder))

    def __len__(self) -> int:
        """Number of concepts, inactive ones and relation types among them."""
        return len(self.tables.ids)

    def __contains__(self, id: str) -> bool:
        """Whether a concept has, or had, ``id``."""
        return resolve.position_of(self.tables, id) >= 0

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """The is-a links, by position."""
        return Hierarchy(self.tables.isa, len(self))

    def resolve(self, text: str) -> str:
        """The id of the concept that ``text`` names: an id, one it had before, an IRI, or a term.

        Raises:
            NotFoundError: none has it, or several active ones have this term.
        """
        position = resolve.position_of(self.tables, text)
        if position >= 0:
            return self._id(position)
        found = self._index.equal(text)
        active = [one for one in found if self.tables.concepts.active[one]]
        if len(active or found) == 1:
            return self._id((active or found)[0])
        if found:
            shown = ", ".join(f"{self._id(one)} |{self.label(self._id(one))}|" for one in found[:SHOWN])
            raise NotFoundError(f"{text!r} is a term of {len(active or found)} concepts: {shown}; give an id")
        raise self._unknown(text)

    def label(self, id: str, dialects: Sequence[str] = DIALECTS) -> str:
        """The preferred term, else the id; see :class:`.terms.Names`."""
        return self.names(dialects).label(self._at(id))

    def labels(self, ids: Sequence[str], dialects: Sequence[str] = DIALECTS) -> list[str]:
        """The preferred terms of many concepts."""
        return self.names(dialects).labels(np.array([self._at(id) for id in ids], np.int32))

    def fsn(self, id: str) -> str:
        """The fully specified name (RF2); ``""`` where there is none."""
        return self.names().fsn(self._at(id))

    def semantic_tag(self, id: str) -> str:
        """What stands in the last brackets of the fully specified name."""
        return semantic_tag(self.fsn(id))

    def synonyms(self, id: str, dialects: Sequence[str] = DIALECTS) -> list[str]:
        """The active synonyms beside the preferred term."""
        return [one.text for one in self.names(dialects).synonyms(self._at(id))]

    def definition(self, id: str) -> str:
        """The definition; ``""`` where there is none."""
        return self.names().definition(self._at(id))

    def names(self, dialects: Sequence[str] = DIALECTS) -> Names:
        """What concepts are called in ``dialects``, by position."""
        key = tuple(dialects)
        if key not in self._names:
            self._names[key] = Names(self.tables, key)
        return self._names[key]

    def parents(self, id: str) -> list[str]:
        """The concepts right above."""
        return self._ids(self.hierarchy.parents(self._at(id)))

    def children(self, id: str) -> list[str]:
        """The concepts right below."""
        return self._ids(self.hierarchy.children(self._at(id)))

    def ancestors(self, id: str, itself: bool = False) -> list[str]:
        """All concepts above; with ``itself``, the concept too."""
        return self._ids(self.hierarchy.ancestors(self._at(id), itself))

    def descendants(self, id: str, itself: bool = False) -> list[str]:
        """All concepts below; with ``itself``, the concept too."""
        return self._ids(self.hierarchy.descendants(self._at(id), itself))

    def roots(self) -> list[str]:
        """Concepts with children and without parents."""
        return self._ids(self.hierarchy.roots())

    def subsumes(self, above: str, below: str) -> bool:
        """Whether ``below`` is ``above`` or one of its descendants."""
        return self.hierarchy.subsumes(self._at(above), self._at(below))

    def lca(self, a: str, b: str) -> list[str]:
        """The lowest common ancestors, ``a`` and ``b`` counted among their own."""
        return self._ids(self.hierarchy.lca(self._at(a), self._at(b)))

    def depth(self, id: str) -> tuple[int, int]:
        """Links on the shortest and on the longest path from a root."""
        return self.hierarchy.depth(self._at(id))

    def ecl(self, expression: str) -> list[str]:
        """The concepts that an expression constraint stands for.

        Raises:
            EclError: it is wrong, or names a concept that is not there.
            EclUnsupportedError: it is outside the core profile.
        """
        return self._ids(self._selected(expression))

    def relations(self, id: str) -> list[Relation]:
        """The relations other than is-a, by group."""
        return self._reader().relations(self._at(id))

    def map_to(self, scheme: str, id: str) -> list[MapTarget]:
        """What a concept maps to in another scheme, by group, then priority: see :func:`.rf2.maps.resolve`.

        Args:
            scheme: a name of :attr:`~.tables.Tables.schemes`, in any case, or ``icd10``.
            id: the concept.

        Raises:
            NotFoundError: there is no such scheme, or no such concept.
        """
        from .mapping import scheme_of, targets

        return targets(self.tables, scheme_of(self.tables.schemes, scheme), self._at(id))

    def replacements(self, id: str) -> list[Past]:
        """The active concepts that stand for an inactive one, the best first."""
        traces = history.replacements(self.tables, self._at(id))
        return list(self._reader().past(traces))

    def concept(self, id: str, dialects: Sequence[str] = DIALECTS) -> Concept:
        """All there is about a concept."""
        return self._reader(dialects).concept(self._at(id))

    def search(self, text: str, k: int = 10, inactive: bool = False) -> list[Match]:
        """The ``k`` best concepts: each word of ``text`` begins a word of one of their terms.

        Shorter terms come first.

        Args:
            text: any string; case, accents and hyphens do not matter.
            k: how many.
            inactive: whether inactive concepts count too; they come last.
        """
        rows = self._index.find(text, k, inactive)
        found = self.tables.terms.concept[rows]
        texts = (self.tables.terms.text[row] for row in rows)
        return [*map(Match, self._ids(found), map(self.names().label, found.tolist()), texts)]

    def corrections(self, text: str) -> dict[str, list[str]]:
        """Words of ``text`` that begin no word of any term, each with the nearest words that are there."""
        return self._index.corrections(text)

    def stats(self) -> dict[str, Any]:
        """How much of everything there is, for people and for JSON."""
        return stats(self.tables, self.hierarchy, self.names())

    @cached_property
    def _index(self) -> TermIndex:
        from .search.kept import term_index

        return term_index(self.tables, self._stored)

    @cached_property
    def _source(self) -> Source:
        from .ecl.source import Source

        return Source(self.tables, self.hierarchy)

    def _selected(self, expression: str) -> Positions:
        from .ecl.evaluate import evaluate
        from .ecl.parser import parse

        return evaluate(parse(expression), self._source)

    def _reader(self, dialects: Sequence[str] = DIALECTS) -> Reader:
        return Reader(self.tables, self.hierarchy, self.names(dialects))

    def _id(self, position: int) -> str:
        return self.tables.ids.text(position)

    def _ids(self, positions: NDArray[np.integer[Any]]) -> list[str]:
        return self.tables.ids.texts(positions)

    def _at(self, id: str) -> int:
        position = resolve.position_of(self.tables, id)
        if position < 0:
            raise self._unknown(id)
        return position

    def _unknown(self, text: str) -> NotFoundError:
        """The error for an id or a term that nothing has, with what may have been meant."""
        near = resolve.near_ids(self.tables.ids, text, SHOWN)
        shown = [f"{self._id(one)} |{self.names().label(one)}|" for one in near]
        shown = shown or [f"{one.id} |{one.label}|" for one in self.search(text, SHOWN, inactive=True)]
        shown = shown or [word for words in self.corrections(text).values() for word in words]
        hint = f"did you mean {', '.join(shown)}?" if shown else "search for it by its words"
        return NotFoundError(f"the ontology has no concept {text!r}; {hint}")
