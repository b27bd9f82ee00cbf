"""One row per ranked query: everything that tables, intervals and reports are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ...data.queries import Queries, Side
from .ranks import Floats, Ints, Ranks


@dataclass(frozen=True, eq=False)
class RankTable:
    """n ranked queries as parallel (n,) arrays, sorted by triple, then side.

    Attributes:
        triple: row of the triple in the split that was ranked.
        side: 0 where the tail was asked for, 1 where the head was (``Side``).
        head, relation, tail: ids.
        greater, equal, candidates: counters as in ``Ranks``.
        gold_score: float32.
    """

    triple: Ints
    side: Ints
    head: Ints
    relation: Ints
    tail: Ints
    greater: Ints
    equal: Ints
    candidates: Ints
    gold_score: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.triple)

    @property
    def gold(self) -> Ints:
        """The entity asked for."""
        return np.where(self.side == Side.TAIL, self.tail, self.head)

    @property
    def source(self) -> Ints:
        """The entity given."""
        return np.where(self.side == Side.TAIL, self.head, self.tail)

    @property
    def queries(self) -> Queries:
        """The queries, one per row."""
        return Queries(self.source, self.relation, self.side)

    def take(self, index: Ints | NDArray[np.bool_]) -> RankTable:
        """The rows at ``index``."""
        return RankTable(*(getattr(self, field.name)[index] for field in fields(self)))

    def ranks(self, average: str = "micro") -> Ranks:
        """Ranks of all rows; ``relation`` and ``query`` weigh each row by one over its group's size."""
        return Ranks(self.greater, self.equal, self.candidates, self._weights(average))

    def _weights(self, average: str) -> Floats | None:
        if average == "micro":
            return None
        if average not in ("relation", "query"):
            raise ValueError(f"average {average!r} is not one of micro, relation, query")
        columns = [self.relation] if average == "relation" else [self.side, self.relation, self.source]
        _, group, size = np.unique(np.stack(columns), axis=1, return_inverse=True, return_counts=True)
        return 1.0 / size[group.reshape(-1)]


def merge(tables: Sequence[RankTable]) -> RankTable:
    """The rows of several tables, sorted; parts of one ranking, for example one per process.

    Raises:
        ValueError: a query occurs in two parts.
    """
    columns = [np.concatenate([getattr(t, field.name) for t in tables]) for field in fields(RankTable)]
    order = np.lexsort((columns[1], columns[0]))
    merged = RankTable(*(column[order] for column in columns))
    same = (merged.triple[1:] == merged.triple[:-1]) & (merged.side[1:] == merged.side[:-1])
    if same.any():
        raise ValueError(f"{int(same.sum())} queries were ranked twice; parts of a ranking must not overlap")
    return merged
