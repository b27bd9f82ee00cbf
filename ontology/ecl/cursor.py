"""A place in a list of tokens, which moves as the parser reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...errors import EclError, EclUnsupportedError
from .ast import Connective
from .lexer import Token, error, pairs, tokenize

__all__ = ["CONNECTIVES", "Cursor"]

Part = TypeVar("Part")
CONNECTIVES = {",": Connective.AND, "and": Connective.AND, "or": Connective.OR, "minus": Connective.MINUS}


class Cursor:
    """The current token of ``text``, and what can be asked of the ones that follow.

    Raises:
        EclError: ``text`` is not made of tokens, or its brackets do not match.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.closing = pairs(text, self.tokens)
        self.index = 0

    @property
    def token(self) -> Token:
        """The current token."""
        return self.tokens[self.index]

    def at(self, *keys: str) -> bool:
        """Whether the current token is one of these symbols or words."""
        return self.token.key in keys

    def take(self) -> Token:
        """The current token, which is not the end; the cursor moves on."""
        self.index += 1
        return self.tokens[self.index - 1]

    def accept(self, *keys: str) -> Token | None:
        """Takes the current token if it is one of ``keys``."""
        return self.take() if self.at(*keys) else None

    def expect(self, *keys: str) -> Token:
        """Takes the current token, which has to be one of ``keys``."""
        if not self.at(*keys):
            raise self.unexpected(" or ".join(repr(key) for key in keys))
        return self.take()

    def behind(self) -> Token:
        """The token behind the bracket that closes the one here."""
        return self.tokens[self.closing[self.index] + 1]

    def joined(
        self, read: Callable[[], Part], allowed: tuple[Connective, ...]
    ) -> tuple[Connective | None, tuple[Part, ...]]:
        """What ``read`` reads once or more, joined by one connective.

        Raises:
            EclError: by different ones, or by more than one ``MINUS``.
        """
        parts = [read()]
        first = CONNECTIVES.get(self.token.key)
        if first not in allowed:
            return None, tuple(parts)
        while (connective := CONNECTIVES.get(self.token.key)) is not None:
            if connective != first or (connective == Connective.MINUS and len(parts) > 1):
                raise self.unexpected(f"brackets that say what is joined first: it follows {first}")
            self.take()
            parts.append(read())
        return first, tuple(parts)

    def unexpected(self, expected: str) -> EclError:
        """The error that says what stands here instead of ``expected``."""
        token = self.token
        found = repr(token.text[:40]) if token.kind != "end" else "the end"
        return self.error(f"found {found}, expected {expected}")

    def error(self, message: str) -> EclError:
        """The error for the current token."""
        return error(self.text, self.token.at, message)

    def unsupported(self, feature: str) -> EclUnsupportedError:
        """The error for a feature that begins at the current token."""
        message = f"{feature} is part of the language, but not supported"
        return EclUnsupportedError(feature, str(error(self.text, self.token.at, message)), self.token.at)
