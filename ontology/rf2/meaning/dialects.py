"""Language refsets: which term a dialect prefers; and warnings about the names that concepts lack."""

from __future__ import annotations

import numpy as np

from ...issues import Issues
from ...tables import Codes, Preference, Terms
from .. import rules
from ..coding import coded, numbered
from ..metadata import DIALECTS, PREFERENCES
from ..ordering import order
from ..reporting import report
from ..rows import Rows
from .components import Components, State
from .refsets import in_force


def read_dialects(members: Rows, components: Components, issues: Issues) -> tuple[tuple[str, ...], Codes]:
    """The dialects of a release, and what they say of its terms.

    Only active members count. A description with two members in one dialect is preferred if one says so.

    Args:
        members: of all language refsets of a Snapshot.

    Returns:
        Names of dialects: ``en-US``, ``en-GB``, else the SCTIDs of their refsets; and (dialects, terms) uint8
        of :class:`~kgllm.ontology.tables.Preference`, in the order of the terms of ``components``.
    """
    members = in_force(members)
    refsets, dialect = numbered(members["refsetId"])
    row = components.descriptions.find(members["referencedComponentId"])
    state = components.state_of_descriptions(row)
    report(issues, rules.UNKNOWN_MEMBER, members, state == State.UNKNOWN, "referencedComponentId")
    report(issues, rules.INACTIVE_MEMBER, members, state == State.INACTIVE, "referencedComponentId")
    says = np.where(row < 0, Preference.NONE, coded(members["acceptabilityId"], PREFERENCES))
    found = np.zeros((len(refsets), components.terms), np.uint8)
    for preference in (Preference.ACCEPTABLE, Preference.PREFERRED):
        chosen = says == preference
        found[dialect[chosen], row[chosen]] = preference
    names = {refset: name for name, refset in DIALECTS.items()}
    return tuple(names.get(refset, str(refset)) for refset in refsets), found


def arranged(terms: Terms, preference: Codes) -> Terms:
    """``terms`` by concept, role, the active first, the preferred first.

    Args:
        preference: (dialects, terms) uint8.
    """
    best = preference.max(axis=0, initial=0)
    at = order((terms.concept, terms.role, ~terms.active, Preference.PREFERRED - best))
    return Terms(
        terms.concept[at],
        terms.role[at],
        terms.active[at],
        terms.language[at],
        terms.text.take(at),
        terms.ids[at],
        preference[:, at].ravel(),
        terms.sensitive[at],
    )
