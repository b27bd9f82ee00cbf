"""A graph on disk, embedded: Parquet and a log of changes are the truth, ladybug answers the queries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from ....errors import NotFoundError, StoreCorruptError, StoreError
from ...changes import Change, Mode, OnError, Version
from ...csr import CSRGraph
from ...cypher.gate import Gate
from ...cypher.limits import Limits
from ...model import Direction, Edge, Entity, Value
from ...schema import SchemaInfo
from ...store import Capabilities, LoadReport, QueryResult, WriteReport
from ..base import BaseStore
from .engine import DEFAULT_OPTIONS, EngineOptions
from .query import answer
from .reads import Reader
from .schema import read_schema, with_samples
from .shared import Shared, acquire, release

__all__ = ["EngineOptions", "LadybugStore"]

Pages = Iterator[pa.RecordBatch]


class LadybugStore(BaseStore):
    """One graph in one folder.

    The engine runs in a process of its own, so its crashes are errors here (EngineCrashedError) and the next
    call starts another; what it keeps is made anew from the snapshot whenever it cannot be trusted, which the
    log says. One process at a time may write. Within a process all handles share one engine, and a handle
    with mode ``r`` sees what a writer in the same process does; in another process it keeps to the version
    that it opened.

    Args:
        path: the folder.
        mode: ``r`` changes no file at all.
        options: sizes for the engine; a handle that joins others takes theirs.

    Raises:
        NotFoundError: there is no store, and ``mode`` is not ``create``.
        StoreBusyError: another process writes to it, and ``mode`` is not ``r``.
        StoreCorruptError: the snapshot is damaged.
    """

    capabilities = Capabilities(transactions=True, concurrent_writers=False, server=False, durable=True)

    def __init__(self, path: Path | str, mode: Mode = "rw", options: EngineOptions = DEFAULT_OPTIONS) -> None:
        super().__init__(f"ladybug:{path}", mode)
        self._held: Shared | None = acquire(Path(path), mode, options)

    def close(self) -> None:
        """End the engine, unless another handle of this process uses it."""
        held, self._held = self._held, None
        if held is not None:
            release(held)

    def version(self) -> Version:
        """Generation and sequence number of what is stored."""
        return self._shared.version

    # --- writing ---

    def bulk_load(
        self, nodes: Iterable[pa.RecordBatch], edges: Iterable[pa.RecordBatch], on_error: OnError = "raise"
    ) -> LoadReport:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        self._must_write()
        return self._shared.load(nodes, edges, on_error)

    def apply(self, changes: Sequence[Change], on_error: OnError = "raise") -> WriteReport:
        """See :class:`~kgllm.kg.store.GraphStore`.

        Raises:
            GraphError: a node to delete has edges and ``detach`` is false; nothing has changed then.
        """
        self._must_write()
        with self._shared.writing, self._using() as shared:
            return shared.projection.apply(changes, on_error)

    def compact(self) -> None:
        """Write the content into a new generation, which ends the log of changes.

        Opening a store, and making its database anew, takes the longer the longer that log is.

        Raises:
            DiskFullError: there is no room for both generations; nothing has changed.
        """
        self._must_write()
        self._shared.compact()

    # --- reading ---

    def schema(self, samples: int = 3) -> SchemaInfo:
        """See :class:`~kgllm.kg.store.GraphStore`.

        Counting takes a second for each million edges, once for each version.
        """
        with self._using() as shared:
            return with_samples(shared.reader(), self._gate(shared).schema, samples)

    def get(self, ids: Sequence[str]) -> list[Entity | None]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        with self._using() as shared:
            return shared.reader().get(ids)

    def scan_nodes(self, batch_size: int = 10_000) -> Iterator[pa.RecordBatch]:
        """See :class:`~kgllm.kg.store.GraphStore`.

        Raises:
            StoreError: the store changed during the scan.
        """
        return self._scan(lambda reader: reader.node_pages(batch_size), batch_size)

    def scan_edges(self, batch_size: int = 50_000) -> Iterator[pa.RecordBatch]:
        """See :class:`~kgllm.kg.store.GraphStore`.

        Raises:
            StoreError: the store changed during the scan.
        """
        return self._scan(Reader.edge_pages, batch_size)

    def neighbors(
        self, ids: Sequence[str], relations: Sequence[str] | None = None, direction: Direction = "both"
    ) -> list[list[Edge]]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        with self._using() as shared:
            return shared.reader().neighbors(ids, relations, direction)

    def degree(self, ids: Sequence[str], direction: Direction = "both") -> list[int]:
        """See :class:`~kgllm.kg.store.GraphStore`."""
        with self._using() as shared:
            return shared.reader().degree(ids, direction)

    def csr(self) -> CSRGraph:
        """See :class:`~kgllm.kg.store.GraphStore`.

        Whoever may write keeps it in a file, which is mapped into memory at the next opening.
        """
        with self._using() as shared:
            if shared.graph is None or shared.graph[0] != shared.version:
                shared.graph = shared.version, self._graph(shared)
            return shared.graph[1]

    def query(
        self, text: str, parameters: Mapping[str, Value] | None = None, limits: Limits | None = None
    ) -> QueryResult:
        """See :class:`~kgllm.kg.store.GraphStore`.

        ``stats["engine"]`` is ``ladybug``, or ``interpreter`` where ladybug would give another answer than
        Neo4j; then ``stats["reason"]`` says why.
        """
        started = time.monotonic()
        with self._using() as shared:
            gate = self._gate(shared)
            read = gate.prepare(text, parameters, limits)
            projection = shared.projection
            result = answer(read, projection.engine, projection.state, gate.schema)
        return replace(result, stats={**result.stats, "seconds": time.monotonic() - started})

    # --- how it is done ---

    @property
    def _shared(self) -> Shared:
        if self._held is None:
            raise StoreError(f"{self.url} is closed; open it again")
        return self._held

    @contextmanager
    def _using(self) -> Iterator[Shared]:
        """The store, for this thread alone."""
        shared = self._shared
        with shared.guard:
            yield shared

    def _gate(self, shared: Shared) -> Gate:
        if shared.gate is None or shared.gate[0] != shared.version:
            schema = read_schema(shared.projection.engine, shared.projection.state)
            shared.gate = shared.version, Gate(schema)
        return shared.gate[1]

    def _scan(self, pages: Callable[[Reader], Pages], size: int) -> Iterator[pa.RecordBatch]:
        """The pages in batches of at most ``size`` rows, as long as the version stays."""
        with self._using() as shared:
            version, remaining = shared.version, pages(shared.reader())
        while True:
            with self._using() as shared:
                if shared.version != version:
                    raise StoreError(f"{self.url} was changed while it was scanned; begin the scan again")
                page = next(remaining, None)
            if page is None:
                return
            yield from (page.slice(start, size) for start in range(0, len(page), size))

    def _graph(self, shared: Shared) -> CSRGraph:
        """The file where it is of this version, else a new one."""
        file, stamp = shared.path / "csr" / "graph.csr", shared.stamp
        try:
            return CSRGraph.open(file, stamp)
        except (NotFoundError, StoreCorruptError):
            graph = CSRGraph.from_store(self)
        if shared.writable:
            graph.save(file, stamp)
            return CSRGraph.open(file, stamp)
        return graph
