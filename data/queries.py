"""Queries and their known answers: the two things that ranking and training both need.

A triple (h, r, t) asks two questions: the tail query (h, r, ?) and the head query (?, r, t). Many
triples share a query, so a query is stored once and its answers stand in a CSR table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from .dataset import Triples

Ints = NDArray[np.int64]


class Side(IntEnum):
    """Which end of the triple is asked for."""

    TAIL = 0
    HEAD = 1


@dataclass(frozen=True)
class Queries:
    """q queries as three parallel (q,) int64 arrays.

    Attributes:
        source: the given entity: the head of a tail query, the tail of a head query.
        relation: relation ids.
        side: 0 where the tail is asked for, 1 where the head is (``Side``).
    """

    source: Ints
    relation: Ints
    side: Ints

    def __len__(self) -> int:
        return len(self.source)

    def take(self, index: NDArray[np.int64] | slice) -> Queries:
        """The queries at ``index``."""
        return Queries(self.source[index], self.relation[index], self.side[index])


def ask(triples: Triples, side: Side) -> tuple[Queries, Ints]:
    """One query per triple for one side, and the (n,) gold answers."""
    source, gold = (0, 2) if side is Side.TAIL else (2, 0)
    sides = np.full(len(triples), int(side), dtype=np.int64)
    return Queries(triples[:, source], triples[:, 1], sides), triples[:, gold]


@dataclass(frozen=True)
class AnswerTable:
    """Unique queries, sorted by (side, relation, source), and their distinct answers in CSR form.

    Attributes:
        queries: the q unique queries.
        offsets: (q + 1,) int64; the answers of query i are ``answers[offsets[i]:offsets[i + 1]]``.
        answers: (nnz,) int64 entity ids, ascending within a query.
        num_entities, num_relations: sizes used to pack a query into one integer key.
    """

    queries: Queries
    offsets: Ints
    answers: Ints
    num_entities: int
    num_relations: int

    @classmethod
    def build(cls, triples: Triples, num_entities: int, num_relations: int) -> AnswerTable:
        """Table of both sides of ``triples``, duplicates removed. O(n log n)."""
        parts = [ask(triples, side) for side in Side]
        keys = np.concatenate([_key(q, num_entities, num_relations) for q, _ in parts])
        gold = np.concatenate([g for _, g in parts])
        order = np.lexsort((gold, keys))
        keys, gold = keys[order], gold[order]
        first = np.ones(len(keys), dtype=bool)
        first[1:] = (keys[1:] != keys[:-1]) | (gold[1:] != gold[:-1])
        keys, gold = keys[first], gold[first]
        unique, starts = np.unique(keys, return_index=True)
        offsets = np.append(starts, len(keys)).astype(np.int64)
        return cls(_unkey(unique, num_entities, num_relations), offsets, gold, num_entities, num_relations)

    def __len__(self) -> int:
        return len(self.queries)

    def find(self, queries: Queries) -> Ints:
        """(q,) row of each query in the table, −1 where the table does not hold it."""
        own = _key(self.queries, self.num_entities, self.num_relations)
        wanted = _key(queries, self.num_entities, self.num_relations)
        if not len(own):
            return np.full(len(wanted), -1, dtype=np.int64)
        rows = np.minimum(np.searchsorted(own, wanted), len(own) - 1)
        return np.where(own[rows] == wanted, rows, -1).astype(np.int64)

    def known(self, queries: Queries) -> tuple[Ints, Ints]:
        """Known answers of ``queries`` as coordinates: (nnz,) position in ``queries``, (nnz,) entity id.

        Sorted by position, then entity. A query that the table does not hold contributes nothing.
        """
        rows = self.find(queries)
        held = np.flatnonzero(rows >= 0)
        counts = self.offsets[rows[held] + 1] - self.offsets[rows[held]]
        position = np.repeat(held, counts)
        first = np.repeat(self.offsets[rows[held]] - (np.cumsum(counts) - counts), counts)
        return position, self.answers[np.arange(len(position)) + first]


def _key(queries: Queries, num_entities: int, num_relations: int) -> Ints:
    return (queries.side * num_relations + queries.relation) * num_entities + queries.source


def _unkey(keys: Ints, num_entities: int, num_relations: int) -> Queries:
    rest, source = np.divmod(keys, num_entities)
    side, relation = np.divmod(rest, num_relations)
    return Queries(source, relation, side)
