"""Prompts: what a language model reads before it names the missing entity. Pure text, no tokens.

A template is written as phrases joined by single spaces:

    [bos] {source} [sep] {relation} [tail]

``{source}`` and ``{relation}`` are slots for names; ``[bos]``, ``[eos]``, ``[sep]``, ``[tail]`` and
``[head]`` are marks that a tokenizer has special tokens for, or writes as words; all else is constant
text. Each phrase is tokenised by itself, so a name keeps its tokens wherever it stands.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..errors import ConfigError
from .queries import Side

_PHRASE = re.compile(r"(\[(?:bos|eos|sep|tail|head)\]|\{\w+\})")
_SLOTS = ("source", "relation")


class Phrase(NamedTuple):
    """A piece of a prompt: constant ``text``, the name of a ``mark``, or the name of a ``slot``."""

    kind: Literal["text", "mark", "slot"]
    value: str


@dataclass(frozen=True)
class PromptTemplate:
    """One prompt for each side.

    Attributes:
        name: how settings call it.
        tail: asks for the tail of (source, relation, ?).
        head: asks for the head of (?, relation, source).

    Raises:
        ConfigError: a side lacks a slot, repeats one, or names one that does not exist.
    """

    name: str
    tail: str
    head: str

    def __post_init__(self) -> None:
        for side in Side:
            slots = [p.value for p in self.phrases(side) if p.kind == "slot"]
            if sorted(slots) != sorted(_SLOTS):
                raise ConfigError(
                    f"the {side.name.lower()} prompt of {self.name!r} has the slots {slots}; "
                    "it needs {source} and {relation} once each"
                )

    def phrases(self, side: Side) -> tuple[Phrase, ...]:
        """The phrases of one side, in order."""
        pieces = _PHRASE.split(self.tail if side is Side.TAIL else self.head)
        return tuple(_phrase(piece.strip()) for piece in pieces if piece.strip())

    def render(self, side: Side, source: str, relation: str) -> str:
        """The prompt as people read it, marks in brackets."""
        names = {"source": source, "relation": relation}
        shown = {"mark": "[{}]", "text": "{}"}
        return " ".join(
            names[value] if kind == "slot" else shown[kind].format(value)
            for kind, value in self.phrases(side)
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of both texts; what was computed from one prompt is not used for another."""
        return hashlib.sha256(f"{self.tail}\n{self.head}".encode()).hexdigest()


def _phrase(piece: str) -> Phrase:
    if piece.startswith("{"):
        return Phrase("slot", piece[1:-1])
    if _PHRASE.fullmatch(piece):
        return Phrase("mark", piece[1:-1])
    return Phrase("text", piece)


_EXPERT = (
    "[bos] You know a great deal about the facts of this knowledge graph. One end of a fact is missing. "
    "Reply with the name of the missing entity and nothing else."
)

_TEMPLATES = (
    # For a model trained here: the fewest tokens.
    PromptTemplate(
        "compact",
        tail="[bos] {source} [sep] {relation} [tail]",
        head="[bos] {source} [sep] {relation} [head]",
    ),
    # For a pretrained LM: K-ON's role prompt; constant text comes first, so its keys and values are shared.
    PromptTemplate(
        "expert",
        tail=_EXPERT + " Head: {source} | Relation: {relation} | Tail:",
        head=_EXPERT + " Tail: {source} | Relation: {relation} | Head:",
    ),
    # For a sentence encoder: a question in natural order, closed by the end mark that such models expect.
    PromptTemplate(
        "question",
        tail="[bos] {source} {relation} what ? [eos]",
        head="[bos] what {relation} {source} ? [eos]",
    ),
)

PROMPTS: dict[str, PromptTemplate] = {template.name: template for template in _TEMPLATES}


def prompt_template(name: str) -> PromptTemplate:
    """The template called ``name``; an unknown one raises ``ConfigError`` with the choices."""
    if name not in PROMPTS:
        raise ConfigError(f"prompt template {name!r} does not exist; choose one of {', '.join(PROMPTS)}")
    return PROMPTS[name]
