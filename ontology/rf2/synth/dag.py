"""An invented is-a hierarchy, shaped like those of terminologies.

Concepts lie on 13 levels, of which the middle ones are full. Each has a parent on the level above, and 0.6
more on the two levels above. Parents are near each other, so that their ancestors are mostly the same, and
two concepts of three on a level have no children.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = -1
LEVELS = np.array([1, 8, 40, 120, 300, 520, 640, 560, 400, 250, 110, 40, 11]) / 3000
"""The share of each level, from below the root."""
MORE_PARENTS = (0.54, 0.32, 0.11, 0.03)
"""The shares of concepts with 0, 1, 2 and 3 further parents."""
SPREAD, WIDE_SPREAD = 0.001, 0.02
"""How far first and further parents lie, as a share of their level."""

Links = tuple[NDArray[np.int64], NDArray[np.int64]]


def levels(size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(size,) the level of each concept, ascending from 1."""
    return np.sort(rng.choice(len(LEVELS), size, p=LEVELS)) + 1


def links(level: NDArray[np.int64], firm: NDArray[np.bool_], rng: np.random.Generator) -> Links:
    """Children and their parents, sorted, none twice.

    Args:
        level: (n,) ascending.
        firm: (n,) bool, who may be a parent.
        rng: where chance comes from.
    """
    more = rng.choice(len(MORE_PARENTS), len(level), p=MORE_PARENTS)
    pairs: list[NDArray[Any]] = []
    for number in range(len(MORE_PARENTS)):
        child = np.flatnonzero(more >= number)
        above = level[child] - 1
        if number:
            above -= rng.random(len(child)) < 0.3
        spread = WIDE_SPREAD if number else SPREAD
        parent = _near(level, firm, child, above, rng.normal(0, spread, len(child)))
        pairs.append((child << 32) + parent + 1)
    packed = np.unique(np.concatenate(pairs))
    return packed >> 32, (packed & 0xFFFFFFFF) - 1


def _near(
    level: NDArray[np.int64],
    firm: NDArray[np.bool_],
    child: NDArray[np.int64],
    above: NDArray[np.int64],
    shift: NDArray[np.float64],
) -> NDArray[np.int64]:
    """For each child a firm concept on the level ``above``, as far along it as the child is on its own."""
    bounds = np.searchsorted(level, np.arange(len(LEVELS) + 2))
    own = level[child]
    along = (child - bounds[own]) / (bounds[own + 1] - bounds[own]) + shift
    parents = np.flatnonzero(firm)
    starts = np.searchsorted(parents, bounds)
    above = np.maximum(above, 0)
    low, high = starts[above], starts[above + 1]
    low = np.where(low < high, low, 0)  # nobody on that level: anybody above
    slot = (along * (high - low) / 3).astype(np.int64) * 3  # of three concepts two stay without children
    slot = np.clip(slot, 0, np.maximum(high - low - 1, 0))
    return np.where(high > low, parents[np.minimum(low + slot, len(parents) - 1)], ROOT)
