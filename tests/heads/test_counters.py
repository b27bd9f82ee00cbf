"""Counters and top-k against a plain float64 loop over entities."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.errors import ScoreError
from kgllm.heads.base import QueryScorer
from kgllm.heads.counters import Pairs, Tolerance, count_ranks, top_k

NONE = Pairs(torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.int64))


class Matrix:
    """Scores known beforehand, (B, E)."""

    def __init__(self, scores):
        self.scores = torch.as_tensor(scores, dtype=torch.float32)
        self.num_entities = self.scores.shape[1]
        self.largest = 0

    def encode(self, queries):
        return self.scores[queries]

    def score(self, encoded, start, stop):
        self.largest = max(self.largest, stop - start)
        return encoded[:, start:stop]


def pairs(*coordinates):
    columns = np.array(coordinates, dtype=np.int64).reshape(-1, 2).T
    return Pairs(*(torch.from_numpy(column.copy()) for column in columns))


def count(scores, gold, known=(), **how):
    scorer = Matrix(scores)
    how.setdefault("chunk", scorer.num_entities)
    return count_ranks(scorer, scorer.scores, pairs(*gold), pairs(*sorted(known)), **how)


def best(scores, k, excluded=(), *, chunk):
    scorer = Matrix(scores)
    return top_k(scorer, scorer.scores, k, pairs(*sorted(excluded)), chunk=chunk)


def by_loop(scores, gold, known, atol=0.0, rtol=0.0):
    """(greater, equal, candidates) of each gold, one candidate after the other."""
    result = []
    for query, entity in gold:
        own = np.float32(scores[query][entity])
        margin = np.float32(atol) + np.float32(rtol) * abs(own)
        greater = equal = candidates = 0
        for other, score in enumerate(np.asarray(scores[query], dtype=np.float32)):
            if other != entity and (query, other) in known:
                continue
            candidates += 1
            if other != entity:
                greater += score > own + margin
                equal += own - margin <= score <= own + margin
        result.append((greater, equal, candidates))
    return result


def rows(counts):
    return list(zip(*(column.tolist() for column in counts[:3]), strict=True))


@st.composite
def cases(draw):
    """Few distinct scores, so that ties are common; any golds, any known answers."""
    queries, entities = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    value = st.integers(-3, 3).map(lambda x: x / 2)
    scores = draw(
        st.lists(st.lists(value, min_size=entities, max_size=entities), min_size=queries, max_size=queries)
    )
    pair = st.tuples(st.integers(0, queries - 1), st.integers(0, entities - 1))
    return scores, draw(st.lists(pair, min_size=1, max_size=8)), draw(st.sets(pair, max_size=20))


def test_a_matrix_is_a_query_scorer():
    assert isinstance(Matrix([[0.0]]), QueryScorer)


@settings(max_examples=150, deadline=None)
@given(cases(), st.sampled_from([0.0, 0.5, 0.6]), st.sampled_from([0.0, 0.5]))
def test_t10_counters_equal_a_loop_for_chunks_1_7_and_all(case, atol, rtol):
    scores, gold, known = case
    expected = by_loop(scores, gold, known, atol, rtol)
    for chunk in (1, 7, len(scores[0])):
        assert rows(count(scores, gold, known, chunk=chunk, tolerance=Tolerance(atol, rtol))) == expected


@settings(max_examples=50, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_permuting_entities_changes_no_rank(case, random):
    scores, gold, known = case
    order = list(range(len(scores[0])))
    random.shuffle(order)
    place = {entity: i for i, entity in enumerate(order)}
    moved = [[row[entity] for entity in order] for row in scores]
    swapped = count(moved, [(q, place[e]) for q, e in gold], [(q, place[e]) for q, e in known])
    assert rows(swapped) == rows(count(scores, gold, known))


@settings(max_examples=50, deadline=None)
@given(cases())
def test_filtering_never_worsens_a_rank(case):
    scores, gold, known = case
    for raw, filtered in zip(rows(count(scores, gold)), rows(count(scores, gold, known)), strict=True):
        assert all(f <= r for f, r in zip(filtered, raw, strict=True))


def test_several_golds_of_a_query_compete_unless_known():
    scores = [[3.0, 2.0, 1.0, 0.0]]
    assert rows(count(scores, [(0, 0), (0, 2)])) == [(0, 0, 4), (2, 0, 4)]
    assert rows(count(scores, [(0, 0), (0, 2)], [(0, 0), (0, 2)])) == [(0, 0, 3), (1, 0, 3)]


def test_gold_score_comes_from_its_chunk_and_the_chunk_bounds_the_slices():
    scorer = Matrix([[0.25, 0.5, 0.75]])
    counts = count_ranks(scorer, scorer.scores, pairs((0, 1)), NONE, chunk=2)
    assert counts.gold_score.tolist() == [0.5]
    assert scorer.largest == 2


def test_scorer_s_own_tensor_is_left_alone():
    scorer = Matrix([[1.0, 2.0, 3.0]])
    count_ranks(scorer, scorer.scores, pairs((0, 0)), pairs((0, 1)), chunk=3)
    top_k(scorer, scorer.scores, 2, pairs((0, 2)), chunk=3)
    assert scorer.scores.tolist() == [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_score_that_is_not_finite_raises_and_says_where(bad):
    scores = [[0.0, 1.0, 2.0], [0.0, 1.0, bad]]
    with pytest.raises(ScoreError, match="entity 2 for query 1"):
        count(scores, [(0, 0)], chunk=2)
    with pytest.raises(ScoreError, match="entity 2 for query 1"):
        best(scores, 1, chunk=2)


def test_misuse_is_refused():
    with pytest.raises(ValueError, match="chunk is 0"):
        count([[1.0]], [(0, 0)], chunk=0)
    with pytest.raises(ValueError, match="distinct and sorted"):
        count([[1.0, 2.0]], [(0, 0)], [(0, 1), (0, 1)])
    with pytest.raises(ValueError, match="no entities"):
        best(np.zeros((1, 0)), 1, chunk=1)


@settings(max_examples=150, deadline=None)
@given(cases(), st.integers(1, 15))
def test_top_k_equals_sorting_for_any_chunk(case, k):
    scores, _, excluded = case
    for chunk in (1, 7, len(scores[0])):
        found = best(scores, k, excluded, chunk=chunk)
        for query, row in enumerate(scores):
            left = [e for e in range(len(row)) if (query, e) not in excluded]
            ids = sorted(left, key=lambda e: (-row[e], e))[:k]
            assert found.ids[query].tolist() == ids + [-1] * (k - len(ids))
            expected = [row[e] for e in ids] + [-np.inf] * (k - len(ids))
            assert found.scores[query].tolist() == expected


def test_top_k_orders_extreme_and_signed_zero_scores():
    scores = [[-0.0, 3.4e38, -3.4e38, 0.0, 1e-40, -1e-40]]
    found = best(scores, 6, chunk=4)
    assert found.ids.tolist() == [[1, 4, 0, 3, 5, 2]]
    assert found.scores[0].tolist() == torch.tensor(scores)[0][found.ids[0]].tolist()
