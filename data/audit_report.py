"""What an audit says: counts of a data set, and findings with their consequence and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """One thing an audit found.

    Attributes:
        check: what was looked at: form, duplicates, overlap, unseen, pairs, relations, names, inductive.
        severity: ``error`` makes ``audit=strict`` refuse the set; ``warning`` is noted in every result.
        count: how many triples, entities or relations are concerned.
        message: one sentence with the count.
        example: one of them.
        consequence: what follows for a result.
        remedy: what to do.
    """

    check: str
    severity: Severity
    count: int
    message: str
    example: str
    consequence: str
    remedy: str


@dataclass(frozen=True)
class Counts:
    """The figures of a data set. ``rows`` count duplicates, ``distinct`` does not.

    Attributes:
        entities, relations: sizes of the vocabularies.
        entities_in_train, relations_in_train: how many of them occur in train.
        rows, distinct: triples per split.
        overlap: distinct triples in common, by ``"valid/train"``, ``"test/train"``, ``"valid/test"``.
        overlap_rows: the same, counted in rows of the first split.
        unseen_entity, unseen_relation: valid and test rows with an entity or relation that train lacks.
        pair_in_train: test rows whose entity pair occurs in train, in either direction.
        pair_reversed: test rows whose entity pair occurs in train the other way round.
        loops: rows of all splits with head = tail.
        queries_per_unique: rows per unique (source, relation, side), for train and test.
    """

    entities: int
    entities_in_train: int
    relations: int
    relations_in_train: int
    rows: Mapping[str, int]
    distinct: Mapping[str, int]
    overlap: Mapping[str, int]
    overlap_rows: Mapping[str, int]
    unseen_entity: Mapping[str, int]
    unseen_relation: Mapping[str, int]
    pair_in_train: int
    pair_reversed: int
    loops: int
    queries_per_unique: Mapping[str, float]


@dataclass(frozen=True)
class AuditReport:
    """Counts and findings of one data set, errors first."""

    name: str
    counts: Counts
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make a strict audit refuse the set."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)
