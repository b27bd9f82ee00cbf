"""Tables of concepts and edges."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgllm.errors import OntologyError, UnknownFormatError
from kgllm.ontology.formats.edges import read_edges
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Kind, Role, Tables

Need = Callable[[str], Path]
File = Callable[..., Path]
See = Callable[[Tables], Any]

ROWS = [
    ["id", "label", "parent", "synonyms", "definition"],
    ["T:1", "tool", "", "", 'A thing to "work" with'],
    ["T:2", "hammer", "T:1", "mallet | sledge", ""],
    ["T:3", "pick", "T:1|T:2", "", "NA"],
    ["T:3", "pick", "T:4", "", ""],
    ["T:4", "spike", "", "", ""],
]


def joined(separator: str) -> str:
    return "".join(separator.join(row) + "\n" for row in ROWS)


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_the_same_between_any_separators(file: File, view: See, separator: str) -> None:
    text = joined(separator)
    if separator != "\t":
        text = text.replace('A thing to "work" with', '"A thing to ""work"" with"')
    found = view(read_edges(file(text, "x.csv"), issues := Issues()))
    assert issues.total == 0
    assert found.labels == {"T:1": "tool", "T:2": "hammer", "T:3": "pick", "T:4": "spike"}
    assert found.isa == {("T:2", "T:1"), ("T:3", "T:1"), ("T:3", "T:2"), ("T:3", "T:4")}
    assert found.texts(Role.EXACT) == {("T:2", "mallet"), ("T:2", "sledge")}
    assert found.texts(Role.DEFINITION) == {("T:1", 'A thing to "work" with'), ("T:3", "NA")}


def test_edges_alone_declare_both_ends(file: File, view: See) -> None:
    text = "?x\t?p\t?y\n<http://purl.obolibrary.org/obo/T_2>\trdfs:subClassOf\tT:1\nT:2\tpart_of\tT:3\n"
    found = view(read_edges(file(text), issues := Issues()))
    assert found.isa == {("T:2", "T:1")}
    assert found.relations == {("T:2", "part_of", "T:3")}
    assert found.kind["part_of"] == Kind.RELATION
    assert dict(issues.counts) == {"no-label": 3}


def test_parents_by_label(file: File, view: See) -> None:
    text = "id,label,parent\n1,a,\n2,b,a\n3,twin,b\n4,twin,b\n5,c,twin\n6,d,nobody\n"
    found = view(read_edges(file(text), issues := Issues()))
    assert found.isa == {("2", "1"), ("3", "2"), ("4", "2")}
    assert dict(issues.counts) == {"label-for-id": 3, "unknown-reference": 2}
    assert [issue.line for issue in issues.samples("unknown-reference")] == [6, 7]


def test_hpo(data_root: Need, view: See) -> None:
    found = view(read_edges(data_root("hpo") / "edges.tsv.gz", Issues()))
    assert len(found.isa) == 18111
    assert ("HP:0011412", "HP:0001787") in found.isa


def test_doid(data_root: Need, view: See) -> None:
    found = view(read_edges(data_root("doid") / "HumanDO.tsv.gz", issues := Issues()))
    assert found.labels["DOID:0112248"] == "17-beta hydroxysteroid dehydrogenase 3 deficiency"
    assert issues.counts["label-for-id"] == len(found.isa) == 12288
    assert {issue.text for issue in issues.found["unknown-reference"]} == {"disease"}


@pytest.mark.parametrize(
    ("rule", "line", "text"),
    [
        ("column-count", 3, "id,parent\n1,\n2\n3,1\n"),
        ("column-count", 3, "id\tparent\n1\t\n2\t1\t1\n3\t1\n"),
        ("missing-id", 3, "id,parent\n1,\n ,1\n3,1\n"),
        ("duplicate-column", 1, "id,parent,is_a\n1,,\n3,1,1\n"),
        ("is-a-cycle", 2, "id,parent\n1,3\n3,1\n"),
    ],
)
def test_fatal_defects(file: File, view: See, rule: str, line: int, text: str) -> None:
    path = file(text, "x.csv")
    with pytest.raises(OntologyError, match=rf"^x\.csv:{line}: \[{rule}\]"):
        read_edges(path, Issues())
    assert {"1", "3"} <= {*view(read_edges(path, issues := Issues("report"))).ids}
    assert issues.counts[rule] == 1


def test_unknown_columns_are_listed(file: File) -> None:
    read_edges(file("id,label,colour,size\n1,a,red,9\n"), issues := Issues())
    assert [issue.text for issue in issues.found["unknown-column"]] == ["colour", "size"]


def test_what_no_load_survives(file: File) -> None:
    with pytest.raises(UnknownFormatError, match=r"\[no-id-column\].*found colour, size"):
        read_edges(file("colour,size\nred,9\n"), Issues("report"))
    with pytest.raises(UnknownFormatError, match=r"\[no-id-column\]"):
        read_edges(file(""), Issues("report"))
    with pytest.raises(OntologyError, match=r"\[bad-csv\]"):
        read_edges(file('id,parent\n1,"no end\n2,1\n'), Issues("report"))


text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8).map(str.strip)
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@quiet
@given(labels=st.lists(text.filter(bool), min_size=1, max_size=5), delimiter=st.sampled_from(",;"))
def test_any_text_survives_csv(tmp_path: Path, view: See, labels: list[str], delimiter: str) -> None:
    path = tmp_path / "any.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out, delimiter=delimiter)
        rows.writerows([["id", "label"], *([f"T:{number}", label] for number, label in enumerate(labels))])
    assert view(read_edges(path, Issues())).labels == {f"T:{n}": label for n, label in enumerate(labels)}


@quiet
@given(content=st.text('id\t,;"|<>label\n parent\r', max_size=60))
def test_any_text_is_read_or_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "any.csv"
    path.write_text("id,parent\n" + content)
    for on_error in ("strict", "report"):
        with suppress(OntologyError):
            read_edges(path, Issues(on_error))
