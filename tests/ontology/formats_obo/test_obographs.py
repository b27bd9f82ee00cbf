"""OBO Graphs: real files, several graphs, and defects by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgllm.errors import OntologyError, UnknownFormatError
from kgllm.ontology.formats.obographs import read_obographs
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Kind, Link, Role, Tables

Need = Callable[[str], Path]
File = Callable[..., Path]
See = Callable[[Tables], Any]

OBO = "http://purl.obolibrary.org/obo/"
IN_OWL = "http://www.geneontology.org/formats/oboInOwl#"


def graph(**parts: Any) -> dict[str, Any]:
    return {"id": OBO + "toy.owl", "nodes": [], "edges": []} | parts


def node(number: int, label: str = "", **meta: Any) -> dict[str, Any]:
    return {"id": f"{OBO}T_{number}", "type": "CLASS", "lbl": label or f"node {number}", "meta": meta}


def edge(sub: int, pred: str, obj: int) -> dict[str, str]:
    return {"sub": f"{OBO}T_{sub}", "pred": pred, "obj": f"{OBO}T_{obj}"}


def says(pred: str, val: str) -> dict[str, str]:
    return {"pred": pred, "val": val}


@pytest.fixture
def load(file: File, view: See) -> Callable[..., Any]:
    def read(*graphs: Any, on_error: Any = "strict") -> Any:
        issues = Issues(on_error)
        found = view(read_obographs(file(json.dumps({"graphs": graphs}), "toy.json"), issues))
        found.issues = issues
        return found

    return read


def test_doid(data_root: Need, view: See) -> None:
    path = data_root("doid") / "doid-2018-07-05.json.gz"
    nodes = {
        len(one["nodes"]) for one in json.loads(__import__("gzip").decompress(path.read_bytes()))["graphs"]
    }
    assert max(nodes) == 11328
    tables = read_obographs(path, issues := Issues())
    doid = view(tables)
    assert tables.origin.name == OBO + "doid.owl"
    assert tables.origin.version.endswith("2018-07-05/doid.owl")
    assert len(tables.origin.notes) == 12
    live = {id for id, kind in doid.kind.items() if kind == Kind.CLASS and id in doid.active}
    assert len({id for id in live if id.startswith("DOID:")}) == 8906
    assert doid.labels["UBERON:0001062"] == "anatomical entity"
    assert not any(rule.fatal for rule in issues.rules.values())


def test_ncit(data_root: Need, view: See) -> None:
    ncit = view(
        read_obographs(data_root("ncit-disease") / "ncit-disease-2018-06-08.json.gz", issues := Issues())
    )
    assert issues.total == 0
    assert len(ncit.ids) == 20385
    assert len(ncit.isa) + len(ncit.relations) == 50204
    assert len(ncit.relations) == 21144
    assert len(ncit.defined) == 9489


@pytest.mark.parametrize(
    ("name", "classes", "isa", "relations"),
    [
        ("abox.json", 2, 0, 4),
        ("basic.json", 4, 2, 2),
        ("equivNodeSetTest.json", 6, 1, 0),
        ("nucleus.json", 11, 11, 2),
        ("obsoletion_example.json", 4, 0, 0),
    ],
)
def test_small_files(data_root: Need, view: See, name: str, classes: int, isa: int, relations: int) -> None:
    found = view(read_obographs(data_root("obo-fixtures") / "obographs" / name, Issues()))
    assert [*found.kind.values()].count(Kind.CLASS) == classes
    assert (len(found.isa), len(found.relations)) == (isa, relations)


TWO = node(
    2,
    "two",
    definition={"val": "After one.", "xrefs": ["a:b"]},
    comments=["Even."],
    synonyms=[says("hasExactSynonym", "II"), says("hasBroadSynonym", "few")],
    xrefs=[{"val": "UMLS:C2"}],
    subsets=[OBO + "toy#small"],
    basicPropertyValues=[says(IN_OWL + "hasAlternativeId", "T:22"), says(OBO + "T_9", "blue")],
)
OLD = node(3, deprecated=True, basicPropertyValues=[says(OBO + "IAO_0100001", OBO + "T_2")])
OTHERS = [
    {"id": OBO + "T_9", "type": "PROPERTY", "lbl": "colour"},
    {"id": OBO + "T_8", "lbl": "an annotation"},
    {"id": OBO + "toy#small", "type": "PROPERTY", "lbl": "small numbers"},
]
EDGES = [edge(2, "is_a", 1), edge(2, OBO + "T_9", 1)]
LOGIC = [{"definedClassId": OBO + "T_2", "genusIds": [OBO + "T_1"]}]


@pytest.fixture
def toy(load: Callable[..., Any]) -> Any:
    return load(graph(nodes=[node(1), TWO, OLD, *OTHERS], edges=EDGES, logicalDefinitionAxioms=LOGIC))


def test_what_nodes_say(toy: Any) -> None:
    assert toy.issues.total == 0
    assert {(role, text) for id, role, text in toy.terms if id == "T:2"} == {
        (Role.LABEL, "two"),
        (Role.DEFINITION, "After one."),
        (Role.COMMENT, "Even."),
        (Role.EXACT, "II"),
        (Role.BROAD, "few"),
    }
    assert toy.xrefs == {("T:2", "UMLS", "C2")}
    assert toy.aliases == {"T:22": "T:2"}
    assert toy.values == {("T:2", "T:9", "blue")}
    assert toy.history == {("T:3", Link.REPLACED_BY, "T:2")}
    assert toy.members == {("small", "T:2")}


def test_what_edges_and_axioms_say(toy: Any) -> None:
    assert toy.isa == {("T:2", "T:1")}
    assert toy.relations == {("T:2", "T:9", "T:1")}
    assert toy.defined == {"T:2"}
    assert {(id, json.dumps(json.loads(text))) for id, text in toy.axioms} == {("T:2", json.dumps(LOGIC[0]))}


def test_kinds(toy: Any) -> None:
    numbers = {f"T:{number}" for number in (1, 2, 3)}
    assert {id for id, kind in toy.kind.items() if kind == Kind.CLASS} == numbers
    assert {id for id, kind in toy.kind.items() if kind == Kind.RELATION} == {"T:8", "T:9"}
    assert toy.kind["small"] == Kind.SUBSET
    assert toy.kind.keys() - toy.active == {"T:3"}


def test_the_largest_graph_comes_first(load: Callable[..., Any]) -> None:
    small = graph(id="small", nodes=[node(1, "one of the import"), node(3)], edges=[edge(3, "is_a", 1)])
    large = graph(id="large", nodes=[node(1, "one"), node(2), node(4)], edges=[edge(2, "is_a", 1)])
    found = load(small, large)
    assert found.labels["T:1"] == "one"
    assert found.isa == {("T:2", "T:1"), ("T:3", "T:1")}


def test_references_to_snomed_can_be_left_out(file: File, view: See) -> None:
    xrefs = [{"val": "SNOMEDCT_US_2031:1"}, {"val": "SCTID:2"}, {"val": "MESH:D1"}]
    path = file(json.dumps({"graphs": [graph(nodes=[node(1, xrefs=xrefs)])]}))
    assert len(view(read_obographs(path, Issues())).xrefs) == 3
    left = view(read_obographs(path, Issues(), without_snomed=True))
    assert left.xrefs == {("T:1", "MESH", "D1")}


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("missing-id", {"nodes": [{"lbl": "nobody"}, node(1)]}),
        ("missing-id", {"nodes": [{"id": 7}, node(1)]}),
        ("bad-shape", {"nodes": ["text", node(1)]}),
        ("bad-shape", {"nodes": [node(1)], "edges": ["text"]}),
        ("bad-shape", {"nodes": [node(1, synonyms=["text"])]}),
        ("bad-shape", {"nodes": [node(1)], "edges": "text"}),
    ],
)
def test_fatal_defects(load: Callable[..., Any], rule: str, parts: dict[str, Any]) -> None:
    with pytest.raises(OntologyError, match=rf"^toy\.json: \[{rule}\]"):
        load(graph(**parts))
    found = load(graph(**parts), on_error="report")
    assert dict(found.issues.counts) == {rule: 1}
    assert found.ids == ["T:1"]


def test_warnings(load: Callable[..., Any]) -> None:
    found = load(
        graph(
            nodes=[node(1, synonyms=[{"pred": "hasOddSynonym", "val": "I"}])],
            edges=[edge(1, "is_a", 404), edge(404, "is_a", 1), edge(404, OBO + "T_9", 1)],
        )
    )
    assert dict(found.issues.counts) == {"bad-synonym": 1, "unknown-reference": 3}
    assert ("T:1", Role.RELATED, "I") in found.terms
    assert found.ids == ["T:1"]


def test_what_is_not_json_or_not_graphs_is_said(file: File) -> None:
    with pytest.raises(OntologyError, match=r"x\.json:2: \[bad-json\].*Expecting value"):
        read_obographs(file('{"graphs":\n,', "x.json"), Issues("report"))
    with pytest.raises(OntologyError, match=r"\[bad-json\]"):
        read_obographs(file("[" * 100_000, "x.json"), Issues("report"))
    with pytest.raises(OntologyError, match=r"\[bad-json\].*half of a character"):
        read_obographs(file('{"graphs": [{"nodes": [{"id": "\\ud800"}]}]}', "x.json"), Issues("report"))
    for text in ("{}", "[]", "7", '{"graphs": 3}'):
        with pytest.raises(UnknownFormatError, match=r"\[not-obographs\]"):
            read_obographs(file(text, "x.json"), Issues("report"))
    assert len(read_obographs(file('{"graphs": []}', "x.json"), Issues()).ids) == 0


NAMES = [
    *("id", "nodes", "edges", "meta", "lbl", "type", "synonyms", "val", "pred"),
    *("xrefs", "sub", "obj", "graphs", "subsets"),
]
leaves = st.none() | st.booleans() | st.integers() | st.sampled_from(["is_a", "T:1", "CLASS", ""])
shapes = st.recursive(
    leaves | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(shape=shapes)
def test_any_json_is_read_or_refused_by_name(tmp_path: Path, shape: Any) -> None:
    path = tmp_path / "any.json"
    path.write_text(json.dumps({"graphs": [shape, {"nodes": [node(1)], "edges": shape}]}))
    read_obographs(path, lenient := Issues("report"))
    with suppress(OntologyError):
        read_obographs(path, Issues())
        assert not any(rule.fatal for rule in lenient.rules.values())
