"""Rank counters and exact top-k over all entities, a slice of entities at a time.

Memory is O(queries × chunk), never queries × entities unless one chunk holds them all. Filtered
entities are excluded (−inf), so a known answer can never outrank a gold with a negative score.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..errors import ScoreError
from .base import QueryScorer

_BLOCK_CPU, _BLOCK_GPU = 2**19, 2**26
"""Scores compared at once: what fits in a core's cache, what keeps a GPU busy."""


class Pairs(NamedTuple):
    """(query, entity) coordinates: two (n,) int64 tensors; ``query`` is a row of the encoded batch."""

    query: Tensor
    entity: Tensor


class Tolerance(NamedTuple):
    """Scores with |s − s_gold| ≤ atol + rtol · |s_gold| count as equal to the gold's."""

    atol: float = 0.0
    rtol: float = 0.0


class RankCounts(NamedTuple):
    """Integer counters of g gold answers; optimistic rank = 1 + greater, pessimistic = that + equal.

    Attributes:
        greater: (g,) int64, candidates that score higher than the gold and do not tie with it.
        equal: (g,) int64, other candidates that tie with the gold.
        candidates: (g,) int64, entities left after filtering, the gold included.
        gold_score: (g,) float32.
    """

    greater: Tensor
    equal: Tensor
    candidates: Tensor
    gold_score: Tensor


class TopK(NamedTuple):
    """Best entities of B queries, best first; where fewer than k are left, id −1 and score −inf.

    Attributes:
        ids: (B, k) int64.
        scores: (B, k) float32.
    """

    ids: Tensor
    scores: Tensor


EXACT = Tolerance()


@torch.no_grad()
def count_ranks(
    scorer: QueryScorer,
    encoded: Any,
    gold: Pairs,
    known: Pairs,
    *,
    chunk: int,
    tolerance: Tolerance = EXACT,
) -> RankCounts:
    """Count who outranks each gold answer among all entities, known answers left out.

    A query may have any number of golds: its scores are computed once. Each gold meets the candidates of its
    own query; the query's other golds are among them unless they are in ``known``. The gold's score is read
    from the chunk that holds it, hence it carries the same rounding as the rest.

    Args:
        scorer: gives (B, stop − start) scores.
        encoded: what ``scorer.encode`` returned for B queries.
        gold: (g,) coordinates of the golds, in any order.
        known: (n,) distinct coordinates of answers to leave out, sorted by query, then entity, as
            ``AnswerTable.known`` gives them. A gold in it stays a candidate for itself.
        chunk: entities scored at once. With one chunk every entity is scored once, else twice.
        tolerance: what counts as a tie; the default is exact comparison.

    Raises:
        ScoreError: a score is NaN or infinite.
    """
    chunks = _Chunks(scorer, encoded, known, chunk)
    score = torch.zeros(len(gold.entity), device=gold.entity.device)
    for start, scores in chunks.raw():
        held, column = _inside(gold.entity, start, scores)
        score[held] = scores[gold.query[held], column]
    margin = tolerance.atol + tolerance.rtol * score.abs()
    greater, equal = torch.zeros_like(gold.entity), torch.zeros_like(gold.entity)
    for start, scores in chunks.filtered():
        above, not_below = _compare(scores, gold.query, score + margin, score - margin)
        held, column = _inside(gold.entity, start, scores)
        not_below[held] -= (scores[gold.query[held], column] >= (score - margin)[held]).long()
        greater += above
        equal += not_below - above
    return RankCounts(greater, equal, _candidates(scorer.num_entities, gold, known), score)


@torch.no_grad()
def top_k(scorer: QueryScorer, encoded: Any, k: int, exclude: Pairs, *, chunk: int) -> TopK:
    """The k best entities of each query, exact; equal scores are ordered by entity id.

    Args:
        scorer, encoded, chunk: as for ``count_ranks``.
        k: how many; at least 1.
        exclude: (n,) distinct coordinates that may not be returned, sorted as in ``count_ranks``.

    Raises:
        ScoreError: a score is NaN or infinite.
    """
    best: Tensor | None = None
    for start, scores in _Chunks(scorer, encoded, exclude, chunk).filtered():
        keys = _keys(scores, start)
        merged = keys if best is None else torch.cat([best, keys], dim=1)
        best = merged.topk(min(k, merged.shape[1])).values  # sorted, best first
    if best is None:
        raise ValueError("there are no entities to rank")
    scores, ids = _unkeys(best)
    gap = (0, k - best.shape[1])
    scores = torch.nn.functional.pad(scores, gap, value=-torch.inf)
    ids = torch.nn.functional.pad(ids, gap, value=-1)
    return TopK(torch.where(scores.isneginf(), -1, ids), scores)


