"""The root of the is-a hierarchy, found from the data, and what does not lie below it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from ...issues import Issues
from ...tables import IsA
from .. import rules
from ..reporting import report
from .concepts import Known


def check_root(isa: IsA, known: Known, issues: Issues) -> None:
    """Every active concept lies below one root: the one that the most concepts lie below.

    Raises:
        OntologyError: one does not, and the load is strict.
    """
    below = known.active.copy()
    top = np.setdiff1d(isa.parent, isa.child)
    if len(top):
        reached = max((_reached(isa, int(one), len(below)) for one in top), key=len)
        below[reached] = False
    report(issues, rules.NO_PATH_TO_ROOT, known.rows, np.sort(known.row[below]))


def _reached(isa: IsA, top: int, size: int) -> NDArray[np.int32]:
    """``top`` and all below it."""
    ones = np.ones(len(isa.child), np.int8)
    children = csr_array((ones, (isa.parent, isa.child)), shape=(size, size))
    found: NDArray[np.int32] = breadth_first_order(children, top, return_predecessors=False)
    return found
