"""The rows of a release as they are at one date, whatever it consists of: Snapshot, Full, a Delta on top."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from ...errors import ConfigError, OntologyError
from ..issues import Issue, Issues
from . import rules
from .consistency import check_versions, one_row_each
from .package import Package, discover
from .reading import read_kind
from .rows import FileKind, Rows
from .versions import Versions, apply_delta

Progress = Callable[[int, int, str], None]
"""Called with the bytes that were read, the bytes to read, and what is read next."""

_ROW = ("id", "effectiveTime", "active")
_MEMBER = (*_ROW, "moduleId", "refsetId", "referencedComponentId")
_DESCRIPTION = (*_ROW, "conceptId", "languageCode", "typeId", "term", "caseSignificanceId")
_RELATIONSHIP = (*_ROW, "sourceId", "relationshipGroup", "typeId", "characteristicTypeId")
_MAP = (*_MEMBER, "mapGroup", "mapPriority", "mapRule", "mapAdvice", "mapTarget")

COLUMNS: Mapping[FileKind, tuple[str, ...]] = MappingProxyType(
    {
        FileKind.CONCEPT: (*_ROW, "moduleId", "definitionStatusId"),
        FileKind.DESCRIPTION: _DESCRIPTION,
        FileKind.TEXT_DEFINITION: _DESCRIPTION,
        FileKind.RELATIONSHIP: (*_RELATIONSHIP, "destinationId"),
        FileKind.STATED_RELATIONSHIP: (*_ROW, "sourceId", "destinationId", "typeId"),
        FileKind.CONCRETE_VALUES: (*_RELATIONSHIP, "value"),
        FileKind.IDENTIFIER: (*_ROW[1:], "alternateIdentifier", "identifierSchemeId"),
        FileKind.LANGUAGE: (*_ROW, "refsetId", "referencedComponentId", "acceptabilityId"),
        FileKind.ASSOCIATION: (*_MEMBER, "targetComponentId"),
        FileKind.OWL_EXPRESSION: (*_MEMBER, "owlExpression"),
        FileKind.SIMPLE_MAP: (*_MEMBER, "mapTarget"),
        FileKind.COMPLEX_MAP: _MAP,
        FileKind.EXTENDED_MAP: (*_MAP, "mapCategoryId"),
    }
)
"""The columns that are kept; of all other files the first of a refset."""


@dataclass(frozen=True, slots=True)
class Rf2Options:
    """What to load of a release.

    Args:
        release: ``snapshot``, or ``full`` for the state at a date.
        as_of: ``yyyymmdd``, with ``full``; ``None`` is the latest state.
        delta: folder or zip file of a Delta to lay on top.
        edition: part of the name of the release's folder, where a path holds several.
        require_root: whether a concept that does not lie below the root is a fault.
    """

    release: Literal["snapshot", "full"] = "snapshot"
    as_of: int | None = None
    delta: Path | str | None = None
    edition: str | None = None
    require_root: bool = False


class Current:
    """Reads one kind of file after another.

    Args:
        path: folder or zip file of a release.
        options: what of it.
        issues: where to say what is wrong.
        progress: told before each kind of file.

    Raises:
        ConfigError: ``as_of`` without ``full``, or an unknown ``release``.
        OntologyError: no release is there; see :func:`~.package.discover`.
    """

    def __init__(
        self, path: Path | str, options: Rf2Options, issues: Issues, progress: Progress | None = None
    ) -> None:
        if options.release not in ("snapshot", "full"):
            raise ConfigError(f"release is {options.release!r}; expected snapshot or full")
        if options.as_of is not None and options.release != "full":
            raise ConfigError("as_of needs release=full: a Snapshot has no earlier versions")
        self.options, self.issues, self.progress = options, issues, progress
        self.package = discover(path, options.release, options.edition, issues)
        self.delta: Package | None = None
        if options.delta is not None:
            self.delta = discover(options.delta, "delta", options.edition, issues)
        self._done = 0
        self._total = sum(file.source.size for one in self._packages() for file in one.files)

    @property
    def date(self) -> int:
        """What the rows are the state of, ``yyyymmdd``."""
        return self.delta.date if self.delta else self.options.as_of or self.package.date

    def read(self, kind: FileKind) -> Rows:
        """One row for each component, inactive ones among them.

        Raises:
            OntologyError: the files break a fatal rule and the load is strict, or the date is too early.
        """
        rows = self._state(self._rows(self.package, kind))
        if self.delta:
            changes = self._rows(self.delta, kind)
            check_versions(changes, Versions.of(changes), self.issues)
            rows = apply_delta(rows, changes)
        return rows

    def _state(self, rows: Rows) -> Rows:
        """The rows of the base release at the date."""
        if self.options.release == "snapshot":
            return one_row_each(rows, self.issues)
        versions = Versions.of(rows)
        check_versions(rows, versions, self.issues)
        latest = versions.latest(self.options.as_of)
        if rows.kind is FileKind.CONCEPT and not len(latest):
            first = f"the first version is of {rows['effectiveTime'].min(initial=99999999)}"
            file = rows.files[0][0] if rows.files else self.package.edition
            issue = Issue(rules.BEFORE_FIRST, file, text=str(self.options.as_of), detail=first)
            raise OntologyError(issue)
        return rows.take(latest)

    def _rows(self, package: Package, kind: FileKind) -> Rows:
        files = package.of(kind)
        if self.progress and files:
            self.progress(self._done, self._total, files[0].place)
        rows = read_kind(package, kind, self.issues, COLUMNS.get(kind, _MEMBER))
        self._done += sum(file.source.size for file in files)
        return rows

    def finish(self) -> None:
        """Tell that all is read."""
        if self.progress:
            self.progress(self._total, self._total, "")

    def _packages(self) -> list[Package]:
        return [self.package, self.delta] if self.delta else [self.package]
