"""Where the bytes of a release lie: in files, gzipped or not, or in a zip file, which is not unpacked."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from ...errors import OntologyError
from ..issues import Issue, place
from .rules import (
    DAMAGED_ARCHIVE,
    EMPTY_ARCHIVE,
    ENCRYPTED_ARCHIVE,
    NO_RELEASE,
    UNSAFE_MEMBER,
    WRONG_SUFFIX,
)

__all__ = ["Source", "opened", "sources"]

GZIP_MAGIC = b"\x1f\x8b"
ENCRYPTED = 1
"""The flag of a zip member that a password protects."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file.

    Args:
        path: the file on disk, or the zip file.
        inside: its path inside the release, with ``/``.
        size: bytes; packed ones of a gzipped file.
        zipped: whether it is a member of a zip file.
    """

    path: Path
    inside: str
    size: int
    zipped: bool = False

    @property
    def name(self) -> str:
        """Its file name."""
        return PurePosixPath(self.inside).name


def sources(path: Path) -> list[Source]:
    """All files of a folder, at any depth, or of a zip file; sorted by path.

    Raises:
        OntologyError: ``path`` is neither, or the zip file is damaged, unsafe, empty or has a password.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return [Source(file, file.relative_to(path).as_posix(), file.stat().st_size) for file in files]
    if not path.is_file():
        raise OntologyError(Issue(NO_RELEASE, place(path), detail="there is no such file or folder"))
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except zipfile.BadZipFile as error:
        rule = DAMAGED_ARCHIVE if path.suffix.lower() == ".zip" else NO_RELEASE
        raise OntologyError(Issue(rule, place(path), detail=f"{error}")) from None
    if not members:
        raise OntologyError(Issue(EMPTY_ARCHIVE, place(path)))
    for member in members:
        _check(member, path)
    found = [Source(path, member.filename, member.file_size, zipped=True) for member in members]
    return sorted(found, key=lambda source: source.inside)


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked.

    Raises:
        OntologyError: the archive is damaged or its name says it is packed otherwise than it is; also from
            reading inside the block.
    """
    try:
        if source.zipped:
            with zipfile.ZipFile(source.path) as archive, archive.open(source.inside) as stream:
                yield _unpacked(cast(BinaryIO, stream), source)
        else:
            with source.path.open("rb") as stream:
                yield _unpacked(stream, source)
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise OntologyError(Issue(DAMAGED_ARCHIVE, source.name, detail=f"{error}")) from None


def _unpacked(stream: BinaryIO, source: Source) -> BinaryIO:
    packed = stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    stream.seek(0)
    if packed != source.name.endswith(".gz"):
        found = "gzipped" if packed else "not gzipped"
        raise OntologyError(Issue(WRONG_SUFFIX, source.name, detail=f"it is {found}"))
    return cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if packed else stream


def _check(member: zipfile.ZipInfo, path: Path) -> None:
    """Refuse a member that could end up elsewhere, or that nobody can read."""
    parts = member.filename.replace("\\", "/").split("/")
    if parts[0] == "" or ".." in parts or parts[0].endswith(":"):
        raise OntologyError(Issue(UNSAFE_MEMBER, place(path), text=member.filename))
    if member.flag_bits & ENCRYPTED:
        raise OntologyError(Issue(ENCRYPTED_ARCHIVE, place(path), text=member.filename))
