"""Writing a generation: next to the current one, and out of sight until it is published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from ...errors import StoreError
from ..batches.tables import Codes
from ..disk import disk_errors, sync, write_file
from .generation import DELTA, TEMPORARY
from .manifest import MANIFEST, Manifest
from .parts import PartWriter


class GenerationWriter:
    """One generation in the making.

    A context manager: leaving it without :meth:`publish` aborts. So does any error while it writes.

    Attributes:
        folder: where its files are until it is published.
    """

    def __init__(
        self, target: Path, generation: int, sequence: int, publish: Callable[[Manifest], None]
    ) -> None:
        """Begin.

        Args:
            target: the folder the generation will be, next to the others.
            generation: its number.
            sequence: the last change that the new content stands for.
            publish: makes it current once ``target`` is there.
        """
        self.folder = target.with_name(target.name + TEMPORARY)
        self._target, self._generation, self._sequence = target, generation, sequence
        self._publish = publish
        self._nodes, self._edges = PartWriter(self.folder, "nodes"), PartWriter(self.folder, "edges")
        self._manifest: Manifest | None = None
        self.closed = False
        with self._guarded():
            for rest in (self.folder, target):  # a publication that failed may have left the latter
                shutil.rmtree(rest, ignore_errors=True)
            self.folder.mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    @property
    def node_files(self) -> tuple[Path, ...]:
        """The Parquet files of nodes that are finished; all of them after :meth:`finish`."""
        return self._nodes.paths

    @property
    def edge_files(self) -> tuple[Path, ...]:
        """The Parquet files of edges that are finished; all of them after :meth:`finish`."""
        return self._edges.paths

    def nodes(self, batch: pa.RecordBatch) -> None:
        """Add nodes, as :class:`~kgllm.kg.batches.NodeChecker` gives them; their nids follow their order.

        Raises:
            DiskFullError, StoreError: they cannot be written.
        """
        nid = pa.array(np.arange(self._nodes.rows, self._nodes.rows + len(batch)))
        with self._guarded():
            self._nodes.write(batch.append_column("nid", nid))

    def edges(self, batch: pa.RecordBatch, head_nid: Codes, tail_nid: Codes) -> None:
        """Add edges, as :class:`~kgllm.kg.batches.EdgeChecker` gives them.

        Args:
            batch: n edges.
            head_nid, tail_nid: (n,) int64 nids of their ends.

        Raises:
            DiskFullError, StoreError: they cannot be written.
        """
        with self._guarded():
            with_ends = batch.append_column("head_nid", pa.array(head_nid))
            self._edges.write(with_ends.append_column("tail_nid", pa.array(tail_nid)))

    def finish(self) -> Manifest:
        """Bring all files to disk, still in :attr:`folder`; twice is fine.

        Raises:
            DiskFullError, StoreError: they cannot be written.
        """
        if self._manifest is None:
            with self._guarded():
                self._nodes.finish()
                self._edges.finish()
                self._manifest = self._describe()
                text = json.dumps(self._manifest.to_json(), indent=1) + "\n"
                write_file(self.folder / DELTA, b"")
                write_file(self.folder / MANIFEST, text.encode())
                sync(self.folder)
        return self._manifest

    def publish(self) -> Manifest:
        """Make the generation current.

        Raises:
            DiskFullError, StoreError: it cannot be written. The old generation stays current then, unless
                the very last step failed, which the next opening finds out.
        """
        manifest = self.finish()
        with self._guarded():
            self.folder.rename(self._target)
            sync(self._target.parent)
        self.closed = True
        self._publish(manifest)
        return manifest

    def abort(self) -> None:
        """Remove what was written, unless it was published; twice is fine."""
        if not self.closed:
            self.closed = True
            self._nodes.discard()
            self._edges.discard()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _describe(self) -> Manifest:
        return Manifest(
            self._generation,
            self._sequence,
            dict(sorted(self._nodes.types.items())),
            dict(sorted(self._edges.types.items())),
            (*self._nodes.done, *self._edges.done),
        )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        if self.closed:
            raise StoreError(f"{self._target.name} was published or given up; begin another generation")
        try:
            with disk_errors(self.folder):
                yield
        except BaseException:
            self.abort()
            raise
