"""An ontology to ask: names, hierarchy, relations, expressions, history, search.

ontology = load("doid.obo.gz")
ontology.label("DOID:2841"), ontology.parents("DOID:2841")
ontology.save("stores/doid")
Ontology.open("stores/doid").search("bronch asth")
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from . import history, store
from .concept import Concept, Past, Reader, Relation
from .hierarchy.graph import Hierarchy
from .ids import Positions
from .issues import Issues
from .kept import kept
from .resolve import Finder, Match, position_of
from .stats import stats
from .tables import Tables
from .terms import DIALECTS, Names, semantic_tag

if TYPE_CHECKING:
    from .ecl.source import Source
    from .hierarchy.closure import Closure
    from .rf2.maps import MapTarget
    from .search.index import TermIndex


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
        self._finder = Finder(self.names(), lambda: self._index)

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
        return position_of(self.tables, id) >= 0

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """The is-a links, by position."""
        return Hierarchy(self.tables.isa, len(self))

    @cached_property
    def closure(self) -> Closure:
        """All ancestors and descendants, in memory from now on.

        A service should ask for it once: from then on, ``<<`` in an expression is a look-up.
        """
        from .hierarchy.closure import Closure

        self._source.closure = closure = Closure.of(self.hierarchy)
        return closure

    def resolve(self, text: str) -> str:
        """The id of the concept that ``text`` names: an id, one it had before, an IRI, or a term.

        Raises:
            NotFoundError: none has it, or several active ones have this term.
        """
        return self._id(self._finder.named(text))

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

    def similarity(self, a: str, b: str, measure: str = "lin") -> float:
        """How alike two concepts are, by information content from the hierarchy.

        Args:
            a: a concept.
            b: another.
            measure: a key of :data:`.hierarchy.similarity.MEASURES`; ``jiang-conrath`` is a distance.

        Raises:
            OntologyError: there is no such measure, or there are no is-a links.
        """
        from .hierarchy.similarity import UNINFORMED, similarity

        content = np.zeros(0) if measure in UNINFORMED else self._content
        return similarity(self.hierarchy, content, self._at(a), self._at(b), measure)

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
        return self._finder.search(text, k, inactive)

    def corrections(self, text: str) -> dict[str, list[str]]:
        """Words of ``text`` that begin no word of any term, each with the nearest words that are there."""
        return self._index.corrections(text)

    def subset(self, ecl: str = "", roots: Sequence[str] = (), ancestors: bool = False) -> Ontology:
        """A part of it, as an ontology of its own: see :func:`.subset.subset`.

        Args:
            ecl: an expression constraint for the concepts to keep; or
            roots: concepts to keep with all their descendants.
            ancestors: keep all ancestors too.

        Raises:
            ConfigError: neither, or both, of ``ecl`` and ``roots`` are given.
        """
        from .subset import subset

        if bool(ecl) == bool(roots):
            raise ConfigError("a subset needs either an expression constraint or roots")
        tops = np.array([self._at(root) for root in roots], np.int32)
        chosen = self._selected(ecl) if ecl else self.hierarchy.below(tops, itself=True)
        return Ontology(subset(self.tables, chosen, ancestors))

    def stats(self) -> dict[str, Any]:
        """How much of everything there is, for people and for JSON."""
        return stats(self.tables, self.hierarchy, self.names())

    @cached_property
    def _index(self) -> TermIndex:
        from .search.index import TermIndex, build

        return TermIndex(self.tables, kept(self._stored, "search", lambda: build(self.tables)))

    @cached_property
    def _content(self) -> NDArray[np.float64]:
        """(n,) information content of the concepts."""
        from .hierarchy.similarity import intrinsic_ic

        return kept(self._stored, "content", lambda: {"ic": intrinsic_ic(self.closure)})["ic"]

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
        return self._finder.at(id)
