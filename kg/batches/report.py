"""What is wrong with the rows of a load: how many rows, for which reasons, with samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import Any, Literal

from ...errors import BadRowsError
from ..changes import OnError

Kind = Literal["node", "edge"]
Sample = tuple[int, str, str]
"""0-based row of a batch, the text at fault, and what was expected."""

MAX_SAMPLES = 20
"""Samples kept for each reason."""

MAX_TEXT = 80
"""Characters of an offending text that are kept."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "null-id": "a node without id",
        "empty-id": "an id of no characters",
        "long-id": "an id of more than 512 bytes in UTF-8",
        "null-relation": "an edge without relation",
        "empty-relation": "a relation of no characters",
        "control-character": "a character below U+0020 in an id, label, relation or key",
        "bad-name": "a label, relation or property name that is null, empty, over 255 bytes, or reserved",
        "long-key": "a key of more than 512 bytes in UTF-8",
        "dangling-head": "the head of an edge is no node",
        "dangling-tail": "the tail of an edge is no node",
        "unsupported-type": "a property of a type that no store holds",
        "wrong-type": "a property of another type than before",
        "not-finite": "a float that is NaN or infinite",
        "nul": "the character U+0000 in a property",
        "null-in-list": "a null inside a list",
        "duplicate-id": "an id that a node before it has",
        "duplicate-edge": "the head, relation, tail and key of an edge before it",
    }
)
"""Code → meaning. A row counts once, for what is found first: ids and names, then the properties one after
the other by name, then repetition."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """One bad row.

    ``row`` counts from 1 over all rows of its ``kind``; ``text`` is what is at fault.
    """

    kind: Kind
    row: int
    text: str
    expected: str


@dataclass(frozen=True, slots=True)
class RejectReport:
    """Counts of bad rows by reason, and up to :data:`MAX_SAMPLES` of them for each, in order of row.

    ``rows`` is how many rows were looked at, good or bad.
    """

    rows: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    samples: Mapping[str, tuple[Rejected, ...]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Rows rejected; each has one reason."""
        return sum(self.counts.values())

    def merge(self, other: RejectReport) -> RejectReport:
        """Both together; where a reason has too many samples, this report's stay."""
        reasons = [reason for reason in REASONS if reason in self.counts or reason in other.counts]
        return RejectReport(
            self.rows + other.rows,
            {r: self.counts.get(r, 0) + other.counts.get(r, 0) for r in reasons},
            {r: (*self.samples.get(r, ()), *other.samples.get(r, ()))[:MAX_SAMPLES] for r in reasons},
        )

    def summary(self) -> str:
        """One line: totals, then each reason with its count and first sample."""
        if not self.total:
            return f"all {self.rows:,} rows are good"
        reasons = (f"{count:,} {reason}{self._first(reason)}" for reason, count in self.counts.items())
        return f"{self.total:,} of {self.rows:,} rows are bad: {', '.join(reasons)}"

    def to_json(self) -> dict[str, Any]:
        """The report as plain data: ``rows``, ``rejected``, and for each reason ``count`` and ``samples``."""
        reasons = {
            reason: {
                "count": count,
                "samples": [
                    {"kind": s.kind, "row": s.row, "text": s.text, "expected": s.expected}
                    for s in self.samples[reason]
                ],
            }
            for reason, count in self.counts.items()
        }
        return {"rows": self.rows, "rejected": self.total, "reasons": reasons}

    def enforce(self, on_error: OnError) -> None:
        """Raise unless all rows are good or bad ones may be left out.

        Raises:
            BadRowsError: there are bad rows and ``on_error`` is ``raise``.
        """
        if self.total and on_error == "raise":
            remedy = "correct them, or pass on_error='reject' to leave them out"
            raise BadRowsError(f"{self.summary()}; nothing was written: {remedy}", self)

    def _first(self, reason: str) -> str:
        first = self.samples[reason][0]
        return f" (first: {first.kind} row {first.row:,}, {first.text!r}, expected {first.expected})"


class Rejects:
    """Collects bad rows of one kind over a stream of batches."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._rows = 0
        self._counts: dict[str, int] = {}
        self._samples: dict[str, list[Rejected]] = {}

    def add(self, rows: int, counts: Mapping[str, int], samples: Callable[[str], Iterable[Sample]]) -> None:
        """Count the bad rows of a batch.

        Args:
            rows: rows of the batch, good or bad.
            counts: code of :data:`REASONS` → bad rows.
            samples: the first of them for a code, in order of row.
        """
        for reason, count in counts.items():
            self._counts[reason] = self._counts.get(reason, 0) + count
            kept = self._samples.setdefault(reason, [])
            for row, text, expected in islice(samples(reason), MAX_SAMPLES - len(kept)):
                kept.append(Rejected(self.kind, self._rows + row + 1, _shorten(text), expected))
        self._rows += rows

    def report(self) -> RejectReport:
        """What was collected so far."""
        reasons = [reason for reason in REASONS if reason in self._counts]
        return RejectReport(
            self._rows, {r: self._counts[r] for r in reasons}, {r: tuple(self._samples[r]) for r in reasons}
        )


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
