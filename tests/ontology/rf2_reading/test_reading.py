"""What is read from files in order: values, types, places, warnings."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.package import discover
from kgllm.ontology.rf2.reading import read_kind
from kgllm.ontology.rf2.reading.blocks import blocks
from kgllm.ontology.rf2.rows import FileKind
from kgllm.ontology.rf2.schema import SCHEMAS

CONCEPT, DESCRIPTION, LANGUAGE = FileKind.CONCEPT, FileKind.DESCRIPTION, FileKind.LANGUAGE

KEYS = {
    FileKind.CONCEPT: "Concept",
    FileKind.DESCRIPTION: "Description",
    FileKind.LANGUAGE: "Language",
    FileKind.OWL_EXPRESSION: "OWL",
    FileKind.RELATIONSHIP: "Relationship",
    FileKind.SIMPLE: "Simple",
    FileKind.SIMPLE_MAP: "SimpleMap",
    FileKind.TEXT_DEFINITION: "TextDefinition",
    FileKind.ASSOCIATION: "Association",
}
ROWS = {
    "snapshot": (15391, 50078, 57770, 11652, 16459, 177, 15369, 7692, 1332),
    "delta": (7168, 20987, 25743, 6591, 8775, 0, 6027, 4722, 1332),
}


@pytest.mark.parametrize("release_type", ["snapshot", "full", "delta"])
def test_all_files_of_doid(data_root, release_type):
    folder, issues = data_root("rf2-doid"), Issues()
    package = discover(folder, release_type, issues=issues)
    counts = {kind: len(read_kind(package, kind, issues)) for kind in FileKind}
    full = json.loads((folder / "EXPECTED.json").read_text())["full_rows"]
    expected = dict(zip(KEYS, ROWS.get(release_type, [full[name] for name in KEYS.values()]), strict=True))
    assert counts == {kind: expected.get(kind, 0) for kind in FileKind}
    assert (package.edition, package.date, issues.total) == ("rf2-doid", 20180705, 0)


def test_rows_of_doid_equal_a_plain_reading(data_root):
    package = discover(data_root("rf2-doid"))
    rows = read_kind(package, DESCRIPTION, Issues())
    with gzip.open(package.of(DESCRIPTION)[0].source.path, "rt", encoding="utf-8", newline="\r\n") as file:
        lines = [line.removesuffix("\r\n").split("\t") for line in file]
    for name, texts in zip(lines[0], zip(*lines[1:], strict=True), strict=True):
        column = rows.columns[name]
        found = column.to_pylist() if isinstance(column, pa.Array) else [str(int(one)) for one in column]
        assert found == list(texts)


@pytest.mark.parametrize("kind", list(FileKind))
def test_every_kind_has_the_columns_of_its_schema(release, kind):
    rows, issues = release.read(kind)
    assert [*rows.columns] == [column.name for column in SCHEMAS[kind]]
    assert (len(rows), issues.total) == (5, 0)
    assert rows["active"].dtype == np.bool_
    assert rows["effectiveTime"].dtype == np.int32
    assert rows["moduleId"].dtype == np.int64
    assert rows.place(4) == (release.paths[kind].name, 6)


def test_values_of_components(release, ids):
    rows, _ = release.read(DESCRIPTION)
    assert rows["id"].tolist() == ids.descriptions
    assert rows["active"].tolist() == [False, True, False, True, False]
    assert set(rows["effectiveTime"].tolist()) == {ids.date}
    assert rows.text("term").to_pylist() == ids.terms


def test_values_of_members(release, ids):
    rows, _ = release.read(LANGUAGE)
    assert rows["id"].dtype == np.uint64
    assert [UUID(int=(int(high) << 64) + int(low)) for high, low in rows["id"]] == [
        UUID(int=(row << 64) + 7) for row in range(5)
    ]
    assert rows["referencedComponentId"].tolist() == [ids.descriptions[0]] * 5


def test_values_of_maps(release):
    rows, _ = release.read(FileKind.EXTENDED_MAP)
    assert rows["mapGroup"].dtype == np.int32
    assert rows.text("mapTarget").to_pylist() == [""] * 5


def test_only_the_columns_that_are_wanted_but_all_checked(release):
    rows, _ = release.read(CONCEPT, columns=("id", "active"))
    assert [*rows.columns] == ["id", "active"]
    release.spoil(CONCEPT, 1, "definitionStatusId", "1")
    with pytest.raises(OntologyError, match="definitionStatusId"):
        release.read(CONCEPT, columns=("id", "active"))


def test_a_kind_without_files_has_no_rows(release):
    release.paths[FileKind.SIMPLE].unlink()
    rows, _ = release.read(FileKind.SIMPLE)
    assert (len(rows), rows.files, rows["id"].shape) == (0, (), (0, 2))


def test_a_file_with_only_its_header(release):
    release.write(DESCRIPTION, release.lines[DESCRIPTION][:1])
    rows, issues = release.read(DESCRIPTION)
    assert (len(rows), rows.text("term").to_pylist(), issues.total) == (0, [], 0)


def test_files_of_several_languages_follow_each_other(release):
    path = release.paths[DESCRIPTION]
    other = path.with_name(path.name.replace("-en_", "-da_"))
    lines = release.lines[DESCRIPTION]
    other.write_bytes(b"".join(line + b"\r\n" for line in [*lines[:3], b"", *lines[3:5]]))
    rows, _ = release.read(DESCRIPTION, "report")
    assert rows.files == ((other.name, 0), (path.name, 4))
    places = [(name, line) for name in (other.name,) for line in (2, 3, 5, 6)]
    assert [rows.place(row) for row in range(9)] == places + [(path.name, line) for line in range(2, 7)]


def test_further_columns_of_refsets_are_checked_and_left_out(release):
    release.spoil(FileKind.OTHER_REFSET, 2, "colour", "1")
    with pytest.raises(OntologyError, match=r"bad-sctid.* in column colour '1'"):
        release.read(FileKind.OTHER_REFSET)
    rows, _ = release.read(FileKind.OTHER_REFSET, "report")
    assert "colour" not in rows.columns
    lines = [b"\t".join((line, b"more")) for line in release.lines[FileKind.SIMPLE]]
    release.write(FileKind.SIMPLE, lines)
    assert len(release.read(FileKind.SIMPLE)[0]) == 5


@pytest.mark.parametrize("kind", [CONCEPT, DESCRIPTION, LANGUAGE])
def test_line_ends_of_lf_alone_are_a_warning(release, kind):
    release.write(kind, release.lines[kind], end=b"\n")
    rows, issues = release.read(kind)
    assert (len(rows), issues.counts) == (5, {"lf-only": 1})
    assert issues.samples("lf-only")[0].line == 1


def test_one_line_end_of_lf_alone(release):
    data = release.paths[DESCRIPTION].read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n", 3)
    release.paths[DESCRIPTION].write_bytes(data)
    rows, issues = release.read(DESCRIPTION)
    assert (len(rows), issues.counts, issues.samples("lf-only")[0].line) == (5, {"lf-only": 1}, 4)


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("kind", [CONCEPT, FileKind.SIMPLE_MAP])
def test_a_last_line_without_its_end(release, kind, cut):
    whole, _ = release.read(kind)
    release.paths[kind].write_bytes(release.paths[kind].read_bytes()[:-cut])
    rows, issues = release.read(kind)
    assert issues.counts == {"no-final-crlf": 1}
    assert issues.samples("no-final-crlf")[0].line == 6
    last = SCHEMAS[kind][-1].name
    assert rows.columns[last].tolist() == whole.columns[last].tolist()


def test_a_byte_order_mark(release):
    release.paths[CONCEPT].write_bytes(b"\xef\xbb\xbf" + release.paths[CONCEPT].read_bytes())
    rows, issues = release.read(CONCEPT)
    assert (len(rows), issues.counts) == (5, {"bom": 1})


@pytest.mark.parametrize(
    ("kind", "column", "code", "blank"),
    [
        (CONCEPT, "effectiveTime", "blank-time", 0),
        (FileKind.EXTENDED_MAP, "correlationId", "blank-column", 0),
        (FileKind.EXTENDED_MAP, "mapGroup", "blank-column", 0),
        (FileKind.ASSOCIATION, "targetComponentId", "blank-column", 0),
        (FileKind.SIMPLE_MAP, "mapTarget", "blank-column", ""),
    ],
)
def test_blank_values_that_may_be(release, kind, column, code, blank):
    release.spoil(kind, 2, column, "")
    rows, issues = release.read(kind)
    assert issues.counts == {code: 1}
    (issue,) = issues.samples(code)
    assert (issue.line, issue.column) == (3, column)
    assert rows.columns[column].tolist()[1] == blank
    assert len(rows) == 5


def test_blanks_are_found_beside_faults(release):
    release.spoil(CONCEPT, 2, "effectiveTime", "")
    lines = release.paths[CONCEPT].read_bytes().split(b"\r\n")
    release.paths[CONCEPT].write_bytes(b"\r\n".join([lines[0], b"x", *lines[1:]]))
    rows, issues = release.read(CONCEPT, "report")
    assert issues.counts == {"blank-time": 1, "column-count": 1}
    assert issues.samples("blank-time")[0].line == 4
    assert rows["effectiveTime"].tolist()[1] == 0


@pytest.mark.parametrize("size", [1, 2, 7, 100, 10_000])
def test_blocks_end_with_lines_and_lose_nothing(size):
    data = b"one\r\n\r\nthree, which is longer\r\n" * 9 + b"rest"
    found = [bytes(block) for block in blocks(BytesIO(data), size)]
    assert b"".join(found) == data
    assert all(block.endswith(b"\n") for block in found[:-1])
