"""Text of the Expression Constraint Language to tokens; white space and comments fall away here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from ...errors import EclError

__all__ = ["CURIE", "DEEPEST", "Token", "error", "pairs", "tokenize"]

DEEPEST = 50
"""Brackets that may be open at one place."""

Kind = Literal["digits", "curie", "quoted", "term", "string", "number", "alternate", "word", "symbol", "end"]


class Token(NamedTuple):
    """One token.

    Args:
        kind: a ``term`` stands between bars, a ``quoted`` id between single quotes.
        key: what the grammar compares: a symbol, or a word in lower case; else ``""``.
        text: as written.
        at: offset of the first character.
    """

    kind: Kind
    key: str
    text: str
    at: int


# The prefix is limited in length: else a text without colons would be searched to its end for each word.
CURIE = r"(?!(?i:any):)[A-Za-z][\w.-]{0,63}:[\w.-]*\w"
TOKEN = re.compile(
    rf"""
      (?P<blank>\s+|/\*.*?\*/)
    | (?P<digits>[0-9]+)
    | (?P<curie>{CURIE})
    | (?P<alternate>[A-Za-z][A-Za-z0-9-]{{0,63}}\#[\w.-]*\w)
    | (?P<word>[A-Za-z][A-Za-z0-9_-]*)
    | (?P<term>\|[^|]*\|)
    | (?P<quoted>'(?:[^']|'')*')
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<number>\#[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?![\w.]))
    | (?P<symbol><<!|>>!|!!<|!!>|<<|>>|<!|>!|<=|>=|<>|!=|\{{\{{|\}}\}}|\.\.|[<>=^*()\[\]{{}},.:+])
    """,
    re.VERBOSE | re.DOTALL,
)

CLOSING = {"(": ")", "[": "]", "{": "}", "{{": "}}"}
UNCLOSED = {
    "/*": "a comment that is never closed, expected */",
    "|": "a term that is never closed, expected |",
    "'": "an id that is never closed, expected '",
    '"': 'a string that is never closed, expected "',
    "#": "found '#', expected a number behind it",
}


def tokenize(text: str) -> list[Token]:
    """The tokens of ``text``; the last one is of kind ``end``.

    Raises:
        EclError: a character, term, string or number that the language does not have.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise error(text, at, _no_token(text, at))
        kind: Kind | Literal["blank"] = found.lastgroup  # type: ignore[assignment]
        if kind != "blank":
            key = found[0].lower() if kind in ("word", "symbol") else ""
            tokens.append(Token(kind, key, found[0], at))
        at = found.end()
    tokens.append(Token("end", "", "", at))
    return tokens


def pairs(text: str, tokens: Sequence[Token]) -> dict[int, int]:
    """The index of each opening bracket, and of the one that closes it.

    Raises:
        EclError: a bracket has no partner, or more than :data:`DEEPEST` are open.
    """
    closing: dict[int, int] = {}
    open_: list[int] = []
    for index, token in enumerate(tokens):
        if token.key in CLOSING:
            open_.append(index)
            if len(open_) > DEEPEST:
                raise error(text, token.at, f"more than {DEEPEST} brackets are open here, expected fewer")
        elif token.key in CLOSING.values():
            if not open_:
                raise error(text, token.at, f"found {token.text!r}, but no bracket is open")
            opening = tokens[open_[-1]]
            if CLOSING[opening.key] != token.key:
                expected = f"{CLOSING[opening.key]!r} for the {opening.text!r} at {_where(text, opening.at)}"
                raise error(text, token.at, f"found {token.text!r}, expected {expected}")
            closing[open_.pop()] = index
    if open_:
        opening = tokens[open_[-1]]
        raise error(text, opening.at, f"{opening.text!r} is never closed, expected {CLOSING[opening.key]!r}")
    return closing


def _no_token(text: str, at: int) -> str:
    for opening, message in UNCLOSED.items():
        if text.startswith(opening, at):
            return message
    return f"found {text[at]!r}, which no expression constraint has"


def error(text: str, at: int, message: str) -> EclError:
    """The error for what stands at offset ``at`` of ``text``."""
    return EclError(f"{_where(text, at)}: {message}", at)


def _where(text: str, at: int) -> str:
    """``line 2, column 7``, both counted from 1."""
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"
