"""How large a synthetic release is to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ....errors import OntologyError

LEAST, MOST = 150, 2_000_000
"""Active concepts: enough for the metadata and something to say; and as many as fit into short columns."""


@dataclass(frozen=True, slots=True)
class Size:
    """What decides a synthetic release: equal sizes give equal bytes.

    Args:
        concepts: active ones at the last date, metadata included; for each there are 0.37 inactive ones.
        seed: of everything random.
        dates: of the release and of those before it, ascending ``yyyymmdd``; at least three.

    Raises:
        OntologyError: one of them is out of range.
    """

    concepts: int = 360_000
    seed: int = 0
    dates: tuple[int, ...] = (20250131, 20250731, 20260131)

    def __post_init__(self) -> None:
        if not LEAST <= self.concepts <= MOST:
            raise OntologyError(f"{self.concepts} concepts: expected {LEAST} to {MOST}")
        if not 3 <= len(self.dates) <= 100 or list(self.dates) != sorted({*self.dates}):
            raise OntologyError(f"dates {self.dates}: expected three to a hundred, ascending")
        for date in self.dates:
            try:
                datetime.strptime(str(date), "%Y%m%d")
            except ValueError:
                raise OntologyError(f"date {date}: expected a day of the calendar, yyyymmdd") from None

    @property
    def inactive(self) -> int:
        """Inactive concepts at the last date."""
        return round(0.37 * self.concepts)
