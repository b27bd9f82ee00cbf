"""Relationships: is-a links, attributes in groups, and concrete values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...hierarchy.cycles import without_cycles
from ...ids import Positions
from ...issues import Issue, Issues
from ...strings import Strings
from ...tables import Bools, IsA, Relations, Values
from .. import rules
from ..metadata import IS_A, STATED
from ..ordering import distinct, order
from ..reporting import report, short
from ..rows import Rows
from .concepts import Known

SHOWN_OF_CYCLE = 10


def read_relationships(rows: Rows, known: Known, issues: Issues) -> tuple[IsA, Relations]:
    """The active, inferred relationships of a Snapshot between active concepts.

    Those from or to an inactive concept are left out with a warning.

    Raises:
        OntologyError: an end is unknown, or is-a links have a cycle, and the load is strict.
    """
    rows = _in_force(rows, issues)
    is_a = rows["typeId"] == IS_A
    source, target = known.find(rows["sourceId"]), known.find(rows["destinationId"])
    type_ = np.where(is_a, source, known.find(rows["typeId"]))
    ends = {"sourceId": source, "destinationId": target, "typeId": type_}
    sound = _sound(rows, ends, known, issues)
    links, others = sound & is_a, sound & ~is_a
    isa = IsA(*distinct((source[links], target[links])))
    group = rows["relationshipGroup"][others].astype(np.int16)
    source, group, type_, target = distinct((source[others], group, type_[others], target[others]))
    return _acyclic(isa, rows, known, issues), Relations(source, type_, target, group)


def read_values(rows: Rows, known: Known, issues: Issues) -> Values:
    """The active relationships of active concepts to concrete values.

    Raises:
        OntologyError: the source or the type is unknown, and the load is strict.
    """
    rows = _in_force(rows, issues)
    source, type_ = known.find(rows["sourceId"]), known.find(rows["typeId"])
    sound = _sound(rows, {"sourceId": source, "typeId": type_}, known, issues)
    group = rows["relationshipGroup"].astype(np.int16)
    at = np.flatnonzero(sound)
    at = at[order((source[at], group[at], type_[at]))]
    return Values(source[at], type_[at], group[at], Strings.of(rows.text("value").take(at)))


def _in_force(rows: Rows, issues: Issues) -> Rows:
    """Active relationships that were not only stated, in groups with a number that fits."""
    rows = rows.take(rows["active"] & (rows["characteristicTypeId"] != STATED))
    return short(issues, rows, "relationshipGroup")


def _sound(rows: Rows, ends: Mapping[str, Positions], known: Known, issues: Issues) -> Bools:
    """Which rows have ``ends`` that are all known and in use."""
    there = np.ones(len(rows), np.bool_)
    for column, positions in ends.items():
        report(issues, rules.UNKNOWN_ENDPOINT, rows, positions < 0, column)
        there &= positions >= 0
    active = there.copy()
    for positions in ends.values():
        active &= known.in_use(positions)
    report(issues, rules.RELATIONSHIP_OF_INACTIVE, rows, there & ~active)
    return active


def _acyclic(isa: IsA, rows: Rows, known: Known, issues: Issues) -> IsA:
    """The links that are in no cycle."""
    isa, cycle = without_cycles(isa, len(known.ids))
    if cycle:
        ids = known.ids.values[cycle]
        row = np.flatnonzero((rows["sourceId"] == ids[0]) & (rows["destinationId"] == ids[1]))[0]
        shown = " is-a ".join(str(id) for id in ids[:SHOWN_OF_CYCLE])
        more = f" and so on through {len(ids) - 1} concepts" if len(ids) > SHOWN_OF_CYCLE else ""
        issues.add(Issue(rules.IS_A_CYCLE, *rows.place(int(row)), detail=shown + more))
    return isa
