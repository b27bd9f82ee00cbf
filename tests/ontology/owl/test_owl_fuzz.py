"""Damaged files of every syntax end in a named error, or load."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgllm.errors import OntologyError
from kgllm.ontology.formats.owl import read_owl
from kgllm.ontology.issues import Issues

RDF_XML = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:owl="http://www.w3.org/2002/07/owl#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">
<owl:Class rdf:about="http://e.org/#A"><rdfs:label xml:lang="en">a</rdfs:label>
<rdfs:subClassOf rdf:resource="http://e.org/#B"/><owl:equivalentClass><owl:Class>
<owl:unionOf rdf:parseType="Collection"><owl:Class rdf:about="http://e.org/#B"/></owl:unionOf>
</owl:Class></owl:equivalentClass></owl:Class><owl:Class rdf:about="http://e.org/#B"/></rdf:RDF>"""
N_TRIPLES = b"""<#A> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#Class> .
<#A> <http://www.w3.org/2000/01/rdf-schema#label> "a \\u00e4"@en .
"""
TURTLE = b"""@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix : <http://e.org/#> .
:A a owl:Class ; owl:equivalentClass [ owl:unionOf (:B "\\u00e4" 5 true) ] . :B a owl:Class .
"""
JSON_LD = b'{"@id": "http://e.org/#A", "@type": ["http://www.w3.org/2002/07/owl#Class"]}'
OWL_XML = b"""<Ontology xmlns="http://www.w3.org/2002/07/owl#" ontologyIRI="http://e.org/">
<Declaration><Class IRI="http://e.org/#A"/></Declaration><SubClassOf><Class IRI="http://e.org/#A"/>
<ObjectUnionOf><Class IRI="http://e.org/#B"/></ObjectUnionOf></SubClassOf></Ontology>"""
PIECES = (b"<", b">", b'"', b"\\", b"{", b"[", b"]", b"(", b".", b"&x;", b"\xff", b"\0", b"\n", b"_:b", b"@")


@pytest.mark.parametrize(
    "whole", [RDF_XML, N_TRIPLES, TURTLE, JSON_LD, OWL_XML], ids=["xml", "nt", "ttl", "json", "owx"]
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage(tmp_path: Path, whole: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, min(len(whole), start + 30)))
    piece = data.draw(st.sampled_from([b"", *PIECES]))
    path = tmp_path / "o.owl"
    path.write_bytes(whole[:start] + piece + whole[stop:])
    with contextlib.suppress(OntologyError):
        read_owl(path, Issues("report"))
