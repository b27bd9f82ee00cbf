"""Warnings about the names that active concepts lack, or have twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...issues import Issues
from ...tables import Preference, Role, Terms
from .. import rules
from ..reporting import report
from .concepts import Known


def check_names(terms: Terms, dialects: tuple[str, ...], known: Known, issues: Issues) -> None:
    """Every active concept has one fully specified name in a language, and a preferred term in a dialect.

    The place of a warning is the concept's.
    """
    wanted = np.flatnonzero(known.active)
    rows = known.row[wanted]
    fsn = terms.active & (terms.role == Role.FSN)
    names = np.bincount(terms.concept[fsn], minlength=len(known.ids))
    report(issues, rules.NO_FSN, known.rows, np.sort(rows[names[wanted] == 0]))
    _check_two(terms, np.flatnonzero(fsn), known, issues)
    synonym = terms.active & (terms.role == Role.EXACT)
    for dialect, says in zip(dialects, terms.preference.reshape(len(dialects), len(synonym)), strict=True):
        preferred = np.zeros(len(known.ids), np.bool_)
        preferred[terms.concept[synonym & (says == Preference.PREFERRED)]] = True
        lacking = np.sort(rows[~preferred[wanted]])
        report(issues, rules.NO_PREFERRED_TERM, known.rows, lacking, detail=f"dialect {dialect}")


def _check_two(terms: Terms, fsns: NDArray[np.int64], known: Known, issues: Issues) -> None:
    """Warn of concepts with several of ``fsns``, rows sorted by concept, in one language."""
    named = terms.concept[fsns].astype(np.int64) << 8 | terms.language[fsns]
    named.sort()
    twice = np.unique(named[1:][named[1:] == named[:-1]] >> 8)
    twice = twice[known.active[twice]]
    report(issues, rules.TWO_FSNS, known.rows, np.sort(known.row[twice]))
