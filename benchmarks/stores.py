"""The embedded store against the raw engine, on the synthetic graph: loading, upserts, queries, rebuilding.

    python benchmarks/stores.py [--graph FOLDER] [--entities 500000 --edges 5000000 --relations 200 --seed 0]
                                [--rounds 1 --upserts 100000 --merges 10000 --commits 500 --queries 1000]
                                [--json]

FOLDER holds what ``benchmarks/synthetic_graph.py`` wrote; without it the graph is made first. The baseline is
ladybug called without any layer of ours: COPY of the same Parquet files, ``UNWIND … MERGE``, one row for each
transaction, and a prepared text for the same query. Each part runs in a fresh process; CPU seconds are user
and system time of that process and of its engine, memory is the peak of each of the two.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measuring import apart, measured, peaks
from store_upserts import Paths, Work, upserts
from synthetic_graph import arguments_of, edge_batches, keys, node_batches, size_of, write_graph

from kgllm.kg.backends.ladybug.store import LadybugStore

HOPS = {
    "1 hop": "MATCH (a {id: $id})-[r]->(b) RETURN type(r), b.id, b.name LIMIT 100",
    "1 hop, one type": "MATCH (a {id: $id})-[:REL_003]->(b) RETURN b.id, b.name LIMIT 100",
}
TABLES = (
    "CREATE NODE TABLE Entity(id STRING PRIMARY KEY, labels STRING[], name STRING, description STRING, "
    "year INT64)",
    "CREATE REL TABLE REL(FROM Entity TO Entity, rel STRING, weight DOUBLE)",
)

# --- loading and rebuilding ---


def raw_load(paths: Paths) -> dict[str, float]:
    """COPY both files into a new database."""
    import ladybug

    def load() -> None:
        database = ladybug.Database(str(paths.raw))
        connection = ladybug.Connection(database)
        for statement in TABLES:
            connection.execute(statement)
        connection.execute(f"COPY Entity FROM '{paths.graph / 'nodes.parquet'}'")
        columns = "head, tail, relation, weight"
        source = f"LOAD FROM '{paths.graph / 'edges.parquet'}' RETURN {columns}"
        connection.execute(f"COPY REL FROM ({source})")
        connection.execute("CHECKPOINT")
        connection.close()
        database.close()

    paths.raw.unlink(missing_ok=True)
    return measured(load) | peaks()


def store_load(paths: Paths) -> dict[str, float]:
    """``bulk_load`` of the same rows: checked, in a snapshot, in the engine, published."""

    def load() -> None:
        with LadybugStore(paths.store, "create") as store:
            store.bulk_load(node_batches(paths.graph), edge_batches(paths.graph))

    return measured(load) | peaks()


def rebuild(paths: Paths) -> dict[str, Any]:
    """Open the store after one bit of the engine's file has changed."""
    (file,) = (paths.store / "engine").glob("*/graph.lbug")
    with file.open("r+b") as handle:
        handle.seek(file.stat().st_size // 2)
        byte = handle.read(1)[0]
        handle.seek(-1, os.SEEK_CUR)
        handle.write(bytes([byte ^ 1]))
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("kgllm").addHandler(handler)
    result = measured(lambda: LadybugStore(paths.store, "rw").close())
    return {**result, **peaks(), "log": said}


# --- queries ---


def queries(paths: Paths, count: int, entities: int) -> dict[str, Any]:
    """The same 1-hop questions to the store and, with the text it sends, to the engine; alternating."""
    import ladybug

    ids = keys(np.random.default_rng(2).integers(0, entities, count + 50)).to_pylist()
    result: dict[str, Any] = {}
    with LadybugStore(paths.store, "r") as store:
        (file,) = (paths.store / "engine").glob("*/graph.lbug")
        connection = ladybug.Connection(ladybug.Database(str(file), read_only=True))
        start = time.perf_counter()
        store.schema()
        result["schema_s"] = time.perf_counter() - start
        for name, text in HOPS.items():
            result[name] = _compare(store, connection, text, ids)
    return result


def _compare(store: LadybugStore, connection: Any, text: str, ids: list[str]) -> dict[str, dict[str, float]]:
    statement = str(store.query(text, {"id": ids[0]}).stats["text"])
    times: dict[str, list[float]] = {"store": [], "engine": []}
    for id in ids:
        calls = {
            "store": partial(store.query, text, {"id": id}),
            "engine": lambda id=id: connection.execute(statement, {"a0": id}).get_all(),
        }
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: _quantiles(seconds[50:]) for name, seconds in times.items()}


def _quantiles(seconds: list[float]) -> dict[str, float]:
    p50, p95 = np.quantile(seconds, [0.5, 0.95]) * 1e3
    return {"p50_ms": float(p50), "p95_ms": float(p95)}


# --- the whole ---


def run(paths: Paths, work: Work, entities: int) -> dict[str, Any]:
    """All parts, one after the other; loads in ``rounds`` turns, of which the cheapest counts."""
    loads: dict[str, list[dict[str, float]]] = {"raw": [], "store": []}
    for turn in range(work.rounds):
        loads["raw"].append(apart(raw_load, paths))
        store = paths.store.with_name(f"store-{turn}")
        paths = Paths(paths.graph, paths.raw, store)
        loads["store"].append(apart(store_load, paths))
    result: dict[str, Any] = {name: min(turns, key=lambda one: one["cpu_s"]) for name, turns in loads.items()}
    result["rebuild"] = apart(rebuild, paths)
    result["queries"] = apart(queries, paths, work.queries, entities)
    result["upserts"] = upserts(paths, work, entities)
    return result


def table_rows(result: dict[str, Any]) -> Iterator[tuple[str, str, str, str, str]]:
    """What was measured, ours, the baseline, ratio, goal."""
    raw, store, again = result["raw"], result["store"], result["rebuild"]
    ratio = f"{store['cpu_s'] / raw['cpu_s']:.2f}"
    yield "bulk_load, raw COPY", f"{store['cpu_s']:.1f} CPU s", f"{raw['cpu_s']:.1f} CPU s", ratio, "≤ 1.3"
    peak = max(store["caller_mb"], store["engine_mb"])
    yield "peak of one process", f"{peak:.0f} MB", f"{raw['caller_mb']:.0f} MB", "", "≤ 1500 MB"
    ratio = f"{again['cpu_s'] / store['cpu_s']:.2f}"
    yield "rebuild, bulk_load", f"{again['cpu_s']:.1f} CPU s", f"{store['cpu_s']:.1f} CPU s", ratio, "≤ 2"
    for kind, ways in result["upserts"].items():
        mine = ways["upsert"]
        for other, clock, goal in (("unwind", "cpu_s", "≥ 10"), ("row by row", "wall_s", "≥ 100")):
            rates = mine[f"rows_per_{clock}"], ways[other][f"rows_per_{clock}"]
            unit = f"/{clock.replace('_s', ' s').replace('cpu', 'CPU')}"
            cells = (f"{rate:,.0f}{unit}" for rate in rates)
            yield f"{kind}, upsert, {other}", *cells, f"{rates[0] / rates[1]:.1f} × as fast", goal
    for name in HOPS:
        ours, theirs = result["queries"][name]["store"], result["queries"][name]["engine"]
        for quantile, goal in (("p50_ms", "≤ 3"), ("p95_ms", "≤ 5 ms")):
            cells = (f"{one[quantile]:.3f} ms" for one in (ours, theirs))
            yield f"{name}, {quantile[:3]}", *cells, f"{ours[quantile] / theirs[quantile]:.2f}", goal


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--graph", type=Path, help="a folder with the synthetic graph")
    parser.add_argument("--rounds", type=int, default=1, help="turns of loading; the cheapest counts")
    parser.add_argument("--upserts", type=int, default=100_000, help="rows upserted through the store")
    parser.add_argument("--merges", type=int, default=10_000, help="rows merged by UNWIND")
    parser.add_argument("--commits", type=int, default=500, help="rows merged in transactions of one")
    parser.add_argument("--queries", type=int, default=1_000, help="queries of each kind")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = arguments_of(parser)
    from kgllm.cli.output import emit, table_of  # not in the measured processes, which import this file

    size = size_of(arguments)
    work = Work(*(arguments[name] for name in ("rounds", "upserts", "merges", "commits", "queries")))
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        graph = arguments["graph"] or folder / "graph"
        if arguments["graph"] is None:
            write_graph(graph, size)
        entities = sum(map(len, node_batches(graph)))
        result = run(Paths(graph, folder / "raw.lbug", folder / "store"), work, entities)
    title = f"The embedded store and the raw engine, {entities:,} nodes, seed {size.seed}"
    columns = ("", "kgllm", "baseline", "ratio", "goal")
    emit(result, as_json=arguments["json"], table=table_of(title, columns, table_rows(result)))


if __name__ == "__main__":
    main()
