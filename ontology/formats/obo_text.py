"""The small words of OBO: quoted text, escapes, ids, cross references, trailing qualifiers and comments."""

from __future__ import annotations

import re
from sys import intern

from .curies import curie

__all__ = ["first_words", "has_good_xrefs", "quoted", "short_id", "unescape", "unquoted", "xref_id"]

QUOTED = r'"[^"\\]*(?:\\.[^"\\]*)*"'
XREF = rf'(?:[^\s,\]\\"]|\\.)+(?:\s+{QUOTED})?'
REST = rf'(?:\{{[^"{{}}=]+=[^"{{}}]*(?:{QUOTED}[^"{{}}]*)*\}})?\s*(?:!.*)?'
"""Qualifiers in braces, then a comment; both may be missing."""

TEXT = re.compile(QUOTED)
XREFS = re.compile(rf"\[\s*(?:{XREF}(?:\s*,\s*{XREF})*)?\s*\]\s*{REST}")
ONE_XREF = re.compile(rf'((?:[^\s"\\]|\\.)+)(?:\s+{QUOTED})?\s*{REST}')
UNQUOTED = re.compile(rf"(.*?)(?:\s+{REST})?")
ESCAPE = re.compile(r"\\(.)")
ESCAPES = {"n": "\n", "t": "\t", "W": " "}


def unescape(text: str) -> str:
    r"""``text`` with ``\:`` and its kin replaced by what they stand for."""
    return ESCAPE.sub(lambda match: ESCAPES.get(match[1], match[1]), text) if "\\" in text else text


def quoted(value: str) -> tuple[str, str] | None:
    """The text in quotes at the start of ``value``, and what follows; None where quotes are missing."""
    match = TEXT.match(value)
    return (unescape(match[0][1:-1]), value[match.end() :].strip()) if match else None


def unquoted(value: str) -> str:
    """``value`` without qualifiers and comment."""
    match = UNQUOTED.fullmatch(value) if "{" in value or "!" in value else None
    return unescape(match[1] if match else value)


def short_id(word: str) -> str:
    """An id without escapes, as a CURIE where it is an IRI; one string for one id, to save memory."""
    word = unescape(word)
    return intern(curie(word) if word.startswith("http") else word)


def first_words(value: str, count: int) -> list[str]:
    """``count`` ids; ``[]`` where there are fewer, or more follows than qualifiers and a comment."""
    words = value.split(None, count)
    if len(words) < count or (len(words) > count and words[count][0] not in "{!"):
        return []
    return [short_id(word) for word in words[:count]]


def has_good_xrefs(tail: str) -> bool:
    """Whether ``tail`` is a list of cross references, with nothing behind but qualifiers and a comment."""
    return tail == "[]" or XREFS.fullmatch(tail) is not None


def xref_id(value: str) -> tuple[str, bool]:
    """The id of a cross reference, and whether it is written as it should be.

    Ids should have no spaces, web addresses no escapes; they are taken all the same.
    """
    if " " not in value and "\\" not in value:
        return value, True
    match = ONE_XREF.fullmatch(value)
    word = match[1] if match else re.split(r'\s+["{!]', value, maxsplit=1)[0]
    return unescape(word), match is not None and not (word.startswith("http") and "\\" in word)
