"""Controls."""

from __future__ import annotations

import numpy as np
import torch

from kgllm.heads.base import QueryBatch, QueryScorer
from kgllm.training.ranking.baselines import FrequencyScorer

TRAIN = np.array([(0, 0, 1), (2, 0, 1), (0, 0, 2), (3, 1, 0)])


def test_frequencies_are_counts_on_the_asked_side_of_the_relation():
    scorer = FrequencyScorer(TRAIN, 4, 3)
    assert isinstance(scorer, QueryScorer)
    side, relation = torch.tensor([0, 1, 0, 1, 0]), torch.tensor([0, 0, 1, 1, 2])
    encoded = scorer.encode(QueryBatch(torch.zeros(5, dtype=torch.int64), relation, side))
    expected = [[0, 2, 1, 0], [2, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert scorer.score(encoded, 0, 4).tolist() == expected
    slices = torch.cat([scorer.score(encoded, a, b) for a, b in ((0, 1), (1, 3), (3, 4))], dim=1)
    assert slices.tolist() == expected
