"""What becomes of components from date to date, as one small number for each component and date.

0 means the component does not exist yet; otherwise the number is 1 + active + 2 · variant, where the variant
chooses among texts that a row may change to. A release writes a row at each date where the number changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
States = NDArray[np.uint8]


def states(exists: Bools, active: Bools, variant: Bools | None = None) -> States:
    """(n, dates) uint8 from three of that shape, or of a shape that fits it."""
    number = 1 + active.astype(np.uint8)
    if variant is not None:
        number = number + 2 * variant.astype(np.uint8)
    return exists * number


def changes(states: States) -> Bools:
    """(n, dates) bool, where a row is written."""
    before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)
    changed: Bools = states != before
    return changed


def latest(changed: Bools) -> NDArray[np.intp]:
    """(n,) the date of the last row of each component."""
    dates = changed.shape[1]
    last: NDArray[np.intp] = dates - 1 - changed[:, ::-1].argmax(axis=1)
    return last


def since(first: NDArray[np.int64], dates: int) -> Bools:
    """(n, dates) bool, true from date ``first[i]`` on."""
    holds: Bools = np.arange(dates) >= first[:, None]
    return holds
