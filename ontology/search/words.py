"""Terms as words that can be compared: without case, accents and punctuation."""

from __future__ import annotations

import re
from unicodedata import category, normalize

import pyarrow as pa
import pyarrow.compute as pc

_INNER = r"([\pL\pN])[-‐‑'’]([\pL\pN])"
"""A hyphen or an apostrophe inside a word."""

_INNER_OF_ONE = re.compile(r"([^\W_])[-‐‑'’]([^\W_])")
"""The same in the language of Python."""


def normal(texts: pa.Array) -> pa.LargeStringArray:
    """``texts`` in lower case, without accents; what is no letter or digit becomes a single blank between."""
    plain = pc.utf8_lower(pc.utf8_normalize(texts.cast(pa.large_string()), "NFKD"))
    plain = pc.replace_substring_regex(plain, r"\pM", "")
    return pc.utf8_trim(pc.replace_substring_regex(plain, r"[^\pL\pN]+", " "), " ")


def joined(texts: pa.Array) -> pa.LargeStringArray:
    """``texts`` without the hyphens and apostrophes inside words: ``X-ray`` becomes ``Xray``."""
    return pc.replace_substring_regex(texts.cast(pa.large_string()), _INNER, r"\1\2")


def readings(text: str) -> list[list[str]]:
    """The words of ``text`` with hyphened words in parts, and, if there are such, with them in one piece.

    The words are those of :func:`normal` and :func:`joined`, which take far longer for a single text.
    """
    parts, pieces = _words(text), _words(_INNER_OF_ONE.sub(r"\1\2", text))
    return [parts] if parts == pieces else [parts, pieces]


def _words(text: str) -> list[str]:
    return "".join(_plain(one) for one in normalize("NFKD", text)).split()


def _plain(character: str) -> str:
    kind = category(character)[0]
    if kind == "M":
        return ""
    return character.lower() if kind in "LN" else " "
