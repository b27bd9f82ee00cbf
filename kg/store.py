"""The protocol that every graph store fulfils, and the one way to open one.

    with open_store("ladybug:graphs/movies") as store:
        store.query("MATCH (p:Person)-[:ACTED_IN]->(m) WHERE m.title = $t RETURN p.name", {"t": "The Matrix"})

Three stores exist: ``memory:`` (the reference), ``ladybug:PATH`` (embedded, the default) and ``neo4j://`` or
``bolt://`` (a server). One conformance suite in ``tests/kg/conformance`` runs on all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, Self, runtime_checkable

import pyarrow as pa

from ..errors import ConfigError
from .model import Direction, Edge, EdgeKey, Entity, Value

if TYPE_CHECKING:
    from .batches import RejectReport
    from .csr import CSRGraph
    from .cypher.limits import Limits

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
class LabelInfo:
    """One label or relation type: how often, with which properties (name → type), between which labels."""

    count: int
    properties: Mapping[str, str]
    head_labels: tuple[str, ...] = ()
    tail_labels: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaInfo:
    """Labels and relation types with counts. Properties of nodes without a label stand under ``Entity``.

    ``samples`` are ids of entities for a label, and ``head relation tail`` for a relation type.
    """

    labels: Mapping[str, LabelInfo]
    relations: Mapping[str, LabelInfo]
    nodes: int
    edges: int


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


def open_store(url: str, mode: Mode = "rw") -> GraphStore:
    """Open the store that ``url`` names.

    Args:
        url: ``memory:``, ``ladybug:PATH`` (also ``ladybug:///PATH``), ``neo4j://HOST``,
            ``bolt://HOST:PORT`` (also with ``+s``); user and password of a server stand in the URL:
            ``bolt://user:password@host``.
        mode: ``r`` opens what exists for reading, ``rw`` also for writing, ``create`` makes it where it is
            missing.

    Raises:
        ConfigError: the URL is of no known kind.
        StoreError, NotFoundError: it cannot be opened.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "memory":
        from .backends.memory.store import MemoryStore

        return MemoryStore()
    if scheme == "ladybug" and rest.strip("/"):
        from .backends.ladybug.store import LadybugStore

        return LadybugStore(rest.removeprefix("//"), mode)
    if scheme.split("+")[0] in ("neo4j", "bolt"):
        from .backends.neo4j.store import Neo4jStore

        return Neo4jStore(url, mode)
    raise ConfigError(
        f"{url!r} names no graph store; expected memory:, ladybug:PATH, neo4j://HOST or bolt://HOST:PORT"
    )
