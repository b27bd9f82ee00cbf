"""SKOS: what its properties become, what is wrong with a thesaurus."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rdflib

from kgllm.errors import OntologyError, UnknownFormatError
from kgllm.ontology.formats.skos import read_skos
from kgllm.ontology.issues import Issues, OnError
from kgllm.ontology.tables import Kind, Tables

HEAD = """@prefix : <http://test.example/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
:fruit a skos:Concept ; skos:prefLabel "fruit"@en, "Obst"@de .
:apple a skos:Concept ; skos:prefLabel "apple"@en .
"""
T = "http://test.example/"

Read = Callable[..., dict[str, Any]]


@pytest.fixture
def read(tmp_path: Path, in_plain: Callable[[Tables], dict[str, Any]]) -> Read:
    def read(body: str, issues: Issues | None = None, on_error: OnError = "strict") -> dict[str, Any]:
        path = tmp_path / "test.ttl"
        path.write_text(HEAD + body)
        return in_plain(read_skos(path, issues or Issues(on_error)))

    return read


def test_names(read: Read) -> None:
    found = read(
        ':apple skos:altLabel "pome"@en ; skos:hiddenLabel "appel" ; skos:definition "round"@en ;'
        ' skos:scopeNote "eaten"@en ; skos:notation "A1" .'
    )
    assert found["terms"] == {
        (T + "fruit", "LABEL", "fruit", "en"),
        (T + "fruit", "LABEL", "Obst", "de"),
        (T + "apple", "LABEL", "apple", "en"),
        (T + "apple", "EXACT", "pome", "en"),
        (T + "apple", "RELATED", "appel", ""),
        (T + "apple", "DEFINITION", "round", "en"),
        (T + "apple", "COMMENT", "eaten", "en"),
    }
    assert found["aliases"] == {("A1", T + "apple")}


@pytest.mark.parametrize(
    "link",
    [
        ":apple skos:broader :fruit .",
        ":fruit skos:narrower :apple .",
        ":apple skos:broader :fruit . :fruit skos:narrower :apple .",
    ],
)
def test_broader_and_narrower(read: Read, link: str) -> None:
    assert read(link)["parents"] == {(T + "apple", T + "fruit")}


def test_related_and_matching(read: Read) -> None:
    found = read(
        ":apple skos:related :fruit ; skos:exactMatch <http://purl.obolibrary.org/obo/FOO_1> ;"
        " skos:closeMatch <http://purl.obolibrary.org/obo/FOO_2> ."
    )
    assert found["relations"] == {(T + "apple", "skos:related", T + "fruit")}
    assert found["kinds"]["skos:related"] == Kind.RELATION
    assert found["xrefs"] == {(T + "apple", "FOO", "1")}


def test_schemes_and_collections(read: Read) -> None:
    found = read(
        ':s a skos:ConceptScheme ; dct:title "Food"@en . :c a skos:Collection ; skos:prefLabel "round"@en ;'
        " skos:member :apple . :apple skos:inScheme :s . :fruit skos:topConceptOf :s ."
    )
    assert {id for id, kind in found["kinds"].items() if kind == Kind.SUBSET} == {T + "s", T + "c"}
    assert found["members"] == {(T + "s", T + "apple"), (T + "s", T + "fruit"), (T + "c", T + "apple")}
    assert (T + "s", "LABEL", "Food", "en") in found["terms"]


def test_one_scheme_names_the_thesaurus(tmp_path: Path) -> None:
    path = tmp_path / "test.ttl"
    path.write_text(HEAD + ':s a skos:ConceptScheme ; dct:title "Food"@en ; owl:versionInfo "7" .')
    origin = read_skos(path, Issues()).origin
    assert (origin.name, origin.format, origin.version) == ("Food", "skos", "7")


def test_replaced(read: Read) -> None:
    found = read(":apple owl:deprecated true ; dct:isReplacedBy :fruit .")
    assert found["obsolete"] == {T + "apple"}
    assert found["history"] == {(T + "apple", T + "fruit")}


def test_two_labels_of_a_language(read: Read) -> None:
    issues = Issues()
    read(':apple skos:prefLabel "pome"@en .', issues)
    assert issues.counts == {"two-labels": 1}


def test_a_concept_that_nothing_describes(read: Read) -> None:
    issues = Issues()
    found = read(":apple skos:broader :food .", issues)
    assert not found["parents"]
    assert issues.counts == {"unknown-reference": 1}


def test_a_cycle(read: Read) -> None:
    body = ":apple skos:broader :fruit . :fruit skos:broader :apple ."
    with pytest.raises(OntologyError, match=r"test\.ttl: \[is-a-cycle\].*apple.*fruit"):
        read(body)
    issues = Issues("report")
    assert not read(body, issues)["parents"]
    assert issues.counts == {"is-a-cycle": 1}


def test_no_concepts(tmp_path: Path) -> None:
    path = tmp_path / "test.ttl"
    path.write_text("<http://e.org/a> a <http://www.w3.org/2002/07/owl#Class> .")
    with pytest.raises(OntologyError, match=r"test\.ttl: \[no-skos-concepts\].*OWL"):
        read_skos(path, Issues("report"))


def test_not_rdf(tmp_path: Path) -> None:
    path = tmp_path / "test.ttl"
    path.write_text("broader,narrower\n")
    with pytest.raises(UnknownFormatError, match=r"\[not-rdf\]"):
        read_skos(path, Issues())


@pytest.mark.parametrize("syntax", ["xml", "nt", "json-ld", "turtle"])
def test_the_same_in_every_syntax(
    tmp_path: Path,
    read: Read,
    in_plain: Callable[[Tables], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    syntax: str,
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    body = ':apple skos:broader :fruit ; skos:altLabel "Äpfel"@de .'
    path = tmp_path / "thesaurus"
    graph = rdflib.Graph().parse(data=HEAD + body, format="turtle")
    path.write_text(graph.serialize(format=syntax))
    assert in_plain(read_skos(path, Issues())) == read(body)
