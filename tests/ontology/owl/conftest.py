"""Ontologies of OWL written by the tests, and what their tables say in ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from kgllm.ontology.formats.owl import read_owl
from kgllm.ontology.issues import Issues, OnError
from kgllm.ontology.tables import Kind, Link, Role, Tables

HEAD = """<?xml version="1.0"?>
<rdf:RDF xmlns="http://test.example/o#" xml:base="http://test.example/o"
    xmlns:obo="http://purl.obolibrary.org/obo/"
    xmlns:owl="http://www.w3.org/2002/07/owl#"
    xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#"
    xmlns:skos="http://www.w3.org/2004/02/skos/core#"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:oboInOwl="http://www.geneontology.org/formats/oboInOwl#">
"""
TAIL = "</rdf:RDF>\n"


@dataclass
class Facts:
    """Tables with ids in the place of positions."""

    tables: Tables

    def __post_init__(self) -> None:
        self.ids = self.tables.ids.texts(np.arange(len(self.tables.ids)))

    def kind(self, kind: Kind) -> set[str]:
        return {id for id, one in zip(self.ids, self.tables.concepts.kind, strict=True) if one == kind}

    @property
    def obsolete(self) -> set[str]:
        return {id for id, active in zip(self.ids, self.tables.concepts.active, strict=True) if not active}

    @property
    def defined(self) -> set[str]:
        return {id for id, one in zip(self.ids, self.tables.concepts.defined, strict=True) if one}

    def terms(self, *roles: Role) -> set[tuple[str, str, str]]:
        terms, languages = self.tables.terms, self.tables.languages
        rows = zip(terms.concept, terms.role, terms.text, terms.language, strict=True)
        return {(self.ids[at], text, languages[code]) for at, role, text, code in rows if role in roles}

    @property
    def parents(self) -> set[tuple[str, str]]:
        isa = self.tables.isa
        return {
            (self.ids[below], self.ids[above]) for below, above in zip(isa.child, isa.parent, strict=True)
        }

    @property
    def relations(self) -> set[tuple[str, str, str]]:
        table = self.tables.relations
        rows = zip(table.source, table.type, table.target, strict=True)
        return {(self.ids[source], self.ids[type_], self.ids[target]) for source, type_, target in rows}

    @property
    def values(self) -> set[tuple[str, str, str]]:
        table = self.tables.values
        rows = zip(table.source, table.type, table.value, strict=True)
        return {(self.ids[source], self.ids[type_], value) for source, type_, value in rows}

    @property
    def history(self) -> set[tuple[str, Link, str]]:
        table = self.tables.history
        rows = zip(table.source, table.link, table.target, strict=True)
        return {(self.ids[source], Link(link), self.ids[target]) for source, link, target in rows}

    @property
    def xrefs(self) -> set[tuple[str, str, str]]:
        table, schemes = self.tables.xrefs, self.tables.schemes
        rows = zip(table.concept, table.scheme, table.code, strict=True)
        return {(self.ids[at], schemes[scheme], code) for at, scheme, code in rows}

    @property
    def aliases(self) -> set[tuple[str, str]]:
        table = self.tables.aliases
        return {(id, self.ids[at]) for id, at in zip(table.id, table.concept, strict=True)}

    @property
    def members(self) -> set[tuple[str, str]]:
        table = self.tables.members
        return {(self.ids[a], self.ids[b]) for a, b in zip(table.refset, table.member, strict=True)}

    @property
    def axioms(self) -> set[str]:
        return set(self.tables.axioms.text)


@pytest.fixture(scope="session")
def facts() -> Callable[[Tables], Facts]:
    return Facts


@pytest.fixture
def owl(tmp_path: Path) -> Callable[..., Facts]:
    """``owl(body)`` reads the body of an RDF/XML file."""

    def read(body: str, issues: Issues | None = None, on_error: OnError = "strict") -> Facts:
        path = tmp_path / "test.owl"
        path.write_text(HEAD + body + TAIL)
        return Facts(read_owl(path, issues or Issues(on_error)))

    return read
