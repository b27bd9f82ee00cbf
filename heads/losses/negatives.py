"""Negatives that are never a training answer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import TrainingError

Ints = NDArray[np.int64]


class Negatives(NamedTuple):
    """Uniform draws from the non-answers of each query.

    Attributes:
        entities: (B, N) int64 entity ids.
        log_expected: (B,) float32 log(N · q): the log of how often any one non-answer is expected.
    """

    entities: Ints
    log_expected: NDArray[np.float32]


def strict_negatives(
    known: tuple[Ints, Ints], num_queries: int, num_entities: int, count: int, seed: tuple[int, ...]
) -> Negatives:
    """Draw ``count`` non-answers of each query, uniformly and with replacement.

    A draw is a rank r among the non-answers; the entity at that rank is r plus the number of known answers
    before it, found by binary search. So nothing is rejected and any N works on any graph. (The published
    code draws without replacement, with a loop over queries, and fails where N exceeds the non-answers.)

    Args:
        known: (position, entity) of all training answers, sorted and distinct: ``AnswerTable.known``.
        num_queries: B.
        num_entities: E.
        count: N.
        seed: e.g. (run seed, batch index); equal seeds give equal draws.

    Raises:
        TrainingError: every entity is an answer of some query.
    """
    position, entity = known
    held = np.bincount(position, minlength=num_queries)
    free = num_entities - held
    if num_queries and free.min() < 1:
        raise TrainingError(
            f"a query has all {num_entities} entities as training answers, so it has no negative; "
            "use a loss over all entities (ce_all)"
        )
    rank = np.random.default_rng(seed).integers(0, free[:, None], size=(num_queries, count))
    first = np.cumsum(held) - held
    # The i-th known answer a of a query is preceded by a − i non-answers; row keys keep the queries apart.
    row = np.arange(num_queries)[:, None] * (num_entities + 1)
    preceding = position * (num_entities + 1) + entity - (np.arange(len(entity)) - first[position])
    skipped = np.searchsorted(preceding, row + rank, side="right") - first[:, None]
    return Negatives(rank + skipped, np.log(count / free).astype(np.float32))
