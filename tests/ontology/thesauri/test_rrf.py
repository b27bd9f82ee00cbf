"""UMLS in Rich Release Format, with invented content."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgllm.errors import OntologyError, UnknownFormatError
from kgllm.ontology.formats.rrf import read_rrf
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Kind, Tables

InPlain = Callable[[Tables], dict[str, Any]]


def row(*fields: str) -> str:
    return "|".join(fields) + "|\n"


def name(cui: str, text: str, source: str = "AAA", **fields: str) -> str:
    """A row of MRCONSO; ``fields`` are lat, ts, stt, ispref, code, suppress."""
    lat, ts, stt, ispref = (
        fields.get(key, default)
        for key, default in (("lat", "ENG"), ("ts", "P"), ("stt", "PF"), ("ispref", "Y"))
    )
    code, suppress = fields.get("code", "NOCODE"), fields.get("suppress", "N")
    head = (cui, lat, ts, "L1", stt, "S1", ispref, "A1", "", "", "")
    return row(*head, source, "PT", code, text, "0", suppress, "")


def link(first: str, rel: str, second: str, rela: str = "", source: str = "AAA", suppress: str = "N") -> str:
    head = (first, "A1", "AUI", rel, second, "A2", "AUI", rela)
    return row(*head, "R1", "", source, source, "", "", suppress, "")


NAMES = name("C0000001", "bird") + name("C0000002", "robin") + name("C0000003", "wing")


@pytest.fixture
def release(tmp_path: Path) -> Callable[..., Path]:
    def write(conso: str = NAMES, rel: str = "", definition: str = "", sty: str = "") -> Path:
        folder = tmp_path / "META"
        folder.mkdir()
        files = {"MRCONSO": conso, "MRREL": rel, "MRDEF": definition, "MRSTY": sty}
        for file, text in files.items():
            (folder / f"{file}.RRF").write_text(text)
        return folder

    return write


@pytest.mark.parametrize(
    ("rel", "parents"),
    [
        # the second concept has the relation to the first: its parent, its child
        (link("C0000002", "PAR", "C0000001"), {("C0000002", "C0000001")}),
        (link("C0000001", "CHD", "C0000002"), {("C0000002", "C0000001")}),
        (link("C0000001", "CHD", "C0000002", "isa"), {("C0000002", "C0000001")}),
        (link("C0000002", "PAR", "C0000001", "inverse_isa"), {("C0000002", "C0000001")}),
        (link("C0000001", "RN", "C0000002", "isa"), {("C0000002", "C0000001")}),
        (link("C0000001", "CHD", "C0000002", "part_of"), set()),
        (link("C0000001", "SIB", "C0000002"), set()),
        (link("C0000002", "PAR", "C0000001", suppress="Y"), set()),
        (link("C0000002", "PAR", "C0000002"), set()),
    ],
)
def test_parents(release: Callable[..., Path], in_plain: InPlain, rel: str, parents: set[Any]) -> None:
    assert in_plain(read_rrf(release(rel=rel), Issues()))["parents"] == parents


def test_relations_lead_from_the_second_to_the_first(release: Callable[..., Path], in_plain: InPlain) -> None:
    rel = link("C0000001", "RO", "C0000003", "part_of") + link("C0000003", "RO", "C0000001")
    found = in_plain(read_rrf(release(rel=rel), Issues()))
    assert found["relations"] == {("C0000003", "part_of", "C0000001"), ("C0000001", "RO", "C0000003")}
    assert found["kinds"]["part_of"] == Kind.RELATION
    assert {("part_of", "LABEL", "part of", "en"), ("RO", "LABEL", "related", "en")} <= found["terms"]


def test_the_preferred_name_of_each_language_is_its_label(
    release: Callable[..., Path], in_plain: InPlain
) -> None:
    conso = (
        name("C0000001", "birdie", ts="S")
        + name("C0000001", "bird")
        + name("C0000001", "Bird", stt="VO")
        + name("C0000001", "bird", "BBB", ispref="N")
        + name("C0000001", "Vogel", lat="GER", ts="S")
    )
    assert in_plain(read_rrf(release(conso), Issues()))["terms"] == {
        ("C0000001", "LABEL", "bird", "en"),
        ("C0000001", "EXACT", "Bird", "en"),
        ("C0000001", "EXACT", "birdie", "en"),
        ("C0000001", "LABEL", "Vogel", "de"),
    }


def test_suppressed_names_are_left_out(release: Callable[..., Path], in_plain: InPlain) -> None:
    conso = NAMES + name("C0000004", "dodo", suppress="O") + name("C0000001", "brd", suppress="E")
    found = in_plain(read_rrf(release(conso), Issues()))
    assert {id for id, _, _, _ in found["terms"]} == {"C0000001", "C0000002", "C0000003"}
    assert "brd" not in {text for _, _, text, _ in found["terms"]}


def test_definitions_types_and_codes(release: Callable[..., Path], in_plain: InPlain) -> None:
    path = release(
        name("C0000001", "bird", code="B1") + name("C0000001", "bird", "SNOMEDCT_XX", code="S1"),
        definition=row("C0000001", "A1", "AT1", "", "AAA", "it flies", "N", "")
        + row("C0000001", "A1", "AT2", "", "AAA", "it swims", "O", ""),
        sty=row("C0000001", "T001", "A1.1", "Animal", "AT3", ""),
    )
    found = in_plain(read_rrf(path, Issues()))
    assert ("C0000001", "DEFINITION", "it flies", "en") in found["terms"]
    assert "it swims" not in {text for _, _, text, _ in found["terms"]}
    assert found["members"] == {("T001", "C0000001")}
    assert ("T001", "LABEL", "Animal", "en") in found["terms"]
    assert found["xrefs"] == {("C0000001", "AAA", "B1"), ("C0000001", "SNOMEDCT_XX", "S1")}
    found = in_plain(read_rrf(path, Issues(), without_snomed=True))
    assert found["xrefs"] == {("C0000001", "AAA", "B1")}


def test_sources(release: Callable[..., Path], in_plain: InPlain) -> None:
    conso = NAMES + name("C0000001", "avis", "BBB") + name("C0000005", "fish", "BBB")
    rel = link("C0000002", "PAR", "C0000001") + link("C0000005", "PAR", "C0000001", source="BBB")
    path = release(conso, rel)
    found = in_plain(read_rrf(path, Issues(), sources=["BBB"]))
    assert {(id, text) for id, _, text, _ in found["terms"]} == {("C0000001", "avis"), ("C0000005", "fish")}
    assert found["parents"] == {("C0000005", "C0000001")}
    with pytest.raises(OntologyError, match=r"\[unknown-source\].*'CCC': it has AAA, BBB"):
        read_rrf(path, Issues("report"), sources=["BBB", "CCC"])


def test_the_content_is_licensed(release: Callable[..., Path]) -> None:
    origin = read_rrf(release(), Issues()).origin
    assert (origin.format, origin.licensed) == ("rrf", True)


@pytest.mark.parametrize("where", ["", "META", "META/MRCONSO.RRF"])
def test_places(release: Callable[..., Path], where: str) -> None:
    assert len(read_rrf(release().parent / where, Issues()).ids) == 3


def test_compressed_files(release: Callable[..., Path]) -> None:
    folder = release()
    for file in list(folder.iterdir()):
        file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    assert len(read_rrf(folder, Issues()).ids) == 3


def test_missing_files(release: Callable[..., Path]) -> None:
    folder = release()
    (folder / "MRREL.RRF").unlink()
    issues = Issues()
    read_rrf(folder, issues)
    assert issues.counts == {"missing-file": 1}
    (folder / "MRCONSO.RRF").unlink()
    with pytest.raises(UnknownFormatError, match=r"\[not-rrf\]"):
        read_rrf(folder, issues)


WRONG = {
    "a field less": NAMES.replace("bird|0|", "bird|"),
    "a field more": NAMES.replace("bird|0|", "bird|0|0|"),
    "no bar at the end": NAMES.replace("N||\n", "N|\n", 1),
}


@pytest.mark.parametrize("conso", WRONG.values(), ids=WRONG.keys())
def test_field_counts(release: Callable[..., Path], conso: str) -> None:
    folder = release(conso)
    with pytest.raises(OntologyError, match=r"MRCONSO\.RRF:1: \[column-count\].*expected 18"):
        read_rrf(folder, Issues())
    issues = Issues("report")
    assert len(read_rrf(folder, issues).ids) == 2
    assert issues.counts == {"column-count": 1}


def test_a_row_without_concept(release: Callable[..., Path]) -> None:
    with pytest.raises(OntologyError, match=r"MRCONSO\.RRF:4: \[missing-id\]"):
        read_rrf(release(NAMES + name("", "nothing")), Issues())


def test_a_cycle_between_sources(release: Callable[..., Path], in_plain: InPlain) -> None:
    rel = link("C0000002", "PAR", "C0000001") + link("C0000001", "PAR", "C0000002", source="BBB")
    path = release(NAMES + name("C0000001", "bird", "BBB"), rel)
    with pytest.raises(OntologyError, match=r"\[is-a-cycle\]"):
        read_rrf(path, Issues())
    found = in_plain(read_rrf(path, Issues(), sources=["AAA"]))
    assert found["parents"] == {("C0000002", "C0000001")}


def test_carriage_returns(release: Callable[..., Path]) -> None:
    assert len(read_rrf(release(NAMES.replace("\n", "\r\n")), Issues()).ids) == 3
