"""A written release read in plain Python: slow, short, and independent of the readers it is compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..names import parse_name
from ..rows import FileKind
from .metadata import special_ids

Row = dict[str, str]
"""A line by the names of the header."""


def files(root: Path, type_: str = "Snapshot") -> dict[FileKind, Path]:
    """The files of one type in a release; where several are of one kind, one of them."""
    named = ((parse_name(path.name), path) for path in sorted((root / type_).rglob("*.txt")))
    return {name.kind: path for name, path in named if name}


def rows(root: Path, kind: FileKind, type_: str = "Snapshot") -> list[Row]:
    """The rows of a file below the root folder of a release, whose files are not packed.

    Args:
        root: the root folder.
        kind: which file.
        type_: ``Full``, ``Snapshot`` or ``Delta``.
    """
    path = files(root, type_)[kind]
    header, *lines = path.read_bytes().decode().removesuffix("\r\n").split("\r\n")
    names = header.split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines]


def as_of(rows: Iterable[Row], date: int) -> list[Row]:
    """Of each id the last row that is not after ``date``, in the order of the rows."""
    latest: dict[str, Row] = {}
    for row in rows:
        before = latest.get(row["id"])
        if int(row["effectiveTime"]) <= date and (
            before is None or before["effectiveTime"] < row["effectiveTime"]
        ):
            latest[row["id"]] = row
    return [*latest.values()]


@dataclass(frozen=True, slots=True)
class View:
    """What a release says at its date; concepts and refsets are SCTIDs.

    Args:
        active: active concepts.
        inactive: inactive concepts.
        parents: of active concepts.
        attributes: (group, type, target) of active concepts.
        values: (group, type, value) of active concepts.
        name: fully specified names.
        synonyms: active ones, those that no dialect has among them.
        definitions: text definitions.
        preferred: by dialect and concept, the preferred term.
        history: (association, target) of inactive concepts.
        members: active members of each refset: concepts or descriptions.
    """

    active: set[int] = field(default_factory=set)
    inactive: set[int] = field(default_factory=set)
    parents: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    attributes: dict[int, set[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(set))
    values: dict[int, set[tuple[int, int, str]]] = field(default_factory=lambda: defaultdict(set))
    name: dict[int, str] = field(default_factory=dict)
    synonyms: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    definitions: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    preferred: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    history: dict[int, set[tuple[int, int]]] = field(default_factory=lambda: defaultdict(set))
    members: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))


def view(root: Path) -> View:
    """What the Snapshot of a synthetic release says."""
    found = View()
    for row in rows(root, FileKind.CONCEPT):
        (found.active if row["active"] == "1" else found.inactive).add(int(row["id"]))
    _add_relationships(found, root)
    _add_terms(found, root)
    for row in _active(root, FileKind.ASSOCIATION):
        found.history[int(row["referencedComponentId"])].add(
            (int(row["refsetId"]), int(row["targetComponentId"]))
        )
    for kind in REFSETS:
        for row in _active(root, kind):
            found.members[int(row["refsetId"])].add(int(row["referencedComponentId"]))
    return found


REFSETS = (
    FileKind.SIMPLE,
    FileKind.LANGUAGE,
    FileKind.ASSOCIATION,
    FileKind.ATTRIBUTE_VALUE,
    FileKind.SIMPLE_MAP,
    FileKind.EXTENDED_MAP,
    FileKind.OWL_EXPRESSION,
    FileKind.MODULE_DEPENDENCY,
    FileKind.REFSET_DESCRIPTOR,
)


def _active(root: Path, kind: FileKind) -> list[Row]:
    return [row for row in rows(root, kind) if row["active"] == "1"]


def _add_relationships(found: View, root: Path) -> None:
    is_a = special_ids()["is-a"]
    for row in _active(root, FileKind.RELATIONSHIP):
        source, target, type_ = (int(row[name]) for name in ("sourceId", "destinationId", "typeId"))
        if type_ == is_a:
            found.parents[source].add(target)
        else:
            found.attributes[source].add((int(row["relationshipGroup"]), type_, target))
    for row in _active(root, FileKind.CONCRETE_VALUES):
        value = int(row["relationshipGroup"]), int(row["typeId"]), row["value"]
        found.values[int(row["sourceId"])].add(value)


def _add_terms(found: View, root: Path) -> None:
    ids = special_ids()
    descriptions = {row["id"]: row for row in _active(root, FileKind.DESCRIPTION)}
    for row in descriptions.values():
        concept = int(row["conceptId"])
        if int(row["typeId"]) == ids["fsn"]:
            found.name[concept] = row["term"]
        else:
            found.synonyms[concept].add(row["term"])
    for row in _active(root, FileKind.TEXT_DEFINITION):
        found.definitions[int(row["conceptId"])].add(row["term"])
    for row in _active(root, FileKind.LANGUAGE):
        description = descriptions.get(row["referencedComponentId"], {"typeId": ""})
        preferred = int(row["acceptabilityId"]) == ids["preferred"]
        if preferred and description["typeId"] == str(ids["synonym"]):
            found.preferred[int(row["refsetId"])][int(description["conceptId"])] = description["term"]
