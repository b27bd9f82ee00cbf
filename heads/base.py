"""The contract between a model that scores entities and everything that ranks them."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

from torch import Tensor


class QueryBatch(NamedTuple):
    """B link-prediction queries, (B,) int64 each, on the model's device.

    ``side`` is 0 where the tail of (source, relation, ?) is asked for, 1 where the head of
    (?, relation, source) is.
    """

    source: Tensor
    relation: Tensor
    side: Tensor


@runtime_checkable
class QueryScorer(Protocol):
    """Scores all entities of a query, a slice of entities at a time.

    ``encode`` does the work that is shared by all entities (a backbone pass, a slot table);
    ``score`` is cheap and may be called for any slice, in any order, with equal results.
    """

    @property
    def num_entities(self) -> int:
        """Entities that a query is scored against."""
        ...

    def encode(self, queries: QueryBatch) -> Any:
        """Whatever ``score`` needs; opaque to callers."""
        ...

    def score(self, encoded: Any, start: int, stop: int) -> Tensor:
        """(B, stop − start) float32 scores of entities start … stop − 1; higher is better, finite."""
        ...
