"""What each clause of OBO becomes, and what each defect is called."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgllm.errors import OntologyError, UnknownFormatError
from kgllm.ontology.formats.obo import read_obo
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Kind, Link, Role, Tables

File = Callable[..., Path]
See = Callable[[Tables], Any]

SMALL = r"""format-version: 1.2
data-version: releases/2031-02-03
ontology: toy
import: http://example.org/other.owl
subsetdef: core "Core terms"
synonymtypedef: PLAIN "plain words"
default-namespace: toy

! a comment
[Term]
id: TOY:1
name: vehicle ! not part of it
namespace: things
def: "Moves people, \"often\" on wheels.\nOr not." [TOY:rw, url:http\://a.org/a\,b "see"] {source="TOY:2"}
comment: Mind the {braces}.
subset: core
synonym: "conveyance" EXACT PLAIN [TOY:rw]
synonym: "transport" BROAD []
synonym: "wagon" NARROW [] {since="1900"}
synonym: "thing" []
exact_synonym: "means of transport" []
alt_id: TOY:9
xref: UMLS:C1 "note" {x="y"} ! more
xref: http://purl.obolibrary.org/obo/OTHER_7
xref: SNOMEDCT_US_2031:1
xref: free
property_value: skos:exactMatch OTHER:7
property_value: TOY:weight "12 kg" xsd:string
created_by: rw
creation_date: 2031-01-01T00:00:00Z

[Term] ! a car
id: TOY:2
name: car
is_a: TOY:1 {is_inferred="true"} ! vehicle
intersection_of: TOY:1 ! vehicle
intersection_of: has_part TOY:3
disjoint_from: TOY:3 ! wheel
relationship: has_part TOY:3 {cardinality="4"} ! wheel

[Term]
id: TOY:3
name: wheel

[Term]
id: TOY:4
name: old wheel
is_obsolete: true
replaced_by: TOY:3
consider: TOY:1

[Typedef]
id: has_part
name: has part
is_transitive: true
inverse_of: part_of ! part of

[Instance]
id: TOY:5
name: the red one
instance_of: TOY:2

[Annotation]
subject: TOY:5
"""


@pytest.fixture
def small(file: File, view: See) -> Any:
    return view(read_obo(file(SMALL), Issues()))


def test_the_header_says_what_it_is(file: File) -> None:
    origin = read_obo(file(SMALL), Issues()).origin
    assert (origin.name, origin.format, origin.version) == ("toy", "obo", "releases/2031-02-03")
    assert origin.notes == ("import not fetched: http://example.org/other.owl",)


def test_names_definitions_and_synonyms(small: Any) -> None:
    assert {(role, text) for id, role, text in small.terms if id == "TOY:1"} == {
        (Role.LABEL, "vehicle"),
        (Role.DEFINITION, 'Moves people, "often" on wheels.\nOr not.'),
        (Role.COMMENT, "Mind the {braces}."),
        (Role.EXACT, "conveyance"),
        (Role.EXACT, "means of transport"),
        (Role.BROAD, "transport"),
        (Role.NARROW, "wagon"),
        (Role.RELATED, "thing"),
    }


def test_links(small: Any) -> None:
    assert small.isa == {("TOY:2", "TOY:1")}
    assert small.relations == {("TOY:2", "has_part", "TOY:3"), ("TOY:5", "rdf:type", "TOY:2")}
    assert small.history == {("TOY:4", Link.REPLACED_BY, "TOY:3"), ("TOY:4", Link.CONSIDER, "TOY:1")}
    assert small.aliases == {"TOY:9": "TOY:1"}
    assert small.members == {("core", "TOY:1")}
    assert small.xrefs == {
        ("TOY:1", "UMLS", "C1"),
        ("TOY:1", "OTHER", "7"),
        ("TOY:1", "SNOMEDCT_US_2031", "1"),
        ("TOY:1", "", "free"),
    }


def test_kinds_and_states(small: Any) -> None:
    assert {id for id, kind in small.kind.items() if kind == Kind.CLASS} == {f"TOY:{n}" for n in range(1, 5)}
    assert small.kind["has_part"] == Kind.RELATION
    assert small.kind["core"] == Kind.SUBSET
    assert small.kind["TOY:5"] == Kind.INDIVIDUAL
    assert small.kind.keys() - small.active == {"TOY:4"}
    assert small.labels["core"] == "Core terms"


def test_logic_is_kept_as_it_is_written(small: Any) -> None:
    assert small.defined == {"TOY:2"}
    assert small.axioms == {
        ("TOY:2", "intersection_of: TOY:1"),
        ("TOY:2", "intersection_of: has_part TOY:3"),
        ("TOY:2", "disjoint_from: TOY:3"),
        ("has_part", "is_transitive: true"),
        ("has_part", "inverse_of: part_of"),
    }


def test_values(small: Any) -> None:
    assert small.values == {
        ("TOY:1", "oboInOwl:hasOBONamespace", "things"),
        ("TOY:1", "oboInOwl:created_by", "rw"),
        ("TOY:1", "oboInOwl:creation_date", "2031-01-01T00:00:00Z"),
        ("TOY:1", "skos:exactMatch", "OTHER:7"),
        ("TOY:1", "TOY:weight", "12 kg"),
    }


def test_only_what_is_wrong_is_reported(file: File) -> None:
    read_obo(file(SMALL), issues := Issues())
    assert dict(issues.counts) == {"unknown-stanza": 1, "undeclared-relation": 2}
    assert issues.samples("unknown-stanza")[0].line == SMALL.split("\n").index("[Annotation]") + 1


def test_references_to_snomed_can_be_left_out(file: File, view: See) -> None:
    left = view(read_obo(file(SMALL), Issues(), without_snomed=True))
    assert {scheme for _, scheme, _ in left.xrefs} == {"UMLS", "OTHER", ""}


@pytest.mark.parametrize("change", [lambda text: text, lambda text: text.replace("\n", "\r\n")])
def test_compressed_or_with_other_line_ends_it_is_the_same(
    tmp_path: Path, view: See, small: Any, change: Callable[[str], str]
) -> None:
    path = tmp_path / "small.obo.gz"
    path.write_bytes(gzip.compress(change(SMALL).encode()))
    assert view(read_obo(path, Issues())) == small


def test_iris_are_ids_like_others(file: File, view: See) -> None:
    text = (
        "[Term]\nid: http://purl.obolibrary.org/obo/TOY_1\nname: a\n[Term]\nid: TOY:2\nname: b\nis_a: TOY:1\n"
    )
    assert view(read_obo(file(text), Issues())).isa == {("TOY:2", "TOY:1")}


A = "[Term]\nid: T:1\nname: a\n"
B = "[Term]\nid: T:2\nname: b\n"

FATAL = [
    ("clause-outside-stanza", 2, "format-version: 1.2\nid: T:9\n" + A, {"T:1"}),
    ("missing-id", 4, A + "[Term]\nname: nobody\n" + B, {"T:1", "T:2"}),
    ("missing-id", 4, A + "[Term]\n", {"T:1"}),
    ("duplicate-id", 5, A + "[Term]\nid: T:1\nname: again\n", {"T:1"}),
    ("second-id", 4, A + "id: T:2\nname: b\n", {"T:1"}),
    ("unclosed-quote", 4, A + 'def: "no end [T:x]\n', {"T:1"}),
    ("unclosed-quote", 4, A + "def: no quotes [T:x]\n", {"T:1"}),
    ("unclosed-quote", 4, A + 'synonym: "no end EXACT []\n', {"T:1"}),
    ("unclosed-quote", 4, A + 'property_value: T:p "no end\n', {"T:1"}),
    ("unclosed-quote", 1, 'subsetdef: s "no end\n' + A, {"T:1", "s"}),
    (
        "is-a-cycle",
        4,
        A.replace("name", "is_a: T:2\nname") + B.replace("name", "is_a: T:1\nname"),
        {"T:1", "T:2"},
    ),
]


@pytest.mark.parametrize(("rule", "line", "text", "left"), FATAL)
def test_fatal_defects(file: File, view: See, rule: str, line: int, text: str, left: set[str]) -> None:
    path = file(text)
    with pytest.raises(OntologyError, match=rf"^small\.obo:\d+: \[{rule}\] .*; ") as raised:
        read_obo(path, Issues())
    found = view(read_obo(path, issues := Issues("report")))
    assert issues.counts[rule] == 1
    if rule != "is-a-cycle":
        assert raised.value.issue == issues.samples(rule)[0]
        assert issues.samples(rule)[0].line == line
    assert {*found.ids} == left
    assert found.labels["T:1"] == "a"


WARNINGS = [
    ("not-a-clause", "just words"),
    ("unknown-clause", "is_b: T:1"),
    ("bad-value", "is_a:"),
    ("bad-value", "is_a: T:1 T:1"),
    ("bad-value", "relationship: part_of"),
    ("bad-value", "property_value: T:p"),
    ("misplaced-clause", "is_transitive: true"),
    ("bad-xref-list", 'def: "text" [a b]'),
    ("bad-xref-list", 'def: "text" [T:a; T:b]'),
    ("bad-xref-list", 'def: "text" [T:a'),
    ("bad-xref-list", 'def: "text"'),
    ("bad-xref-list", 'def: "text" [T:a] and more'),
    ("bad-xref-list", 'synonym: "text" EXACT'),
    ("bad-synonym", 'synonym: "text" EXAKT []'),
    ("bad-synonym", 'synonym: "text" EXACT TWO WORDS []'),
    ("bad-xref", "xref: T:two words"),
    ("bad-xref", r"xref: http\://example.org"),
    ("unknown-stanza", "[Trem]"),
    ("unknown-reference", "is_a: T:404"),
    ("undeclared-relation", "relationship: part_of T:1"),
]


@pytest.mark.parametrize(("rule", "clause"), WARNINGS)
def test_warnings(file: File, view: See, rule: str, clause: str) -> None:
    found = view(read_obo(file(A + clause + "\n" + B), issues := Issues()))
    [issue] = issues.found[rule]
    assert issues.total == 1
    assert issue.line == (1 if rule in ("unknown-reference", "undeclared-relation") else 4)
    assert {"T:1", "T:2"} <= {*found.ids}
    if "text" in clause:
        assert "text" in {text for _, _, text in found.terms}


def test_what_is_not_obo_is_said(file: File) -> None:
    with pytest.raises(UnknownFormatError, match=r"small\.obo: \[not-obo\]"):
        read_obo(file("<html>\n<body>hello</body>\n"), Issues())
    assert len(read_obo(file("format-version: 1.4\nontology: empty\n"), Issues()).ids) == 0
