"""Metrics by group of queries: where a model is strong, and what its score is made of.

Whatever describes the data (frequency, relation category, what was seen) is taken from train only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...data.dataset import Dataset, Triples
from ...data.queries import Side
from .ranks import HITS, Ints, adjusted_metrics, base_metrics
from .table import RankTable

_MANY = 1.5
"""Bordes et al. 2013: above this mean number of answers a side counts as N."""

_SEEN = ("unseen", "seen")
_QUARTILES = ("unseen", "q1 (rare)", "q2", "q3", "q4 (frequent)")


@dataclass(frozen=True, eq=False)
class Grouping:
    """One way to divide the rows of a table.

    Attributes:
        name: such as ``category``.
        labels: the groups' names.
        codes: (n,) int64, position in ``labels`` of each row.
    """

    name: str
    labels: tuple[str, ...]
    codes: Ints

    def values(self) -> list[str]:
        """The group of each row."""
        return [self.labels[code] for code in self.codes]


@dataclass(frozen=True)
class GroupRow:
    """Metrics of one group; realistic ranks, each query counted once."""

    grouping: str
    group: str
    count: int
    metrics: Mapping[str, float]


def groupings(
    table: RankTable,
    dataset: Dataset,
    name_flags: Mapping[str, NDArray[np.bool_]] | None = None,
) -> list[Grouping]:
    """All groupings of a table.

    ``side``; ``relation``; ``relation x side``; ``category`` (1-1, 1-N, N-1, N-N; "unseen" without train
    triples) and ``category x side``; ``gold frequency`` and ``query frequency`` (quartiles of the train
    counts of all seen entities); ``gold``, ``query entity``, ``relation in train`` (seen, unseen); ``pair``
    (whether head and tail stand together in a train triple, in either direction).

    Args:
        table: ranks on any split of ``dataset``.
        dataset: gives train triples and relation labels.
        name_flags: what a name-based scorer knows of each entity, (E,) bool by name, for example
            ``gold name cut``; the group is that of the gold.
    """
    train = dataset.train
    count = np.bincount(train[:, [0, 2]].ravel(), minlength=len(dataset.entities))
    quartile = _quartiles(count)
    category = relation_categories(train, len(dataset.relations))
    relation_seen = np.bincount(train[:, 1], minlength=len(dataset.relations)) > 0
    side = Grouping("side", tuple(s.name.lower() for s in Side), table.side)
    relation = Grouping("relation", dataset.relations.labels, table.relation)
    kind = Grouping("category", _CATEGORIES, category[table.relation])
    pair = _pairs_in_train(table, train, len(dataset.entities))
    result = [side, relation, _cross(relation, side), kind, _cross(kind, side)]
    result += [
        Grouping("gold frequency", _QUARTILES, quartile[table.gold]),
        Grouping("query frequency", _QUARTILES, quartile[table.source]),
        Grouping("gold", _SEEN, (count > 0)[table.gold].astype(np.int64)),
        Grouping("query entity", _SEEN, (count > 0)[table.source].astype(np.int64)),
        Grouping("relation in train", _SEEN, relation_seen[table.relation].astype(np.int64)),
        Grouping("pair", ("new", "in train"), pair.astype(np.int64)),
    ]
    flags = (name_flags or {}).items()
    return result + [Grouping(name, ("no", "yes"), flag[table.gold].astype(np.int64)) for name, flag in flags]


def group_metrics(table: RankTable, by: Sequence[Grouping], hits: Sequence[int] = HITS) -> list[GroupRow]:
    """Count, MRR, Hits@k, AMRI and adjusted MRR of every group that has rows, in label order."""
    rows = []
    for grouping in by:
        order = np.argsort(grouping.codes, kind="stable")
        bounds = np.searchsorted(grouping.codes[order], np.arange(len(grouping.labels) + 1))
        for label, low, high in zip(grouping.labels, bounds[:-1], bounds[1:], strict=True):
            if low == high:
                continue
            ranks = table.ranks().take(order[low:high])
            values = base_metrics(ranks, hits=hits) | adjusted_metrics(ranks, hits)
            kept = ("mrr", *(f"hits@{k}" for k in hits), "amri", "adjusted_mrr")
            rows.append(GroupRow(grouping.name, label, int(high - low), {k: values[k] for k in kept}))
    return rows


_CATEGORIES = ("1-1", "1-N", "N-1", "N-N", "unseen")


def relation_categories(train: Triples, num_relations: int) -> Ints:
    """(R,) index into 1-1, 1-N, N-1, N-N, unseen.

    A side is N if a relation has more than 1.5 answers per query on that side, on average over the
    queries of train (Bordes et al. 2013).
    """
    triples = np.unique(train, axis=0)
    per_relation = np.bincount(triples[:, 1], minlength=num_relations)
    many = []
    for source in (0, 2):
        queries = np.unique(triples[:, [source, 1]], axis=0)
        distinct = np.bincount(queries[:, 1], minlength=num_relations)
        many.append(per_relation > _MANY * distinct)
    tails, heads = many
    return np.where(per_relation == 0, 4, 2 * heads + tails).astype(np.int64)


def _quartiles(count: Ints) -> Ints:
    """(E,) 0 where the count is 0, else 1 (rare) … 4; equal counts share a quartile."""
    seen = count[count > 0]
    edges = np.quantile(seen, (0.25, 0.5, 0.75)) if len(seen) else np.zeros(3)
    return np.where(count > 0, 1 + np.searchsorted(edges, count), 0).astype(np.int64)


def _pairs_in_train(table: RankTable, train: Triples, entities: int) -> NDArray[np.bool_]:
    pairs = np.unique(np.sort(train[:, [0, 2]], axis=1) @ np.array([entities, 1]))
    asked = np.sort(np.stack([table.head, table.tail], axis=1), axis=1) @ np.array([entities, 1])
    return np.isin(asked, pairs)


def _cross(a: Grouping, b: Grouping) -> Grouping:
    labels = tuple(f"{x}, {y}" for x in a.labels for y in b.labels)
    return Grouping(f"{a.name} x {b.name}", labels, a.codes * len(b.labels) + b.codes)
