"""Exact top-k entities by best-first search over the names' prefixes (kon.md §3.1, P4).

A log-probability is never positive, so a prefix bounds every name that goes on from it. Streaming over
all bags is faster up to millions of entities; this visits only the prefixes that can still win.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from ..errors import ScoreError
from .tokens import prefix_groups
from .vocab import EntityVocab


@dataclass(frozen=True, eq=False)
class NameTrie:
    """The N distinct prefixes of all names, parents before children.

    Attributes:
        slot: (N,) slot of the prefix's last token.
        parent: (N,) node of the prefix without that token, −1 for prefixes of one token.
        depth: (N,) tokens of the prefix.
        longest: (N,) scored tokens of the longest name that starts with the prefix.
        terminal: (E,) node at which each entity's scored name ends.
    """

    slot: NDArray[np.int64]
    parent: NDArray[np.int64]
    depth: NDArray[np.int64]
    longest: NDArray[np.int64]
    terminal: NDArray[np.int64]

    @classmethod
    def build(cls, vocab: EntityVocab) -> NameTrie:
        """The trie of ``vocab``; O(K · E log E)."""
        levels: list[tuple[NDArray[np.int64], ...]] = []
        node = np.full(len(vocab), -1, dtype=np.int64)
        size = 0
        for step, group in enumerate(prefix_groups(vocab.token_ids, vocab.vocab_size)):
            alive = np.flatnonzero(vocab.lengths > step)
            _, first, index = np.unique(group[alive], return_index=True, return_inverse=True)
            some = alive[first]  # one entity for each prefix
            longest = np.zeros(len(some), dtype=np.int64)
            np.maximum.at(longest, index, vocab.lengths[alive])
            slot = vocab.bag_slots[vocab.bag_offsets[some] + step].astype(np.int64)
            levels.append((slot, node[some], np.full(len(some), step + 1), longest))
            node[alive] = size + index
            size += len(some)
        slot, parent, depth, longest = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        return cls(slot, parent, depth, longest, node)

    def best_first(
        self, table: NDArray[np.float32], length_factor: NDArray[np.float32], k: int
    ) -> list[tuple[int, float]]:
        """The k best entities of one query, best first, ties by ascending id, as (id, score).

        Args:
            table: (S,) one column of ``Encoded.table``; no entry may be positive.
            length_factor: (E,) ``Encoded.length_factor``; a longer name never has the larger factor.
            k: how many; all entities where there are fewer.

        Raises:
            ScoreError: the table holds a positive entry or NaN, so prefixes bound nothing.
        """
        if not (table <= 0).all():
            raise ScoreError(
                "a slot scores above 0 or NaN, so prefixes bound no name; rank all entities instead"
            )
        by_depth = np.ones(int(self.depth.max()) + 1, dtype=np.float32)
        np.minimum.at(by_depth, self.depth[self.terminal], length_factor)
        sums = np.zeros(len(self.slot), dtype=np.float32)
        # At equal keys prefixes leave before entities, so when a tied entity leaves, its equals are all in.
        heap: list[tuple[float, bool, int]] = []
        best: list[tuple[int, float]] = []
        opened = -1
        while True:
            for child in _row(self._children, opened + 1):
                sums[child] = table[self.slot[child]] + (sums[opened] if opened >= 0 else 0)
                heappush(heap, (-float(sums[child] * by_depth[self.longest[child]]), False, int(child)))
            for entity in _row(self._entities, opened) if opened >= 0 else ():
                heappush(heap, (-float(sums[opened] * length_factor[entity]), True, int(entity)))
            while heap and heap[0][1] and len(best) < k:
                key, _, entity = heappop(heap)
                best.append((entity, -key))
            if not heap or len(best) >= k:
                return best
            opened = heappop(heap)[2]

    @cached_property
    def _children(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _invert(self.parent + 1, len(self.slot) + 1)

    @cached_property
    def _entities(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _invert(self.terminal, len(self.slot))


def _invert(owner: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """CSR lists of the positions that each of ``size`` owners holds."""
    offsets = np.append(0, np.cumsum(np.bincount(owner, minlength=size)))
    return np.argsort(owner, kind="stable"), offsets


def _row(csr: tuple[NDArray[np.int64], NDArray[np.int64]], row: int) -> NDArray[np.int64]:
    members, offsets = csr
    return members[offsets[row] : offsets[row + 1]]
