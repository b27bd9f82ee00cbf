"""Synthetic releases keep the promises of real ones."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import numpy as np
import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.rf2.rows import FileKind
from kgllm.ontology.rf2.sctid import COMPONENT, partitions, valid
from kgllm.ontology.rf2.synth import Release, Size, plain, write_release
from kgllm.ontology.rf2.synth.metadata import SPECIAL, special_ids
from kgllm.ontology.rf2.synth.writing import LAYOUT

ID = special_ids()
COMPONENTS = {
    FileKind.CONCEPT: "concept",
    FileKind.DESCRIPTION: "description",
    FileKind.TEXT_DEFINITION: "description",
    FileKind.RELATIONSHIP: "relationship",
    FileKind.STATED_RELATIONSHIP: "relationship",
    FileKind.CONCRETE_VALUES: "relationship",
}
DESCRIPTIONS = (FileKind.DESCRIPTION, FileKind.TEXT_DEFINITION)
CONCEPT_COLUMNS = {
    "moduleId", "definitionStatusId", "conceptId", "typeId", "caseSignificanceId", "sourceId",
    "destinationId", "characteristicTypeId", "modifierId", "refsetId", "acceptabilityId", "valueId",
    "targetComponentId", "correlationId", "mapCategoryId", "attributeDescription", "attributeType",
}  # fmt: skip


def test_metadata_ids_are_valid_and_parents_come_first() -> None:
    assert valid(np.array([*ID.values()])).all()
    assert len({*ID.values()}) == len(ID)
    names = [*SPECIAL]
    assert all(names.index(parent) < names.index(name) for name, (_, parent) in SPECIAL.items() if parent)


@pytest.mark.parametrize("kind", COMPONENTS)
def test_ids_are_valid_unique_and_of_their_kind(small: Release, kind: FileKind) -> None:
    ids = np.array([int(row["id"]) for row in plain.rows(small.path, kind)])
    assert valid(ids).all()
    assert len({*ids.tolist()}) == len(ids)
    assert {*partitions(ids).tolist()} <= COMPONENT[COMPONENTS[kind]]
    assert (ids >= 10**17).any()


def test_no_id_is_of_two_kinds(small: Release) -> None:
    seen = Counter(row["id"] for kind in LAYOUT for row in plain.rows(small.path, kind))
    assert max(seen.values()) == 1


@pytest.mark.parametrize("kind", [kind for kind in LAYOUT if kind not in COMPONENTS])
def test_members_have_uuids_in_order(small: Release, kind: FileKind) -> None:
    ids = [row["id"] for row in plain.rows(small.path, kind)]
    assert ids == sorted({*ids})
    shape = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(shape.fullmatch(id) for id in ids)


@pytest.mark.parametrize("kind", LAYOUT)
def test_full_as_of_the_last_date_is_the_snapshot(small: Release, kind: FileKind) -> None:
    full = plain.rows(small.path, kind, "Full")
    assert plain.as_of(full, small.size.dates[-1]) == plain.rows(small.path, kind)


@pytest.mark.parametrize("kind", LAYOUT)
def test_full_is_what_was_before_and_the_delta(small: Release, kind: FileKind) -> None:
    full = plain.rows(small.path, kind, "Full")
    before = [row for row in full if int(row["effectiveTime"]) < small.size.dates[-1]]
    delta = plain.rows(small.path, kind, "Delta")
    assert Counter(map(str, full)) == Counter(map(str, before + delta))
    versions = [(row["id"], row["effectiveTime"]) for row in full]
    assert len(versions) == len({*versions})


@pytest.mark.parametrize("kind", LAYOUT)
def test_counts_of_rows(small: Release, kind: FileKind) -> None:
    counts = small.rows[kind]
    full, snapshot, delta = (plain.rows(small.path, kind, type_) for type_ in ("Full", "Snapshot", "Delta"))
    assert (counts.full, counts.snapshot, counts.delta) == (len(full), len(snapshot), len(delta))
    assert counts.active == sum(row["active"] == "1" for row in snapshot)


@pytest.mark.parametrize("kind", LAYOUT)
def test_columns_that_may_not_change(small: Release, kind: FileKind) -> None:
    fixed = ("conceptId", "languageCode", "typeId", "sourceId", "destinationId", "refsetId")
    seen: dict[str, list[str]] = {}
    for row in plain.rows(small.path, kind, "Full"):
        values = [row[name] for name in (*fixed, "referencedComponentId") if name in row]
        assert seen.setdefault(row["id"], values) == values


def ids_of(release: Release, kind: FileKind) -> set[str]:
    return {row["id"] for row in plain.rows(release.path, kind)}


@pytest.mark.parametrize("kind", LAYOUT)
def test_nothing_dangles(small: Release, kind: FileKind) -> None:
    concepts = ids_of(small, FileKind.CONCEPT)
    known = concepts.union(*(ids_of(small, other) for other in DESCRIPTIONS))
    for row in plain.rows(small.path, kind, "Full"):
        assert all(row[name] in concepts for name in CONCEPT_COLUMNS & row.keys())
        assert "referencedComponentId" not in row or row["referencedComponentId"] in known
        named = re.findall(r"\d{6,18}", row.get("owlExpression", "") + row.get("mapRule", ""))
        assert concepts.issuperset(named)


@pytest.mark.parametrize("date", Size().dates)
def test_hierarchy_of_each_date(small: Release, date: int) -> None:
    now = plain.as_of(plain.rows(small.path, FileKind.CONCEPT, "Full"), date)
    active = {int(row["id"]) for row in now if row["active"] == "1"}
    parents: dict[int, set[int]] = {concept: set() for concept in active}
    for row in plain.as_of(plain.rows(small.path, FileKind.RELATIONSHIP, "Full"), date):
        if row["active"] == "1":
            assert {int(row["sourceId"]), int(row["destinationId"])} <= active
            if int(row["typeId"]) == ID["is-a"]:
                parents[int(row["sourceId"])].add(int(row["destinationId"]))
    assert [concept for concept, above in parents.items() if not above] == [small.root]
    assert len([*TopologicalSorter(parents).static_order()]) == len(active)


def test_components_come_go_and_come_back(small: Release) -> None:
    for kind in (FileKind.CONCEPT, FileKind.DESCRIPTION, FileKind.RELATIONSHIP, FileKind.LANGUAGE):
        history: dict[str, str] = {}
        for row in plain.rows(small.path, kind, "Full"):
            history[row["id"]] = history.get(row["id"], "") + row["active"]
        assert {"1", "0", "10", "101"} <= {*history.values()}


def test_what_is_expected(small: Release) -> None:
    view = plain.view(small.path)
    defined = str(ID["defined"])
    concepts = plain.rows(small.path, FileKind.CONCEPT)
    inactive = {str(concept) for concept in view.inactive}
    orphaned = [
        sum(row["active"] == "1" and row["conceptId"] in inactive for row in plain.rows(small.path, kind))
        for kind in DESCRIPTIONS
    ]
    assert small.expected == {
        "active_concepts": len(view.active),
        "inactive_concepts": len(view.inactive),
        "defined": sum(row["active"] == "1" and row["definitionStatusId"] == defined for row in concepts),
        "is_a": sum(map(len, view.parents.values())),
        "attributes": sum(map(len, view.attributes.values())),
        "descriptions_of_inactive": orphaned[0],
        "definitions_of_inactive": orphaned[1],
    }
    assert (len(view.active), len(view.inactive)) == (400, 148)
    assert min(small.expected.values()) > 0


def test_every_line_ends_with_cr_lf(small: Release) -> None:
    for path in small.path.rglob("*.txt"):
        content = path.read_bytes()
        assert content.endswith(b"\r\n")
        assert content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r")


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_equal_sizes_give_equal_bytes(small: Release, tmp_path: Path) -> None:
    assert digests(write_release(tmp_path / "again", small.size).path) == digests(small.path)
    other = digests(write_release(tmp_path / "other", Size(400, seed=2)).path)
    concepts = next(name for name in other if "Concept_Snapshot" in name)
    assert other[concepts] != digests(small.path)[concepts]


def test_zip(small: Release, tmp_path: Path) -> None:
    release = write_release(tmp_path / "a", small.size, zipped=True)
    assert release.path.suffix == ".zip"
    assert [*release.path.parent.iterdir()] == [release.path]
    with zipfile.ZipFile(release.path) as archive:
        archive.extractall(tmp_path)
    assert digests(tmp_path / small.path.name) == digests(small.path)
    again = write_release(tmp_path / "b", small.size, zipped=True)
    assert again.path.read_bytes() == release.path.read_bytes()


def test_more_dates_and_the_least_size(tmp_path: Path) -> None:
    release = write_release(tmp_path, Size(150, dates=(20200131, 20210131, 20220131, 20230131, 20240229)))
    assert release.path.name == "SynthCT_Example_PRODUCTION_20240229T120000Z"
    times = {row["effectiveTime"] for row in plain.rows(release.path, FileKind.CONCEPT, "Full")}
    assert times == {str(date) for date in release.size.dates}
    assert release.expected["active_concepts"] == 150


def test_a_release_is_not_overwritten(small: Release) -> None:
    with pytest.raises(OntologyError, match="exists already"):
        write_release(small.path.parent, small.size)


@pytest.mark.parametrize(
    ("concepts", "dates", "message"),
    [
        (149, Size().dates, "expected 150 to"),
        (10**7, Size().dates, "expected 150 to"),
        (200, (20240131, 20250131), "expected three"),
        (200, (20250131, 20240131, 20260131), "ascending"),
        (200, (20240131, 20250131, 20250131), "ascending"),
        (200, (20240131, 20240230, 20250131), "day of the calendar"),
    ],
)
def test_sizes_that_cannot_be(concepts: int, dates: tuple[int, ...], message: str) -> None:
    with pytest.raises(OntologyError, match=message):
        Size(concepts, dates=dates)
