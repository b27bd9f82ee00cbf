"""Each fault of shape and values, planted in a small release: the rule, the place, and what is left."""

from __future__ import annotations

import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.rf2.rows import FileKind

CONCEPT, DESCRIPTION, RELATIONSHIP = FileKind.CONCEPT, FileKind.DESCRIPTION, FileKind.RELATIONSHIP
LANGUAGE = FileKind.LANGUAGE

VALUES = [
    ("bad-sctid", CONCEPT, "id", "abc"),
    ("bad-sctid", CONCEPT, "id", ""),
    ("bad-sctid", CONCEPT, "id", "22298"),
    ("bad-sctid", CONCEPT, "id", "1234567890123456789"),
    ("bad-sctid", CONCEPT, "id", "-11000003104"),
    ("bad-sctid", CONCEPT, "id", "0x3FF"),
    ("bad-sctid", CONCEPT, "id", "1.1e10"),
    ("bad-sctid", CONCEPT, "moduleId", " 11000003104"),
    ("bad-sctid", CONCEPT, "moduleId", "１１0000031"),
    ("leading-zero", CONCEPT, "id", "011000003104"),
    ("leading-zero", CONCEPT, "moduleId", "011000003104"),
    ("check-digit", CONCEPT, "id", "11000003105"),
    ("check-digit", CONCEPT, "definitionStatusId", "11000003105"),
    ("check-digit", RELATIONSHIP, "destinationId", "12000003104"),
    ("partition", CONCEPT, "id", "21000003113"),
    ("partition", DESCRIPTION, "id", "11000003104"),
    ("partition", DESCRIPTION, "conceptId", "21000003113"),
    ("partition", RELATIONSHIP, "id", "11000003104"),
    ("partition", RELATIONSHIP, "sourceId", "31000003123"),
    ("partition", RELATIONSHIP, "typeId", "31000003123"),
    ("partition", LANGUAGE, "referencedComponentId", "11000003104"),
    ("bad-uuid", LANGUAGE, "id", "11000003104"),
    ("bad-uuid", LANGUAGE, "id", ""),
    ("bad-uuid", LANGUAGE, "id", "00000000-0000-0001-0000-00000000000g"),
    ("bad-uuid", LANGUAGE, "id", "000000000000-0001-0000-0000-00000007"),
    ("bad-active", CONCEPT, "active", "2"),
    ("bad-active", CONCEPT, "active", "true"),
    ("bad-active", CONCEPT, "active", ""),
    ("bad-active", CONCEPT, "active", "01"),
    ("bad-time", CONCEPT, "effectiveTime", "2026013"),
    ("bad-time", CONCEPT, "effectiveTime", "20180931"),
    ("bad-time", CONCEPT, "effectiveTime", "2026-01-31"),
    ("bad-time", CONCEPT, "effectiveTime", "020260131"),
    ("bad-integer", RELATIONSHIP, "relationshipGroup", "x"),
    ("bad-integer", RELATIONSHIP, "relationshipGroup", ""),
    ("bad-integer", RELATIONSHIP, "relationshipGroup", "-1"),
    ("bad-integer", RELATIONSHIP, "relationshipGroup", "01"),
    ("bad-integer", RELATIONSHIP, "relationshipGroup", "3000000000"),
    ("trailing-space", CONCEPT, "definitionStatusId", "11000003104 "),
    ("trailing-space", CONCEPT, "id", "11000003104 "),
    ("trailing-space", FileKind.SIMPLE_MAP, "mapTarget", "A00 "),
]


@pytest.mark.parametrize(("code", "kind", "column", "text"), VALUES)
def test_wrong_values_are_named_with_their_place(release, code, kind, column, text):
    release.spoil(kind, 3, column, text)
    with pytest.raises(OntologyError, match=rf"{release.paths[kind].name}:4: \[{code}\]") as caught:
        release.read(kind)
    issue = caught.value.issue
    assert (issue.rule.code, issue.line, issue.column, issue.text) == (code, 4, column, text)
    rows, issues = release.read(kind, "report")
    assert issues.counts == {code: 1}
    assert rows.lines.tolist() == [2, 3, 5, 6]


SHAPES = {
    "column-count": lambda line: line + b"\tmore",
    "empty-line": lambda _: b"",
    "trailing-space": lambda line: line + b" ",
    "not-utf8": lambda line: line.replace(b"\t1\t", b"\t\xff\t").replace(b"\t0\t", b"\t\xff\t"),
    "stray-return": lambda line: line.replace(b"\t", b"\r\t", 1),
}


