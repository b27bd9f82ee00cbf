"""What a reader gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class Source:
    """A graph in files: ``nodes()`` and ``edges()`` start anew with every call, in bounded memory.

    Batches have the columns of :data:`~kgllm.kg.model.NODE_COLUMNS` and
    :data:`~kgllm.kg.model.EDGE_COLUMNS`, then one column for each property.

    ``rows`` is the number of nodes and edges together where it is known beforehand, for progress.
    """

    name: str
    nodes: Callable[[], Batches]
    edges: Callable[[], Batches]
    rows: int | None = None
