"""Parquet: a folder with ``nodes*.parquet`` and ``edges*.parquet``, the form that keeps every type."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from ...errors import ReadError
from ..store import GraphStore
from .folder import new_folder
from .source import Batches, Source

ROWS = 100_000
"""Rows in one batch read, and in one row group written."""


def read_parquet(folder: Path) -> Source:
    """The graph in the Parquet files of ``folder``; columns are those of the store's batches.

    Raises:
        ReadError: a file is no Parquet file.
    """

    def read(kind: str) -> Batches:
        for path in sorted(folder.glob(f"{kind}*.parquet")):
            with _opened(path) as file:
                yield from file.iter_batches(ROWS)

    rows = 0
    for path in folder.glob("*.parquet"):
        with _opened(path) as file:
            rows += file.metadata.num_rows
    return Source(folder.name, lambda: read("nodes"), lambda: read("edges"), rows)


def write_parquet(store: GraphStore, folder: Path) -> None:
    """Write all of ``store`` to ``folder``, which appears when it is complete.

    Raises:
        StoreError: the folder exists already.
    """
    with new_folder(folder) as draft:
        _write(draft / "nodes.parquet", store.scan_nodes(ROWS))
        _write(draft / "edges.parquet", store.scan_edges(ROWS))


def _opened(path: Path):  # type: ignore[no-untyped-def]
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise ReadError(path, None, f"not a Parquet file: {error}", fix="write it again") from None


def _write(path: Path, batches: Iterable[pa.RecordBatch]) -> None:
    import pyarrow.parquet as pq

    writer = None
    for batch in batches:
        writer = writer or pq.ParquetWriter(path, batch.schema, compression="zstd")
        writer.write_batch(batch, row_group_size=ROWS)
    if writer is not None:
        writer.close()
