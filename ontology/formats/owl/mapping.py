"""From the triples of an OWL ontology to concepts.

Classes, object and data properties, subsets and individuals become concepts; named superclasses become
parents; ``property some class``, also as a part of an intersection, becomes a relation. Other superclasses,
equivalent and disjoint classes are kept as axioms. Of the annotations those are read that tables have a place
for: names, synonyms, definitions, comments, cross references, replacements, subsets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from ....errors import OntologyError
from ...builder import Builder, Draft
from ...issues import Issue, Rule
from ...tables import Kind, Link, Role, Tables
from ..curies import curie, is_snomed, split_xref
from ..rdf.triples import OWL, RDFS, SKOS, TYPE, Literal, Node, Triple, is_blank
from .expressions import CONNECTIVES, STRUCTURE, Expressions
from .vocabulary import (
    ALIASES,
    CONSIDER,
    KINDS,
    LABEL,
    NUMBERS,
    OIO,
    REPLACED_BY,
    TERMS,
    TITLES,
    TOPS,
)

__all__ = ["Mapping"]

EMPTY = Rule("no-classes", True, "RDF without classes or properties of OWL", "is it SKOS, or an alignment?")
IMPORT = Rule("import-not-fetched", False, "an import, which is not fetched", "merge it into the file first")
TWO_KINDS = Rule("two-kinds", False, "a class that is a property too; it counts as a class")
EXPRESSION = Rule("unknown-expression", False, "a class expression that is not of OWL 2; it is left out")


class Mapping:
    """Takes triples in any order.

    Args:
        builder: takes the concepts.
        without_snomed: leave out cross references to SNOMED CT.
    """

    def __init__(self, builder: Builder, without_snomed: bool = False) -> None:
        self.builder, self.without_snomed = builder, without_snomed
        self.expressions = Expressions(_Shown().__getitem__)
        self.drafts: dict[str, Draft] = {}
        self.kinds: dict[str, Kind] = {}
        self.preferred: list[tuple[Draft, Literal]] = []
        self.noted: list[tuple[Draft, Role, str]] = []
        self.axioms: list[tuple[str, str, str]] = []
        self.instances: list[tuple[str, str]] = []
        self.others: defaultdict[str, list[tuple[str, Node]]] = defaultdict(list)
        self.handlers: dict[str, Callable[[str, Draft, Node], None]] = {
            TYPE: self._type,
            SKOS + "prefLabel": self._preferred,
            RDFS + "subClassOf": self._superclass,
            RDFS + "subPropertyOf": self._superproperty,
            OWL + "equivalentClass": partial(self._classes, "EquivalentClasses"),
            OWL + "disjointWith": partial(self._classes, "DisjointClasses"),
            OWL + "deprecated": self._deprecated,
            OIO + "hasDbXref": self._xref,
            OIO + "inSubset": self._subset,
            REPLACED_BY: partial(self._link, Link.REPLACED_BY),
            CONSIDER: partial(self._link, Link.CONSIDER),
            **dict.fromkeys(ALIASES, self._alias),
        }

    def read(self, triples: Iterable[Triple]) -> None:
        """Take note of ``triples``."""
        for subject, predicate, target, line in triples:
            if predicate in STRUCTURE:
                self._structure(subject, predicate, target)
                continue
            draft = self.drafts.get(subject)
            if draft is None:
                if is_blank(subject) and predicate != LABEL:  # notes on axioms, general axioms
                    continue
                draft = self._draft(subject, line)
            handler = self.handlers.get(predicate)
            if handler:
                handler(subject, draft, target)
            elif predicate not in TERMS:
                self.others[predicate].append((subject, target))
            elif isinstance(target, Literal):
                draft.terms.append((TERMS[predicate], target.text, target.language))
            else:
                self.noted.append((draft, TERMS[predicate], target))

    def finish(self) -> Tables:
        """The tables of what the triples say together.

        Raises:
            OntologyError: there is no class and no property, or the superclasses have a cycle.
        """
        for iri, kind in self.kinds.items():
            draft = self.drafts[iri]
            draft.kind, draft.declared = kind, True
        if not self.kinds:
            raise OntologyError(Issue(EMPTY, self.builder.file))
        self._names()
        for subject, name, target in self.axioms:
            self._axiom(subject, name, target)
        self._individuals()
        self._header()
        return self.builder.finish()

    def _draft(self, iri: str, line: int) -> Draft:
        """A new draft; not declared before :meth:`finish` knows what it is."""
        draft = Draft(iri, line) if is_blank(iri) else self.builder.draft(self.expressions.shown(iri), line)
        draft.declared = False
        self.drafts[iri] = draft
        return draft

    def _id(self, target: Node) -> str:
        """The id that is shown for a concept, whether it is given as an IRI or as a text."""
        return curie(target.text.strip()) if isinstance(target, Literal) else self.expressions.shown(target)

    def _structure(self, subject: str, predicate: str, target: Node) -> None:
        if is_blank(subject):
            self.expressions.add(subject, predicate, target)
        elif predicate in CONNECTIVES:  # OWL 1 defines a class by saying so of itself
            node = f"_:of {subject}"
            self.expressions.add(node, predicate, target)
            self.axioms.append((subject, "EquivalentClasses", node))

    def _type(self, subject: str, draft: Draft, target: Node) -> None:
        if is_blank(subject) or isinstance(target, Literal):
            return
        kind = KINDS.get(target)
        if kind is None:
            self.instances.append((subject, target))
            return
        known = self.kinds.get(subject, kind)
        if {known, kind} == {Kind.CLASS, Kind.RELATION}:
            self.builder.report(TWO_KINDS, draft, subject)
        self.kinds[subject] = min(known, kind)
        if target == OWL + "DatatypeProperty":
            self.expressions.data.add(subject)
        draft.active &= target != OWL + "DeprecatedClass"

    def _preferred(self, _subject: str, draft: Draft, target: Node) -> None:
        if isinstance(target, Literal):
            self.preferred.append((draft, target))

    def _superclass(self, subject: str, draft: Draft, target: Node) -> None:
        if target == OIO + "ObsoleteClass":
            draft.active = False
        elif isinstance(target, str) and target not in TOPS:
            if is_blank(target):
                self.axioms.append((subject, "SubClassOf", target))
            else:
                draft.parents.append(self.expressions.shown(target))

    def _superproperty(self, subject: str, draft: Draft, target: Node) -> None:
        if target == OIO + "SubsetProperty":
            self.kinds[subject] = Kind.SUBSET
        elif target == OIO + "ObsoleteProperty":
            draft.active = False
        elif isinstance(target, str) and not is_blank(target) and target not in TOPS:
            draft.parents.append(self.expressions.shown(target))

    def _classes(self, name: str, subject: str, _draft: Draft, target: Node) -> None:
        if isinstance(target, str):
            self.axioms.append((subject, name, target))

    def _deprecated(self, _subject: str, draft: Draft, target: Node) -> None:
        draft.active &= not (isinstance(target, Literal) and target.text.strip() in ("true", "1"))

    def _xref(self, _subject: str, draft: Draft, target: Node) -> None:
        scheme, code = split_xref(target.text.strip() if isinstance(target, Literal) else target)
        if not (self.without_snomed and is_snomed(scheme)):
            draft.xrefs.append((scheme, code))

    def _link(self, link: Link, _subject: str, draft: Draft, target: Node) -> None:
        draft.history.append((link, self._id(target)))

    def _subset(self, _subject: str, draft: Draft, target: Node) -> None:
        draft.subsets.append(self._id(target))

    def _alias(self, _subject: str, draft: Draft, target: Node) -> None:
        draft.aliases.append(self._id(target))

    def _names(self) -> None:
        """Names that are nodes with a label; names of SKOS, which are labels where there is no other."""
        for draft, role, node in self.noted:
            if described := self.drafts.get(node):
                labels = [name for name in described.terms if name[0] == Role.LABEL]
                draft.terms += [(role, text, language) for _, text, language in labels]
        for draft, name in self.preferred:
            known = {language: text for role, text, language in draft.terms if role == Role.LABEL}
            if known.get(name.language) != name.text:
                role = Role.EXACT if name.language in known else Role.LABEL
                draft.terms.append((role, name.text, name.language))

    def _axiom(self, subject: str, name: str, target: str) -> None:
        """Parents and relations that an axiom implies, and its text where they are not all of it."""
        draft, text = self.drafts[subject], self.expressions.text
        is_told = name == "DisjointClasses" or self._imply(draft, name == "SubClassOf", target)
        if name != "SubClassOf" or not is_told:
            try:
                draft.axioms.append(f"{name}({text(subject)} {text(target)})")
            except ValueError:
                self.builder.report(EXPRESSION, draft, name)

    def _imply(self, draft: Draft, is_superclass: bool, target: str) -> bool:
        """Parents and relations that follow from an expression; whether they say all that it says.

        A definition names parents only where there are no others: the others were chosen with it in mind.
        """
        names_parents = is_superclass or not draft.parents
        draft.defined |= not is_superclass and is_blank(target)
        is_told = True
        for part in self.expressions.conjuncts(target) if is_blank(target) else ():
            if not is_blank(part):
                if names_parents and part not in TOPS:
                    draft.parents.append(self.expressions.shown(part))
            elif found := self.expressions.existential(part):
                self._relate(draft, *found)
            else:
                is_told = False
        return is_told

    def _relate(self, draft: Draft, relation: str, target: Node) -> None:
        if isinstance(target, Literal):
            value = f"#{target.text}" if target.datatype in NUMBERS else f'"{target.text}"'
            draft.values.append((self.expressions.shown(relation), value))
        elif relation not in self.expressions.data:  # a datatype is no concept
            draft.relations.append((self.expressions.shown(relation), self.expressions.shown(target)))

    def _individuals(self) -> None:
        """Individuals: members of classes, and subjects of properties."""
        member_of = self.expressions.shown(TYPE)
        names = {node for _, _, node in self.noted}
        for subject, class_ in self.instances:
            if class_ not in self.kinds or subject in names:
                continue
            if self.kinds.setdefault(subject, Kind.INDIVIDUAL) == Kind.INDIVIDUAL:
                draft = self.drafts[subject]
                draft.kind, draft.declared = Kind.INDIVIDUAL, True
                draft.relations.append((member_of, self.expressions.shown(class_)))
                self.builder.drafts[member_of] = Draft(member_of, kind=Kind.RELATION)
        for predicate, rows in self.others.items():
            if self.kinds.get(predicate) == Kind.RELATION:
                for subject, target in rows:
                    if subject in self.kinds and (isinstance(target, Literal) or not is_blank(target)):
                        self._relate(self.drafts[subject], predicate, target)

    def _header(self) -> None:
        """Name, version and imports, as the ontology says them of itself."""
        iri = next((subject for subject, class_ in self.instances if class_ == OWL + "Ontology"), "")

        def said(predicate: str) -> list[str]:
            rows = (target for subject, target in self.others.get(predicate, ()) if subject == iri)
            return [target.text if isinstance(target, Literal) else target for target in rows]

        imports = said(OWL + "imports")
        for one in imports:
            self.builder.issues.add(Issue(IMPORT, self.builder.file, text=one))
        versions = said(OWL + "versionIRI") or said(OWL + "versionInfo")
        notes = [f"IRI {iri}"] if iri else []
        self.builder.origin = replace(
            self.builder.origin,
            name=next((title for one in TITLES for title in said(one)), self.builder.origin.name),
            version=min(versions, key=len, default=""),  # a longer one tells what is new
            notes=(*notes, *(f"import not fetched: {one}" for one in imports)),
        )


class _Shown(dict[str, str]):
    """Ids that are shown, by IRI; each is made once."""

    def __missing__(self, iri: str) -> str:
        shown = self[iri] = curie(iri)
        return shown
