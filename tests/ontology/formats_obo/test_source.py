"""Files are opened by what they hold, and what is wrong with the bytes is named."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import OntologyError
from kgllm.ontology.formats.source import open_text, read_bytes, read_text
from kgllm.ontology.issues import Issues


def save(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_come_out_the_same_however_they_are_packed(
    tmp_path: Path, pack: type[bytes], mark: bytes, end: bytes
) -> None:
    content = mark + end.join("one\u2028still one\x0b,é\n\ntwo".encode().split(b"\n"))
    path = save(tmp_path, "a.txt.gz" if pack is gzip.compress else "a.txt", pack(content))
    issues = Issues()
    assert [*open_text(path, issues)] == ["one\u2028still one\x0b,é", "", "two"]
    assert dict(issues.counts) == ({"byte-order-mark": 1} if mark else {})
    assert read_bytes(path, Issues()) == content[len(mark) :]


@pytest.mark.parametrize(("name", "pack"), [("a.txt", gzip.compress), ("a.gz", bytes)])
def test_a_wrong_suffix_is_a_warning(tmp_path: Path, name: str, pack: type[bytes]) -> None:
    issues = Issues()
    assert [*open_text(save(tmp_path, name, pack(b"x\n")), issues)] == ["x"]
    assert dict(issues.counts) == {"wrong-suffix": 1}
    assert issues.samples("wrong-suffix")[0].file == name


def test_a_line_that_is_not_utf_8_is_named_and_left_out(tmp_path: Path) -> None:
    path = save(tmp_path, "a.txt", b"good\ncaf\xe9\ncaf\xc3\xa9\n")
    with pytest.raises(OntologyError, match=r"a\.txt:2: \[not-utf-8\].*convert the file"):
        [*open_text(path, Issues())]
    assert [*open_text(path, issues := Issues("report"))] == ["good", "", "café"]
    assert issues.samples("not-utf-8")[0].line == 2
    with pytest.raises(OntologyError, match=r"a\.txt:2: \[not-utf-8\]"):
        read_text(path, Issues("report"))


@pytest.mark.parametrize("cut", [3, 12, -1, -6])
def test_torn_gzip_is_named(tmp_path: Path, cut: int) -> None:
    path = save(tmp_path, "a.gz", gzip.compress(bytes(range(97, 123)) * 99)[:cut])
    for read in (read_bytes, lambda *of: [*open_text(*of)]):
        with pytest.raises(OntologyError, match=r"a\.gz: \[bad-gzip\]"):
            read(path, Issues("report"))


def test_damaged_gzip_is_named(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(bytes(range(97, 123)) * 99))
    content[len(content) // 2] ^= 255
    with pytest.raises(OntologyError, match=r"\[bad-gzip\]"):
        read_bytes(save(tmp_path, "a.gz", bytes(content)), Issues())


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="cannot be read: No such file"):
        read_bytes(tmp_path / "none", Issues())
    with pytest.raises(OntologyError, match="cannot be read: Is a directory"):
        [*open_text(tmp_path, Issues())]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    assert [*open_text(save(tmp_path, "a.txt", b""), Issues())] == []


@given(content=st.binary(max_size=60))
def test_any_bytes_are_lines_or_a_named_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = save(tmp_path_factory.getbasetemp(), "any.txt", content)
    try:
        lines = [*open_text(path, Issues("report"))]
    except OntologyError:
        lines = []
    assert all("\n" not in line for line in lines)
    assert lines or not content or content.startswith((b"\x1f\x8b", b"\xef\xbb\xbf"))
