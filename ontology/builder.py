"""From drafts of concepts, in any order, to :class:`~.tables.Tables`: for the formats that come as text.

A reader asks :meth:`Builder.draft` for the concept with an id, as often as it likes, fills it in, and calls
:meth:`Builder.finish`. References are ids; what they point to is settled at the end.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import OntologyError
from .hierarchy.cycles import without_cycles
from .ids import TextIds
from .issues import Issue, Issues, Rule
from .strings import Strings
from .tables import (
    Aliases,
    Axioms,
    Concepts,
    History,
    IsA,
    Kind,
    Link,
    Members,
    Origin,
    Relations,
    Role,
    Tables,
    Terms,
    Values,
    Xrefs,
)

UNKNOWN = Rule("unknown-reference", False, "a reference to a concept that the file does not have")
UNKNOWN_TYPE = Rule("undeclared-relation", False, "a relation type that the file does not declare")
UNNAMED = Rule("no-label", False, "a concept without a label")
TWO_LABELS = Rule("two-labels", False, "a concept with two labels in one language; the first counts")
INACTIVE_PARENT = Rule("inactive-parent", False, "an is-a link to or from an obsolete concept")
CYCLE = Rule("is-a-cycle", True, "concepts that are each other's ancestors", "remove one of the links")

Row = tuple[Any, ...]


@dataclass(slots=True)
class Draft:
    """One concept while a file is read. References are ids.

    Args:
        id: as it is shown: a CURIE where the format has one, else an IRI or a code.
        line: where it stands in the file, 0 if unknown.
        declared: whether the file describes it, rather than only mentioning it.
        terms: (role, text, language); the language may be ``""``.
        relations: (type, target).
        values: (type, literal).
        xrefs: (scheme, code).
        history: (link, target).
        subsets: ids of the subsets it belongs to.
    """

    id: str
    line: int = 0
    kind: Kind = Kind.CLASS
    declared: bool = True
    active: bool = True
    defined: bool = False
    terms: list[tuple[Role, str, str]] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    relations: list[tuple[str, str]] = field(default_factory=list)
    values: list[tuple[str, str]] = field(default_factory=list)
    xrefs: list[tuple[str, str]] = field(default_factory=list)
    history: list[tuple[Link, str]] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    subsets: list[str] = field(default_factory=list)
    axioms: list[str] = field(default_factory=list)


class Builder:
    """Collects drafts.

    Args:
        origin: what is read.
        file: how the file is called in issues.
        issues: where to say what is wrong with the references.
    """

    def __init__(self, origin: Origin, file: str, issues: Issues) -> None:
        self.origin, self.file, self.issues = origin, file, issues
        self.drafts: dict[str, Draft] = {}

    def draft(self, id: str, line: int = 0) -> Draft:
        """The draft of the concept ``id``, a new one at its first mention."""
        found = self.drafts.get(id)
        if found is None:
            found = self.drafts[id] = Draft(id, line)
        return found

    def finish(self) -> Tables:
        """The tables.

        Links to concepts without draft, or with a draft that is not declared, are left out and reported, and
        so are links between obsolete concepts. Relation types that are not declared become concepts. The
        drafts are used up.

        Raises:
            OntologyError: the is-a links have a cycle and the load is strict; or there are more than 255
                languages or 65,535 schemes.
        """
        self._declare_types()
        drafts = sorted(
            (draft for draft in self.drafts.values() if draft.declared), key=lambda draft: draft.id.encode()
        )
        return _Rows(self, drafts).tables()

    def _declare_types(self) -> None:
        """Make concepts of relation types and subsets that are only used."""
        for draft in [*self.drafts.values()]:
            for type_ in (*(type_ for type_, _ in draft.relations), *(type_ for type_, _ in draft.values)):
                if type_ not in self.drafts or not self.drafts[type_].declared:
                    self.report(UNKNOWN_TYPE, draft, type_)
                    self.drafts[type_] = Draft(type_, draft.line, Kind.RELATION)
            for subset in draft.subsets:
                if subset not in self.drafts:
                    self.drafts[subset] = Draft(subset, draft.line, Kind.SUBSET)

    def report(self, rule: Rule, draft: Draft, text: str) -> None:
        """Say what is wrong with ``draft``."""
        self.issues.add(Issue(rule, self.file, draft.line, text=text, detail=f"in {draft.id}"))


class _Rows:
    """The drafts as columns."""

    def __init__(self, builder: Builder, drafts: Sequence[Draft]) -> None:
        self.builder, self.drafts = builder, drafts
        self.position = {draft.id: position for position, draft in enumerate(drafts)}
        self.alias = {alias: draft.id for draft in drafts for alias in draft.aliases}
        self.active = np.array([draft.active for draft in drafts], np.bool_)

    def tables(self) -> Tables:
        drafts = self.drafts
        unknown = np.zeros(len(drafts), np.int32)
        concepts = Concepts(
            self.active,
            np.array([draft.kind for draft in drafts], np.uint8),
            np.array([draft.defined for draft in drafts], np.bool_),
            unknown,
            unknown - np.int32(1),
        )
        terms, languages = self._terms()
        xrefs, schemes = self._xrefs()
        return Tables(
            self.builder.origin,
            TextIds(Strings.of(draft.id for draft in drafts)),
            concepts,
            terms,
            self._isa(),
            self._relations(),
            self._values(),
            self._history(),
            self._aliases(),
            xrefs,
            members=self._members(),
            axioms=self._axioms(),
            languages=languages,
            schemes=schemes,
        )

    def _found(self, draft: Draft, ids: Iterable[str]) -> list[int]:
        """Positions of ``ids``; −1 and a report for those that nothing has."""
        found = []
        for id in ids:
            position = self.position.get(id, self.position.get(self.alias.get(id, ""), -1))
            if position < 0:
                self.builder.report(UNKNOWN, draft, id)
            found.append(position)
        return found

    def _isa(self) -> IsA:
        links = array("i")
        for position, draft in enumerate(self.drafts):
            for above in self._found(draft, draft.parents):
                if above < 0:
                    continue
                if not (draft.active and self.active[above]):
                    self.builder.report(INACTIVE_PARENT, draft, self.drafts[above].id)
                elif above != position:
                    links.extend((position, above))
        child, parent = np.unique(np.frombuffer(links, np.int32).reshape(-1, 2), axis=0).T.copy()
        isa, cycle = without_cycles(IsA(child, parent), len(self.drafts))
        if cycle:
            shown = " → ".join(self.drafts[position].id for position in cycle[:10])
            self.builder.report(CYCLE, self.drafts[cycle[0]], shown)
        return isa

    def _relations(self) -> Relations:
        rows = set()
        for position, draft in enumerate(self.drafts):
            if draft.active:
                targets = self._found(draft, (target for _, target in draft.relations))
                types = (self.position[type_] for type_, _ in draft.relations)
                rows |= {(position, *row) for row in zip(types, targets, strict=True)}
        kept = sorted(row for row in rows if row[2] >= 0)
        source, type_, target = _columns(kept, np.int32, np.int32, np.int32)
        return Relations(source, type_, target, np.zeros(len(kept), np.int16))

    def _values(self) -> Values:
        source, type_ = array("i"), array("i")
        texts: list[str] = []
        for position, draft in enumerate(self.drafts):
            for type_id, text in sorted({*draft.values}) if draft.active else ():
                source.append(position)
                type_.append(self.position[type_id])
                texts.append(text)
        group = np.zeros(len(texts), np.int16)
        return Values(np.array(source, np.int32), np.array(type_, np.int32), group, Strings.of(texts))

    def _history(self) -> History:
        rows: set[tuple[int, int, int]] = set()
        for source, draft in enumerate(self.drafts):
            targets = self._found(draft, (target for _, target in draft.history))
            rows |= {
                (source, link, target)
                for (link, _), target in zip(draft.history, targets, strict=True)
                if target >= 0
            }
        return History(*_columns(sorted(rows), np.int32, np.uint8, np.int32))

    def _aliases(self) -> Aliases:
        known = {alias: self.position[id] for alias, id in self.alias.items() if alias not in self.position}
        rows = sorted(known.items(), key=lambda row: row[0].encode())
        return Aliases(Strings.of(row[0] for row in rows), np.array([row[1] for row in rows], np.int32))

    def _members(self) -> Members:
        rows = {
            (self.position[subset], member)
            for member, draft in enumerate(self.drafts)
            if draft.active
            for subset in draft.subsets
            if subset in self.position
        }
        return Members(*_columns(sorted(rows), np.int32, np.int32))

    def _axioms(self) -> Axioms:
        rows = [(concept, text) for concept, draft in enumerate(self.drafts) for text in draft.axioms]
        return Axioms(np.array([row[0] for row in rows], np.int32), Strings.of(row[1] for row in rows))

    def _terms(self) -> tuple[Terms, tuple[str, ...]]:
        languages = sorted({language for draft in self.drafts for _, _, language in draft.terms})
        _few(languages, 255, "languages")
        code = {language: number for number, language in enumerate(languages)}
        counts, roles, codes = array("i"), bytearray(), bytearray()
        texts: list[str] = []
        for draft in self.drafts:
            self._check_labels(draft)
            terms = sorted(dict.fromkeys(draft.terms), key=itemgetter(0))
            draft.terms.clear()  # text is most of an ontology: none of it twice
            counts.append(len(terms))
            roles += bytes(role for role, _, _ in terms)
            codes += bytes(code[language] for _, _, language in terms)
            texts += (text for _, text, _ in terms)
        concept = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        active = np.ones(len(concept), np.bool_)
        role, language = np.frombuffer(roles, np.uint8), np.frombuffer(codes, np.uint8)
        return Terms(concept, role, active, language, Strings.of(texts)), tuple(languages)

    def _check_labels(self, draft: Draft) -> None:
        labels = [language for role, _, language in draft.terms if role == Role.LABEL]
        if not labels and draft.active and draft.kind == Kind.CLASS:
            self.builder.report(UNNAMED, draft, draft.id)
        elif len(labels) > len({*labels}):
            self.builder.report(TWO_LABELS, draft, draft.id)

    def _xrefs(self) -> tuple[Xrefs, tuple[str, ...]]:
        schemes = sorted({scheme for draft in self.drafts for scheme, _ in draft.xrefs})
        _few(schemes, 65_535, "schemes of cross references")
        code = {scheme: number for number, scheme in enumerate(schemes)}
        rows: list[Row] = []
        for position, draft in enumerate(self.drafts):
            rows += sorted({(position, code[name], text) for name, text in draft.xrefs})
        concept, scheme = _columns([row[:2] for row in rows], np.int32, np.uint16)
        return Xrefs(concept, scheme, Strings.of(row[2] for row in rows)), tuple(schemes)


def _few(found: Sequence[str], most: int, what: str) -> None:
    if len(found) > most:
        raise OntologyError(f"{len(found):,} {what}, such as {found[0]!r}; expected at most {most:,}")


def _columns(rows: Sequence[Row], *types: type[Any]) -> list[NDArray[Any]]:
    """The columns of ``rows``, each of its type."""
    columns: Iterable[Any] = zip(*rows, strict=True) if rows else repeat([], len(types))
    return [np.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
