"""The content of a file, whatever it is called: gzip or plain, with or without a byte-order mark, UTF-8."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import OntologyError
from ..issues import Issue, Issues, Rule, place

__all__ = ["open_text", "read_bytes", "read_text"]

SUFFIX = Rule("wrong-suffix", False, "a file whose name ends otherwise than its content says")
BOM = Rule("byte-order-mark", False, "a byte-order mark at the beginning")
GZIP = Rule("bad-gzip", True, "the compressed data is torn or damaged", "fetch or compress the file again")
UTF8 = Rule("not-utf-8", True, "a line that is not UTF-8", "convert the file to UTF-8")


def open_text(path: Path, issues: Issues) -> Iterator[str]:
    """The lines of ``path`` without their ends; a line that is not UTF-8 is fatal, or comes as ``""``.

    Raises:
        OntologyError: the file cannot be read, its compressed data is damaged, or, in a strict load, a line
            is not UTF-8.
    """
    with _opened(path, issues) as file:
        text = io.TextIOWrapper(file, "utf-8", "surrogateescape")
        for number, line in enumerate(text, 1):
            if not line.isascii() and _undecoded(line):
                issues.add(Issue(UTF8, place(path), number, text=repr(_bytes(line))))
                line = ""
            yield line[:-1] if line[-1:] == "\n" else line


def read_bytes(path: Path, issues: Issues) -> bytes:
    """All of ``path``, decompressed, without a byte-order mark.

    Raises:
        OntologyError: the file cannot be read, or its compressed data is damaged.
    """
    with _opened(path, issues) as file:
        return file.read()


def read_text(path: Path, issues: Issues) -> str:
    """All of ``path`` as text.

    Raises:
        OntologyError: as for :func:`read_bytes`, or the text is not UTF-8, whatever ``on_error`` says.
    """
    content = read_bytes(path, issues)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = repr(content[error.start : error.end])
        raise OntologyError(Issue(UTF8, place(path), line, text=found)) from error


@contextmanager
def _opened(path: Path, issues: Issues) -> Iterator[io.BufferedReader[Any]]:
    """The decompressed content of ``path`` behind its byte-order mark."""
    try:
        with path.open("rb") as raw:
            compressed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if compressed != (path.suffix == ".gz"):
                detail = "the content is compressed" if compressed else "the content is not compressed"
                issues.add(Issue(SUFFIX, place(path), detail=detail))
            file: io.BufferedReader[Any]
            file = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if compressed else raw
            if file.peek(3).startswith(codecs.BOM_UTF8):
                file.read(3)
                issues.add(Issue(BOM, place(path), 1))
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise OntologyError(Issue(GZIP, place(path), detail=str(error))) from error
    except OSError as error:
        raise OntologyError(f"{path} cannot be read: {error.strerror or error}") from error


def _undecoded(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return True
    return False


def _bytes(line: str) -> bytes:
    return line.rstrip("\n").encode("utf-8", "surrogateescape")[:80]
