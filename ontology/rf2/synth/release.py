"""Whole synthetic releases on disk."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....errors import OntologyError
from ..rows import FileKind
from .axioms import axioms
from .maps import extended_map, simple_map
from .refsets import associations, attribute_values, descriptors, language, module_dependency, simple
from .relationships import Relationships, concrete_values, make_relationships, relationships, stated
from .size import Size
from .table import Table
from .terminology import DEFINITION, Descriptions, concepts, defined, make_descriptions
from .world import World, make_world
from .writing import Counts, write_table

INFORMATION = "release_package_information.json"


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was written.

    Args:
        path: its root folder, or its zip file.
        size: what was asked for.
        root: SCTID of the root concept.
        expected: what a reader has to find in the Snapshot: ``active_concepts``, ``inactive_concepts``, how
            many of the active ones are ``defined``, active ``is_a`` links and ``attributes``, and active
            ``descriptions_of_inactive`` and ``definitions_of_inactive`` concepts.
        rows: of each kind of file.
    """

    path: Path
    size: Size
    root: int
    expected: Mapping[str, int]
    rows: Mapping[FileKind, Counts]


def write_release(folder: Path, size: Size, zipped: bool = False) -> Release:
    """Make an invented release and write it below ``folder``, in a root folder or zip file of its own.

    It has Full, Snapshot and Delta with a history over all dates, concepts and descriptions that come, go and
    come back, two dialects, role groups, concrete values, maps, associations, OWL axioms. Terms are made of
    syllables; ids are of a namespace for throw-away ids, but for those of the metadata that RF2 needs.

    Raises:
        OntologyError: there is something of that name already.
    """
    root = folder / f"SynthCT_Example_PRODUCTION_{size.dates[-1]}T120000Z"
    archive = root.with_name(f"{root.name}.zip")
    if root.exists() or archive.exists():
        raise OntologyError(f"{root} or its zip file exists already; remove it, or choose another folder")
    root.mkdir(parents=True)
    world = make_world(size)
    descriptions, links = make_descriptions(world), make_relationships(world)
    rows = {table.kind: write_table(root, world, table) for table in _tables(world, descriptions, links)}
    (root / INFORMATION).write_text(json.dumps({"effectiveTime": str(size.dates[-1])}) + "\n")
    if zipped:
        _zip(root, archive)
    expected = _expected(world, descriptions, links)
    return Release(archive if zipped else root, size, world.id("root"), expected, rows)


def _tables(world: World, descriptions: Descriptions, links: Relationships) -> Iterator[Table]:
    """All tables; each is gone when the next one is made."""
    yield concepts(world)
    yield descriptions.table(world, FileKind.DESCRIPTION)
    yield descriptions.table(world, FileKind.TEXT_DEFINITION)
    yield relationships(world, links)
    yield stated(world, links)
    yield concrete_values(world, links)
    yield axioms(world, links)
    yield language(world, descriptions)
    yield associations(world)
    yield attribute_values(world, descriptions)
    yield simple(world)
    yield simple_map(world)
    yield extended_map(world, descriptions.term)
    yield module_dependency(world)
    yield descriptors(world)


def _expected(world: World, descriptions: Descriptions, links: Relationships) -> dict[str, int]:
    active = world.active[:, -1]
    current = slice(0, links.current)
    holds = active[links.source[current]] & active[links.target[current]]
    orphaned = descriptions.active[:, -1] & ~active[descriptions.concept]
    is_definition = descriptions.part == DEFINITION
    counts = {
        "active_concepts": active,
        "inactive_concepts": ~active,
        "defined": active & defined(world),
        "is_a": holds[: len(world.child)],
        "attributes": holds[len(world.child) :],
        "descriptions_of_inactive": orphaned & ~is_definition,
        "definitions_of_inactive": orphaned & is_definition,
    }
    return {name: int(np.count_nonzero(which)) for name, which in counts.items()}


def _zip(root: Path, archive: Path) -> None:
    """Put a folder into a zip file, the same bytes each time, and remove it."""
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            member = zipfile.ZipInfo(str(path.relative_to(root.parent)))
            member.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, file.open(member, "w") as target:
                shutil.copyfileobj(source, target)
    shutil.rmtree(root)
