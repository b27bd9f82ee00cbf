"""File names of a release, taken apart: type, content, part of the release, language, country, date.

A name is ``FileType_ContentType_ContentSubType_CountryNamespace_VersionDate.txt``. Editions vary each of
these elements, so a file is known by its elements, never by its whole name. Source: SNOMED International,
release file specification, file naming convention.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .rows import FileKind

__all__ = ["FileName", "Release", "is_calendar_date", "looks_like_data", "parse_name"]


class Release(StrEnum):
    """What part of a release a file is of."""

    FULL = "full"
    SNAPSHOT = "snapshot"
    DELTA = "delta"


NAME = re.compile(
    r"[xz]?(?P<type>sct|der)2"
    r"_(?P<content>Stated_Relationship|[A-Za-z0-9]+)"
    r"_(?P<name>[A-Za-z0-9]*?)(?P<release>Full|Snapshot|Delta)"
    r"(?:[-_](?P<language>[a-z]{2,3}(?:-[A-Za-z0-9]+)*))?"
    r"(?:_(?P<country>[A-Za-z0-9]+))?"
    r"_(?P<date>\d{8})(?:T\d{6}Z?)?\.txt(?:\.gz)?",
    re.ASCII,
)
"""Wider than the convention: some editions write ``Snapshot_es-ES_ES``, or their name for the country."""

DATA = re.compile(r"[xz]?(sct|der)2_.*\.txt(\.gz)?")
REFSET = re.compile(r"(?P<pattern>[cis]*)Refset")

REFSETS = {
    "Language": (FileKind.LANGUAGE, "c"),
    "Association": (FileKind.ASSOCIATION, "c"),
    "AssociationReference": (FileKind.ASSOCIATION, "c"),
    "AttributeValue": (FileKind.ATTRIBUTE_VALUE, "c"),
    "Simple": (FileKind.SIMPLE, ""),
    "SimpleMap": (FileKind.SIMPLE_MAP, "s"),
    "ModuleDependency": (FileKind.MODULE_DEPENDENCY, "ss"),
    "RefsetDescriptor": (FileKind.REFSET_DESCRIPTOR, "cci"),
    "DescriptionType": (FileKind.DESCRIPTION_TYPE, "ci"),
    "OWLExpression": (FileKind.OWL_EXPRESSION, "s"),
    "OWLAxiom": (FileKind.OWL_EXPRESSION, "s"),
    "OWLOntology": (FileKind.OWL_EXPRESSION, "s"),
}
"""Refsets by name: what they are, and how the pattern of their columns begins."""

MAPS = ("ComplexMap", "ExtendedMap")
"""Which of the two a map file is shows in its pattern: editions mix their names."""


@dataclass(frozen=True, slots=True)
class FileName:
    """The elements of a file name.

    Args:
        kind: what the file holds.
        content: the content as the name spells it, without the summary: ``SimpleMap``, ``Concept``.
        pattern: of refsets, one letter for each column behind the first six: ``c`` an SCTID, ``i`` an
            integer, ``s`` text.
        release: Full, Snapshot or Delta.
        summary: what an edition adds to the content: ``UKED``, or ``""``.
        language: ``en``, ``en-GB``, or ``""``.
        country: ``INT``, ``US1000124``, ``GB``, a bare namespace, the name of an edition, or ``""``.
        date: ``yyyymmdd``.
    """

    kind: FileKind
    content: str
    pattern: str
    release: Release
    summary: str
    language: str
    country: str
    date: int

    @property
    def element(self) -> tuple[str, ...]:
        """Equal for two files that hold the same part of a release, however their names spell it."""
        content = "Association" if self.kind is FileKind.ASSOCIATION else self.content
        return content, self.pattern, self.release, self.summary, self.language, self.country


def parse_name(name: str) -> FileName | None:
    """The elements of ``name``; ``None`` if it is no name of a data file that can be read."""
    found = NAME.fullmatch(name)
    if not found or not is_calendar_date(int(found["date"])):
        return None
    release = Release(found["release"].lower())
    rest = (found["language"] or "", found["country"] or "", int(found["date"]))
    refset = REFSET.fullmatch(found["content"])
    if not refset:
        content = found["content"].replace("_", "")
        if found["type"] != "sct" or content not in set(FileKind):
            return None
        return FileName(FileKind(content), content, "", release, found["name"], *rest)
    content, summary = _split_summary(found["name"])
    return FileName(_refset(content, refset[1]), content, refset[1], release, summary, *rest)


def looks_like_data(name: str) -> bool:
    """Whether a file should have rows by its name, even if the name cannot be taken apart."""
    return DATA.fullmatch(name) is not None


def is_calendar_date(day: int) -> bool:
    """Whether ``day``, ``yyyymmdd``, is a date of the calendar, not before 1000."""
    try:
        date(day // 10_000, day // 100 % 100, day % 100)
    except (ValueError, OverflowError):
        return False
    return day >= 1000_00_00


def _split_summary(name: str) -> tuple[str, str]:
    """A refset's name and what an edition added to it: ``SimpleMapUKED`` is ``SimpleMap`` and ``UKED``."""
    known = (one for one in (*REFSETS, *MAPS) if name.startswith(one) and not name[len(one) :][:1].islower())
    content = max(known, key=len, default=name)
    return content, name[len(content) :]


def _refset(content: str, pattern: str) -> FileKind:
    if content in MAPS and pattern.startswith("iisssc"):
        return FileKind.EXTENDED_MAP if pattern.startswith("iissscc") else FileKind.COMPLEX_MAP
    if not pattern:
        return FileKind.SIMPLE
    kind, start = REFSETS.get(content, (FileKind.OTHER_REFSET, ""))
    return kind if pattern.startswith(start) else FileKind.OTHER_REFSET
