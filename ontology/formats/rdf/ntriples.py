"""N-Triples to triples: a triple on each line (https://www.w3.org/TR/n-triples/)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from ...issues import Issue, Issues, Rule
from .triples import Literal, Node, Triple

__all__ = ["is_triple", "ntriples"]

BAD_TRIPLE = Rule("bad-triple", True, "a line that is not a triple", "write the file again with an RDF tool")

LINE = re.compile(
    r"""\s*(?:<([^<>"\s]*)>|(_:[^\s<>"]+))\s*
    <([^<>"\s]*)>\s*
    (?:<([^<>"\s]*)>|(_:[^\s<>"]*[^\s<>".])|"((?:[^"\\]|\\.)*)"(?:\^\^<([^<>"\s]*)>|@([A-Za-z0-9-]+))?)\s*
    \.\s*(?:\#[^\n]*\n?)?""",
    re.VERBOSE,
)
COMMENT = re.compile(r"\s*(?:#[^\n]*\n?)?")
ESCAPE = re.compile(r"""\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([tbnrf"'\\]))""")
ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


def is_triple(line: str) -> bool:
    """Whether ``line`` is a triple, a comment or blank."""
    return bool(LINE.fullmatch(line) or COMMENT.fullmatch(line))


def ntriples(content: bytes, name: str, issues: Issues) -> Iterator[Triple]:
    """The triples of ``content``, the text of a file that is called ``name`` in issues.

    Raises:
        OntologyError: a line is not a triple and the load is strict.
    """
    for number, line in enumerate(io.BytesIO(content), 1):
        try:
            triple = _triple(line.decode(), number)
        except ValueError as error:
            issues.add(
                Issue(BAD_TRIPLE, name, number, text=line.decode("utf-8", "replace"), detail=str(error))
            )
            continue
        if triple:
            yield triple


def _triple(line: str, number: int) -> Triple | None:
    """The triple of a line, ``None`` for a comment; a ``ValueError`` if it is neither."""
    match = LINE.fullmatch(line)
    if match is None:
        if COMMENT.fullmatch(line):
            return None
        raise ValueError
    subject, blank, predicate, iri, blank_object, text, datatype, language = match.groups()
    if "\\" in line:
        subject, predicate, iri, text, datatype = map(_unescaped, (subject, predicate, iri, text, datatype))
    target: Node = iri if iri is not None else blank_object
    if text is not None:
        target = Literal(text, language or "", datatype or "")
    return blank if subject is None else subject, predicate, target, number


def _unescaped(text: str | None) -> str | None:
    if text is None or "\\" not in text:
        return text
    return ESCAPE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    short, long, letter = match.groups()
    if letter:
        return ESCAPED[letter]
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise ValueError(f"{match[0]} stands for no character")
    return chr(code)
