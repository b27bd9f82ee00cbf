from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import TrainingError
from kgllm.training.order import DataOrder, item_seed, permutation

seeds = st.integers(0, 2**63)


@given(st.integers(0, 300), seeds, st.integers(0, 1000))
def test_a_permutation_holds_every_number_once_and_repeats(n: int, seed: int, epoch: int) -> None:
    order = permutation(n, seed, epoch)
    assert sorted(order) == list(range(n))
    assert np.array_equal(order, permutation(n, seed, epoch))


def test_the_order_is_fixed_for_all_time() -> None:
    assert permutation(10, 0, 0).tolist() == [0, 9, 1, 6, 3, 5, 4, 2, 8, 7]
    assert permutation(10, 0, 1).tolist() == [8, 3, 0, 1, 5, 2, 7, 4, 9, 6]
    assert permutation(10, 1, 0).tolist() == [2, 5, 8, 9, 1, 4, 6, 0, 3, 7]
    assert int(item_seed(0, 0, 5)) == 8176773786598856692


def test_item_seeds_are_the_same_alone_and_together_and_never_repeat() -> None:
    index = np.arange(2000)
    together = np.stack([item_seed(seed, epoch, index) for seed in (0, 1) for epoch in (0, 1)])
    assert len(np.unique(together)) == together.size
    assert int(item_seed(1, 1, 77)) == int(together[3, 77])


def test_places_are_uniform() -> None:
    places = np.stack([np.argsort(permutation(20, 5, epoch)) for epoch in range(4000)])
    counts = np.stack([np.bincount(places[:, i], minlength=20) for i in range(20)])
    chi_square = ((counts - 200) ** 2 / 200).sum()
    assert 260 < chi_square < 480  # 361 degrees of freedom: mean 361, standard deviation 27


@given(st.integers(24, 200), st.integers(0, 60), seeds)
def test_global_batches_do_not_depend_on_how_they_are_cut(items: int, step: int, seed: int) -> None:
    def global_batch(micro_batch: int, accumulate: int, world: int) -> list[tuple[int, int]]:
        order = DataOrder(items, micro_batch, accumulate * world, seed)
        ranks = [order.batches(step * accumulate * world, rank, world) for rank in range(world)]
        drawn = [next(ranks[i % world]) for i in range(accumulate * world)]
        return [(epoch, int(item)) for epoch, part in drawn for item in part]

    whole = global_batch(24, 1, 1)
    assert whole == global_batch(8, 3, 1) == global_batch(6, 2, 2) == global_batch(4, 2, 3)


@given(st.integers(6, 100), seeds, st.booleans())
def test_an_epoch_holds_no_item_twice(items: int, seed: int, by_length: bool) -> None:
    lengths = np.arange(items) % 7 if by_length else None
    order = DataOrder(items, 2, 3, seed, lengths)
    for epoch in range(3):
        drawn = [order.batch(epoch * order.steps_per_epoch * 3 + i) for i in range(order.steps_per_epoch * 3)]
        assert {e for e, _ in drawn} == {epoch}
        seen = np.concatenate([part for _, part in drawn])
        assert len(np.unique(seen)) == len(seen) == items // 6 * 6


def test_what_an_epoch_leaves_out_changes() -> None:
    order = DataOrder(11, 5, 1, 0)
    left = {
        next(iter(set(range(11)) - {int(i) for b in (0, 1) for i in order.batch(2 * e + b)[1]}))
        for e in range(40)
    }
    assert len(left) > 8


def test_buckets_hold_items_of_similar_length_in_random_order() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.geometric(0.03, size=32 * 120)

    def padding(order: DataOrder) -> float:
        batches = [lengths[order.batch(i)[1]] for i in range(order.steps_per_epoch)]
        return sum(b.max() * len(b) for b in batches) / sum(b.sum() for b in batches)

    assert padding(DataOrder(len(lengths), 32, 1, 0)) > 2.5
    bucketed = DataOrder(len(lengths), 32, 1, 0, lengths)
    assert padding(bucketed) < 1.15
    means = [lengths[bucketed.batch(i)[1]].mean() for i in range(120)]
    assert abs(np.corrcoef(means, np.arange(120))[0, 1]) < 0.3


def test_too_few_items_are_an_error() -> None:
    with pytest.raises(TrainingError, match=r"7 training items are fewer than one global batch of 8"):
        DataOrder(7, 4, 2, 0)
