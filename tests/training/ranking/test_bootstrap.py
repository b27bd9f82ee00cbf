"""Intervals by resampling triples."""

from __future__ import annotations

import numpy as np
import pytest

from kgllm.training.ranking.bootstrap import Bootstrap, intervals, paired_difference
from kgllm.training.ranking.ranks import adjusted_metrics, base_metrics
from kgllm.training.ranking.table import RankTable


def table(ranks, candidates=50):
    """Two rows a triple, with the given (triples, 2) ranks."""
    ranks = np.asarray(ranks)
    triple, side = np.divmod(np.arange(ranks.size), 2)
    zero = np.zeros(ranks.size, dtype=np.int64)
    counters = (ranks.ravel() - 1, zero, zero + candidates)
    return RankTable(triple, side, triple, zero, triple, *counters, zero.astype(np.float32))


@pytest.fixture
def random():
    return np.random.default_rng(0).integers(1, 50, size=(400, 2))


def test_values_are_the_metrics_of_the_table(random):
    rows = table(random)
    found = intervals(rows, how=Bootstrap(20))
    metrics = base_metrics(rows.ranks()) | adjusted_metrics(rows.ranks())
    assert set(found) == {"mr", "mrr", "hits@1", "hits@3", "hits@10", "amri", "adjusted_mrr"}
    assert all(found[name].value == pytest.approx(metrics[name]) for name in found)
    assert all(i.low <= i.value <= i.high for i in found.values())


def test_other_tie_rules_have_no_adjusted_metrics(random):
    assert set(intervals(table(random), "optimistic", (1,), Bootstrap(5))) == {"mr", "mrr", "hits@1"}
    with pytest.raises(ValueError, match="realistic"):
        intervals(table(random), "avg")


def test_a_seed_repeats_itself(random):
    rows = table(random)
    assert intervals(rows, how=Bootstrap(50, 1)) == intervals(rows, how=Bootstrap(50, 1))
    assert intervals(rows, how=Bootstrap(50, 1)) != intervals(rows, how=Bootstrap(50, 2))


def test_the_spread_is_that_of_the_mean_over_triples(random):
    found = intervals(table(random), how=Bootstrap(2000))["mr"]
    deviation = random.mean(axis=1).std() / np.sqrt(len(random))
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * deviation, rel=0.1)


def test_the_unit_is_the_triple_not_the_query(random):
    copied = np.repeat(random[:, :1], 2, axis=1)  # both queries alike: half the information
    one = intervals(table(copied), how=Bootstrap(2000))["mr"]
    other = intervals(table(random), how=Bootstrap(2000))["mr"]
    assert (one.high - one.low) / (other.high - other.low) == pytest.approx(2**0.5, rel=0.15)


def test_equal_ranks_have_no_spread():
    found = intervals(table(np.full((10, 2), 2)), how=Bootstrap(20))
    assert found["mrr"] == (0.5, 0.5, 0.5)


def test_paired_difference_is_sharper_than_two_intervals(random):
    better = np.maximum(random - 1, 1)
    a, b = table(better), table(random)
    gain = paired_difference(a, b, how=Bootstrap(500))["mr"]
    alone = intervals(a, how=Bootstrap(500))["mr"]
    assert gain.value == pytest.approx(better.mean() - random.mean())
    assert gain.low <= gain.value <= gain.high < 0
    assert gain.high - gain.low < 0.1 * (alone.high - alone.low)


def test_a_table_does_not_differ_from_itself(random):
    rows = table(random)
    assert all(tuple(i) == (0, 0, 0) for i in paired_difference(rows, rows, how=Bootstrap(10)).values())


def test_only_the_same_queries_compare(random):
    with pytest.raises(ValueError, match="different queries"):
        paired_difference(table(random), table(random[:-1]))
    other = table(random).take(np.arange(random.size)[::-1])
    with pytest.raises(ValueError, match="different queries"):
        paired_difference(table(random), other)
