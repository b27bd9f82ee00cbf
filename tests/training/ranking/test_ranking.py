"""Ranks, metrics and their expectations."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.data.queries import AnswerTable
from kgllm.errors import ScoreError
from kgllm.training.ranking.config import EvalConfig
from kgllm.training.ranking.link_prediction import rank_triples
from kgllm.training.ranking.ranks import Ranks, adjusted_metrics, base_metrics, expected, harmonic
from kgllm.training.ranking.table import RankTable, merge


class Fixed:
    """One row of scores for whatever is asked."""

    def __init__(self, scores):
        self.scores = torch.tensor(scores)
        self.num_entities = len(scores)

    def encode(self, queries):
        return self.scores.expand(len(queries.source), -1)

    def score(self, encoded, start, stop):
        return encoded[:, start:stop]


def ranked(scores, known, triple=(0, 0, 0), **config):
    """Ranks of one tail query whose gold is entity 0; ``known`` are further tails."""
    triples = np.array([triple])
    table = AnswerTable.build(np.array([triple, *((0, 0, t) for t in known)]), len(scores), 1)
    return rank_triples(Fixed(scores), triples, table, EvalConfig(sides="tail", **config)).ranks()


def make(greater, equal, candidates, weights=None):
    return Ranks(*(np.array(x, dtype=np.int64) for x in (greater, equal, candidates)), weights)


@st.composite
def rank_sets(draw):
    """Up to 20 golds with any ties and candidates."""
    rows = []
    for _ in range(draw(st.integers(1, 20))):
        n = draw(st.integers(1, 60))
        greater = draw(st.integers(0, n - 1))
        rows.append((greater, draw(st.integers(0, n - 1 - greater)), n))
    return make(*zip(*rows, strict=True))


def test_t22_a_filtered_answer_is_excluded_not_multiplied_by_zero():
    assert ranked([-2.0, -1.0, -3.0, -0.5], known=[1]).realistic.tolist() == [2.0]
    assert ranked([-2.0, -1.0, -3.0, -0.5], known=[]).realistic.tolist() == [3.0]


def test_t24_ties_of_a_worked_example():
    ranks = ranked([10.0, 10.0, 10.0, 11.0, 9.0], known=[])
    assert (ranks.optimistic, ranks.realistic, ranks.pessimistic) == (2, 3, 4)
    assert ranks.candidates.tolist() == [5]


def test_t24_tolerance_widens_ties():
    scores = [-30.0, -30.001, -29.999, -20.0]
    assert ranked(scores, [], atol=0.01).equal.tolist() == [2]
    assert ranked(scores, [], rtol=1e-4).equal.tolist() == [2]
    assert ranked(scores, []).equal.tolist() == [0]


@settings(deadline=None)
@given(st.integers(1, 50))
def test_t24_equal_scores_give_the_middle_rank_never_the_first(n):
    ranks = ranked([0.5] * n, known=[])
    assert ranks.realistic.tolist() == [(n + 1) / 2]
    assert base_metrics(ranks)["mrr"] == pytest.approx(2 / (n + 1))


@settings(deadline=None)
@given(rank_sets())
def test_t24_realistic_is_the_mean_and_ranks_lie_among_the_candidates(ranks):
    assert (ranks.realistic == (ranks.optimistic + ranks.pessimistic) / 2).all()
    assert (ranks.optimistic >= 1).all()
    assert (ranks.pessimistic <= ranks.candidates).all()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_t25_scores_that_are_not_finite_raise(bad):
    with pytest.raises(ScoreError, match="finite"):
        ranked([0.0, bad, 1.0], known=[])


def test_t25_random_ranks_meet_their_expectation():
    n = np.random.default_rng(0).integers(2, 200, size=20_000)
    greater = np.random.default_rng(1).integers(0, n)
    ranks = Ranks(greater, np.zeros_like(n), n)
    adjusted = adjusted_metrics(ranks)
    assert base_metrics(ranks)["mrr"] == pytest.approx((harmonic(n) / n).mean(), abs=0.01)
    assert all(abs(adjusted[z]) < 3 for z in ("z_mr", "z_mrr", "z_hits@1", "z_hits@3", "z_hits@10"))
    assert abs(adjusted["amri"]) < 0.02
    assert abs(adjusted["adjusted_mrr"]) < 0.01


def test_t25_perfect_ranks_score_one():
    ranks = make([0, 0], [0, 0], [5, 70])
    assert base_metrics(ranks)["mrr"] == 1
    adjusted = adjusted_metrics(ranks)
    assert all(adjusted[m] == 1 for m in ("amri", "adjusted_mrr", "adjusted_hits@1", "adjusted_hits@10"))
    assert adjusted["amr"] < 0.1


@pytest.mark.parametrize("n", [1, 2, 3, 7, 40])
def test_expectations_and_variances_equal_enumeration(n):
    r = np.arange(1, n + 1)
    chance = expected(np.array([n]))
    assert chance["mr"] == pytest.approx(r.mean())
    assert chance["mrr"] == pytest.approx((1 / r).mean())
    assert chance["hits@3"] == pytest.approx((r <= 3).mean())
    if n > 1:  # the z of rank 1 shows the standard deviation
        z = adjusted_metrics(make([0], [0], [n]))
        assert z["z_mr"] == pytest.approx((r.mean() - 1) / r.std())
        assert z["z_mrr"] == pytest.approx((1 - (1 / r).mean()) / (1 / r).std())


def test_harmonic_numbers_join_exact_sum_and_series():
    n = np.array([1, 2, 10**6, 10**6 + 1, 3 * 10**6])
    i = np.arange(1, 3 * 10**6 + 1, dtype=np.float64)
    for power in (1, 2):
        sums = np.cumsum(i**-power)[n - 1]
        assert harmonic(n, power) == pytest.approx(sums, rel=1e-13)


def test_base_metrics_of_known_ranks():
    values = base_metrics(make([0, 1, 3], [0, 0, 0], [9, 9, 9]), hits=(1, 2))
    assert values["mr"] == pytest.approx(7 / 3)
    assert values["mrr"] == pytest.approx(1.75 / 3)
    assert values["gmr"] == pytest.approx(2)
    assert values["hmr"] == pytest.approx(3 / 1.75)
    assert (values["median"], values["mad"], values["count"]) == (2, 1, 3)
    assert values["std"] ** 2 == pytest.approx(values["var"])
    assert (values["hits@1"], values["hits@2"]) == pytest.approx((1 / 3, 2 / 3))


def test_no_ranks_and_one_candidate_are_undefined_not_wrong():
    nothing = make([], [], [])
    assert base_metrics(nothing)["count"] == 0
    assert np.isnan(base_metrics(nothing)["mrr"])
    assert all(np.isnan(value) for value in adjusted_metrics(nothing).values())
    alone = adjusted_metrics(make([0], [0], [1]))
    assert np.isnan(alone["adjusted_mrr"])
    assert alone["amr"] == 1


@settings(deadline=None)
@given(rank_sets(), st.data())
def test_weight_two_equals_repetition(ranks, data):
    times = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(ranks), max_size=len(ranks))))
    weighted = Ranks(ranks.greater, ranks.equal, ranks.candidates, times.astype(float))
    repeated = ranks.take(np.repeat(np.arange(len(ranks)), times))
    one, other = base_metrics(weighted), base_metrics(repeated)
    assert all(one[name] == pytest.approx(other[name]) for name in one if name != "count")
    one, other = adjusted_metrics(weighted), adjusted_metrics(repeated)
    same = [name for name in one if not name.startswith("z_")]
    assert all(one[name] == pytest.approx(other[name], nan_ok=True) for name in same)


@settings(max_examples=50, deadline=None)
@given(rank_sets())
def test_metrics_stay_in_their_ranges_and_grow_with_better_ranks(ranks):
    low, high = base_metrics(ranks, "pessimistic"), base_metrics(ranks, "optimistic")
    for name in ("mrr", "hits@1", "hits@10", "imr"):
        assert 0 <= low[name] <= high[name] <= 1
    means = [1.0, high["hmr"], high["gmr"], high["mr"]]
    assert all(a <= b * (1 + 1e-9) for a, b in pairwise(means))


def test_an_unknown_tie_rule_is_refused():
    with pytest.raises(ValueError, match="optimistic"):
        make([0], [0], [1]).of("best")


def table(relation, side=None):
    n = len(relation)
    zero = np.zeros(n, dtype=np.int64)
    side = zero if side is None else np.array(side)
    counters = (np.arange(n), zero, zero + n)
    return RankTable(np.arange(n), side, zero, np.array(relation), zero, *counters, zero.astype(np.float32))


def test_macro_average_counts_every_relation_and_every_query_once():
    rows = table([0, 0, 0, 1])  # ranks 1, 2, 3, 4; the rows of a relation share one query
    assert base_metrics(rows.ranks("relation"))["mr"] == pytest.approx((2 + 4) / 2)
    assert base_metrics(rows.ranks("query"))["mr"] == pytest.approx((2 + 4) / 2)
    assert base_metrics(table([0, 0, 0, 1], side=[0, 0, 1, 0]).ranks("query"))["mr"] == pytest.approx(
        (1.5 + 3 + 4) / 3
    )
    with pytest.raises(ValueError, match="micro"):
        rows.ranks("mean")


def test_merging_sorts_and_refuses_overlap():
    rows = table([0, 1, 2])
    parts = [rows.take(np.array([2])), rows.take(np.array([0, 1]))]
    assert merge(parts).relation.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="ranked twice"):
        merge([rows, rows])
