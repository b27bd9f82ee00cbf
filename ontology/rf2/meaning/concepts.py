"""Concepts: their ids, and how other rows refer to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...ids import IntIds, Positions
from ...tables import Bools, Concepts, Kind
from ..lookup import Lookup
from ..metadata import DEFINED
from ..rows import Rows


@dataclass(frozen=True, slots=True)
class Known:
    """The concepts of a release, for what refers to them.

    Args:
        ids: of all concepts, by position.
        active: (n,) bool.
        rows: where they were read; only places are left.
        row: (n,) the row of each position.
        lookup: finds positions.
    """

    ids: IntIds
    active: Bools
    rows: Rows
    row: NDArray[np.int64]
    lookup: Lookup

    def find(self, ids: NDArray[np.int64]) -> Positions:
        """(n,) int32 positions of ``ids``; −1 for those that the release lacks."""
        return self.lookup.find(ids)

    def in_use(self, positions: Positions) -> Bools:
        """(n,) whether these are active concepts; −1 is none."""
        return np.append(self.active, False)[positions]


def read_concepts(rows: Rows) -> tuple[Concepts, Known]:
    """The concepts of a Snapshot, inactive ones among them, in the order of their ids."""
    order = np.argsort(rows["id"])
    ids = IntIds(rows["id"][order])
    lookup = Lookup(ids)
    active = rows["active"][order]
    concepts = Concepts(
        active,
        np.full(len(ids), Kind.CLASS, np.uint8),
        rows["definitionStatusId"][order] == DEFINED,
        rows["effectiveTime"][order],
        lookup.find(rows["moduleId"][order]),
    )
    places = Rows(rows.kind, {name: rows[name] for name in ("id", "active")}, rows.files, rows.lines)
    return concepts, Known(ids, active, places, order, lookup)
