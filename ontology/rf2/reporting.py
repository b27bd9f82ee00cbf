"""Issues of many rows at once: the first with their places, all of them counted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ..issues import KEPT, Issue, Issues, Rule
from . import rules
from .rows import Rows

LARGEST = 2**15 - 1
"""Groups and priorities are kept in 16 bits; the format allows far fewer."""


def report(
    issues: Issues, rule: Rule, rows: Rows, chosen: NDArray[Any], column: str = "", detail: str = ""
) -> None:
    """Say that the rows ``chosen``, positions or a mask, break ``rule``.

    Args:
        column: the one at fault; its value is shown, else that of ``id``.
        detail: what was expected.

    Raises:
        OntologyError: the rule is fatal, the load strict, and a row is chosen.
    """
    chosen = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
    for row in chosen[:KEPT].tolist():
        file, line = rows.place(row)
        issues.add(Issue(rule, file, line, column, shown(rows, column or "id", row), detail))
    issues.count(rule, max(len(chosen) - KEPT, 0))


def short(issues: Issues, rows: Rows, *columns: str) -> Rows:
    """The rows in which the numbers of ``columns`` fit in 16 bits.

    Raises:
        OntologyError: some do not, and the load is strict.
    """
    for column in columns:
        large = (rows[column] > LARGEST) | (rows[column] < 0)
        if large.any():
            report(issues, rules.BAD_INTEGER, rows, large, column, f"expected 0 to {LARGEST}")
            rows = rows.take(~large)
    return rows


def shown(rows: Rows, column: str, row: int) -> str:
    """One value as text; ``""`` where the column was not read."""
    values = rows.columns.get(column)
    if values is None:
        return ""
    if isinstance(values, np.ndarray) and values.ndim == 2:
        high, low = values[row].tolist()
        return str(UUID(int=(high << 64) | low))
    return str(values[row])
