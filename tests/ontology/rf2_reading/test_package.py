"""Finding a release: folders, zip files, gzipped files, editions, dates, and what is refused."""

from __future__ import annotations

import gzip
import shutil
import zipfile
from pathlib import Path

import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.package import discover
from kgllm.ontology.rf2.reading import read_kind
from kgllm.ontology.rf2.rows import FileKind

CONCEPT = FileKind.CONCEPT


def code_of(caught):
    return caught.value.issue.rule.code


@pytest.fixture
def zipped(release, tmp_path):
    """The release as a zip file, with its own folder inside."""
    return Path(shutil.make_archive(str(tmp_path / "example"), "zip", tmp_path, release.folder.name))


def read_all(path):
    issues = Issues()
    package = discover(path, issues=issues)
    rows = {kind: read_kind(package, kind, issues) for kind in FileKind}
    return {
        kind: {name: values.tolist() for name, values in one.columns.items()} for kind, one in rows.items()
    }


def test_the_same_from_a_folder_a_zip_file_and_gzipped_files(release, zipped):
    plain = read_all(release.folder)
    assert read_all(zipped) == plain
    for path in release.paths.values():
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert read_all(release.folder) == plain


@pytest.mark.parametrize("below", ["..", ".", "Snapshot", "Snapshot/Terminology"])
def test_the_edition_is_the_folder_of_the_release(release, below):
    package = discover(release.folder / below)
    assert package.edition == release.folder.name
    assert (package.release, package.date) == ("snapshot", 20260131)


def test_the_edition_of_a_zip_file(release, zipped, tmp_path):
    assert discover(zipped).edition == release.folder.name
    bare = shutil.make_archive(str(tmp_path / "bare"), "zip", release.folder)
    assert discover(bare).edition == "bare"


def test_files_by_kind(release):
    package = discover(release.folder)
    assert len(package.files) == len(FileKind)
    (file,) = package.of(CONCEPT)
    assert file.place == release.paths[CONCEPT].name
    assert file.source.size == release.paths[CONCEPT].stat().st_size


def test_what_the_release_says_of_itself(release):
    assert discover(release.folder).information == {}
    path = release.folder / "release_package_information.json"
    path.write_text('{"effectiveTime": "20260131"}')
    assert discover(release.folder).information == {"effectiveTime": "20260131"}
    path.write_text("[1]")
    assert discover(release.folder).information == {}
    path.write_text('{\n"a" 1}')
    issues = Issues()
    assert discover(release.folder, issues=issues).information == {}
    assert issues.counts == {"release-information": 1}
    assert issues.samples("release-information")[0].line == 2


def test_unknown_data_files_are_reported(release):
    for name in ("sct2_Fish_Snapshot_INT_20260131.txt", "doc_Guide_Current_INT_20260131.txt", "Readme.txt"):
        (release.folder / name).write_text("x")
    issues = Issues()
    discover(release.folder, issues=issues)
    assert [issue.file for issue in issues.samples("unknown-file")] == ["sct2_Fish_Snapshot_INT_20260131.txt"]
    assert issues.total == 1


def test_several_editions_need_a_name(release):
    other = release.folder.with_name("SynthCT_Other_PRODUCTION_20260131T120000Z")
    shutil.copytree(release.folder, other)
    with pytest.raises(OntologyError, match=r"SynthCT_Example.*, SynthCT_Other") as caught:
        discover(release.folder.parent)
    assert code_of(caught) == "several-editions"
    for edition in ("Other", "synthct_other", other.name):
        assert discover(release.folder.parent, edition=edition).edition == other.name
    with pytest.raises(OntologyError, match="SynthCT_Example") as caught:
        discover(release.folder.parent, edition="Third")
    assert code_of(caught) == "no-release"


@pytest.mark.parametrize("kind", [CONCEPT, FileKind.DESCRIPTION, FileKind.RELATIONSHIP])
def test_a_release_lacks_a_file(release, kind):
    release.paths[kind].unlink()
    with pytest.raises(OntologyError, match=rf"\[missing-file\].*'{kind}'"):
        discover(release.folder)
    issues = Issues("report")
    assert len(discover(release.folder, issues=issues).files) == len(FileKind) - 1
    assert issues.counts == {"missing-file": 1}


def test_a_release_type_that_is_not_there(release):
    with pytest.raises(OntologyError, match=r"no full files; there are snapshot"):
        discover(release.folder, "full")
    with pytest.raises(OntologyError, match=r"'fish'.*full, snapshot, delta"):
        discover(release.folder, "fish")


