"""The fast reader and the exact one: what the first proves is what the second reads; bytes at random."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.errors import OntologyError
from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.reading.exact import read_exact
from kgllm.ontology.rf2.reading.proof import Prover
from kgllm.ontology.rf2.reading.uuids import uuids
from kgllm.ontology.rf2.rows import FileKind
from kgllm.ontology.rf2.schema import SCHEMAS, Sort
from kgllm.ontology.rf2.sctid import make

KINDS = [
    FileKind.CONCEPT,
    FileKind.DESCRIPTION,
    FileKind.RELATIONSHIP,
    FileKind.EXTENDED_MAP,
    FileKind.IDENTIFIER,
]
PARTITION = {"concept": (0, 10), "description": (1, 11), "relationship": (2, 12), "": (0, 1, 2, 10, 11, 12)}

BYTES = [b"", b"0", b"9", b"x", b"\t", b"\r", b"\n", b" ", b"-", b'"', b"\xff", b"0x1"]

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n"), max_size=12)
TEXTS = TEXT.filter(lambda text: not text.endswith(" "))


@st.composite
def sctids(draw, component):
    partition = draw(st.sampled_from(PARTITION[component]))
    if partition < 10:
        return str(make(draw(st.integers(100, 10**15 - 1)), partition))
    return str(make(draw(st.integers(1, 10**8 - 1)), partition, draw(st.integers(0, 10**7 - 1))))


def fields(column):
    found = {
        Sort.UUID: st.uuids().map(str),
        Sort.TIME: st.dates().filter(lambda day: day.year >= 1000).map(lambda day: day.strftime("%Y%m%d")),
        Sort.ACTIVE: st.sampled_from(["0", "1"]),
        Sort.INTEGER: st.integers(0, 2**31 - 1).map(str),
        Sort.TEXT: TEXTS,
    }
    strategy = sctids(column.component) if column.sort is Sort.SCTID else found[column.sort]
    return st.one_of(st.just(""), strategy) if column.blank else strategy


@st.composite
def files(draw, kind):
    """Right lines of a file, as bytes."""
    rows = draw(st.lists(st.tuples(*map(fields, SCHEMAS[kind])), min_size=1, max_size=6))
    return "".join("\t".join(row) + "\r\n" for row in rows).encode()


@st.composite
def spoilt(draw, kind):
    """Lines with some bytes changed, left out or put in."""
    data = bytearray(draw(files(kind)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data) - 1))
        put = draw(
            st.sampled_from([b"", b"0", b"9", b"x", b"\t", b"\r", b"\n", b" ", b"-", b'"', b"\xff", b"0x1"])
        )
        data[at : at + draw(st.integers(0, 2))] = put
    return bytes(data) + (b"" if data.endswith(b"\n") else b"\r\n")


def exact(data, kind, on_error="report"):
    issues = Issues(on_error)
    return read_exact(memoryview(data), 2, SCHEMAS[kind], "a file", issues), issues


def assert_same(fast, slow):
    assert (fast.end, fast.size, fast.plain) == (slow.end, slow.size, slow.plain)
    assert fast.lines.tolist() == slow.lines.tolist()
    assert [*fast.columns] == [*slow.columns]
    for name, values in fast.columns.items():
        other = slow.columns[name]
        if isinstance(other, pa.Array):
            assert values.equals(other)
        else:
            np.testing.assert_array_equal(values, other)
    assert [(column.name, rows.tolist()) for column, rows in fast.blanks] == [
        (column.name, rows.tolist()) for column, rows in slow.blanks
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_right_files_prove_right_and_read_the_same(kind, end, data):
    lines = data.draw(files(kind)).replace(b"\r\n", end)
    fast = Prover(SCHEMAS[kind]).read(memoryview(lines), 2)
    slow, issues = exact(lines, kind)
    assert issues.total == 0
    assert fast is not None
    assert_same(fast, slow)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_what_proves_right_is_right(kind, data):
    lines = data.draw(spoilt(kind))
    fast = Prover(SCHEMAS[kind]).read(memoryview(lines), 2)
    slow, issues = exact(lines, kind)
    if fast is None:
        assert issues.total or lines.count(b"\r\n") != lines.count(b"\n")
    else:
        assert issues.total == 0
        assert_same(fast, slow)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(list(FileKind)))
def test_any_bytes_give_rows_or_a_named_error(data, kind):
    lines = data + b"\r\n"
    chunk, issues = exact(lines, kind)
    assert len(chunk.lines) + issues.total >= lines.count(b"\n")
    if issues.total:
        assert Prover(SCHEMAS[kind]).read(memoryview(lines), 2) is None
        with pytest.raises(OntologyError):
            exact(lines, kind, "strict")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.uuids(), min_size=1, max_size=5), st.booleans())
def test_uuids_in_bulk(values, upper):
    text = "".join(map(str, values))
    raw = np.frombuffer((text.upper() if upper else text).encode(), np.uint8).reshape(-1, 36)
    found = uuids(raw)
    assert found is not None
    assert [UUID(int=(int(high) << 64) + int(low)) for high, low in found] == values


@pytest.mark.parametrize("at", range(36))
def test_uuids_with_one_wrong_character(at):
    for byte in b"-g/:@G`0":
        text = bytearray(b"01234567-89ab-cdef-0123-456789abcdef")
        right = byte == ord("-" if at in (8, 13, 18, 23) else "0")
        text[at] = byte
        found = uuids(np.frombuffer(bytes(text), np.uint8).reshape(-1, 36))
        assert (found is not None) is right
