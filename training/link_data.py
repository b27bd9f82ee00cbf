"""What link-prediction tasks share: a data set, its known answers, and evaluation while training."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..data.dataset import Dataset
from ..data.queries import AnswerTable, Queries
from ..heads.base import QueryBatch, QueryScorer
from ..heads.counters import Pairs
from .ranking.config import SELECTION_FILTER, EvalConfig
from .ranking.link_prediction import flat_metrics, gather_ranks, known_answers, rank_triples
from .task import Runtime


@dataclass(frozen=True, eq=False)
class LinkData:
    """A data set and the two tables of answers that training may see.

    Attributes:
        dataset: ids and texts.
        train: distinct training queries with their answers.
        selection: answers in train and valid, left out of the ranking while a model is selected.
    """

    dataset: Dataset
    train: AnswerTable
    selection: AnswerTable | None

    @classmethod
    def of(cls, dataset: Dataset) -> LinkData:
        """The tables of ``dataset``."""
        train = AnswerTable.build(dataset.train, len(dataset.entities), len(dataset.relations))
        return cls(dataset, train, known_answers(dataset, SELECTION_FILTER))

    def evaluate(
        self, scorer: QueryScorer, split: str, config: EvalConfig, runtime: Runtime
    ) -> dict[str, float]:
        """Metrics that select a model: test triples are no part of the filter."""
        triples = self.dataset.split(split)
        table = rank_triples(scorer, triples, self.selection, config, runtime)
        return flat_metrics(gather_ranks(table), split, config)


def query_tensors(queries: Queries) -> QueryBatch:
    """The queries as (B,) int64 tensors on the CPU."""
    columns = (queries.source, queries.relation, queries.side)
    return QueryBatch(*(torch.from_numpy(column) for column in columns))


def answers_of(table: AnswerTable, queries: Queries) -> Pairs:
    """Coordinates of the table's answers to ``queries``."""
    return Pairs(*(torch.from_numpy(column) for column in table.known(queries)))
