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


def strict_negatives(known: tuple[Ints, Ints], draws: NDArray[np.uint64], num_entities: int) -> Negatives:
    """Turn random integers into non-answers of each query, uniform and with replacement.

    A draw is a rank r among the non-answers; the entity at that rank is r plus the number of known answers
    before it, found by binary search. So nothing is rejected and any N works on any graph. (The published
    code draws without replacement, with a loop over queries, and fails where N exceeds the non-answers.)

    Args:
        known: (position, entity) of all training answers, sorted and distinct: ``AnswerTable.known``.
        draws: (B, N) uint64, uniform. Made from counters of items, they do not depend on how items are cut
            into batches, and so do not the negatives.
        num_entities: E.

    Raises:
        TrainingError: every entity is an answer of some query.
    """
    position, entity = known
    num_queries, count = draws.shape
    held = np.bincount(position, minlength=num_queries)
    free = num_entities - held
    if num_queries and free.min() < 1:
        raise TrainingError(
            f"a query has all {num_entities} entities as training answers, so it has no negative; "
            "use a loss over all entities (ce_all)"
        )
    # The remainder favours small ranks by less than E / 2⁶⁴.
    rank = (draws % free[:, None].astype(np.uint64)).astype(np.int64)
    first = np.cumsum(held) - held
    # The i-th known answer a of a query is preceded by a − i non-answers; row keys keep the queries apart.
    row = np.arange(num_queries)[:, None] * (num_entities + 1)
    preceding = position * (num_entities + 1) + entity - (np.arange(len(entity)) - first[position])
    skipped = np.searchsorted(preceding, row + rank, side="right") - first[:, None]
    return Negatives(rank + skipped, np.log(count / free).astype(np.float32))
