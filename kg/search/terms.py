"""What people type, as a query of SQLite's FTS5 that cannot be malformed."""

from __future__ import annotations

import re

__all__ = ["match_expression"]

_TERM = re.compile(r'"([^"]*)"(\*?)|([^\s"]+)')


def match_expression(text: str, every: bool = False) -> str:
    """An FTS5 expression for the terms of ``text``, each of them quoted; empty where there are none.

    A term is a word, a phrase in double quotes, or the beginning of either, with ``*`` behind it. Everything
    else has no meaning: operators, column names and brackets are words.

    Args:
        text: any string.
        every: whether all terms must match, else any.
    """
    clean = text.encode("utf-8", "replace").decode().replace("\0", " ")
    terms = []
    for phrase, star, word in _TERM.findall(clean):
        star = star or word[-1:] * word.endswith("*")
        if any(character.isalnum() for character in phrase + word):
            terms.append(f'"{phrase or word.rstrip("*")}"{star}')
    return (" AND " if every else " OR ").join(dict.fromkeys(terms))