class _Chunks:
    """Checked score slices of one encoded batch; a single slice is computed once and kept."""

    def __init__(self, scorer: QueryScorer, encoded: Any, known: Pairs, chunk: int) -> None:
        if chunk < 1:
            raise ValueError(f"chunk is {chunk}; it must be at least 1")
        self.scorer, self.encoded, self.chunk = scorer, encoded, chunk
        order = known.entity.argsort(stable=True)
        self.known = Pairs(known.query[order], known.entity[order])
        self._only: Tensor | None = None

    def raw(self) -> Iterator[tuple[int, Tensor]]:
        """(first entity, (B, c) scores), every one finite."""
        entities = self.scorer.num_entities
        for start in range(0, entities, self.chunk):
            if self._only is None:
                scores = self.scorer.score(self.encoded, start, min(start + self.chunk, entities)).float()
                _require_finite(scores, start)
                self._only = scores if self.chunk >= entities else None
            else:
                scores = self._only
            yield start, scores

    def filtered(self) -> Iterator[tuple[int, Tensor]]:
        """The same slices with −inf for known answers; a scorer's own tensor is never written to."""
        for start, scores in self.raw():
            bounds = torch.tensor([start, start + scores.shape[1]], device=self.known.entity.device)
            low, high = torch.searchsorted(self.known.entity, bounds).tolist()
            if low < high:
                rows, columns = self.known.query[low:high], self.known.entity[low:high] - start
                scores = scores.clone()
                scores[rows, columns] = -torch.inf
            yield start, scores


def _require_finite(scores: Tensor, start: int) -> None:
    if not scores.numel() or all(extreme.isfinite() for extreme in scores.aminmax()):  # NaN propagates
        return
    query, column = (~scores.isfinite()).nonzero()[0].tolist()
    raise ScoreError(
        f"the score of entity {start + column} for query {query} of the batch is "
        f"{scores[query, column].item()}; ranks need finite scores: check the checkpoint and the data type"
    )


def _inside(entity: Tensor, start: int, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Which golds lie in a chunk, as positions, and their columns in it."""
    held = ((entity >= start) & (entity < start + scores.shape[1])).nonzero().squeeze(1)
    return held, entity[held] - start


def _compare(scores: Tensor, query: Tensor, upper: Tensor, lower: Tensor) -> tuple[Tensor, Tensor]:
    """(g,) int64 counts of scores > upper and ≥ lower in each gold's row, in blocks of bounded size."""
    size = _BLOCK_CPU if scores.device.type == "cpu" else _BLOCK_GPU
    step = max(1, size // scores.shape[1])
    above, not_below = torch.zeros_like(query), torch.zeros_like(query)
    for block in (slice(first, first + step) for first in range(0, len(query), step)):
        rows = scores[query[block]]  # (b, c)
        above[block] = (rows > upper[block, None]).sum(1, dtype=torch.int32).long()
        not_below[block] = (rows >= lower[block, None]).sum(1, dtype=torch.int32).long()
    return above, not_below


def _candidates(entities: int, gold: Pairs, known: Pairs) -> Tensor:
    """(g,) int64: all entities but the query's known answers; the gold itself always counts."""
    keys = known.query * entities + known.entity
    if len(keys) > 1 and not bool((keys[1:] > keys[:-1]).all()):
        raise ValueError("known answers must be distinct and sorted by query, then entity")
    wanted = gold.query * entities + gold.entity
    first = torch.searchsorted(keys, gold.query * entities)
    last = torch.searchsorted(keys, (gold.query + 1) * entities)
    is_known = torch.searchsorted(keys, wanted, right=True) - torch.searchsorted(keys, wanted)
    return entities - (last - first) + is_known


def _keys(scores: Tensor, start: int) -> Tensor:
    """(B, c) int64 that sort like (score, −entity id): distinct, so that top-k has one answer only.

    The bits of a float32 order like an integer once the magnitude of negative numbers is flipped.
    """
    bits = (scores + 0.0).view(torch.int32).long()  # + 0.0 makes −0 equal to 0
    bits = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    ids = torch.arange(start, start + scores.shape[1], device=scores.device)
    return (bits << 32) | (0xFFFFFFFF - ids)


def _unkeys(keys: Tensor) -> tuple[Tensor, Tensor]:
    """Undo ``_keys``: scores and entity ids."""
    bits = keys >> 32
    bits = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    return bits.int().view(torch.float32), 0xFFFFFFFF - (keys & 0xFFFFFFFF)
