"""The one way to open a graph store.

    with open_store("ladybug:graphs/movies") as store:
        store.query("MATCH (p:Person)-[:ACTED_IN]->(m) WHERE m.title = $t RETURN p.name", {"t": "The Matrix"})

Three stores exist: ``memory:`` (the reference), ``ladybug:PATH`` (embedded, the default) and ``neo4j://`` or
``bolt://`` (a server).
"""

from __future__ import annotations

from ..errors import ConfigError
from .changes import Mode
from .store import GraphStore


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
