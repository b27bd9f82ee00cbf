"""A place in a list of tokens, which moves as the parser reads."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, takewhile
from typing import TypeVar

from ....errors import QueryError
from ..limits import Limits
from ..refusals import clause_reason, refused, syntax_error
from .lexer import Token, tokenize

__all__ = ["NAMES", "Cursor"]

Part = TypeVar("Part")
NAMES = ("name", "quoted")
OPENING, CLOSING = {"(", "[", "{"}, {")", "]", "}"}
HINTS = {
    "NOT": "write NOT x IN list",
    "GROUP": "items without aggregates are the groups",
    "HAVING": "write WITH ... WHERE",
    "SELECT": "write MATCH ... RETURN",
    "!=": "write <>",
    "=": "write one = to compare",
}
REFUSED_SYMBOLS = {";": "several-statements", "||": "concatenation", "::": "type-predicate"}


class Cursor:
    """The current token of ``text`` and what can be asked of the ones that follow.

    ``nesting`` counts the operands that are being read inside each other; ``bar`` is the bracket depth at
    which the last ``|`` ends an expression instead of joining labels, or -1.
    """

    def __init__(self, text: str, limits: Limits) -> None:
        self.text, self.limits = text, limits
        self.tokens = tokenize(text, limits)
        self.closing = _closing(self.tokens)
        self.index = 0
        self.nesting = 0
        self.bar = -1

    @property
    def token(self) -> Token:
        """The current token."""
        return self.tokens[self.index]

    def ahead(self, steps: int = 1) -> Token:
        """The token ``steps`` after the current one, or the end."""
        return self.tokens[min(self.index + steps, len(self.tokens) - 1)]

    def at(self, *keys: str) -> bool:
        """Whether the current token is one of these keywords or symbols."""
        return self.tokens[self.index].key in keys

    def take(self) -> Token:
        """The current token; the cursor moves on."""
        token = self.tokens[self.index]
        if token.kind != "end":
            self.index += 1
        return token

    def accept(self, *keys: str) -> Token | None:
        """Takes the current token if it is one of ``keys``."""
        return self.take() if self.tokens[self.index].key in keys else None

    def expect(self, *keys: str) -> Token:
        """Takes the tokens ``keys``, one after the other, and gives the first one.

        Raises:
            QueryError: another token stands there.
        """
        first = self.token
        for key in keys:
            if self.accept(key) is None:
                raise self.unexpected(key)
        return first

    def name(self, what: str) -> str:
        """Takes a name, quoted or not; keywords are names here."""
        if self.token.kind not in NAMES:
            raise self.unexpected(what)
        return str(self.take().value)

    def separated(self, read: Callable[[], Part], closing: str, *first: Part) -> tuple[Part, ...]:
        """What ``read`` reads between commas, after ``first``, up to and with the bracket ``closing``."""
        parts = list(first)
        if not parts and not self.at(closing):
            parts.append(read())
        while parts and self.accept(","):
            parts.append(read())
        if not self.accept(closing):
            raise self.unexpected(f"',' or '{closing}'")
        return tuple(parts)

    def source(self, start: int) -> str:
        """The text from offset ``start`` to the end of the last token taken."""
        return self.text[start : self.tokens[self.index - 1].end]

    def deeper(self) -> None:
        """Counts one more level of nesting; the caller takes it back."""
        self.nesting += 1
        if self.nesting > self.limits.depth:
            raise self.refuse("too-deep")

    def has_comma(self, opening: int) -> bool:
        """Whether a comma stands directly inside the bracket at index ``opening``."""
        inside = self.tokens[opening + 1 : self.closing.get(opening, opening)]
        depth = self.tokens[opening].depth + 1
        return any(token.key == "," and token.depth == depth for token in inside)

    def bar_ends(self) -> bool:
        """Whether the ``|`` here ends an expression: no label follows it, or no other ``|`` does."""
        if self.token.depth != self.bar:
            return False
        if self.ahead(2).key in {".", ":", "(", "[", "{"}:
            return True
        following = takewhile(
            lambda token: token.depth >= self.bar, islice(self.tokens, self.index + 1, None)
        )
        return not any(token.key == "|" and token.depth == self.bar for token in following)

    def refuse(self, reason: str) -> QueryError:
        """The refusal of the current token."""
        token = self.token
        return refused(reason, self.text, token.at, self.text[token.at : token.end])

    def not_a_clause(self, expected: str) -> QueryError:
        """The error where a clause should begin: a refusal if another clause of Cypher does."""
        if self.token.kind == "name":
            reason = clause_reason([token.key for token in self.tokens[self.index : self.index + 4]])
            if reason:
                return self.refuse(reason)
        return self.unexpected(expected)

    def unexpected(self, expected: str) -> QueryError:
        """The error that says what stands here instead of ``expected``."""
        token = self.token
        if token.key in REFUSED_SYMBOLS:
            return self.refuse(REFUSED_SYMBOLS[token.key])
        found = repr(self.text[token.at : token.end][:30]) if token.kind != "end" else "the end of the query"
        hint = f"; {HINTS[token.key]}" if token.key in HINTS else ""
        return self.error(token.at, f"found {found}, expected {expected}{hint}")

    def error(self, at: int, message: str) -> QueryError:
        """The error for text that is no Cypher at offset ``at``."""
        return syntax_error(self.text, at, message)


def _closing(tokens: list[Token]) -> dict[int, int]:
    """Index of each opening bracket and of the one that closes it, as far as they match in number."""
    closing: dict[int, int] = {}
    open_: list[int] = []
    for index, token in enumerate(tokens):
        if token.key in OPENING:
            open_.append(index)
        elif token.key in CLOSING and open_:
            closing[open_.pop()] = index
    return closing
