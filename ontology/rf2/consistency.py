"""Rules about the rows of one id: one row in a Snapshot, one for each time in Full, columns that stay."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..issues import Issue, Issues
from . import rules
from .lookup import spread
from .reporting import report, shown
from .rows import FileKind, Rows
from .versions import Versions, component_keys

FULL_SHARE = 0.01
"""Share of the rows that are second versions from which on a file is taken for a Full one."""

_OF_DESCRIPTIONS = ("conceptId", "languageCode", "typeId")
_OF_RELATIONSHIPS = ("sourceId", "destinationId", "typeId")
_OF_MEMBERS = ("refsetId", "referencedComponentId")
_IMMUTABLE = {
    FileKind.CONCEPT: (),
    FileKind.IDENTIFIER: (),
    FileKind.DESCRIPTION: _OF_DESCRIPTIONS,
    FileKind.TEXT_DEFINITION: _OF_DESCRIPTIONS,
    FileKind.RELATIONSHIP: _OF_RELATIONSHIPS,
    FileKind.STATED_RELATIONSHIP: _OF_RELATIONSHIPS,
    FileKind.CONCRETE_VALUES: ("sourceId", "typeId"),
}


def immutable(kind: FileKind) -> tuple[str, ...]:
    """The columns that stay the same for an id in files of this kind."""
    return _IMMUTABLE.get(kind, _OF_MEMBERS)


def one_row_each(rows: Rows, issues: Issues) -> Rows:
    """The rows of a Snapshot, of which no two may have one id.

    Raises:
        OntologyError: two have, and the load is strict; otherwise the latest of them stays.
    """
    if not _repeats(rows):
        return rows
    versions = Versions.of(rows)
    again = versions.again[1:]
    older, newer = versions.order[:-1][again], versions.order[1:][again]
    second = np.sort(np.maximum(older, newer))
    other_time = rows["effectiveTime"][older] != rows["effectiveTime"][newer]
    if other_time.all() and len(second) > max(1, FULL_SHARE * len(rows)):
        found = f"{len(second)} of {len(rows)} rows repeat an id with another effectiveTime"
        row = int(second[0])
        issues.add(Issue(rules.FULL_AS_SNAPSHOT, *rows.place(row), "id", shown(rows, "id", row), found))
    else:
        report(issues, rules.DUPLICATE_ID, rows, second, "id")
    return rows.take(versions.latest())


def check_versions(rows: Rows, versions: Versions, issues: Issues) -> None:
    """Compare each row of a Full file with the version before it.

    Raises:
        OntologyError: two rows have one id and one time, and the load is strict.
    """
    again = versions.again[1:]
    older, newer = versions.order[:-1][again], versions.order[1:][again]
    same_time = versions.times[older] == versions.times[newer]
    report(issues, rules.DUPLICATE_VERSION, rows, np.sort(newer[same_time]), "id")
    for column in immutable(rows.kind):
        values = _codes(rows, column)
        changed = np.sort(newer[values[older] != values[newer]])
        report(issues, rules.IMMUTABLE_CHANGED, rows, changed, column)
    if rows.kind == FileKind.CONCEPT:
        status = rows["definitionStatusId"]
        report(issues, rules.STATUS_CHANGED, rows, np.sort(newer[status[older] != status[newer]]))


def _repeats(rows: Rows) -> bool:
    """Whether two rows seem to have one id; never ``False`` where two have."""
    keys = component_keys(rows)
    if (keys[0][1:] > keys[0][:-1]).all():
        return False
    hashes = spread(*keys)
    hashes.sort()
    return bool((hashes[1:] == hashes[:-1]).any())


def _codes(rows: Rows, column: str) -> NDArray[Any]:
    """A column as numbers that are equal where its values are."""
    if isinstance(rows.columns[column], np.ndarray):
        return rows[column]
    codes: NDArray[Any] = rows.text(column).dictionary_encode().indices.to_numpy()
    return codes
