"""The Parquet files of a generation: written in row groups, split where new columns appear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import StoreCorruptError
from ..batches.properties import property_type
from ..disk import HashedFile, disk_errors
from ..model import EDGE_COLUMNS, NODE_COLUMNS, PROPERTY_TYPES
from .manifest import REMEDY, FileInfo, Kind

FILE_COLUMNS: dict[Kind, dict[str, pa.DataType]] = {
    "nodes": {"id": pa.string(), "nid": pa.int64(), "labels": NODE_COLUMNS["labels"]},
    "edges": {**EDGE_COLUMNS, "head_nid": pa.int64(), "tail_nid": pa.int64()},
}
"""Columns of the files before the properties, which follow by name."""

STATE_COLUMNS: dict[Kind, dict[str, pa.DataType]] = {"nodes": NODE_COLUMNS, "edges": EDGE_COLUMNS}
"""Columns of what a snapshot gives back before the properties, which follow by name."""

GROUP_ROWS = 200_000
GROUP_BYTES = 64 << 20

# Ids and texts are mostly distinct: a dictionary of them costs more CPU time than all the rest, and lz4
# beats zstd and snappy by CPU time on 5M edges, writing and reading.
_CODEC = "lz4"
_DICTIONARY = ["relation", "key", "labels.list.element"]


def schema_of(columns: Mapping[str, pa.DataType], types: Mapping[str, str]) -> pa.Schema:
    """Columns, then properties by name."""
    return pa.schema([*columns.items(), *((name, PROPERTY_TYPES[types[name]]) for name in sorted(types))])


def fit(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with exactly the columns of ``schema``; those it lacks are null."""
    names = set(batch.schema.names)
    columns = [batch.column(f.name) if f.name in names else pa.nulls(len(batch), f.type) for f in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


class PartWriter:
    """Writes the nodes or the edges of a generation to as many files as its columns take.

    A batch with a property that the current file lacks starts another file, which has all columns so far:
    there are at most as many files as properties, and one more.
    """

    def __init__(self, folder: Path, kind: Kind) -> None:
        self.types: dict[str, str] = {}
        self.rows = 0
        self.done: list[FileInfo] = []
        self._folder, self._kind = folder, kind
        self._waiting: list[pa.RecordBatch] = []
        self._file: HashedFile | None = None
        self._writer: pq.ParquetWriter | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """The finished files."""
        return tuple(self._folder / file.name for file in self.done)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch with the columns of :data:`FILE_COLUMNS` and checked properties."""
        properties = [f for f in batch.schema if f.name not in FILE_COLUMNS[self._kind]]
        new = {f.name: property_type(f.type) or "" for f in properties if f.name not in self.types}
        if new:
            self.finish()
            self.types |= new
        self._waiting.append(fit(batch, schema_of(FILE_COLUMNS[self._kind], self.types)))
        self.rows += len(batch)
        rows, size = sum(map(len, self._waiting)), sum(waiting.nbytes for waiting in self._waiting)
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            self._flush()

    def finish(self) -> None:
        """Bring what was written to disk."""
        self._flush()
        if self._writer is not None and self._file is not None:
            self._writer.close()
            rows = self.rows - sum(file.rows for file in self.done)
            self._file.finish()
            self.done.append(
                FileInfo(self._file.path.name, self._kind, rows, self._file.size, self._file.sha256)
            )
            self._writer = self._file = None

    def discard(self) -> None:
        """Give the open file up."""
        self._waiting.clear()
        if self._file is not None:
            self._file.discard()
        if self._writer is not None:
            self._writer.close()
        self._writer = self._file = None

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.Table.from_batches(self._waiting)
        self._waiting.clear()
        if self._writer is None:
            self._file = HashedFile(self._folder / f"{self._kind}-{len(self.done):04}.parquet")
            self._writer = pq.ParquetWriter(
                self._file,
                table.schema,
                compression=_CODEC,
                use_dictionary=_DICTIONARY,
                write_statistics=False,
            )
        self._writer.write_table(table, row_group_size=max(len(table), 1))


def read_parts(files: Sequence[Path], schema: pa.Schema, batch_size: int) -> Iterator[pa.RecordBatch]:
    """The rows of all files, in order, as batches of ``schema``; one row group is in memory at a time.

    Raises:
        StoreCorruptError: a file cannot be read.
    """
    for path in files:
        with disk_errors(path):
            try:
                with pq.ParquetFile(path, pre_buffer=False) as file:
                    names = [name for name in file.schema_arrow.names if name in schema.names]
                    for batch in file.iter_batches(batch_size, columns=names):
                        yield fit(batch, schema)
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, OSError) and error.errno:
                    raise
                raise StoreCorruptError(f"{path} cannot be read ({error}); {REMEDY}") from error
