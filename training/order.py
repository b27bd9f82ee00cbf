"""The order of training data: a pure function of (seed, epoch), so that a position is its whole state.

Only integer arithmetic on 64 bits is used, hence the order does not depend on the version of any library.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import TrainingError

Ints = NDArray[np.int64]
Seeds = NDArray[np.uint64]

WINDOW = 50
"""Global batches that are sorted by length together: enough to pad little, few enough to stay random."""


def item_seed(seed: int, epoch: int, index: int | Ints) -> Seeds:
    """Seeds of single items, for negatives, dropped facts and the like; any shape of ``index``, uint64.

    Each is three rounds of the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), one for
    each argument, so neighbours in any of them are unrelated.
    """
    mixed = _mix(np.uint64(seed % 2**64))
    mixed = _mix(mixed ^ np.uint64(epoch % 2**64))
    return _mix(mixed ^ np.asarray(index).astype(np.uint64))


def permutation(n: int, seed: int, epoch: int) -> Ints:
    """(n,) int64: the numbers 0 … n − 1 in the order of their item seeds."""
    return np.argsort(item_seed(seed, epoch, np.arange(n)), kind="stable").astype(np.int64)


@dataclass(eq=False)
class DataOrder:
    """Which items the i-th micro-batch of a run holds.

    A global batch is cut first and then shared out, so one process with micro-batches of 8 and two
    with 4 see the same global batches. An epoch has ⌊items ÷ global batch⌋ of them; what is left over
    differs from epoch to epoch.

    Args:
        items: number of training items.
        micro_batch: items of one forward pass of one process.
        per_step: micro-batches of one optimizer step over all processes (accumulate × world).
        seed: the run's seed.
        lengths: (items,) cost of each item; given, batches hold items of similar length.

    Raises:
        TrainingError: there are fewer items than one global batch.
    """

    items: int
    micro_batch: int
    per_step: int
    seed: int
    lengths: NDArray[np.int64] | None = None
    _epoch: tuple[int, Ints] = field(default=(-1, np.empty(0, np.int64)), init=False, repr=False)

    def __post_init__(self) -> None:
        if self.steps_per_epoch == 0:
            raise TrainingError(
                f"{self.items} training items are fewer than one global batch of {self.global_batch} "
                f"(train.micro_batch × train.accumulate × processes); lower one of them"
            )

    @property
    def global_batch(self) -> int:
        """Items of one optimizer step."""
        return self.micro_batch * self.per_step

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps of one pass over the data."""
        return self.items // self.global_batch

    def batch(self, index: int) -> tuple[int, Ints]:
        """The epoch, and the (micro_batch,) items of global micro-batch ``index``."""
        step, part = divmod(index, self.per_step)
        epoch, row = divmod(step, self.steps_per_epoch)
        start = row * self.global_batch + part * self.micro_batch
        return epoch, self._order(epoch)[start : start + self.micro_batch]

    def batches(self, start: int, rank: int = 0, world: int = 1) -> Iterator[tuple[int, Ints]]:
        """Endless: micro-batches start + rank, start + rank + world, …"""
        index = start + rank
        while True:
            yield self.batch(index)
            index += world

    def _order(self, epoch: int) -> Ints:
        if self._epoch[0] != epoch:
            order = permutation(self.items, self.seed, epoch)[: self.steps_per_epoch * self.global_batch]
            self._epoch = (
                epoch,
                order if self.lengths is None else self._bucketed(order, self.lengths, epoch),
            )
        return self._epoch[1]

    def _bucketed(self, order: Ints, lengths: NDArray[np.int64], epoch: int) -> Ints:
        """Sort windows of global batches by length, then shuffle the batches."""
        window = np.arange(len(order)) // (WINDOW * self.global_batch)
        by_length = order[np.lexsort((lengths[order], window))]
        shuffle = permutation(self.steps_per_epoch, self.seed, ~epoch)
        return by_length.reshape(self.steps_per_epoch, self.global_batch)[shuffle].reshape(-1)


def _mix(x: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):  # arithmetic modulo 2⁶⁴ is the point
        z = np.asarray(x + np.uint64(0x9E3779B97F4A7C15))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixed
