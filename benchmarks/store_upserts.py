"""Upserts of the embedded store, and what the raw engine does with the same rows; ``stores.py`` runs it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from measuring import apart, cpu_seconds, measured
from synthetic_graph import keys

from kgllm.kg.backends.ladybug.store import LadybugStore

BATCH = 50_000
"""Rows of one upsert of ours."""
UNWIND = 1_000
"""Rows of one UNWIND of the baseline."""
MERGE = {
    "nodes": "MERGE (n:Entity {id: row.id}) SET n.name = row.name, n.year = row.year",
    "edges": "MATCH (a:Entity {id: row.head}) MATCH (b:Entity {id: row.tail}) "
    "MERGE (a)-[r:REL {rel: row.relation}]->(b) SET r.weight = row.weight",
}


@dataclass(frozen=True)
class Paths:
    """Where the graph, the raw database and the store are."""

    graph: Path
    raw: Path
    store: Path


@dataclass(frozen=True)
class Work:
    """How many rows and queries are measured."""

    rounds: int
    upserts: int
    merges: int
    commits: int
    queries: int


def fresh_rows(kind: str, count: int, entities: int) -> pa.Table:
    """Rows that are not in the graph: nodes with new ids, or edges of a new relation between old nodes."""
    rng = np.random.default_rng(1)
    if kind == "nodes":
        ids = keys(np.arange(count) + 50_000_000)
        return pa.table({"id": ids, "name": ids, "year": rng.integers(1800, 2026, count)})
    pairs = np.unique(rng.integers(0, entities**2, 2 * count))  # sorted, none twice
    ends = np.divmod(rng.permutation(pairs)[:count], entities)
    relation = pa.array(["NEW"] * count)
    columns = {"head": keys(ends[0]), "relation": relation, "tail": keys(ends[1])}
    return pa.table({**columns, "weight": rng.random(count)})


def ours(paths: Paths, kind: str, rows: pa.Table) -> dict[str, float]:
    """Upserts in batches, each checked, in the log on disk and in the engine when it returns."""
    store = LadybugStore(paths.store, "rw")
    upsert = {"nodes": store.upsert_nodes, "edges": store.upsert_edges}[kind]
    wall, cpu = time.perf_counter(), cpu_seconds()
    before = _engine_seconds(store)
    for batch in rows.combine_chunks().to_batches(BATCH):
        upsert(batch)
    result = {"wall_s": time.perf_counter() - wall}
    engine = _engine_seconds(store) - before
    result["cpu_s"] = cpu_seconds() - cpu + engine
    store.close()
    return _rates(result, len(rows))


def raw_merge(paths: Paths, kind: str, rows: pa.Table, at_once: int) -> dict[str, float]:
    """``UNWIND $rows … MERGE``, each statement a transaction of its own."""
    import ladybug

    connection = ladybug.Connection(ladybug.Database(str(paths.raw)))
    statement = f"UNWIND $rows AS row {MERGE[kind]}"
    batches = [batch.to_pylist() for batch in rows.combine_chunks().to_batches(at_once)]

    def write() -> None:
        for batch in batches:
            connection.execute(statement, {"rows": batch})

    return _rates(measured(write), len(rows))


def _rates(result: dict[str, float], rows: int) -> dict[str, float]:
    rates = {f"rows_per_{name}": rows / result[name] for name in ("wall_s", "cpu_s")}
    return {**result, **rates, "rows": rows}


def _engine_seconds(store: LadybugStore) -> float:
    """CPU seconds of the engine process that is running."""
    pid = store._shared.projection.engine.pid
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def upserts(paths: Paths, work: Work, entities: int) -> dict[str, Any]:
    """Ours, UNWIND and row by row, for nodes and edges, all on the loaded graph."""
    result: dict[str, Any] = {}
    for kind in ("nodes", "edges"):
        rows = fresh_rows(kind, work.upserts + work.merges + work.commits, entities)
        some = rows.slice(work.upserts, work.merges)
        single = rows.slice(work.upserts + work.merges)
        result[kind] = {
            "upsert": apart(ours, paths, kind, rows.slice(0, work.upserts)),
            "unwind": apart(raw_merge, paths, kind, some, UNWIND),
            "row by row": apart(raw_merge, paths, kind, single, 1),
        }
    return result
