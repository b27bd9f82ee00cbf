"""The truth on disk of a store: generations of Parquet files, and a log of the changes since.

with Snapshot.open(path, "create") as snapshot:
    with snapshot.begin() as writer:
        writer.nodes(nodes)
        writer.edges(checked.batch, checked.head_nid, checked.tail_nid)
        writer.publish()                      # from now on readers see all of it, before nothing
    snapshot.append([DeleteNodes(("Q1",))])   # on disk when it returns
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from ...errors import StoreBusyError, StoreError, StoreReadOnlyError
from ..batches.tables import StringTable
from ..changes import Change, Mode, Version
from ..disk import disk_errors
from .delta import DeltaLog
from .fold import Fold
from .generation import CURRENT, DELTA, Held, claim, hold, name_of, sweep, write_current
from .manifest import Manifest
from .parts import STATE_COLUMNS, read_parts, schema_of
from .record import decode, encode, types_of
from .writer import GenerationWriter

STATE_ROWS = 50_000


class Snapshot:
    """An opened snapshot. Several may read it beside the one that writes, each the version it opened.

    Who writes has to be alone: the store keeps a lock for that. Opening for reading writes nothing.

    Attributes:
        node_types, edge_types: property name → type name, of files and changes.
    """

    def __init__(self, path: Path, mode: Mode, held: Held, log: DeltaLog) -> None:
        """Use :meth:`open`."""
        self.path, self.mode = path, mode
        self._held, self._log = held, log
        self._writer: GenerationWriter | None = None
        self._in_doubt = False
        self.node_types: dict[str, str] = {}
        self.edge_types: dict[str, str] = {}
        self._read_types()

    @classmethod
    def open(cls, path: Path, mode: Mode = "r") -> Self:
        """Open a snapshot.

        Args:
            path: its folder.
            mode: ``r`` to read; ``rw`` also to write, which cleans up after crashes; ``create`` the same,
                and makes an empty generation 0 where there is none.

        Raises:
            NotFoundError: there is none.
            StoreCorruptError: its files are damaged.
            StoreError, DiskFullError: it cannot be read or written.
        """
        with disk_errors(path):
            if mode == "create":
                path.mkdir(parents=True, exist_ok=True)
                if not (path / CURRENT).exists():
                    claim(path)
                    with GenerationWriter(
                        path / name_of(0), 0, 0, lambda _: write_current(path, 0)
                    ) as writer:
                        writer.publish()
            held = hold(path)
            try:
                if mode != "r":
                    sweep(path, held.manifest.generation)
                return cls(path, mode, held, _log_of(held, mode))
            except BaseException:
                held.release()
                raise

    def close(self) -> None:
        """Close all files and let the generation go; twice is fine. An unpublished writer is aborted."""
        if self._writer is not None:
            self._writer.abort()
        self._log.close()
        self._held.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def manifest(self) -> Manifest:
        """What the current generation holds, without the changes since."""
        return self._held.manifest

    @property
    def version(self) -> Version:
        """Generation, and number of the last acknowledged change."""
        return Version(self.manifest.generation, self._log.sequence)

    @property
    def node_files(self) -> tuple[Path, ...]:
        """Parquet files with id, nid, labels and properties; the nodes without the changes since."""
        return tuple(self._held.folder / f.name for f in self.manifest.files if f.kind == "nodes")

    @property
    def edge_files(self) -> tuple[Path, ...]:
        """Parquet files with head, relation, tail, key, head_nid, tail_nid and properties."""
        return tuple(self._held.folder / f.name for f in self.manifest.files if f.kind == "edges")

    @property
    def log_size(self) -> int:
        """Bytes of the changes since the generation was written."""
        return self._log.size

    def begin(self) -> GenerationWriter:
        """Begin a generation that will replace all content.

        Raises:
            StoreReadOnlyError: the snapshot was opened for reading.
            StoreBusyError: another generation is being written.
            DiskFullError, StoreError: there is no room, or no folder can be made.
        """
        self._check_writable()
        if self._writer is not None and not self._writer.closed:
            raise StoreBusyError(f"{self.path}: a generation is being written; publish or abort it first")
        number = self.manifest.generation + 1
        self._writer = GenerationWriter(
            self.path / name_of(number), number, self._log.sequence, self._make_current
        )
        return self._writer

    def append(self, changes: Sequence[Change]) -> int:
        """Add the changes of one ``apply``, as :func:`~kgllm.kg.batches.check_changes` gives them.

        Returns:
            Their sequence number: they are on disk and survive any crash.

        Raises:
            StoreReadOnlyError: the snapshot was opened for reading.
            DiskFullError, StoreError: nothing was added.
        """
        self._check_writable()
        payload = encode(changes)
        sequence = self._log.append(payload)
        self._note_types(payload)
        return sequence

    def changes(self, after: int = 0) -> Iterator[tuple[int, list[Change]]]:
        """Sequence numbers above ``after`` with their changes; those in the files are no longer there.

        Raises:
            StoreCorruptError: a record was damaged since the snapshot was opened.
        """
        return ((sequence, decode(payload)) for sequence, payload in self._log.records(after))

    def nodes(self, batch_size: int = STATE_ROWS) -> Iterator[pa.RecordBatch]:
        """All nodes as they are now: id, labels, then properties by name; at most ``batch_size`` rows each.

        Only the changes since the generation, and one row group, are in memory.
        """
        schema = schema_of(STATE_COLUMNS["nodes"], self.node_types)
        return _sliced(self._fold().nodes(read_parts(self.node_files, schema, batch_size)), batch_size)

    def edges(self, batch_size: int = STATE_ROWS) -> Iterator[pa.RecordBatch]:
        """All edges as they are now: head, relation, tail, key, then properties by name; as :meth:`nodes`."""
        schema = schema_of(STATE_COLUMNS["edges"], self.edge_types)
        return _sliced(self._fold().edges(read_parts(self.edge_files, schema, batch_size)), batch_size)

    def compact(self) -> Manifest:
        """Write a generation that holds the changes too, and publish it. The sequence number stays.

        Raises:
            As :meth:`begin` and :meth:`~kgllm.kg.snapshot.GenerationWriter.publish`.
        """
        ids = StringTable()
        with self.begin() as writer:
            for batch in self.nodes():
                ids.add(batch.column("id"))
                writer.nodes(batch)
            for batch in self.edges():
                writer.edges(batch, ids.find(batch.column("head")), ids.find(batch.column("tail")))
            return writer.publish()

    def verify(self) -> None:
        """Read all files of the generation and compare them with their checksums.

        Raises:
            StoreCorruptError: some are damaged.
        """
        with disk_errors(self._held.folder):
            self.manifest.verify(self._held.folder)

    def _check_writable(self) -> None:
        if self.mode == "r":
            raise StoreReadOnlyError(f"{self.path} was opened for reading; open it with mode 'rw'")
        if self._in_doubt:
            raise StoreError(f"{self.path}: publishing failed half-way; close the store and open it again")

    def _make_current(self, manifest: Manifest) -> None:
        """Publish; if it fails, which generation is current is only known after another opening."""
        self._in_doubt = True
        with disk_errors(self.path):
            write_current(self.path, manifest.generation)
            held = hold(self.path)
            log = _log_of(held, self.mode)
            self._log.close()
            self._held.release()
            self._held, self._log = held, log
            self._in_doubt = False
            self._read_types()
            sweep(self.path, manifest.generation)

    def _fold(self) -> Fold:
        changes = chain.from_iterable(changes for _, changes in self.changes())
        nodes = schema_of(STATE_COLUMNS["nodes"], self.node_types)
        return Fold(changes, nodes, schema_of(STATE_COLUMNS["edges"], self.edge_types))

    def _read_types(self) -> None:
        self.node_types, self.edge_types = dict(self.manifest.node_types), dict(self.manifest.edge_types)
        for _, payload in self._log.records(0):
            self._note_types(payload)

    def _note_types(self, payload: bytes) -> None:
        nodes, edges = types_of(payload)
        self.node_types |= nodes
        self.edge_types |= edges


def _log_of(held: Held, mode: Mode) -> DeltaLog:
    return DeltaLog(held.folder / DELTA, held.manifest.sequence, writable=mode != "r")


def _sliced(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, len(batch), size):
            yield batch.slice(start, size)
