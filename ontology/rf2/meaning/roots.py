"""The root of the is-a hierarchy, found from the data, and what does not lie below it."""

from __future__ import annotations

import numpy as np

from ...hierarchy.graph import Hierarchy
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
    below, hierarchy = known.active.copy(), Hierarchy(isa, len(known.active))
    trees = [hierarchy.descendants(root, itself=True) for root in hierarchy.roots().tolist()]
    below[max(trees, key=len, default=[])] = False
    report(issues, rules.NO_PATH_TO_ROOT, known.rows, np.sort(known.row[below]))
