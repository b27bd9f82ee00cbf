"""Prompts for (source, relation, side) by table look-up: every name is tokenised once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from ...data.prompts import Phrase, PromptTemplate
from ...data.queries import Side
from ...lm.tokenizer import Mark, TextTokenizer
from .base import PromptBatch

Ints = NDArray[np.int64]


class Ragged(NamedTuple):
    """n rows of token ids, one after the other: row i is ``flat[offsets[i]:offsets[i + 1]]``."""

    flat: NDArray[np.int32]
    offsets: Ints

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Ragged:
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        return cls(np.fromiter((i for row in rows for i in row), np.int32, int(offsets[-1])), offsets)

    def lengths(self, rows: Ints) -> Ints:
        return self.offsets[rows + 1] - self.offsets[rows]


class PromptTable:
    """Turns queries into a ``PromptBatch`` without touching a string.

    A template's slot is one more ``Ragged`` table, so context lines or descriptions would be one too.

    Args:
        template: the prompt.
        tokenizer: the backbone's.
        entity_names, relation_names: texts by id.
    """

    def __init__(
        self,
        template: PromptTemplate,
        tokenizer: TextTokenizer,
        entity_names: Sequence[str],
        relation_names: Sequence[str],
    ) -> None:
        self.template = template
        self.tokenizer = tokenizer
        self._slots = {
            "source": Ragged.of(tokenizer.encode(entity_names)),
            "relation": Ragged.of(tokenizer.encode(relation_names)),
        }
        self._constants = {
            phrase: Ragged.of([_constant(phrase, tokenizer)])
            for side in Side
            for phrase in template.phrases(side)
            if phrase.kind != "slot"
        }

    def lengths(self, source: Ints, relation: Ints, side: Ints) -> Ints:
        """(B,) number of tokens of each prompt; of use for batches of like length."""
        total = np.zeros(len(side), dtype=np.int64)
        for current in Side:
            rows = np.flatnonzero(side == current)
            for phrase in self.template.phrases(current):
                tokens, index = self._look_up(phrase, source[rows], relation[rows])
                total[rows] += tokens.lengths(index)
        return total

    def batch(self, source: Ints, relation: Ints, side: Ints) -> PromptBatch:
        """Prompts of B queries, (B,) int64 ids each, on the CPU; as wide as the longest of them."""
        lengths = self.lengths(source, relation, side)
        ids = np.full((len(side), int(lengths.max(initial=0))), self.tokenizer.pad_id, dtype=np.int64)
        for current in Side:
            rows = np.flatnonzero(side == current)
            column = np.zeros(len(rows), dtype=np.int64)
            for phrase in self.template.phrases(current):
                tokens, index = self._look_up(phrase, source[rows], relation[rows])
                column += _write(ids, rows, column, tokens, index)
        return PromptBatch(torch.from_numpy(ids), torch.from_numpy(lengths))

    @property
    def prefix(self) -> Ints:
        """Token ids that every prompt of both sides begins with; empty where the source comes first."""
        tail, head = (self._leading_constants(side) for side in Side)
        width = min(len(tail), len(head))
        differ = np.flatnonzero(tail[:width] != head[:width])
        return tail[: differ[0] if len(differ) else width]

    def _leading_constants(self, side: Side) -> Ints:
        found = [np.empty(0, dtype=np.int64)]
        for phrase in self.template.phrases(side):
            if phrase.kind == "slot":
                break
            found.append(self._constants[phrase].flat.astype(np.int64))
        return np.concatenate(found)

    def _look_up(self, phrase: Phrase, source: Ints, relation: Ints) -> tuple[Ragged, Ints]:
        """The table a phrase is read from, and the row of each query in it."""
        if phrase.kind == "slot":
            return self._slots[phrase.value], source if phrase.value == "source" else relation
        return self._constants[phrase], np.zeros(len(source), dtype=np.int64)


def _constant(phrase: Phrase, tokenizer: TextTokenizer) -> list[int]:
    if phrase.kind == "mark":
        mark: Mark = phrase.value  # type: ignore[assignment]  # the template's pattern admits marks only
        return tokenizer.mark(mark)
    return tokenizer.encode([phrase.value])[0]


def _write(ids: Ints, rows: Ints, column: Ints, tokens: Ragged, index: Ints) -> Ints:
    """Copy ``tokens[index[i]]`` to ``ids[rows[i], column[i]:]`` for every i; returns the lengths written."""
    lengths = tokens.lengths(index)
    begin = np.cumsum(lengths) - lengths
    within = np.arange(int(lengths.sum())) - np.repeat(begin, lengths)
    found = tokens.flat[np.repeat(tokens.offsets[index], lengths) + within]
    ids[np.repeat(rows, lengths), np.repeat(column, lengths) + within] = found
    return lengths
