"""Faults of a whole release: files that are missing, doubled, of other dates, or in unfit archives."""

from __future__ import annotations

import gzip
import shutil
import zipfile
from pathlib import Path

from ...rows import FileKind
from ..release import INFORMATION
from .site import Plant, Planted, Site

NEEDED = (FileKind.CONCEPT, FileKind.DESCRIPTION, FileKind.RELATIONSHIP)


def no_release(site: Site) -> Planted:
    """Remove all folders."""
    for folder in ("Full", "Snapshot", "Delta"):
        shutil.rmtree(site.root / folder)
    return Planted(site.root, site.root.name)


def missing_file(site: Site) -> Planted:
    """Remove a file that every release needs."""
    kind = site.pick(NEEDED)
    site.path(kind).unlink()
    return Planted(site.root, site.root.name, text=kind)


def same_element(site: Site) -> Planted:
    """Add the same part of the release once more, under a name for test releases."""
    path = site.path(site.pick(site.kinds))
    twin = path.with_name(f"x{path.name}")
    shutil.copyfile(path, twin)
    return Planted(site.root, twin.name)


def full_as_snapshot(site: Site) -> Planted:
    """Give the content of a Full file to a file of the Snapshot."""
    kind = site.pick(NEEDED)
    path = site.path(kind)
    shutil.copyfile(site.path(kind, "Full"), path)
    ids = [line.split(b"\t")[0] for line in path.read_bytes().split(b"\r\n")]
    line = next(line for line in range(2, len(ids)) if ids[line - 1] == ids[line - 2])
    return Planted(site.root, path.name, (line,), text=ids[line - 1].decode())


def delta_alone(site: Site) -> Planted:
    """Remove all but the Delta."""
    for folder in ("Full", "Snapshot"):
        shutil.rmtree(site.root / folder)
    return Planted(site.root, site.root.name)


def several_editions(site: Site) -> Planted:
    """Put the release into a zip file twice, the second time as another edition."""
    archive = zipped(site.root)
    with zipfile.ZipFile(archive, "a") as file:
        for path in files_of(site.root):
            file.write(path, f"Another_{site.root.name}/{path.relative_to(site.root)}")
    return Planted(archive, archive.name)


def release_dates(site: Site) -> Planted:
    """Date a file back."""
    path = site.path(site.pick(site.kinds), site.pick(("Full", "Snapshot", "Delta")))
    other = path.rename(path.with_name(path.name.rsplit("_", 1)[0] + "_20100131.txt"))
    return Planted(site.root, other.name, text="20100131")


def unsafe_member(site: Site) -> Planted:
    """Add a member to a zip file that leads out of it."""
    archive = zipped(site.root)
    name = site.pick(("../outside.txt", "/etc/outside.txt", "Full/../../outside.txt", "C:\\outside.txt"))
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(name, "")
    return Planted(archive, archive.name, text=name)


def truncated_archive(site: Site) -> Planted:
    """Cut off the end of a zip file."""
    archive = zipped(site.root)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * site.rng.uniform(0.1, 0.95))])
    return Planted(archive, archive.name)


def damaged_member(site: Site) -> Planted:
    """Change a byte of a file inside a zip file."""
    archive = zipped(site.root)
    path = site.path(site.pick(NEEDED))
    content = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as file:
        member = file.getinfo(str(path.relative_to(site.root.parent)))
    at = member.header_offset + 30 + len(member.filename.encode()) + member.compress_size // 2
    content[at] ^= 1
    archive.write_bytes(content)
    return Planted(archive, path.name)


def encrypted_archive(site: Site) -> Planted:
    """Mark the first member of a zip file as protected by a password."""
    archive = zipped(site.root)
    with zipfile.ZipFile(archive, "a") as file:
        first = file.infolist()[0]
        first.flag_bits |= 1
        file.writestr("readme.txt", "")  # so that the directory is written again
    content = bytearray(archive.read_bytes())
    content[first.header_offset + 6] |= 1
    archive.write_bytes(content)
    return Planted(archive, archive.name, text=first.filename)


def empty_archive(site: Site) -> Planted:
    """A zip file without members."""
    archive = site.root.with_name(f"{site.root.name}.zip")
    with zipfile.ZipFile(archive, "w"):
        pass
    return Planted(archive, archive.name)


def wrong_suffix(site: Site) -> Planted:
    """Pack a file and keep its name, or keep the file and name it as if it was packed."""
    path = site.path(site.pick(NEEDED))
    if site.rng.integers(2):
        path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        return Planted(site.root, path.name)
    return Planted(site.root, path.rename(path.with_name(f"{path.name}.gz")).name)


def release_information(site: Site) -> Planted:
    """Break the JSON in which the release describes itself."""
    path = site.root / INFORMATION
    content = path.read_text() if path.exists() else "{}"
    path.write_text(content.replace("}", ",}"))
    return Planted(site.root, path.name, (1,))


def unknown_file(site: Site) -> Planted:
    """Give a file a name that means nothing."""
    path = site.path(FileKind.CONCEPT)
    other = path.with_name(path.name.replace("Concept", "Something"))
    shutil.copyfile(path, other)
    return Planted(site.root, other.name)


def files_of(root: Path) -> list[Path]:
    """All files below a folder, sorted."""
    return sorted(path for path in root.rglob("*") if path.is_file())


def zipped(root: Path) -> Path:
    """A zip file beside the root folder with all of it, not compressed."""
    archive = root.with_name(f"{root.name}.zip")
    with zipfile.ZipFile(archive, "w") as file:
        for path in files_of(root):
            file.writestr(zipfile.ZipInfo(str(path.relative_to(root.parent))), path.read_bytes())
    return archive


PACKAGE: dict[str, Plant] = {
    "no-release": no_release,
    "missing-file": missing_file,
    "same-element": same_element,
    "full-as-snapshot": full_as_snapshot,
    "delta-alone": delta_alone,
    "several-editions": several_editions,
    "release-dates": release_dates,
    "unsafe-member": unsafe_member,
    "truncated-archive": truncated_archive,
    "damaged-member": damaged_member,
    "encrypted-archive": encrypted_archive,
    "empty-archive": empty_archive,
    "wrong-suffix": wrong_suffix,
    "release-information": release_information,
    "unknown-file": unknown_file,
}
