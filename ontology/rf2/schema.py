"""The columns of RF2 files: their names, in order, and what their values are.

Source: SNOMED International, release file specification, component and reference set files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from .names import FileName
from .rows import FileKind

__all__ = ["SCHEMAS", "Column", "Sort", "columns_of"]


class Sort(StrEnum):
    """What the values of a column are, which decides how they are read and checked."""

    SCTID = "SCTID"
    UUID = "UUID"
    TIME = "time"
    ACTIVE = "active"
    INTEGER = "integer"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        name: as the header writes it.
        sort: what its values are.
        component: of SCTIDs, the component they are of: a key of :data:`~.sctid.COMPONENT`, ``""`` for any.
        blank: whether a value may be missing, which is worth a warning.
        few: whether many rows share a few values, so that checking distinct ones pays.
    """

    name: str
    sort: Sort
    component: str = ""
    blank: bool = False
    few: bool = False


def _concept(name: str) -> Column:
    return Column(name, Sort.SCTID, "concept")


def _metadata(name: str, blank: bool = False) -> Column:
    """A column of concepts that stand for a few choices."""
    return Column(name, Sort.SCTID, "concept", blank, few=True)


def _any(name: str) -> Column:
    """A column of refsets that refers to a component of any kind."""
    return Column(name, Sort.SCTID, blank=True)


def _integer(name: str) -> Column:
    return Column(name, Sort.INTEGER, blank=True)


def _text(name: str) -> Column:
    """A column of text, in which nothing is missing where it is empty."""
    return Column(name, Sort.TEXT)


def _wanted(name: str) -> Column:
    """A column of text that should not be empty."""
    return Column(name, Sort.TEXT, blank=True)


VERSION = (
    Column("effectiveTime", Sort.TIME, blank=True),
    Column("active", Sort.ACTIVE),
    _metadata("moduleId"),
)
"""What every row says of itself."""


def _component(kind: str, *columns: Column) -> tuple[Column, ...]:
    return (Column("id", Sort.SCTID, kind), *VERSION, *columns)


def _member(referenced: str, *columns: Column) -> tuple[Column, ...]:
    member = Column("referencedComponentId", Sort.SCTID, referenced)
    return (Column("id", Sort.UUID), *VERSION, _metadata("refsetId"), member, *columns)


DESCRIPTION = _component(
    "description",
    _concept("conceptId"),
    _text("languageCode"),
    _metadata("typeId"),
    _text("term"),
    _metadata("caseSignificanceId"),
)


def _relationship(target: Column) -> tuple[Column, ...]:
    return _component(
        "relationship",
        _concept("sourceId"),
        target,
        Column("relationshipGroup", Sort.INTEGER),
        _metadata("typeId"),
        _metadata("characteristicTypeId"),
        _metadata("modifierId"),
    )


MAP = (
    _integer("mapGroup"),
    _integer("mapPriority"),
    _text("mapRule"),
    _text("mapAdvice"),
    _text("mapTarget"),
    _metadata("correlationId", blank=True),
)

SCHEMAS: Mapping[FileKind, tuple[Column, ...]] = MappingProxyType(
    {
        FileKind.CONCEPT: _component("concept", _metadata("definitionStatusId")),
        FileKind.DESCRIPTION: DESCRIPTION,
        FileKind.TEXT_DEFINITION: DESCRIPTION,
        FileKind.RELATIONSHIP: _relationship(_concept("destinationId")),
        FileKind.STATED_RELATIONSHIP: _relationship(_concept("destinationId")),
        FileKind.CONCRETE_VALUES: _relationship(_text("value")),
        FileKind.IDENTIFIER: (
            _text("alternateIdentifier"),
            *VERSION,
            _metadata("identifierSchemeId"),
            Column("referencedComponentId", Sort.SCTID),
        ),
        FileKind.OWL_EXPRESSION: _member("concept", _text("owlExpression")),
        FileKind.LANGUAGE: _member("description", _metadata("acceptabilityId", blank=True)),
        FileKind.ASSOCIATION: _member("", _any("targetComponentId")),
        FileKind.ATTRIBUTE_VALUE: _member("", _metadata("valueId", blank=True)),
        FileKind.SIMPLE: _member(""),
        FileKind.SIMPLE_MAP: _member("", _wanted("mapTarget")),
        FileKind.COMPLEX_MAP: _member("concept", *MAP),
        FileKind.EXTENDED_MAP: _member("concept", *MAP, _metadata("mapCategoryId", blank=True)),
        FileKind.MODULE_DEPENDENCY: _member(
            "concept",
            Column("sourceEffectiveTime", Sort.TIME, blank=True),
            Column("targetEffectiveTime", Sort.TIME, blank=True),
        ),
        FileKind.REFSET_DESCRIPTOR: _member(
            "concept",
            _metadata("attributeDescription", blank=True),
            _metadata("attributeType", blank=True),
            _integer("attributeOrder"),
        ),
        FileKind.DESCRIPTION_TYPE: _member(
            "concept", _metadata("descriptionFormat", blank=True), _integer("descriptionLength")
        ),
        FileKind.OTHER_REFSET: _member(""),
    }
)
"""The columns of each kind of file; refsets may have more, which are checked and not kept."""

LETTERS = {"c": _any, "i": _integer, "s": _wanted}


def columns_of(name: FileName, header: Sequence[str]) -> tuple[Column, ...] | None:
    """The columns of a file with this name and header, in the order of the header.

    Names are compared without regard to case. What a refset has behind the columns of its kind is as the
    pattern in its name says, and text behind that.

    Returns:
        ``None`` if the header is not one of its kind.
    """
    expected = SCHEMAS[name.kind]
    found = [one.lower() for one in header]
    if name.kind is FileKind.IDENTIFIER:
        by_name = {column.name.lower(): column for column in expected}
        # Releases before 2023 have another order.
        return tuple(by_name[one] for one in found) if sorted(found) == sorted(by_name) else None
    refset = expected[0].sort is Sort.UUID
    whole = len(SCHEMAS[FileKind.OTHER_REFSET]) + len(name.pattern) if refset else len(expected)
    if found[: len(expected)] != [column.name.lower() for column in expected]:
        return None
    if len(found) < whole or (len(found) > whole and not refset) or len({*found}) < len(found):
        return None
    letters = name.pattern.ljust(len(found), "s")[len(expected) - 6 :] if refset else ""
    further = zip(header[len(expected) :], letters, strict=False)
    return *expected, *(LETTERS[letter](one) for one, letter in further)
