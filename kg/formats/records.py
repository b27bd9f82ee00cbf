"""From records with values of any type to batches whose properties have one type each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...errors import ReadError
from ..model import PROPERTY_TYPES

BATCH = 10_000
"""Records in one batch."""


@dataclass(frozen=True, slots=True)
class Record:
    """One node or edge of a file: ``fixed`` holds its columns, ``line`` says where it stood."""

    line: int
    fixed: Mapping[str, Any]
    properties: Mapping[str, Any]


Records = Callable[[], Iterable[Record]]
"""Starts reading the file anew."""


@dataclass(slots=True)
class Types:
    """The type of each property, as far as it has been seen.

    Integers and floats under one name make a float; any other mixture is an error, because a store keeps one
    type for each property.
    """

    path: Path
    names: dict[str, str] = field(default_factory=dict)

    def see(self, record: Record) -> None:
        """Take note of the properties of ``record``.

        Raises:
            ReadError: a value is of no property type, or of another type than on an earlier line.
        """
        for name, value in record.properties.items():
            if value is None:
                continue
            kind = self._kind(record.line, name, value)
            known = self.names.setdefault(name, kind)
            if {known, kind} == {"int", "float"}:
                self.names[name] = "float"
            elif known != kind:
                raise ReadError(
                    self.path,
                    record.line,
                    f"property {name!r} is a {kind} here and a {known} before",
                    text=str(value),
                    fix="give it one type in the whole file, or rename one of the two",
                )

    def _kind(self, line: int, name: str, value: object) -> str:
        for kind, types in (("bool", bool), ("int", int), ("float", float), ("str", str), ("date", date)):
            if isinstance(value, types):
                return kind
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return "list"
        raise ReadError(
            self.path,
            line,
            f"property {name!r} holds a {type(value).__name__}",
            text=str(value),
            fix=f"expected one of {', '.join(PROPERTY_TYPES)}; a list holds strings",
        )


def typed(path: Path, records: Records) -> dict[str, str]:
    """Read all ``records`` once for the types of their properties; names in order of appearance."""
    types = Types(path)
    for record in records():
        types.see(record)
    return types.names


def batches(
    records: Iterable[Record], columns: Mapping[str, pa.DataType], types: Mapping[str, str]
) -> Iterator[pa.RecordBatch]:
    """``records`` in batches of :data:`BATCH`, with ``columns`` first and a column for each property."""
    schema = pa.schema([*columns.items(), *((name, PROPERTY_TYPES[kind]) for name, kind in types.items())])
    for some in _batched(records, BATCH):
        rows = [{**record.properties, **record.fixed} for record in some]
        yield pa.RecordBatch.from_pylist(rows, schema)


def _batched(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    some: list[Record] = []
    for record in records:
        some.append(record)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
