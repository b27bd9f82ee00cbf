"""Tokens: their kinds, values and places, and what is refused before any grammar is asked."""

from __future__ import annotations

import pytest

from kgllm.errors import QueryRefusedError, QuerySyntaxError
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.parse.lexer import Token, tokenize


def tokens(text: str) -> list[Token]:
    *found, end = tokenize(text, Limits())
    assert end == ("end", "", "", len(text), len(text), 0)
    return found


def values(text: str) -> list[tuple[str, str | int | float]]:
    return [(token.kind, token.value) for token in tokens(text)]


def test_tokens_know_where_they_stand() -> None:
    name, bracket, inner, close = tokens("RETURN (  `a b`)")
    assert name == ("name", "RETURN", "RETURN", 0, 6, 0)
    assert bracket == ("symbol", "(", "(", 7, 8, 0)
    assert inner == ("quoted", "", "a b", 10, 15, 1)
    assert close == ("symbol", ")", ")", 15, 16, 0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("42", 42),
        ("9223372036854775807", 2**63 - 1),
        ("0x1F", 31),
        ("1_000", 1000),
        ("0x1_F", 31),
        ("1_0.2_5e1_0", 10.25e10),
        ("0o17", 15),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        ("2.5e+2", 250.0),
        ("0.0", 0.0),
    ],
)
def test_numbers(text: str, value: float) -> None:
    [token] = tokens(text)
    assert token.value == value
    assert token.kind == ("integer" if isinstance(value, int) else "float")


NO_NUMBERS = ("1a", "0x", "0xG", "0X1F", "0o8", "007", "1.5x", "1e", "1__0", "1_", "1e400", "١", "9" * 5000)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        tokens(text)


def test_ranges_are_no_floats() -> None:
    assert values("*1..3") == [("symbol", "*"), ("integer", 1), ("symbol", ".."), ("integer", 3)]
    assert values("*..3") == [("symbol", "*"), ("symbol", ".."), ("integer", 3)]
    assert values("n.x") == [("name", "n"), ("symbol", "."), ("name", "x")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("''", ""),
        ('"it\'s"', "it's"),
        (r"'it\'s'", "it's"),
        (r"'a\\b'", "a\\b"),
        (r"'\n\t\r\b\f'", "\n\t\r\b\f"),
        (r"'\u00e9\u4e2d'", "é中"),
        (r"'\ud83d\ude00'", "😀"),
        (r"'\d+\/\U'", r"\d+\/\U"),
        ("'two\nlines'", "two\nlines"),
        ("'// no comment /*'", "// no comment /*"),
        ("'`'", "`"),
        ("'DROP; CREATE'", "DROP; CREATE"),
    ],
)
def test_strings(text: str, value: str) -> None:
    assert values(text) == [("string", value)]


@pytest.mark.parametrize("text", ["'", '"a', r"'\'", r"'\u12'", r"'\u0000'"])
def test_what_is_no_string(text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        tokens(text)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("naïve", ("name", "naïve")),
        ("名前_1", ("name", "名前_1")),
        ("_x", ("name", "_x")),
        ("cafe\u0301", ("name", "cafe\u0301")),  # a combining accent
        ("`a``b`", ("quoted", "a`b")),
        ("`a\nb`", ("quoted", "a\nb")),
        ("$p", ("parameter", "p")),
        ("$0", ("parameter", "0")),
        ("$`a ``b`", ("parameter", "a `b")),
    ],
)
def test_names(text: str, token: tuple[str, str]) -> None:
    assert values(text) == [token]


def test_keywords_are_ascii_and_unquoted() -> None:
    assert [token.key for token in tokens("match Match `MATCH` ſET ıN $set")] == ["MATCH", "MATCH", *[""] * 4]


def test_comments_and_white_space_fall_away() -> None:
    assert values("a // b\n c /* d\n * e */ f // g") == [("name", "a"), ("name", "c"), ("name", "f")]
    assert values("a // b\rc") == [("name", "a"), ("name", "c")]
    assert values("\u00a0a\u3000/**/b") == [("name", "a"), ("name", "b")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("RETURN 'x", "line 1, column 8: found a string that is never closed; add '"),
        ("RETURN\n  `x", "line 2, column 3: found a quoted name that is never closed; add `"),
        ("a\r\nb\r /* x", "line 3, column 2: found a comment that is never closed; add */"),
        ("RETURN ?", "line 1, column 8: found '?', which has no meaning in Cypher; remove it"),
        ("RETURN x²", "line 1, column 8: x² is no name; write `x²`"),
        ("RETURN 12ab + 1", "line 1, column 8: '12ab + 1' begins with no number; write 12, 0x1F or 1.5e3"),
        (r"RETURN '\u12'", r"line 1, column 9: \u is no character; write four digits as in \u00E9"),
        (
            "RETURN 99999999999999999999",
            "line 1, column 8: 99999999999999999999 does not fit 64 bits",
        ),
        ("RETURN ``", "line 1, column 8: found an empty name in back-ticks, expected a name"),
    ],
)
def test_messages_say_where_and_what(text: str, shown: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        tokens(text)
    assert str(caught.value).startswith(shown)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\0", "control-character"),
        ("'\x1b'", "control-character"),
        ("'\ud800'", "lone-surrogate"),
        (r"'\ude00\ud83d'", "lone-surrogate"),
        (r"\u0041", "unicode-escape-outside-string"),
        (r"`\u0060`", "unicode-escape-outside-string"),
        (r"// \u000a", "unicode-escape-outside-string"),
        ("(" * 61, "too-deep"),
        ("([{" * 21, "too-deep"),
        ("x" * 20_001, "too-long"),
    ],
)
def test_refused_in_any_text(text: str, reason: str) -> None:
    with pytest.raises(QueryRefusedError) as caught:
        tokens(text)
    assert caught.value.reason == reason


def test_limits_are_the_callers() -> None:
    assert len(tokenize("(" * 200, Limits(depth=200))) == 201
    with pytest.raises(QueryRefusedError, match="longer than the limit"):
        tokenize("RETURN 1", Limits(characters=7))
    assert len(tokenize("RETURN 1", Limits(characters=8))) == 3
