"""The OBO files that people have: how much is in them, and the lines that strict parsers refuse."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pronto
import pytest

from kgllm.ontology.formats.obo import read_obo
from kgllm.ontology.formats.obographs import read_obographs
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Kind, Role, Tables

Need = Callable[[str], Path]
See = Callable[[Tables], Any]

FILES = {
    "doid/doid.obo.gz": 9344,
    "doid/DO_cancer_slim.obo": 730,
    "cl/cl.obo.gz": 4561,
    "hpo/hp.obo.gz": 11785,
    "hpo/chebi_import.obo.gz": 2115,
    "hpo/go_import.obo.gz": 2443,
    "uberon/vertebrate-head.obo.gz": 2562,
    "uberon/uberon.obo.gz": 4958,
    "go-nucleus/go-nucleus.obo": 176,
    "obo-fixtures/pato.obo": 2661,
    "obo-fixtures/uo.obo": 378,
}
"""Terms of each."""

DEFECTS = [
    ("doid/doid.obo.gz", 6229, "bad-xref-list", "[JA:Epilepsy Genetics Kiel, "),
    ("cl/cl.obo.gz", 23224, "bad-xref-list", "[isbn 0080923437]"),
    ("hpo/hp.obo.gz", 5387, "bad-xref-list", "[orcid.org/0000-0001-5208-3432; "),
    ("hpo/chebi_import.obo.gz", 38371, "bad-xref", "MetaCyc:dicarboxylic acid monoamide"),
    ("uberon/vertebrate-head.obo.gz", 13882, "bad-xref", "http://en.wikipedia.org/wiki/File\\:Gray793.png"),
    ("uberon/uberon.obo.gz", 79935, "misplaced-clause", "union_of: existence_ends_during"),
]


@cache
def read(path: Path) -> tuple[Tables, Issues]:
    issues = Issues()
    return read_obo(path, issues), issues


def at(need: Need, name: str) -> Path:
    folder, _, file = name.partition("/")
    return need(folder) / file


def synonyms(one: Any, ids: Collection[str]) -> set[tuple[str, Role, str]]:
    return {row for row in one.terms if row[0] in ids and Role.EXACT <= row[1] <= Role.RELATED}


@pytest.mark.parametrize("name", FILES)
def test_every_file_loads_strictly_with_all_its_terms(data_root: Need, name: str) -> None:
    tables, issues = read(at(data_root, name))
    assert (tables.concepts.kind == Kind.CLASS).sum() == FILES[name]
    assert not any(rule.fatal for rule in issues.rules.values())


@pytest.mark.parametrize(("name", "line", "rule", "text"), DEFECTS)
def test_lines_that_strict_parsers_refuse_are_reported(
    data_root: Need, name: str, line: int, rule: str, text: str
) -> None:
    path = at(data_root, name)
    _, issues = read(path)
    [issue] = [issue for issue in issues.found[rule] if issue.line == line]
    assert issue.text.startswith(text)
    assert str(issue).startswith(f"{path.name}:{line}: [{rule}] ")


def test_what_a_bad_line_says_is_kept(data_root: Need, view: See) -> None:
    chebi = view(read(at(data_root, "hpo/chebi_import.obo.gz"))[0])
    assert ("MetaCyc", "dicarboxylic acid monoamide") in {row[1:] for row in chebi.xrefs}
    head = view(read(at(data_root, "uberon/vertebrate-head.obo.gz"))[0])
    assert ("http", "//en.wikipedia.org/wiki/File:Gray793.png") in {row[1:] for row in head.xrefs}


def test_doid(data_root: Need, view: See) -> None:
    tables, _ = read(at(data_root, "doid/doid.obo.gz"))
    doid = view(tables)
    assert (tables.origin.name, tables.origin.version) == ("doid", "releases/2016-09-01")
    assert len(doid.kind.keys() - doid.active) == 2373
    assert len(doid.isa) == 8155
    assert len(doid.xrefs) == 36891
    assert len(doid.aliases) == 1601  # 1,604, of which three are ids of other terms
    assert len(doid.texts(Role.DEFINITION)) == 3309
    terms = [id for id in doid.ids if doid.kind[id] == Kind.CLASS]
    assert terms[:2] == ["DOID:0001816", "DOID:0002116"]
    assert doid.labels[terms[0]] == "angiosarcoma"
    assert doid.labels[terms[9]] == "Mansonella perstans infectious disease"
    assert terms[-1] == "DOID:9997"


def test_pato(data_root: Need, view: See) -> None:
    pato = view(read(at(data_root, "obo-fixtures/pato.obo"))[0])
    classes = {id for id, kind in pato.kind.items() if kind == Kind.CLASS}
    assert len(classes - pato.active) == 892


def test_references_to_snomed_can_be_left_out(data_root: Need, view: See) -> None:
    path = at(data_root, "doid/doid.obo.gz")
    left = view(read_obo(path, Issues(), without_snomed=True))
    every = view(read(path)[0])
    assert {scheme[:8] for _, scheme, _ in every.xrefs - left.xrefs} == {"SNOMEDCT"}
    assert len(every.xrefs - left.xrefs) == 12473
    assert left.terms == every.terms


def test_the_same_ontology_in_obo_and_in_json(data_root: Need, view: See) -> None:
    folder = data_root("go-nucleus")
    ours = view(read(folder / "go-nucleus.obo")[0])
    other = view(read_obographs(folder / "go-nucleus.json", Issues()))
    pairs = []
    for one in (ours, other):
        labels = {id: label for id, label in one.labels.items() if one.kind[id] == Kind.CLASS}
        parents = {(child, parent) for child, parent in one.isa if child in labels}
        pairs.append((labels, parents, synonyms(one, labels)))
    assert pairs[0] == pairs[1]
    assert [len(part) for part in pairs[0]] == [176, 221, 252]


@pytest.mark.parametrize("name", ["go-nucleus/go-nucleus.obo", "obo-fixtures/uo.obo"])
def test_the_same_as_pronto_reads(data_root: Need, view: See, name: str) -> None:
    path = at(data_root, name)
    ours = view(read(path)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = {term.id: term for term in pronto.Ontology(str(path), import_depth=0).terms()}
        parents = {
            (id, above.id)
            for id, term in theirs.items()
            for above in term.superclasses(distance=1, with_self=False)
            if not (term.obsolete or above.obsolete)
        }
    assert {id for id, kind in ours.kind.items() if kind == Kind.CLASS} == theirs.keys()
    assert {id: ours.labels.get(id) for id in theirs} == {id: term.name for id, term in theirs.items()}
    assert {pair for pair in ours.isa if pair[0] in theirs} == parents
    assert synonyms(ours, theirs) == {
        (id, Role[one.scope], one.description) for id, term in theirs.items() for one in term.synonyms
    }
    definitions = dict(ours.texts(Role.DEFINITION))
    assert {id: definitions.get(id) for id in theirs} == {
        id: None if term.definition is None else str(term.definition) for id, term in theirs.items()
    }


def test_rows_are_sorted(data_root: Need) -> None:
    tables, _ = read(at(data_root, "cl/cl.obo.gz"))
    for column in (tables.terms.concept, tables.isa.child, tables.relations.source, tables.xrefs.concept):
        assert (np.diff(column) >= 0).all()
    ids = [id.encode() for id in tables.ids.texts(np.arange(len(tables.ids)))]
    assert ids == sorted({*ids})
