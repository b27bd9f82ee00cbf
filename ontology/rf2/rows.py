"""Rows of RF2 files as columns, and where each row stands.

Readers make :class:`Rows`, one for each kind of file; what gives the rows their meaning takes them from
there. A row that broke a fatal rule is not among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class FileKind(StrEnum):
    """What a file holds, whatever edition or date it is of."""

    CONCEPT = "Concept"
    DESCRIPTION = "Description"
    TEXT_DEFINITION = "TextDefinition"
    RELATIONSHIP = "Relationship"
    STATED_RELATIONSHIP = "StatedRelationship"
    CONCRETE_VALUES = "RelationshipConcreteValues"
    IDENTIFIER = "Identifier"
    OWL_EXPRESSION = "OWLExpression"
    LANGUAGE = "Language"
    ASSOCIATION = "Association"
    ATTRIBUTE_VALUE = "AttributeValue"
    SIMPLE = "Simple"
    SIMPLE_MAP = "SimpleMap"
    COMPLEX_MAP = "ComplexMap"
    EXTENDED_MAP = "ExtendedMap"
    MODULE_DEPENDENCY = "ModuleDependency"
    REFSET_DESCRIPTOR = "RefsetDescriptor"
    DESCRIPTION_TYPE = "DescriptionType"
    OTHER_REFSET = "OtherRefset"


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of one kind, of one or several files (one for each language, say).

    ``columns`` has the names of the header, as the release format writes them. Types by sort of column:

    - SCTIDs: (n,) int64; a blank one, which refsets may have, is 0;
    - ``id`` of refset members: (n, 2) uint64, the two halves of the UUID;
    - ``effectiveTime`` and other times: (n,) int32 ``yyyymmdd``, 0 if blank;
    - ``active``: (n,) bool;
    - ``relationshipGroup``, ``mapGroup``, ``mapPriority`` and other integers: (n,) int32;
    - text: ``pa.LargeStringArray`` of n strings, byte for byte as in the file, never null.

    Args:
        kind: what they are.
        columns: by name.
        files: names of the files, each with its first row.
        lines: (n,) int32 line of each row in its file; ``None`` where no row was left out, so that row i of a
            file is line i + 2.
    """

    kind: FileKind
    columns: Mapping[str, NDArray[Any] | pa.LargeStringArray]
    files: tuple[tuple[str, int], ...]
    lines: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.columns["active"])

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column of numbers."""
        column: NDArray[Any] = self.columns[name]
        return column

    def text(self, name: str) -> pa.LargeStringArray:
        """A column of text."""
        return self.columns[name]

    def place(self, row: int) -> tuple[str, int]:
        """The file and line of a row, for an issue."""
        name, start = next(file for file in reversed(self.files) if file[1] <= row)
        return name, row - start + 2 if self.lines is None else int(self.lines[row])

    def take(self, chosen: NDArray[Any]) -> Rows:
        """The rows at ``chosen``, ascending positions or a mask; they keep their places."""
        chosen = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        if len(chosen) == len(self):
            return self
        columns = {
            name: column[chosen] if isinstance(column, np.ndarray) else column.take(pa.array(chosen))
            for name, column in self.columns.items()
        }
        starts = np.array([start for _, start in self.files])
        first = np.searchsorted(chosen, starts)
        files = tuple((name, int(at)) for (name, _), at in zip(self.files, first, strict=True))
        return Rows(self.kind, columns, files, self.lines_of(chosen))

    def lines_of(self, chosen: NDArray[Any]) -> NDArray[np.int32]:
        """(k,) int32 the lines of the rows at ``chosen`` in their files."""
        if self.lines is not None:
            return np.asarray(self.lines[chosen], np.int32)
        starts = np.array([start for _, start in self.files])
        file = 0 if len(starts) == 1 else np.searchsorted(starts, chosen, side="right") - 1
        return np.asarray(chosen - starts[file] + 2, np.int32)
