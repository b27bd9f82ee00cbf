"""MeSH in its three layouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgllm.errors import OntologyError, UnknownFormatError
from kgllm.ontology.formats.mesh import read_mesh
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Role, Tables

File = Callable[..., Path]
See = Callable[[Tables], Any]

TABLE = (
    "mesh_id\tmesh_name\tmesh_tree_number\nD1\tTools\tJ01\nD2\tHand Tools\tJ01.5\nD2\tHand Tools\tE07\n"
    "D3\tHammers\tJ01.5.7\nD3\tHammers\tE07.2\n"
)
ASCII = """*NEWRECORD
RECTYPE = D
MH = Tools
MN = J01
UI = D1

*NEWRECORD
RECTYPE = D
MH = Hand Tools
PRINT ENTRY = Tools, Hand|T073|NON|EQV
ENTRY = Gadgets
MN = J01.5
MN = E07
MS = Tools for one hand.
UI = D2

*NEWRECORD
MH = Hammers
MN = J01.5.7
MN = E07.2
UI = D3
"""
XML = """<?xml version="1.0"?>
<DescriptorRecordSet>
{}
</DescriptorRecordSet>
"""
RECORD = """<DescriptorRecord><DescriptorUI>{}</DescriptorUI>
<DescriptorName><String>{}</String></DescriptorName>
<TreeNumberList>{}</TreeNumberList>
<ConceptList><Concept PreferredConceptYN="Y">{}</Concept></ConceptList></DescriptorRecord>"""


def record(id: str, name: str, numbers: str, concept: str = "") -> str:
    trees = "".join(f"<TreeNumber>{number}</TreeNumber>" for number in numbers.split())
    return RECORD.format(id, name, trees, concept)


def as_xml() -> str:
    terms = "".join(
        f"<Term><String>{term}</String></Term>" for term in ("Hand Tools", "Tools, Hand", "Gadgets")
    )
    note = f"<ScopeNote>\nTools for one hand.\n</ScopeNote><TermList>{terms}</TermList>"
    records = record("D1", "Tools", "J01"), record("D2", "Hand Tools", "J01.5 E07", note)
    return XML.format("\n".join((*records, record("D3", "Hammers", "J01.5.7 E07.2"))))


@pytest.mark.parametrize("text", [TABLE, ASCII, as_xml()])
def test_the_same_in_each_layout(file: File, view: See, text: str) -> None:
    mesh = view(read_mesh(file(text, "mesh"), issues := Issues()))
    assert issues.total == 0
    assert mesh.labels == {"D1": "Tools", "D2": "Hand Tools", "D3": "Hammers"}
    assert mesh.isa == {("D2", "D1"), ("D3", "D2")}
    assert mesh.aliases == {"J01": "D1", "J01.5": "D2", "E07": "D2", "J01.5.7": "D3", "E07.2": "D3"}
    if text != TABLE:
        assert mesh.texts(Role.EXACT) == {("D2", "Tools, Hand"), ("D2", "Gadgets")}
        assert mesh.texts(Role.DEFINITION) == {("D2", "Tools for one hand.")}


def test_mesh_of_2015(data_root: Callable[[str], Path], view: See) -> None:
    tables = read_mesh(data_root("mesh"), issues := Issues())
    mesh = view(tables)
    assert issues.total == 0
    assert len(mesh.ids) == 27455
    assert len(mesh.aliases) == 56341
    assert len([number for number in mesh.aliases if "." not in number]) == 117
    assert mesh.labels["D000001"] == "Calcimycin"
    numbers = {number: id for number, id in mesh.aliases.items() if "." in number}
    assert mesh.isa == {(id, mesh.aliases[number.rpartition(".")[0]]) for number, id in numbers.items()}


@pytest.mark.parametrize(
    ("rule", "line", "text"),
    [
        ("column-count", 2, TABLE.replace("\tJ01\n", "\n")),
        ("missing-id", 2, TABLE.replace("D1\t", "\t")),
        ("missing-id", 1, ASCII.replace("UI = D1\n", "")),
        ("duplicate-tree-number", 5, TABLE.replace("J01.5.7", "J01.5")),
    ],
)
def test_fatal_defects(file: File, view: See, rule: str, line: int, text: str) -> None:
    path = file(text, "mesh.tsv")
    with pytest.raises(OntologyError, match=rf"^mesh\.tsv:{line}: \[{rule}\]"):
        read_mesh(path, Issues())
    assert {"D2", "D3"} <= {*view(read_mesh(path, issues := Issues("report"))).ids}
    assert issues.counts[rule] == 1


def test_a_number_without_parent_is_a_warning(file: File, view: See) -> None:
    mesh = view(read_mesh(file(TABLE.replace("\tJ01.5\n", "\tK01.5\n"), "mesh.tsv"), issues := Issues()))
    assert dict(issues.counts) == {"tree-number-without-parent": 2}
    assert [issue.text for issue in issues.samples("tree-number-without-parent")] == ["K01.5", "J01.5.7"]
    assert mesh.isa == {("D3", "D2")}


def test_what_is_not_mesh_is_said(file: File, tmp_path: Path) -> None:
    for text in ("a\tb\n", "", "<html></html>", XML.format("")):
        with pytest.raises(UnknownFormatError, match=r"x\.tsv: \[not-mesh\]"):
            read_mesh(file(text, "x.tsv"), Issues())
    with pytest.raises(OntologyError, match=r"x\.tsv:4: \[bad-xml\] .*mismatched tag"):
        read_mesh(file(XML.format("<DescriptorRecord>"), "x.tsv"), Issues())
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnknownFormatError, match=r"empty: \[not-mesh\]"):
        read_mesh(tmp_path / "empty", Issues())
