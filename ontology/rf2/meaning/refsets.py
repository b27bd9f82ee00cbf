"""Refsets: their members, historical associations, and OWL axioms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...ids import Positions
from ...issues import Issues
from ...strings import Strings
from ...tables import Axioms, History, Members
from .. import rules
from ..coding import coded
from ..metadata import LINKS
from ..ordering import distinct, order
from ..reporting import report
from ..rows import FileKind, Rows
from .components import Components, State
from .concepts import Known

OF_INACTIVE = FileKind.ASSOCIATION, FileKind.ATTRIBUTE_VALUE
"""Refsets that say what became of inactive components, so that such members are no fault."""

NO_LINK = 255


VERSION = frozenset({"id", "effectiveTime"})
"""Columns that tell versions apart, which the rows of one date no longer need."""


def in_force(rows: Rows) -> Rows:
    """The active rows of a refset, with the columns that give them their meaning."""
    columns = {name: column for name, column in rows.columns.items() if name not in VERSION}
    return Rows(rows.kind, columns, rows.files, rows.lines).take(rows["active"])


def active_members(rows: Rows, components: Components, issues: Issues) -> Rows:
    """The active rows of a refset of a Snapshot, with warnings about unknown and inactive members."""
    rows = in_force(rows)
    states = components.state(rows["referencedComponentId"])
    report(issues, rules.UNKNOWN_MEMBER, rows, states == State.UNKNOWN, "referencedComponentId")
    if rows.kind not in OF_INACTIVE:
        report(issues, rules.INACTIVE_MEMBER, rows, states == State.INACTIVE, "referencedComponentId")
    return rows


def read_members(rows: Rows, known: Known) -> Members:
    """The concepts in the refsets of active ``rows``, in the order of the file.

    Other components are left out, and so are members of refsets that are not concepts of the release.
    """
    refset, member = known.find(rows["refsetId"]), known.find(rows["referencedComponentId"])
    kept = (refset >= 0) & (member >= 0)
    return Members(refset[kept], member[kept])


def joined(parts: Sequence[Members]) -> Members:
    """The members of all refsets, sorted, none twice."""
    refset = np.concatenate([part.refset for part in parts])
    member = np.concatenate([part.member for part in parts])
    return Members(*distinct((refset, member)))


def read_history(rows: Rows, known: Known, issues: Issues) -> History:
    """Where concepts went, from the active rows of association refsets; unknown targets draw a warning."""
    link = coded(rows["refsetId"], LINKS, NO_LINK)
    source, target = known.find(rows["referencedComponentId"]), known.find(rows["targetComponentId"])
    wanted = (link != NO_LINK) & (source >= 0)
    report(issues, rules.UNKNOWN_MEMBER, rows, wanted & (target < 0), "targetComponentId")
    kept = wanted & (target >= 0)
    return History(*distinct((source[kept], link[kept], target[kept])))


def read_axioms(rows: Rows, known: Known) -> Axioms:
    """The OWL axioms of the concepts of active ``rows``."""
    concept: Positions = known.find(rows["referencedComponentId"])
    at = np.flatnonzero(concept >= 0)
    at = at[order((concept[at],))]
    return Axioms(concept[at], Strings.of(rows.text("owlExpression")).take(at))
