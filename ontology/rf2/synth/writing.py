"""Tables of a synthetic release as the files of Full, Snapshot and Delta."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..rows import FileKind
from .metadata import NAMESPACE
from .states import changes, latest
from .table import Column, Table, Variant
from .words import join
from .world import World

TYPES = ("Full", "Snapshot", "Delta")
BLOCK = 200_000
"""Components whose rows are made at a time."""

LAYOUT = {
    FileKind.CONCEPT: "Terminology/sct2_Concept_{type}",
    FileKind.DESCRIPTION: "Terminology/sct2_Description_{type}-en",
    FileKind.TEXT_DEFINITION: "Terminology/sct2_TextDefinition_{type}-en",
    FileKind.RELATIONSHIP: "Terminology/sct2_Relationship_{type}",
    FileKind.STATED_RELATIONSHIP: "Terminology/sct2_StatedRelationship_{type}",
    FileKind.CONCRETE_VALUES: "Terminology/sct2_RelationshipConcreteValues_{type}",
    FileKind.OWL_EXPRESSION: "Terminology/sct2_sRefset_OWLExpression{type}",
    FileKind.SIMPLE: "Refset/Content/der2_Refset_Simple{type}",
    FileKind.ASSOCIATION: "Refset/Content/der2_cRefset_Association{type}",
    FileKind.ATTRIBUTE_VALUE: "Refset/Content/der2_cRefset_AttributeValue{type}",
    FileKind.LANGUAGE: "Refset/Language/der2_cRefset_Language{type}-en",
    FileKind.SIMPLE_MAP: "Refset/Map/der2_sRefset_SimpleMap{type}",
    FileKind.EXTENDED_MAP: "Refset/Map/der2_iisssccRefset_ExtendedMap{type}",
    FileKind.MODULE_DEPENDENCY: "Refset/Metadata/der2_ssRefset_ModuleDependency{type}",
    FileKind.REFSET_DESCRIPTOR: "Refset/Metadata/der2_cciRefset_RefsetDescriptor{type}",
}
"""Where a kind of file lies below ``Full``, ``Snapshot`` or ``Delta``, and the start of its name."""


def path_of(kind: FileKind, type_: str, date: int | str) -> str:
    """Where a file of a release of ``date`` lies below its root folder."""
    return f"{type_}/{LAYOUT[kind].format(type=type_)}_XX{NAMESPACE}_{date}.txt"


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one kind in each type of release, and how many of the Snapshot's are active."""

    full: int
    snapshot: int
    delta: int
    active: int


def write_table(folder: Path, world: World, table: Table) -> Counts:
    """Write the three files of ``table`` below the root folder of a release."""
    counts = [0, 0, 0]
    header = "\t".join(["id", "effectiveTime", "active", "moduleId", *table.columns]) + "\r\n"
    stamps = _stamps(world)
    with ExitStack() as stack:
        files = [_open(stack, folder / path_of(table.kind, type_, world.size.dates[-1])) for type_ in TYPES]
        for file in files:
            file.write(header.encode())
        for start in range(0, len(table.states), BLOCK):
            lines, masks = _block(table, slice(start, start + BLOCK), stamps)
            for number, (file, mask) in enumerate(zip(files, masks, strict=True)):
                file.write(_bytes(lines if mask.all() else lines.filter(pa.array(mask))))
                counts[number] += int(np.count_nonzero(mask))
    last = table.states[:, -1]
    full, snapshot, delta = counts
    return Counts(full, snapshot, delta, active=int(np.count_nonzero((last > 0) & (last % 2 == 0))))


def _open(stack: ExitStack, path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return stack.enter_context(path.open("wb"))


def _stamps(world: World) -> pa.Array:
    """effectiveTime, active and moduleId by date, activity and module."""
    modules = [world.id("content-module"), world.id("metadata-module")]
    return pa.array(
        [
            f"{date}\t{active}\t{module}"
            for date in world.size.dates
            for active in (0, 1)
            for module in modules
        ]
    )


def _block(table: Table, block: slice, stamps: pa.Array) -> tuple[pa.Array, list[NDArray[np.bool_]]]:
    """The lines of some components, by component and date, and which of them each type of release has."""
    states = table.states[block]
    changed = changes(states)
    row, date = np.nonzero(changed)
    code = states[row, date] - 1
    module = 0 if table.metadata is None else table.metadata[block][row]
    stamp = stamps.take(pa.array(4 * date + 2 * (code & 1) + module))
    columns = [_ids(table.ids[block]).take(pa.array(row)), stamp]
    columns += (_text(column, block, row, code >> 1) for column in table.columns.values())
    lines = join(join(*columns, separator="\t"), "\r\n", separator="")
    masks = [np.ones(len(row), np.bool_), date == latest(changed)[row], date == states.shape[1] - 1]
    return lines, masks


def _text(column: Column, block: slice, row: NDArray[Any], variant: NDArray[Any]) -> pa.Array | str:
    if isinstance(column, str):
        return column
    if isinstance(column, Variant):
        return pa.array(column.texts).take(pa.array(variant))
    part = column[block] if isinstance(column, np.ndarray) else column.slice(block.start, BLOCK)
    return pa.array(part).cast(pa.string()).take(pa.array(row))


def _ids(ids: NDArray[Any]) -> pa.Array:
    """SCTIDs in digits; UUIDs in hexadecimal digits with hyphens."""
    if ids.ndim == 1:
        return pa.array(ids).cast(pa.string())
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.full((len(ids), 36), ord("-"), np.uint8)
    places = [place for place in range(36) if place not in {8, 13, 18, 23}]
    text[:, places[::2]] = digits[ids >> 4]
    text[:, places[1::2]] = digits[ids & 15]
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * 36
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets), pa.py_buffer(text))


def _bytes(lines: pa.Array) -> memoryview:
    """All strings in a row, without a copy."""
    _, offsets, data = lines.buffers()
    if not len(lines):
        return memoryview(b"")
    ends = np.frombuffer(offsets, np.int32)[lines.offset :][[0, len(lines)]]
    return memoryview(data)[ends[0] : ends[1]]
