"""Changes to a graph, and the version that counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import pyarrow as pa

from .model import EdgeKey

Mode = Literal["r", "rw", "create"]
OnError = Literal["raise", "reject"]


@dataclass(frozen=True, slots=True)
class UpsertNodes:
    """Nodes to add or to merge by ``id``.

    Labels are added, properties overwrite, nulls leave what is there.
    """

    batch: pa.RecordBatch


@dataclass(frozen=True, slots=True)
class UpsertEdges:
    """Edges to add or to merge by (head, relation, tail, key); both ends must exist."""

    batch: pa.RecordBatch


@dataclass(frozen=True, slots=True)
class DeleteNodes:
    """Nodes to delete, with their edges if ``detach``; unknown ids are passed over."""

    ids: tuple[str, ...]
    detach: bool = True


@dataclass(frozen=True, slots=True)
class DeleteEdges:
    """Edges to delete; unknown ones are passed over."""

    keys: tuple[EdgeKey, ...]


Change = UpsertNodes | UpsertEdges | DeleteNodes | DeleteEdges


class Version(NamedTuple):
    """``generation`` grows with each bulk load, ``sequence`` with each acknowledged ``apply``."""

    generation: int
    sequence: int