def rename(release, old, new):
    for path in release.paths.values():
        target = path.parents[2] / path.relative_to(release.folder).parts[0].replace("Snapshot", new)
        target.mkdir(exist_ok=True)
        path.rename(target / path.name.replace(old, new))


def test_a_delta_alone(release):
    rename(release, "Snapshot", "Delta")
    with pytest.raises(OntologyError) as caught:
        discover(release.folder)
    assert code_of(caught) == "delta-alone"
    assert discover(release.folder, "delta").release == "delta"


def test_a_delta_may_lack_files(release):
    rename(release, "Snapshot", "Delta")
    (release.folder / "Delta" / release.paths[CONCEPT].name.replace("Snapshot", "Delta")).unlink()
    assert discover(release.folder, "delta").of(CONCEPT) == ()


@pytest.mark.parametrize("type_", ["Snapshot", "Full"])
def test_files_of_different_dates(release, type_):
    path = release.paths[FileKind.SIMPLE]
    path.with_name(path.name.replace("20260131", "20250731").replace("Snapshot", type_)).write_bytes(
        path.read_bytes()
    )
    with pytest.raises(OntologyError, match=r"20250731.*20260131") as caught:
        discover(release.folder)
    assert code_of(caught) == "release-dates"
    issues = Issues("report")
    assert discover(release.folder, issues=issues).date == 20260131
    assert issues.counts["release-dates"] == 1


@pytest.mark.parametrize("kind", [CONCEPT, FileKind.ASSOCIATION])
def test_two_files_with_the_same_part(release, kind):
    path = release.paths[kind]
    twin = release.folder / "Snapshot" / ("x" + path.name.replace("Association", "AssociationReference"))
    twin.write_bytes(path.read_bytes())
    with pytest.raises(OntologyError) as caught:
        discover(release.folder)
    assert code_of(caught) == "same-element"
    issues = Issues("report")
    package = discover(release.folder, issues=issues)
    assert (len(package.of(kind)), issues.counts) == (1, {"same-element": 1})


def test_nothing_to_read(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    for path in (tmp_path, tmp_path / "notes.txt", tmp_path / "missing"):
        with pytest.raises(OntologyError) as caught:
            discover(path)
        assert code_of(caught) == "no-release"


@pytest.mark.parametrize("name", ["/etc/x.txt", "../x.txt", "a/../../x.txt", "C:/x.txt", "a\\..\\x.txt"])
def test_zip_members_that_lead_elsewhere(zipped, name):
    with zipfile.ZipFile(zipped, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(OntologyError) as caught:
        discover(zipped)
    assert code_of(caught) == "unsafe-member"


def test_an_empty_zip_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.mkdir("folder")
    with pytest.raises(OntologyError) as caught:
        discover(tmp_path / "empty.zip")
    assert code_of(caught) == "empty-archive"


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_zip_file(zipped, share):
    data = zipped.read_bytes()
    zipped.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(OntologyError) as caught:
        discover(zipped)
    assert code_of(caught) == "damaged-archive"


def test_a_zip_file_with_a_password(zipped):
    data = bytearray(zipped.read_bytes())
    at = data.index(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 1)
    zipped.write_bytes(bytes(data))
    with pytest.raises(OntologyError) as caught:
        discover(zipped)
    assert code_of(caught) == "encrypted-archive"


def test_a_zip_member_whose_bytes_are_damaged(release, tmp_path):
    path = tmp_path / "stored.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in release.paths.values():
            archive.write(file, file.name)
    data = path.read_bytes()
    line = release.lines[CONCEPT][2]
    path.write_bytes(data.replace(line, line.replace(b"2026", b"2025")))
    package, issues = discover(path), Issues("report")
    with pytest.raises(OntologyError, match="CRC") as caught:
        read_kind(package, CONCEPT, issues)
    assert code_of(caught) == "damaged-archive"


def test_a_truncated_gzipped_file(release):
    path = release.paths[CONCEPT]
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes())[:-12])
    path.unlink()
    with pytest.raises(OntologyError) as caught:
        release.read(CONCEPT)
    assert code_of(caught) == "damaged-archive"


def test_names_that_hide_whether_a_file_is_gzipped(release):
    path = release.paths[CONCEPT]
    data = path.read_bytes()
    path.write_bytes(gzip.compress(data))
    with pytest.raises(OntologyError, match="it is gzipped") as caught:
        release.read(CONCEPT)
    assert code_of(caught) == "wrong-suffix"
    path.unlink()
    path.with_name(path.name + ".gz").write_bytes(data)
    with pytest.raises(OntologyError, match="it is not gzipped"):
        release.read(CONCEPT)
