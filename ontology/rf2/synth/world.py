"""The concepts of a synthetic release: their ids, their history, their hierarchy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..sctid import make_all
from . import dag
from .metadata import CONCEPT, NAMESPACE, OWN, SPECIAL, special_ids
from .size import Size
from .states import Bools, since

Ints = NDArray[np.int64]

FAR = 10**7
"""Items from here on give ids of 18 digits."""


@dataclass(frozen=True)
class World:
    """The concepts, by position in the order of their ids.

    Args:
        size: what was asked for.
        ids: (n,) int64 SCTIDs, ascending.
        special: positions of the concepts of :data:`~.metadata.SPECIAL`.
        exists: (n, dates) bool.
        active: (n, dates) bool.
        rank: (n,) a parent's is lower than its child's; 0 is the root's.
        child: (m,) ascending; with ``parent`` the is-a links of active and inactive concepts.
        parent: (m,) concepts that are active at all dates.
    """

    size: Size
    ids: Ints
    special: Mapping[str, int]
    exists: Bools
    active: Bools
    rank: Ints
    child: Ints
    parent: Ints

    @cached_property
    def content(self) -> Ints:
        """Positions of all concepts but the special ones, ascending."""
        inside = np.ones(len(self.ids), np.bool_)
        inside[list(self.special.values())] = False
        return np.flatnonzero(inside)

    @cached_property
    def firm(self) -> Ints:
        """Positions of content that is active at all dates, in the order of rank."""
        firm = self.content[self.active[self.content].all(1)]
        return firm[np.argsort(self.rank[firm])]

    def id(self, name: str) -> int:
        """The SCTID of a special concept."""
        return int(self.ids[self.special[name]])

    def ids_of(self, *names: str) -> Ints:
        """The SCTIDs of special concepts."""
        return self.ids[[self.special[name] for name in names]]

    def random(self, table: int) -> np.random.Generator:
        """Chance for one table, whatever the others use."""
        return np.random.default_rng([self.size.seed, table])

    def first_gone(self) -> Ints:
        """(n,) the date at which each concept is inactive for the first time, or the number of dates."""
        gone = self.exists & ~self.active
        first: Ints = np.where(gone.any(1), gone.argmax(1), gone.shape[1])
        return first


def make_world(size: Size) -> World:
    """The concepts of a release of this size."""
    rng = np.random.default_rng([size.seed, 0])
    special = special_ids()
    count = size.concepts - len(SPECIAL) + size.inactive
    exists, active = _history(size, count, rng)
    child, parent = dag.links(dag.levels(count, rng), np.logical_and.reduce(active, axis=1), rng)
    names = [*special]
    above = np.array([names.index(parent) if parent else 0 for _, parent in SPECIAL.values()])
    child = np.concatenate([np.arange(1, len(names)), child + len(names)])
    parent = np.concatenate([above[1:], np.where(parent == dag.ROOT, 0, parent + len(names))])
    ids = np.concatenate([[*special.values()], _content_ids(count, rng)])
    rank = np.argsort(ids)
    position = np.empty_like(rank)
    position[rank] = np.arange(len(rank))
    always = np.ones((len(names), len(size.dates)), np.bool_)
    order = np.lexsort((position[parent], position[child]))
    return World(
        size,
        ids[rank],
        {name: int(position[number]) for number, name in enumerate(names)},
        np.concatenate([always, exists])[rank],
        np.concatenate([always, active])[rank],
        rank,
        position[child][order],
        position[parent][order],
    )


def _content_ids(count: int, rng: np.random.Generator) -> Ints:
    own = sum(id == OWN for id, _ in SPECIAL.values())
    items = rng.permutation(count) + own + 1
    return make_all(items + FAR * (items % 4 == 0), CONCEPT, NAMESPACE)


def _history(size: Size, count: int, rng: np.random.Generator) -> tuple[Bools, Bools]:
    """(count, dates) bool twice: existence and activity of the content, in random order.

    One inactive concept of ten was active once. Of the active ones, one of eight came after the first date,
    and one of eighty was inactive for one date between.
    """
    dates = len(size.dates)
    number = np.arange(count)
    gone = number < size.inactive
    end = np.where(number % 10 == 0, 1 + number // 10 % (dates - 1), 0)
    late = ~gone & (number % 8 == 1)
    back = ~gone & (number % 80 == 40)
    exists = since(np.where(late, 1 + number // 8 % (dates - 1), 0), dates)
    active = exists & ~since(np.where(gone, end, dates), dates)
    pause = 1 + number // 80 % (dates - 2)
    active[back, pause[back]] = False
    order = rng.permutation(count)
    return exists[order], active[order]
