"""Cypher text to tokens.

Comments and white space fall away here; what could hide something from a reader of the text (control
characters, unicode escapes outside strings) is refused.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from ..limits import Limits
from ..refusals import refused, syntax_error

__all__ = ["Token", "tokenize"]

Kind = Literal["name", "quoted", "parameter", "integer", "float", "string", "symbol", "end"]


class Token(NamedTuple):
    """One token.

    Args:
        kind: what it is.
        key: what the grammar compares: an unquoted ASCII name in upper case, the text of a symbol, else "".
        value: the name, the number or the string that the text stands for.
        at: offset of the first character.
        end: offset after the last one.
        depth: how many brackets are open around it.
    """

    kind: Kind
    key: str
    value: str | int | float
    at: int
    end: int
    depth: int


FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

NAME = r"[^\W\d]\w*"
DIGITS = r"[0-9](?:_?[0-9])*"
QUOTED = r"`(?:[^`]|``)*`"
TOKEN = re.compile(
    rf"""
      (?P<blank>\s+)
    | (?P<comment>//[^\r\n]*|/\*.*?\*/)
    | (?P<name>{NAME})
    | (?P<parameter>\$(?:{NAME}|[0-9]+|{QUOTED}))
    | (?P<float>(?:{DIGITS}\.{DIGITS}|\.{DIGITS}|{DIGITS}(?=[eE]))(?:[eE][+-]?{DIGITS})?(?!\w))
    | (?P<integer>(?:0x[0-9a-fA-F](?:_?[0-9a-fA-F])*|0o[0-7](?:_?[0-7])*|0|(?!0){DIGITS})(?!\w))
    | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<quoted>{QUOTED})
    | (?P<symbol><>|<=|>=|=~|\.\.|\|\||::|!=|/(?!\*)|[-+*%^=<>()\[\]{{}},.:;|&!$])
    """,
    re.VERBOSE | re.DOTALL,
)

ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"'}

UNCLOSED = {
    "'": "a string that is never closed; add '",
    '"': 'a string that is never closed; add "',
    "`": "a quoted name that is never closed; add `",
    "/": "a comment that is never closed; add */",
}


def tokenize(text: str, limits: Limits) -> list[Token]:
    """The tokens of ``text``; the last one is of kind ``end``.

    Raises:
        QueryRefusedError: the text is too long, nested too deeply, or holds what is not allowed in any text.
        QuerySyntaxError: a character, number or string that Cypher does not have.
    """
    if len(text) > limits.characters:
        raise refused("too-long", text, limits.characters)
    if bad := FORBIDDEN.search(text):
        reason = "lone-surrogate" if "\ud800" <= bad[0] <= "\udfff" else "control-character"
        raise refused(reason, text, bad.start(), ascii(bad[0]))
    tokens: list[Token] = []
    at = depth = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise _no_token(text, at)
        at = found.end()
        if found.lastgroup == "comment":
            _plain(text, found)
        elif found.lastgroup != "blank":
            token = _token(text, found, depth)
            at = token.end
            if token.key in {"(", "[", "{"}:
                depth += 1
                if depth > limits.depth:
                    raise refused("too-deep", text, token.at, token.key)
            elif token.key in {")", "]", "}"}:
                depth = max(depth - 1, 0)
                token = token._replace(depth=depth)
            tokens.append(token)
    tokens.append(Token("end", "", "", at, at, 0))
    return tokens


def _token(text: str, found: re.Match[str], depth: int) -> Token:
    word, (at, end) = found[0], found.span()
    match found.lastgroup:
        case "name":
            return _name(text, found, depth)
        case "quoted":
            return Token("quoted", "", _quoted(text, found), at, end, depth)
        case "parameter":
            name = _quoted(text, found) if word[1] == "`" else word[1:]
            return Token("parameter", "", name, at, end, depth)
        case "integer":
            return Token("integer", "", _integer(text, found), at, end, depth)
        case "float":
            return Token("float", "", _float(text, found), at, end, depth)
        case "string":
            return Token("string", "", _string(text, found), at, end, depth)
    return Token("symbol", word, word, at, end, depth)


def _name(text: str, found: re.Match[str], depth: int) -> Token:
    at, end = found.span()
    while end < len(text) and ("_" + text[end]).isidentifier():  # combining marks
        end += 1
    word = text[at:end]
    if not word.isidentifier():
        raise syntax_error(text, at, f"{word[:24]} is no name; write `{word[:24]}`")
    # ſ and ı have ASCII upper case, but they do not make keywords
    return Token("name", word.upper() if word.isascii() else "", word, at, end, depth)


def _quoted(text: str, found: re.Match[str]) -> str:
    _plain(text, found)
    name = found[0].lstrip("$")[1:-1].replace("``", "`")
    if not name:
        raise syntax_error(text, found.start(), "found an empty name in back-ticks, expected a name")
    return name


def _plain(text: str, found: re.Match[str]) -> None:
    """Refuses unicode escapes in comments and quoted names: engines decode them and see the end there."""
    if "\\u" in found[0] or "\\U" in found[0]:
        raise refused("unicode-escape-outside-string", text, found.start(), found[0])


def _integer(text: str, found: re.Match[str]) -> int:
    word = found[0].lower()
    value = int(word, 0) if len(word) < 100 else 2**64
    if value > 2**63:  # 2**63 itself may follow a minus sign
        raise syntax_error(text, found.start(), f"{word[:24]} does not fit 64 bits; write a smaller one")
    return value


def _float(text: str, found: re.Match[str]) -> float:
    value = float(found[0])
    if value == float("inf"):
        raise syntax_error(text, found.start(), f"{found[0][:24]} does not fit a float; write a smaller one")
    return value


def _string(text: str, found: re.Match[str]) -> str:
    def unescape(escape: re.Match[str]) -> str:
        code, other = escape.groups()
        if code and int(code, 16):
            return chr(int(code, 16))
        if other in {None, "u"}:
            at = found.start() + 1 + escape.start()
            raise syntax_error(text, at, rf"{escape[0]} is no character; write four digits as in \u00E9")
        return ESCAPED.get(other, escape[0])  # as Neo4j does: '\d' is a backslash and a d

    body = found[0][1:-1]
    if "\\" not in body:
        return body
    try:  # two escapes may make one character
        return ESCAPE.sub(unescape, body).encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise refused("lone-surrogate", text, found.start(), found[0]) from None


def _no_token(text: str, at: int) -> Exception:
    """Why no token begins at ``at``."""
    character = text[at]
    if character == "\\" and text[at + 1 : at + 2] in {"u", "U"}:
        return refused("unicode-escape-outside-string", text, at, text[at : at + 6])
    if character in UNCLOSED:
        return syntax_error(text, at, f"found {UNCLOSED[character]}")
    if character.isdigit():
        found = text[at : at + 12]
        return syntax_error(text, at, f"{found!r} begins with no number; write 12, 0x1F or 1.5e3")
    return syntax_error(text, at, f"found {character!a}, which has no meaning in Cypher; remove it")
