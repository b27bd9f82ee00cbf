"""Controls that stand beside every result: what knowing nothing, or only counts, would score."""

from __future__ import annotations

import numpy as np

from ...data.dataset import Dataset
from .baselines import FrequencyScorer
from .config import EvalConfig
from .link_prediction import by_side, flat_metrics, known_answers, rank_triples
from .ranks import expected
from .table import RankTable


def controls(
    dataset: Dataset, split: str, table: RankTable, config: EvalConfig
) -> dict[str, dict[str, float]]:
    """Metrics of a random and of a frequency ranking of the same queries under the same protocol.

    Random is an expectation over uniform ranks, each query with its own number of candidates.
    """
    scorer = FrequencyScorer(dataset.train, len(dataset.entities), len(dataset.relations))
    frequency = rank_triples(scorer, dataset.split(split), known_answers(dataset, config.filter), config)
    return {"random": _random(table, split, config), "frequency": flat_metrics(frequency, split, config)}


def _random(table: RankTable, split: str, config: EvalConfig) -> dict[str, float]:
    found: dict[str, float] = {}
    for side, part in by_side(table):
        weights = part.ranks(config.average).weights
        for name, values in expected(part.candidates, config.hits).items():
            found[f"{split}/{side}.{config.ties}.{name}"] = float(np.average(values, weights=weights))
    return found
