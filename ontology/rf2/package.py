"""A release on disk: which edition and date it is, and which files it consists of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import OntologyError
from ..issues import Issue, Issues, place
from .names import FileName, Release, looks_like_data, parse_name
from .rows import FileKind
from .rules import (
    DELTA_ALONE,
    MISSING_FILE,
    NO_RELEASE,
    RELEASE_DATES,
    RELEASE_INFORMATION,
    SAME_ELEMENT,
    SEVERAL_EDITIONS,
    UNKNOWN_FILE,
)
from .sources import Source, opened, sources

__all__ = ["DataFile", "Package", "discover"]

LAYOUT = frozenset(
    [
        "rf2release",
        "full",
        "snapshot",
        "delta",
        "terminology",
        "refset",
        "content",
        "language",
        "map",
        "metadata",
    ]
)
"""Folders inside a release, in small letters; what stands above them is the release's own folder."""

INFORMATION = "release_package_information.json"
NEEDED = (FileKind.CONCEPT, FileKind.DESCRIPTION, FileKind.RELATIONSHIP)


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file with rows."""

    name: FileName
    source: Source

    @property
    def place(self) -> str:
        """How the file is called in issues."""
        return place(self.source.name)


@dataclass(frozen=True, slots=True)
class Package:
    """The files of one edition and one release type.

    Args:
        edition: name of the release's own folder, or of the zip file.
        release: Full, Snapshot or Delta.
        date: ``yyyymmdd``, the latest in the names of the files.
        files: sorted by path.
        information: what ``release_package_information.json`` says, empty if nothing.
    """

    edition: str
    release: Release
    date: int
    files: tuple[DataFile, ...]
    information: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: FileKind) -> tuple[DataFile, ...]:
        """The files of one kind."""
        return tuple(file for file in self.files if file.name.kind is kind)


def discover(
    path: Path | str, release: str = "snapshot", edition: str | None = None, issues: Issues | None = None
) -> Package:
    """Find the files of a release.

    Args:
        path: a folder, at any depth above the files, or a zip file, which is not unpacked.
        release: ``full``, ``snapshot`` or ``delta``.
        edition: part of the name of the release's folder, where ``path`` holds several.
        issues: takes note of what is wrong; a strict one of its own if not given.

    Raises:
        OntologyError: there is no such release, or not a single one; the archive is unfit; a fatal rule is
            broken and the load is strict.
    """
    if release not in set(Release):
        raise OntologyError(f"{release!r} is no type of release; there are {', '.join(Release)}")
    path, wanted = Path(path), Release(release)
    issues = Issues() if issues is None else issues
    found = sources(path)
    by_edition = _by_edition(_data_files(found, issues), path)
    if not by_edition:
        raise OntologyError(Issue(NO_RELEASE, place(path)))
    folder = _choose(by_edition, edition, path)
    files = by_edition[folder]
    dates = _check_dates(files, issues)
    chosen = _without_twins((file for file in files if file.name.release is wanted), issues)
    _check_complete(files, chosen, wanted, path, issues)
    information = _information((one for one in found if _folder(one, path) == folder), issues)
    return Package(Path(folder).name, wanted, max(dates), tuple(chosen), information)


def _data_files(found: Iterable[Source], issues: Issues) -> list[DataFile]:
    files = []
    for source in found:
        name = parse_name(source.name)
        if name:
            files.append(DataFile(name, source))
        elif looks_like_data(source.name):
            issues.add(Issue(UNKNOWN_FILE, place(source.name)))
    return files


def _by_edition(files: Iterable[DataFile], path: Path) -> dict[str, list[DataFile]]:
    """The files by the release's own folder."""
    found: dict[str, list[DataFile]] = {}
    for file in files:
        found.setdefault(_folder(file.source, path), []).append(file)
    return found


def _folder(source: Source, path: Path) -> str:
    """The folder of the release that a file belongs to."""
    above = path.resolve()
    while above.name.lower() in LAYOUT:
        above = above.parent
    parts = source.inside.split("/")[:-1]
    inner = next((at for at, part in enumerate(parts) if part.lower() in LAYOUT), len(parts))
    name = above.name.removesuffix(".zip") if source.zipped else above.name
    return "/".join(parts[:inner]) or name


def _choose(by_edition: dict[str, Any], edition: str | None, path: Path) -> str:
    """The folder of the one edition that is meant."""
    fitting = [folder for folder in by_edition if (edition or "").lower() in Path(folder).name.lower()]
    exact = [folder for folder in fitting if Path(folder).name == edition]
    if len(exact or fitting) == 1:
        return (exact or fitting)[0]
    names = "there are " + ", ".join(sorted(Path(folder).name for folder in by_edition))
    rule = SEVERAL_EDITIONS if fitting else NO_RELEASE
    raise OntologyError(Issue(rule, place(path), text=edition or "", detail=names))


def _check_dates(files: Sequence[DataFile], issues: Issues) -> set[int]:
    """All files of a release, of whatever type, are of one date."""
    dates = {file.name.date for file in files}
    latest = max(dates)
    for date in dates - {latest}:
        first = next(file for file in files if file.name.date == date)
        detail = f"other files are of {latest}"
        issues.add(Issue(RELEASE_DATES, first.place, text=f"{date}", detail=detail))
    return dates


def _without_twins(files: Iterable[DataFile], issues: Issues) -> list[DataFile]:
    """The files, the first of those that hold the same part of the release."""
    first: dict[tuple[str, ...], DataFile] = {}
    for file in files:
        twin = first.setdefault(file.name.element, file)
        if twin is not file:
            issues.add(Issue(SAME_ELEMENT, file.place, detail=f"the other is {twin.source.inside}"))
    return list(first.values())


def _check_complete(
    files: Sequence[DataFile], chosen: Sequence[DataFile], wanted: Release, path: Path, issues: Issues
) -> None:
    """What a release cannot do without is there; a Delta may have any files, but needs one."""
    releases = sorted({file.name.release for file in files})
    if releases == [Release.DELTA] != [wanted]:
        raise OntologyError(Issue(DELTA_ALONE, place(path)))
    detail = f"no {wanted} files; there are {', '.join(releases)}"
    if not chosen:
        raise OntologyError(Issue(MISSING_FILE, place(path), detail=detail))
    kinds = {file.name.kind for file in chosen}
    for kind in NEEDED if wanted is not Release.DELTA else ():
        if kind not in kinds:
            issues.add(Issue(MISSING_FILE, place(path), text=kind))


def _information(found: Iterable[Source], issues: Issues) -> dict[str, Any]:
    """What the release says of itself; some ship broken JSON, which is no reason not to load them."""
    source = next((one for one in found if one.name == INFORMATION), None)
    if source is None:
        return {}
    with opened(source) as stream:
        text = stream.read().decode("utf-8-sig", errors="replace")
    try:
        read = json.loads(text)
    except ValueError as error:
        issues.add(Issue(RELEASE_INFORMATION, INFORMATION, getattr(error, "lineno", 0), detail=f"{error}"))
        return {}
    return read if isinstance(read, dict) else {}
