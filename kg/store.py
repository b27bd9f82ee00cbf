"""The protocol that every graph store fulfils; :func:`~kgllm.kg.open.open_store` opens one.

One conformance suite in ``tests/kg/conformance`` runs on all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

import pyarrow as pa

from .changes import Change, Mode, OnError, Version
from .model import Direction, Edge, Entity, Value
from .schema import SchemaInfo

if TYPE_CHECKING:
    from .batches import RejectReport
    from .csr import CSRGraph
    from .cypher.limits import Limits


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store can promise."""

    transactions: bool
    concurrent_writers: bool
    server: bool
    durable: bool


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a bulk load did: rows kept, rows rejected with reasons, and how long it took."""

    nodes: int
    edges: int
    rejects: RejectReport
    seconds: float


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What ``apply`` did. Counts are rows written or deleted, new or not."""

    nodes: int
    edges: int
    deleted_nodes: int
    deleted_edges: int
    rejects: RejectReport


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The table a query gave.

    ``truncated`` says that the row limit of the gate cut it. ``stats`` holds ``seconds``, ``engine`` (who
    answered) and ``text`` (what was sent to it).
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    truncated: bool = False
    stats: Mapping[str, object] = field(default_factory=dict)


@runtime_checkable
class GraphStore(Protocol):
    """A graph that can be loaded, changed, walked and asked. Errors are those of :mod:`kgllm.errors`.

    A store is a context manager; ``close`` may be called twice. Reading is safe from several threads,
    writing from one at a time.
    """

    url: str
    mode: Mode
    capabilities: Capabilities

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def version(self) -> Version:
        """Generation and sequence number of what is stored."""

    def schema(self, samples: int = 3) -> SchemaInfo:
        """Labels and relation types, with counts, typed properties and ``samples`` examples of each."""

    def bulk_load(
        self, nodes: Iterable[pa.RecordBatch], edges: Iterable[pa.RecordBatch], on_error: OnError = "raise"
    ) -> LoadReport:
        """Replace the whole content. The old content is served until the new one is complete.

        Raises:
            BadRowsError: a row is wrong and ``on_error`` is ``raise``; nothing has changed then.
        """

    def apply(self, changes: Sequence[Change], on_error: OnError = "raise") -> WriteReport:
        """Do all ``changes``, in order, or none: durable when it returns. Doing it twice changes nothing.

        Raises:
            BadRowsError: a row is wrong and ``on_error`` is ``raise``; nothing has changed then.
        """

    def get(self, ids: Sequence[str]) -> list[Entity | None]:
        """The entities with these ids, in order; ``None`` where there is none."""

    def scan_nodes(self, batch_size: int = 10_000) -> Iterator[pa.RecordBatch]:
        """All nodes in order of nid, in bounded memory: id, labels, then properties by name."""

    def scan_edges(self, batch_size: int = 50_000) -> Iterator[pa.RecordBatch]:
        """All edges, ordered by (head nid, relation, tail nid, key).

        Head, relation, tail, key, properties.
        """

    def neighbors(
        self, ids: Sequence[str], relations: Sequence[str] | None = None, direction: Direction = "both"
    ) -> list[list[Edge]]:
        """For each id its edges, without properties, sorted by identity; a self-loop appears once.

        Raises:
            NotFoundError: an id is unknown.
        """

    def degree(self, ids: Sequence[str], direction: Direction = "both") -> list[int]:
        """For each id the number of its edges; a self-loop counts once each way, so twice for ``both``."""

    def csr(self) -> CSRGraph:
        """The edges as arrays for walking, k-hop, paths and sampling; kept until the version changes."""

    def query(
        self, text: str, parameters: Mapping[str, Value] | None = None, limits: Limits | None = None
    ) -> QueryResult:
        """Answer a query of the read subset (:mod:`kgllm.kg.cypher`); nothing else reaches the engine.

        Raises:
            QuerySyntaxError, QueryRefusedError, SchemaError: the gate does not accept it.
            QueryTimeoutError: it took longer than ``limits.seconds``.
            QueryFailedError: it went wrong while it ran.
        """
