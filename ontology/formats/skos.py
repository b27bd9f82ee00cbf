"""SKOS: thesauri and classifications in any syntax of RDF (https://www.w3.org/TR/skos-reference/).

Broader concepts become parents. Schemes and collections become subsets, notations other ids, hidden labels
related synonyms, exact matches cross references.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ...errors import OntologyError
from ..builder import Builder, Draft
from ..issues import Issue, Issues, Rule, place
from ..tables import Kind, Link, Origin, Role, Tables
from .curies import curie, is_snomed, split_xref
from .gcpause import paused_gc
from .rdf.sources import read_triples
from .rdf.triples import OWL, RDFS, SKOS, TYPE, Literal, Node

__all__ = ["read_skos"]

EMPTY = Rule("no-skos-concepts", True, "RDF without concepts of SKOS", "read it as OWL")

DUBLIN_CORE = "http://purl.org/dc/terms/"
RELATED = SKOS + "related"
TERMS = {
    SKOS + "prefLabel": Role.LABEL,
    SKOS + "altLabel": Role.EXACT,
    SKOS + "hiddenLabel": Role.RELATED,
    SKOS + "definition": Role.DEFINITION,
    SKOS + "scopeNote": Role.COMMENT,
    SKOS + "note": Role.COMMENT,
}
TITLES = frozenset({DUBLIN_CORE + "title", "http://purl.org/dc/elements/1.1/title", RDFS + "label"})
KINDS = {
    SKOS + "Concept": Kind.CLASS,
    SKOS + "ConceptScheme": Kind.SUBSET,
    SKOS + "Collection": Kind.SUBSET,
    SKOS + "OrderedCollection": Kind.SUBSET,
}


def read_skos(path: Path, issues: Issues, without_snomed: bool = False) -> Tables:
    """The concepts in a file of SKOS, plain or compressed, in any syntax of RDF.

    Args:
        path: the file.
        issues: where to say what is wrong.
        without_snomed: leave out cross references to SNOMED CT.

    Raises:
        OntologyError: there are no concepts, the broader concepts have a cycle and the load is strict, or the
            file is malformed.
        UnknownFormatError: it is not RDF, or in a syntax that is not read.
        MissingExtraError: rdflib is not installed and the syntax needs it.
    """
    with paused_gc():
        return _Reader(path, issues, without_snomed).read()


class _Reader:
    """What is known while triples come in any order."""

    def __init__(self, path: Path, issues: Issues, without_snomed: bool) -> None:
        self.path, self.issues, self.without_snomed = path, issues, without_snomed
        self.builder = Builder(Origin(path.name, "skos"), place(path), issues)
        self.drafts: dict[str, Draft] = {}
        self.titles: dict[str, Literal] = {}
        self.versions: list[str] = []
        self.handlers: dict[str, Callable[[Draft, str], None]] = {
            TYPE: self._type,
            SKOS + "broader": lambda draft, target: self._broader(draft, self._draft(target)),
            SKOS + "narrower": lambda draft, target: self._broader(self._draft(target), draft),
            SKOS + "inScheme": self._subset,
            SKOS + "topConceptOf": self._subset,
            SKOS + "member": lambda draft, target: self._subset(self._draft(target), draft.id),
            SKOS + "notation": lambda draft, target: draft.aliases.append(target),
            SKOS + "exactMatch": self._match,
            RELATED: lambda draft, target: draft.relations.append((curie(RELATED), curie(target))),
            OWL + "deprecated": self._deprecated,
            OWL + "versionInfo": lambda _, target: self.versions.append(target),
            DUBLIN_CORE + "isReplacedBy": self._replaced,
        }

    def read(self) -> Tables:
        for subject, predicate, target, line in read_triples(self.path, self.issues):
            self._take(self._draft(subject, line), predicate, target)
        drafts = self.builder.drafts
        if not any(draft.declared and draft.kind == Kind.CLASS for draft in drafts.values()):
            raise OntologyError(Issue(EMPTY, self.builder.file))
        if any(draft.relations for draft in drafts.values()):
            id = curie(RELATED)
            drafts[id] = Draft(id, kind=Kind.RELATION, terms=[(Role.LABEL, "related", "en")])
        self._name()
        return self.builder.finish()

    def _draft(self, iri: str, line: int = 0) -> Draft:
        """The draft of a node; not declared before something says that it is a concept."""
        draft = self.drafts.get(iri)
        if draft is None:
            draft = self.drafts[iri] = self.builder.draft(curie(iri), line)
            draft.declared = False
        return draft

    def _take(self, draft: Draft, predicate: str, target: Node) -> None:
        if predicate in TERMS and isinstance(target, Literal):
            draft.terms.append((TERMS[predicate], target.text, target.language))
        elif predicate in TITLES and isinstance(target, Literal):
            self.titles.setdefault(draft.id, target)
        elif handler := self.handlers.get(predicate):
            handler(draft, target.text if isinstance(target, Literal) else target)

    def _type(self, draft: Draft, target: str) -> None:
        if target in KINDS:
            draft.kind, draft.declared = KINDS[target], True

    def _broader(self, below: Draft, above: Draft) -> None:
        below.parents.append(above.id)

    def _subset(self, draft: Draft, target: str) -> None:
        draft.subsets.append(curie(target))

    def _match(self, draft: Draft, target: str) -> None:
        scheme, code = split_xref(target)
        if not (self.without_snomed and is_snomed(scheme)):
            draft.xrefs.append((scheme, code))

    def _deprecated(self, draft: Draft, target: str) -> None:
        draft.active &= target.strip() not in ("true", "1")

    def _replaced(self, draft: Draft, target: str) -> None:
        draft.history.append((Link.REPLACED_BY, curie(target)))

    def _name(self) -> None:
        """Titles: of schemes and collections, where they have no label; of all, if there is one scheme."""
        subsets = [draft for draft in self.builder.drafts.values() if draft.kind == Kind.SUBSET]
        for draft in subsets:
            title = self.titles.get(draft.id)
            if title and not any(role == Role.LABEL for role, _, _ in draft.terms):
                draft.terms.append((Role.LABEL, title.text, title.language))
        names = [text for draft in subsets for role, text, _ in draft.terms if role == Role.LABEL]
        origin = self.builder.origin
        name = names[0] if len(subsets) == 1 and names else origin.name
        self.builder.origin = replace(origin, name=name, version=min(self.versions, key=len, default=""))