@pytest.mark.parametrize("code", SHAPES)
@pytest.mark.parametrize("kind", [CONCEPT, DESCRIPTION, LANGUAGE])
@pytest.mark.parametrize("row", [1, 3, 5])
def test_lines_of_a_wrong_shape(release, code, kind, row):
    lines = [*release.lines[kind]]
    lines[row] = SHAPES[code](lines[row])
    release.write(kind, lines)
    with pytest.raises(OntologyError) as caught:
        release.read(kind)
    assert (caught.value.issue.rule.code, caught.value.issue.line) == (code, row + 1)
    rows, issues = release.read(kind, "report")
    assert issues.counts == {code: 1}
    assert [rows.place(at)[1] for at in range(4)] == [line for line in range(2, 7) if line != row + 1]


def test_a_line_split_by_a_return_or_by_too_few_columns(release):
    lines = release.lines[CONCEPT]
    release.write(CONCEPT, [*lines[:2], lines[2][:20], lines[2][20:], *lines[3:]])
    _, issues = release.read(CONCEPT, "report")
    assert [issue.line for issue in issues.samples("column-count")] == [3, 4]


def test_faults_that_cancel_out_in_the_byte_count_are_found(release):
    lines = [*release.lines[CONCEPT]]
    lines[1] = b"0" + lines[1]
    release.write(CONCEPT, lines)
    data = release.paths[CONCEPT].read_bytes()
    release.paths[CONCEPT].write_bytes(data[:-2] + b"\n")
    _, issues = release.read(CONCEPT, "report")
    assert issues.counts == {"leading-zero": 1, "lf-only": 1}
    hexadecimal = f"{release_id(lines[2]):#x}".encode()
    lines[2] = hexadecimal + lines[2][lines[2].index(b"\t") :]
    release.write(CONCEPT, lines)
    _, issues = release.read(CONCEPT, "report")
    assert issues.counts == {"leading-zero": 1, "bad-sctid": 1}


def release_id(line):
    return int(line.split(b"\t")[0])


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        (CONCEPT, b"id\teffectiveTime\tactive\tmoduleId"),
        (LANGUAGE, b"id\teffectiveTime\tactive\tmoduleId\trefset\treferencedComponentId\tacceptabilityId"),
        (CONCEPT, b""),
    ],
)
def test_a_wrong_header_leaves_the_file_out(release, kind, header):
    release.write(kind, [header, *release.lines[kind][1:]])
    with pytest.raises(OntologyError, match=r":1: \[header\].*expected id effectiveTime"):
        release.read(kind)
    rows, issues = release.read(kind, "report")
    assert (len(rows), issues.counts) == (0, {"header": 1})


def test_a_header_that_is_not_utf8(release):
    release.write(CONCEPT, [b"\xff" + release.lines[CONCEPT][0]])
    with pytest.raises(OntologyError, match=r":1: \[not-utf8\]"):
        release.read(CONCEPT)


def test_an_empty_file_has_no_header(release):
    release.write(CONCEPT, [])
    with pytest.raises(OntologyError, match=r"\[header\]"):
        release.read(CONCEPT)


def test_a_file_in_utf16(release):
    text = b"\r\n".join(release.lines[DESCRIPTION]).decode()
    release.paths[DESCRIPTION].write_bytes(text.encode("utf-16"))
    with pytest.raises(OntologyError, match=r":1: \[not-utf8\]"):
        release.read(DESCRIPTION)


def test_report_lists_all_and_skip_only_counts(release):
    lines = [release.lines[CONCEPT][0], *([b"x"] * 30)]
    release.write(CONCEPT, lines)
    rows, issues = release.read(CONCEPT, "report")
    assert (len(rows), issues.counts["column-count"], len(issues.samples("column-count"))) == (0, 30, 20)
    rows, issues = release.read(CONCEPT, "skip")
    assert (len(rows), issues.counts["column-count"], issues.samples("column-count")) == (0, 30, [])


@pytest.mark.parametrize("kind", [CONCEPT, LANGUAGE, FileKind.EXTENDED_MAP])
def test_a_fault_in_one_file_leaves_the_others_whole(release, kind):
    release.write(kind, [release.lines[kind][0], b"x", *release.lines[kind][1:]])
    for other in FileKind:
        rows, issues = release.read(other, "report")
        assert len(rows) == 5
        assert issues.counts == ({"column-count": 1} if other is kind else {})
        if other is kind:
            assert rows.place(0) == (release.paths[kind].name, 3)
