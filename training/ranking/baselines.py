"""Models that learn nothing: controls that every result should stand beside."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...data.dataset import Triples
from ...data.queries import Side, ask
from ...heads.base import QueryBatch
from .ranks import Floats, Ints


class FrequencyScorer:
    """Scores an entity by how many train triples have it on the asked side of the relation.

    It never looks at the query's entity, so whatever it reaches needs no knowledge of pairs. A
    ``QueryScorer`` on the CPU.
    """

    def __init__(self, train: Triples, num_entities: int, num_relations: int) -> None:
        self.num_entities, self.num_relations = num_entities, num_relations
        asked = [(queries, gold) for queries, gold in (ask(train, side) for side in Side)]
        keys = [self._row(q.side, q.relation) * num_entities + gold for q, gold in asked]
        self._keys, counts = np.unique(np.concatenate(keys), return_counts=True)
        self._counts: Floats = counts.astype(np.float64)

    def encode(self, queries: QueryBatch) -> Ints:
        """(B,) one number for each pair of side and relation."""
        return self._row(queries.side.numpy(), queries.relation.numpy())

    def score(self, encoded: Ints, start: int, stop: int) -> Tensor:
        """(B, stop − start) float32 counts."""
        scores = torch.zeros(len(encoded), stop - start)
        low = np.searchsorted(self._keys, encoded * self.num_entities + start)
        high = np.searchsorted(self._keys, encoded * self.num_entities + stop)
        for row, (first, last) in enumerate(zip(low, high, strict=True)):
            columns = self._keys[first:last] - encoded[row] * self.num_entities - start
            scores[row, torch.from_numpy(columns)] = torch.from_numpy(self._counts[first:last]).float()
        return scores

    def _row(self, side: Ints, relation: Ints) -> Ints:
        return side * self.num_relations + relation
