"""One ontology in every syntax; what is refused; and that nothing reaches for the network."""

from __future__ import annotations

import gzip
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rdflib

from kgllm.errors import MissingExtraError, OntologyError, UnknownFormatError
from kgllm.ontology.formats.owl import read_owl
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Role, Tables

PREFIXES = """@prefix : <http://test.example/o#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TURTLE = (
    PREFIXES
    + """
<http://test.example/o> a owl:Ontology ; owl:imports <http://unreachable.example/other.owl> .
:part_of a owl:ObjectProperty ; rdfs:label "part of" .
:A a owl:Class ; rdfs:label "ä"@de, "a \\"b\\""@en ; rdfs:subClassOf :B,
    [ a owl:Restriction ; owl:onProperty :part_of ; owl:someValuesFrom :C ] .
:B a owl:Class ; rdfs:label "b" ; owl:equivalentClass [ a owl:Class ; owl:unionOf (:A :C) ] .
:C a owl:Class ; rdfs:label "c" .
"""
)
OWL_XML = """<?xml version="1.0"?>
<Ontology xmlns="http://www.w3.org/2002/07/owl#" xml:base="http://test.example/o"
    ontologyIRI="http://test.example/o">
<Prefix name="rdfs" IRI="http://www.w3.org/2000/01/rdf-schema#"/>
<Import>http://unreachable.example/other.owl</Import>
<Declaration><ObjectProperty IRI="#part_of"/></Declaration>
<Declaration><Class IRI="#A"/></Declaration><Declaration><Class IRI="#B"/></Declaration>
<Declaration><Class IRI="#C"/></Declaration>
<SubClassOf><Class IRI="#A"/><Class IRI="#B"/></SubClassOf>
<SubClassOf><Class IRI="#A"/><ObjectSomeValuesFrom><ObjectProperty IRI="#part_of"/><Class IRI="#C"/>
</ObjectSomeValuesFrom></SubClassOf>
<EquivalentClasses><Class IRI="#B"/><ObjectUnionOf><Class IRI="#A"/><Class IRI="#C"/></ObjectUnionOf>
</EquivalentClasses>
<AnnotationAssertion><AnnotationProperty abbreviatedIRI="rdfs:label"/><IRI>#A</IRI>
<Literal xml:lang="de">ä</Literal></AnnotationAssertion>
<AnnotationAssertion><AnnotationProperty abbreviatedIRI="rdfs:label"/><IRI>#A</IRI>
<Literal xml:lang="en">a "b"</Literal></AnnotationAssertion>
<AnnotationAssertion><AnnotationProperty abbreviatedIRI="rdfs:label"/><IRI>#B</IRI>
<Literal>b</Literal></AnnotationAssertion>
<AnnotationAssertion><AnnotationProperty abbreviatedIRI="rdfs:label"/><IRI>#C</IRI>
<Literal>c</Literal></AnnotationAssertion>
<AnnotationAssertion><AnnotationProperty abbreviatedIRI="rdfs:label"/><IRI>#part_of</IRI>
<Literal>part of</Literal></AnnotationAssertion>
</Ontology>
"""


def written(syntax: str) -> str:
    if syntax == "owl-xml":
        return OWL_XML
    if syntax == "trig":
        return f"{PREFIXES} GRAPH :g {{ {TURTLE.removeprefix(PREFIXES)} }}"
    return str(rdflib.Graph().parse(data=TURTLE, format="turtle").serialize(format=syntax))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("syntax", "name"),
    [
        ("turtle", "o.ttl"),
        ("turtle", "o.owl"),
        ("xml", "o.owl"),
        ("nt", "o.nt"),
        ("n3", "o.n3"),
        ("trig", "o.trig"),
        ("json-ld", "o.jsonld"),
        ("owl-xml", "o.owx"),
    ],
)
def test_the_same_in_every_syntax(
    tmp_path: Path, facts: Callable[[Tables], Any], syntax: str, name: str, packed: bool
) -> None:
    text = written(syntax).encode()
    path = tmp_path / (name + ".gz" if packed else name)
    path.write_bytes(gzip.compress(text) if packed else text)
    issues = Issues()
    found = facts(read_owl(path, issues))
    o = "http://test.example/o#"
    assert found.terms(Role.LABEL) == {
        (o + "A", "ä", "de"),
        (o + "A", 'a "b"', "en"),
        (o + "B", "b", ""),
        (o + "C", "c", ""),
        (o + "part_of", "part of", ""),
    }
    assert found.parents == {(o + "A", o + "B")}
    assert found.relations == {(o + "A", o + "part_of", o + "C")}
    assert found.defined == {o + "B"}
    assert found.axioms == {f"EquivalentClasses(<{o}B> ObjectUnionOf(<{o}A> <{o}C>))"}
    assert issues.counts == {"import-not-fetched": 1}


REFUSED = {
    "Prefix(:=<http://test.example/o#>)\nOntology(<http://test.example/o>)": "owl-functional-syntax",
    "# made by a tool\nOntology(<http://test.example/o>\n)": "owl-functional-syntax",
    "Prefix: : <http://test.example/o#>\nOntology: <http://test.example/o>\n": "owl-manchester-syntax",
    "format-version: 1.2\n\n[Term]\nid: X:1\n": "obo-instead-of-rdf",
    "<!DOCTYPE html>\n<html><body>Not found</body></html>": "html-instead-of-rdf",
    '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"/>': "html-instead-of-rdf",
    '{"graphs": [{"nodes": []}]}': "not-rdf",
    "id,label\n1,one\n": "not-rdf",
    "": "not-rdf",
    "\0\1\2": "not-rdf",
}


@pytest.mark.parametrize(("text", "code"), REFUSED.items(), ids=REFUSED.values())
def test_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "o.owl"
    path.write_text(text)
    with pytest.raises(UnknownFormatError, match=rf"o\.owl(:1)?: \[{code}\]"):
        read_owl(path, Issues("report"))


MALFORMED = {
    "turtle": (TURTLE + ":D a owl:Class ; rdfs:label .", "malformed-rdf", 12),
    "json-ld": ('{"@id": "http://test.example/o#A",\n "@type": }', "malformed-rdf", 2),
    "owl-xml": (OWL_XML.replace("</Ontology>", ""), "malformed-xml", 25),
    "owl-xml, wrong": (OWL_XML.replace("<Class IRI", "<Clas IRI"), "malformed-owl-xml", 0),
}


@pytest.mark.parametrize(("text", "code", "line"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed(tmp_path: Path, text: str, code: str, line: int) -> None:
    path = tmp_path / "o.owl"
    path.write_text(text)
    where = f":{line}" if line else ""
    with pytest.raises(OntologyError, match=rf"o\.owl{where}: \[{code}\]"):
        read_owl(path, Issues("report"))


def test_a_wrong_line_of_n_triples_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "o.nt"
    path.write_text("wrong\n" + written("nt"))
    with pytest.raises(UnknownFormatError):
        read_owl(path, Issues())
    lines = written("nt").splitlines()
    path.write_text("\n".join([lines[0], "wrong", *lines[1:]]))
    with pytest.raises(OntologyError, match=r"o\.nt:2: \[bad-triple\]"):
        read_owl(path, Issues())
    issues = Issues("report")
    assert len(read_owl(path, issues).ids) == 4
    assert issues.counts["bad-triple"] == 1


def test_owlready2_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "o.owl"
    path.write_text(OWL_XML.replace("<Class IRI", "<Clas IRI"))
    with pytest.raises(OntologyError):
        read_owl(path, Issues())
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    "context", ['"http://unreachable.example/c"', '[{}, "http://unreachable.example/c"]', '{"@import": "c"}']
)
def test_a_context_elsewhere_is_not_fetched(tmp_path: Path, context: str) -> None:
    path = tmp_path / "o.jsonld"
    path.write_text(f'{{"@graph": [{{"@context": {context}, "@id": "x"}}]}}')
    with pytest.raises(OntologyError, match=r"\[remote-context\]"):
        read_owl(path, Issues())


@pytest.mark.parametrize(("syntax", "library"), [("turtle", "rdflib"), ("owl-xml", "owlready2")])
def test_a_library_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, syntax: str, library: str
) -> None:
    path = tmp_path / "o.owl"
    path.write_text(written(syntax))
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"{library} is not installed.*kgllm\[rdf\]"):
        read_owl(path, Issues())


@pytest.mark.parametrize("syntax", ["xml", "nt"])
def test_no_library_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, syntax: str) -> None:
    path = tmp_path / "o.owl"
    path.write_text(written(syntax))
    for library in ("rdflib", "owlready2"):
        monkeypatch.setitem(sys.modules, library, None)
    assert len(read_owl(path, Issues()).ids) == 4
