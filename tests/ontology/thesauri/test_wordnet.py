"""Open English WordNet: the whole noun hierarchy in both layouts, and damaged files."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgllm.errors import OntologyError, UnknownFormatError
from kgllm.ontology.formats.wordnet import read_wordnet
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Kind, Role, Tables

InPlain = Callable[[Tables], dict[str, Any]]

YAML = """\
00000001-n:
  definition:
  - that which is
  example:
  - it is
  - source: A. Nobody
    text: it was
  ili: i1
  members:
  - thing
  - 'no'
  partOfSpeech: n
00000002-n:
  definition:
  - a part
  hypernym:
  - 00000001-n
  members:
  - 1984
  mero_part:
  - 00000001-n
  partOfSpeech: n
  wikidata:
  - Q1
  - Q2
00000003-n:
  definition:
  - one thing
  instance_hypernym:
  - 00000001-n
  members:
  - The Thing
  partOfSpeech: n
"""
HEADER = "synset\tlexfile\tmembers\tdefinition\thypernyms\tinstance_hypernyms\n"
TABLE = (
    HEADER
    + "00000001-n\tTops\tthing|no\tthat which is\t\t\n"
    + "00000002-n\tact\t1984\ta part\t00000001-n\t\n"
    + "00000003-n\tact\tThe Thing\tone thing\t\t00000001-n\n"
)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_yaml(tmp_path: Path, in_plain: InPlain) -> None:
    found = in_plain(read_wordnet(write(tmp_path / "noun.act.yaml", YAML), Issues()))
    assert {row[:3] for row in found["terms"] if row[0].startswith("0")} == {
        ("00000001-n", "LABEL", "thing"),
        ("00000001-n", "EXACT", "no"),
        ("00000001-n", "DEFINITION", "that which is"),
        ("00000001-n", "COMMENT", "it is"),
        ("00000001-n", "COMMENT", "it was"),
        ("00000002-n", "LABEL", "1984"),
        ("00000002-n", "DEFINITION", "a part"),
        ("00000003-n", "LABEL", "The Thing"),
        ("00000003-n", "DEFINITION", "one thing"),
    }
    assert found["parents"] == {("00000002-n", "00000001-n")}
    assert found["relations"] == {
        ("00000002-n", "mero_part", "00000001-n"),
        ("00000003-n", "instance_hypernym", "00000001-n"),
    }
    assert found["kinds"]["00000003-n"] == Kind.INDIVIDUAL
    assert found["xrefs"] == {
        ("00000001-n", "ILI", "i1"),
        ("00000002-n", "wikidata", "Q1"),
        ("00000002-n", "wikidata", "Q2"),
    }


def test_a_table_says_the_same(tmp_path: Path, in_plain: InPlain) -> None:
    table = in_plain(read_wordnet(write(tmp_path / "nouns.tsv", TABLE), Issues()))
    yaml = in_plain(read_wordnet(write(tmp_path / "noun.act.yaml", YAML), Issues()))
    assert table["parents"] == yaml["parents"]
    assert table["terms"] <= yaml["terms"]
    assert {row for row in yaml["terms"] - table["terms"] if row[1] != "COMMENT"} == {
        ("mero_part", "LABEL", "mero part", "en")
    }


def test_a_folder_and_a_tar(tmp_path: Path) -> None:
    folder = tmp_path / "yaml"
    folder.mkdir()
    write(folder / "noun.act.yaml", YAML)
    write(folder / "noun.Tops.yaml", "00000009-n:\n  members: [top]\n  hypernym: [00000001-n]\n")
    write(folder / "entries-a.yaml", "top:\n  n: {}\n")
    packed = tmp_path / "nouns.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(folder, "yaml")
    for path in (folder, packed):
        tables = read_wordnet(path, Issues())
        assert (tables.concepts.kind == Kind.CLASS).sum() == 3
        assert len(tables.isa.child) == 2


WRONG = {
    "not YAML": ("00000001-n:\n  members: [thing\n00000002-n: {}\n", r"a\.yaml:\d+: \[malformed-yaml\]"),
    "no members": ("00000001-n:\n  definition: [x]\n", r"a\.yaml: \[malformed-synset\].*00000001-n"),
    "no synset": ("00000001-n: thing\n", r"a\.yaml: \[malformed-synset\]"),
    "a column less": (TABLE.replace("\tTops", ""), r"a\.yaml:2: \[column-count\].*5 columns, expected 6"),
    "a synset twice": (TABLE + TABLE.removeprefix(HEADER), r"a\.yaml:5: \[duplicate-id\].*00000001-n"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(OntologyError, match=message):
        read_wordnet(write(tmp_path / "a.yaml", text), Issues())


def test_a_table_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(TABLE.encode() + b"\xff\n")
    with pytest.raises(OntologyError, match=r"a\.tsv:5: \[not-utf-8\]"):
        read_wordnet(path, Issues("report"))


def test_a_dangling_synset(tmp_path: Path) -> None:
    issues = Issues()
    text = TABLE.replace("a part\t00000001-n", "a part\t00000008-n")
    tables = read_wordnet(write(tmp_path / "a.tsv", text), issues)
    assert not len(tables.isa.child)
    assert issues.counts == {"unknown-reference": 1}
    assert "00000008-n" in str(issues.samples("unknown-reference")[0])


@pytest.mark.parametrize("text", ["", "id,label\n", "[Term]\nid: X:1\n"])
def test_not_wordnet(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnknownFormatError, match=r"\[not-wordnet\]"):
        read_wordnet(write(tmp_path / "a.yaml", text), Issues())


def test_nothing_of_wordnet_in_a_folder_or_tar(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("readme.txt"), io.BytesIO(b""))
    for path in (tmp_path, tmp_path / "a.tar"):
        with pytest.raises(UnknownFormatError, match=r"\[not-wordnet\]"):
            read_wordnet(path, Issues())


def test_a_torn_tar(tmp_path: Path) -> None:
    folder = tmp_path / "yaml"
    folder.mkdir()
    write(folder / "noun.act.yaml", YAML * 100)
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.add(folder / "noun.act.yaml", "noun.act.yaml")
    content = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(content[:2_000])
    with pytest.raises(OntologyError, match=r"a\.tar: \[bad-tar\]"):
        read_wordnet(tmp_path / "a.tar", Issues())


@pytest.mark.parametrize("whole", [YAML, TABLE], ids=["yaml", "table"])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage(tmp_path: Path, whole: str, data: st.DataObject) -> None:
    content = whole.encode()
    start = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.integers(start, min(len(content), start + 20)))
    pieces = [b"", b"\t", b"\n", b"[", b"{", b"- ", b": ", b"&a", b"*a", b"'", b"\xff", b"!!x "]
    path = tmp_path / "a.yaml"
    path.write_bytes(content[:start] + data.draw(st.sampled_from(pieces)) + content[stop:])
    try:
        read_wordnet(path, Issues("report"))
    except OntologyError as error:
        assert "a.yaml" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "file", ["noun_hierarchy.derived.tsv.gz", pytest.param("noun.yaml.tar.gz", marks=pytest.mark.slow)]
)
def test_all_nouns(data_root: Callable[[str], Path], file: str) -> None:
    tables = read_wordnet(data_root("oewn") / file, Issues())
    synsets = np.flatnonzero(tables.concepts.kind == Kind.CLASS)
    assert len(synsets) == 71_873
    assert len(tables.isa.child) == 74_237
    roots = np.setdiff1d(synsets, tables.isa.child)
    assert tables.ids.texts(roots) == ["00001740-n"]
    assert (tables.terms.text[0], tables.terms.role[0]) == ("entity", Role.LABEL)
