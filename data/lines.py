"""Text files as lines: plain or gzip, any line ends, with exact line numbers and nothing hidden."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ReadError


@dataclass(frozen=True)
class Form:
    """What a reader passed over in one file; an audit reports it.

    Attributes:
        path: the file.
        crlf: number of CRLF line ends, read as LF.
        blank: number of blank lines, skipped.
        bom: whether the file began with a byte-order mark.
        header: the header or count line that was skipped, if any.
    """

    path: Path
    crlf: int = 0
    blank: int = 0
    bom: bool = False
    header: str = ""

    def notes(self) -> Iterator[str]:
        """One sentence for each irregularity."""
        if self.crlf:
            yield f"{self.path.name}: CRLF line ends read as LF: {self.crlf:,}"
        if self.blank:
            yield f"{self.path.name}: blank lines skipped: {self.blank:,}"
        if self.bom:
            yield f"{self.path.name}: byte-order mark skipped"
        if self.header:
            yield f"{self.path.name}: first line {self.header!r} taken for a header or count"


@dataclass(frozen=True)
class Lines:
    """The non-blank lines of a file, without line ends.

    Attributes:
        form: the file and what was passed over in it.
        sha256: hash of the plain content, the same for a file and its gzip copy.
        text: the lines.
        numbers: 1-based line number of each.
    """

    form: Form
    sha256: str
    text: list[str]
    numbers: Sequence[int]

    def __len__(self) -> int:
        return len(self.text)

    def without_first(self) -> Lines:
        """The same lines, the first one taken for a header."""
        form = replace(self.form, header=self.text[0])
        return replace(self, form=form, text=self.text[1:], numbers=self.numbers[1:])

    def error(self, index: int, problem: str, fix: str = "") -> ReadError:
        """A ``ReadError`` for line ``index`` (0-based, of those kept)."""
        return ReadError(self.form.path, self.numbers[index], problem, text=self.text[index], fix=fix)


def read_lines(path: Path) -> Lines:
    """Read a UTF-8 text file, gzip or plain (told apart by content).

    Raises:
        ReadError: the file is missing, a torn gzip file, not UTF-8, or has stray carriage returns.
    """
    raw = plain_bytes(path)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        fix = "convert it, for example with iconv -t utf-8"
        raise ReadError(path, line, f"byte {raw[error.start]:#04x} is not UTF-8", fix=fix) from None
    crlf, bom = text.count("\r\n"), text.startswith("\ufeff")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        raise ReadError(
            path, line, "a carriage return stands inside the line", fix="end lines with LF or CRLF"
        )
    every = text.split("\n")
    if not every[-1]:
        every.pop()
    numbers: Sequence[int] = range(1, len(every) + 1)
    kept = [i for i, line in enumerate(every) if line and not line.isspace()]
    form = Form(path, crlf, len(every) - len(kept), bom)
    if form.blank:
        every, numbers = [every[i] for i in kept], [i + 1 for i in kept]
    return Lines(form, hashlib.sha256(raw).hexdigest(), every, numbers)


def plain_bytes(path: Path) -> bytes:
    """The content of a file, decompressed if it is gzip.

    Raises:
        ReadError: the file is missing, unreadable, or a torn gzip file.
    """
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ReadError(path, None, "the gzip file is incomplete or damaged", fix="fetch it again") from None
    except OSError as error:
        raise ReadError(path, None, f"cannot be read ({error.strerror})", fix="check the path") from None
