"""All files of one kind, read and checked."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Iterator, Sequence

from ...issues import KEPT, Issue, Issues, Rule
from ..package import DataFile, Package
from ..rows import FileKind, Rows
from ..rules import BLANK_COLUMN, BLANK_TIME, BOM, HEADER, LF_ONLY, NO_FINAL_CRLF, NOT_UTF8
from ..schema import SCHEMAS, Column, columns_of
from ..sources import opened
from .blocks import blocks
from .chunks import Chunk, Collector
from .exact import read_exact
from .proof import Prover

__all__ = ["read_kind"]

LF = ord("\n")
LONGEST_HEADER = 1 << 12


def read_kind(
    package: Package, kind: FileKind, issues: Issues, columns: Collection[str] | None = None
) -> Rows:
    """Read and check all files of one kind.

    Args:
        package: the release.
        kind: what to read; a release that has no such file gives no rows.
        issues: takes note of what is wrong.
        columns: names of the columns to keep; all are checked. ``None`` keeps those that every file of the
            kind has.

    Raises:
        OntologyError: a fatal rule is broken and the load is strict, or an archive is damaged.
    """
    kept = [column for column in SCHEMAS[kind] if columns is None or column.name in columns]
    collector = Collector(kind, kept)
    for file in package.of(kind):
        collector.begin(file.place, file.source.size)
        for chunk in _chunks(file, issues):
            collector.add(chunk)
    return collector.finish()


def _chunks(file: DataFile, issues: Issues) -> Iterator[Chunk]:
    """The rows of a file; each block is read the fast way, and the exact way if that fails."""
    with opened(file.source) as stream:
        header = stream.readline(LONGEST_HEADER)
        columns = _columns(file, header, issues)
        if columns is None:
            return
        prover, line = Prover(columns), 2
        plain = int(header.endswith(b"\n") and not header.endswith(b"\r\n"))
        for block in blocks(stream):
            data = block if block[-1] == LF else _ended(block, file, line, issues)
            chunk = prover.read(data, line) or read_exact(data, line, columns, file.place, issues)
            _report_blanks(chunk, file, issues)
            yield chunk
            line, plain = chunk.end, plain or chunk.plain
    if plain:
        issues.add(Issue(LF_ONLY, file.place, plain))


def _columns(file: DataFile, first: bytes, issues: Issues) -> Sequence[Column] | None:
    """The columns that the first line of a file names; ``None`` if it is not the header of such a file."""
    if first.startswith(codecs.BOM_UTF8):
        issues.add(Issue(BOM, file.place, 1))
    try:
        header = first.removeprefix(codecs.BOM_UTF8).removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        issues.add(Issue(NOT_UTF8, file.place, 1, text=first.decode(errors="backslashreplace")))
        return None
    columns = columns_of(file.name, header.split("\t"))
    if columns is None:
        expected = " ".join(column.name for column in SCHEMAS[file.name.kind])
        issues.add(Issue(HEADER, file.place, 1, text=header, detail=f"expected {expected}"))
    return columns


def _ended(block: memoryview, file: DataFile, line: int, issues: Issues) -> memoryview:
    """The last lines of a file, from number ``line`` on, with the end that they lack."""
    data = bytes(block)
    issues.add(Issue(NO_FINAL_CRLF, file.place, line + data.count(b"\n")))
    return memoryview(data.removesuffix(b"\r") + b"\r\n")


def _report_blanks(chunk: Chunk, file: DataFile, issues: Issues) -> None:
    for column, rows in chunk.blanks:
        rule: Rule = BLANK_TIME if column.name == "effectiveTime" else BLANK_COLUMN
        for line in chunk.lines[rows[:KEPT]].tolist():
            issues.add(Issue(rule, file.place, line, column.name))
        issues.count(rule, len(rows[KEPT:]))
