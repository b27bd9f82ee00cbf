"""Public ontologies: how many classes they have, and one ontology in four syntaxes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgllm.errors import OntologyError, UnknownFormatError
from kgllm.ontology.formats.obo import read_obo
from kgllm.ontology.formats.obographs import read_obographs
from kgllm.ontology.formats.owl import read_owl
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Kind, Role, Tables

Facts = Callable[[Tables], Any]
Need = Callable[[str], Path]

COUNTS = {
    "pizza/pizza.owl": (99, 0, 102),
    "obo-fixtures/iao.owl": (245, 22, 248),
    "cl/cl-basic.owl.gz": (2_521, 127, 3_367),
    "oaei-anatomy/human.owl.gz": (3_304, 0, 3_761),
    "oaei-anatomy/mouse.owl.gz": (2_744, 0, 1_807),
    "doid/DO_cancer_slim.owl.gz": (730, 1, 657),
    "doid/DO_infectious_disease_slim.owl.gz": (536, 0, 498),
    "go-nucleus/go-nucleus.owl": (204, 28, 330),
    "go-nucleus/go-nucleus.owl.ttl": (204, 28, 330),
}
"""Classes, obsolete concepts, is-a links."""


@pytest.mark.parametrize(("name", "counts"), COUNTS.items(), ids=COUNTS.keys())
def test_counts(data_root: Need, facts: Facts, name: str, counts: tuple[int, int, int]) -> None:
    folder, file = name.split("/")
    found = facts(read_owl(data_root(folder) / file, Issues()))
    assert (len(found.kind(Kind.CLASS)), len(found.obsolete), len(found.parents)) == counts


def test_one_ontology_in_four_syntaxes(data_root: Need, facts: Facts) -> None:
    folder = data_root("go-nucleus")
    readers = {
        "go-nucleus.owl": read_owl,
        "go-nucleus.owl.ttl": read_owl,
        "go-nucleus.obo": read_obo,
        "go-nucleus.json": read_obographs,
    }
    contents = []
    for file, read in readers.items():
        found = facts(read(folder / file, Issues("report")))
        classes = found.kind(Kind.CLASS)
        parts = (
            found.terms(Role.LABEL),
            found.parents,
            found.terms(Role.EXACT, Role.BROAD, Role.NARROW, Role.RELATED),
            found.terms(Role.DEFINITION),
            found.xrefs,
        )
        contents.append([{row for row in part if row[0] in classes} for part in parts])
    assert [len(part) for part in contents[0]] == [176, 221, 250, 98, 31]
    for content in contents[1:]:
        assert content == contents[0]


def test_functional_syntax_is_named(data_root: Need) -> None:
    with pytest.raises(UnknownFormatError, match=r"functional syntax.*convert it to RDF/XML"):
        read_owl(data_root("go-nucleus") / "go-nucleus.ofn", Issues())


def test_an_alignment_is_no_ontology(data_root: Need) -> None:
    with pytest.raises(OntologyError, match=r"\[no-classes\].*alignment"):
        read_owl(data_root("oaei-anatomy") / "reference.rdf", Issues())


def test_human_anatomy(data_root: Need, facts: Facts) -> None:
    found = facts(read_owl(data_root("oaei-anatomy") / "human.owl.gz", Issues()))
    human = "http://human.owl#"
    assert (human + "NCI_C12220", "Lip", "") in found.terms(Role.LABEL)
    assert (human + "NCI_C12220", human + "NCI_C38617") in found.parents
    assert (human + "NCI_C12220", human + "UNDEFINED_part_of", human + "NCI_C12419") in found.relations
    assert (human + "NCI_C12219", "Anatomic Structures and Systems", "") in found.terms(Role.RELATED)
    assert len(found.terms(Role.DEFINITION)) == 840


def test_pizza(data_root: Need, facts: Facts) -> None:
    found = facts(read_owl(data_root("pizza") / "pizza.owl", Issues()))
    assert len(found.defined) == 15
    assert len(found.kind(Kind.INDIVIDUAL)) == 5
    roots = found.kind(Kind.CLASS) - {below for below, _ in found.parents}
    assert {root.partition("#")[2] for root in roots} == {"DomainConcept", "ValuePartition"}
