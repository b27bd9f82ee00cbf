"""Groups of queries: what describes the data comes from train only."""

from __future__ import annotations

import numpy as np
import pytest

from kgllm.data.dataset import Dataset
from kgllm.kg.vocab import Vocab
from kgllm.training.ranking.groups import group_metrics, groupings, relation_categories
from kgllm.training.ranking.table import RankTable

A, B, C, D, E = range(5)
TRAIN = np.array([(A, 0, B), (A, 0, C), (A, 0, D), (B, 1, A), (C, 1, A), (D, 1, A), (A, 2, B)])
TEST = np.array([(B, 0, A), (A, 1, D), (C, 2, D), (A, 3, E)])


@pytest.fixture
def dataset():
    return Dataset("toy", Vocab("ABCDE"), Vocab("0123"), TRAIN, TEST[:1], TEST)


@pytest.fixture
def table():
    triple, side = np.divmod(np.arange(2 * len(TEST)), 2)
    head, relation, tail = TEST[triple].T
    zero = np.zeros(len(triple), dtype=np.int64)
    return RankTable(triple, side, head, relation, tail, triple, zero, zero + 5, zero.astype(np.float32))


def by_name(table, dataset, **flags):
    return {g.name: g.values() for g in groupings(table, dataset, flags)}


def test_categories_follow_the_mean_number_of_answers_in_train():
    assert relation_categories(TRAIN, 4).tolist() == [1, 2, 0, 4]  # 1-N, N-1, 1-1, unseen
    dense = np.array([(h, 0, t) for h in range(2) for t in range(2)])
    assert relation_categories(dense, 1).tolist() == [3]


def test_duplicates_do_not_make_a_relation_many():
    assert relation_categories(np.repeat(TRAIN[-1:], 5, axis=0), 3).tolist() == [4, 4, 0]


def test_every_row_gets_its_groups(table, dataset):
    groups = by_name(table, dataset)
    assert groups["side"] == ["tail", "head"] * 4
    assert groups["category"] == [c for c in ("1-N", "N-1", "1-1", "unseen") for _ in range(2)]
    assert groups["relation x side"][:2] == ["0, tail", "0, head"]
    assert groups["category x side"][:2] == ["1-N, tail", "1-N, head"]
    assert groups["pair"] == ["in train"] * 4 + ["new"] * 4  # (B, A) is in train as (A, B) too
    assert groups["gold"] == ["seen"] * 6 + ["unseen", "seen"]
    assert groups["query entity"] == ["seen"] * 7 + ["unseen"]
    assert groups["relation in train"] == ["seen"] * 6 + ["unseen"] * 2


def test_quartiles_are_of_train_counts_and_equal_counts_share_one(table, dataset):
    groups = by_name(table, dataset)  # A 7, B 3, C 2, D 2, E 0
    gold = dict(zip(table.gold.tolist(), groups["gold frequency"], strict=True))
    assert gold[E] == "unseen"
    assert gold[C] == gold[D] == "q1 (rare)"
    assert gold[A] == "q4 (frequent)"
    source = dict(zip(table.source.tolist(), groups["query frequency"], strict=True))
    assert source[B] == gold[B]


def test_name_flags_group_by_the_gold(table, dataset):
    groups = by_name(table, dataset, **{"gold name cut": np.array([True, False, False, False, False])})
    assert groups["gold name cut"] == ["yes" if gold == A else "no" for gold in table.gold]


def test_group_metrics_cover_every_row_once_per_grouping(table, dataset):
    made = groupings(table, dataset)
    rows = group_metrics(table, made)
    for grouping in made:
        own = [row for row in rows if row.grouping == grouping.name]
        assert sum(row.count for row in own) == len(table)
        mean = sum(row.count * row.metrics["mrr"] for row in own) / len(table)
        assert mean == pytest.approx((1 / table.ranks().realistic).mean())
    assert set(rows[0].metrics) == {"mrr", "hits@1", "hits@3", "hits@10", "amri", "adjusted_mrr"}


def test_groups_without_train_triples(table, dataset):
    empty = Dataset("x", dataset.entities, dataset.relations, TRAIN[:0], TEST, TEST)
    assert set(by_name(table, empty)["gold frequency"]) == {"unseen"}
