"""Writing to a Neo4j server: what batches gain over one row per transaction.

    python benchmarks/neo4j_ingest.py [--entities 20000 --edges 50000 --relations 50 --rounds 3 --json]

Each round begins with an empty database and writes the synthetic graph of ``synthetic_graph.py``: by
``upsert_nodes`` and ``upsert_edges``, 10,000 rows at a time; then some of the same rows again, one MERGE in
a transaction of its own each, by the same statements through the bare driver; then all of it by
``bulk_load``. Rates are rows per second of wall time, with client and server on one machine, medians of the
rounds; ``client`` is CPU time of this process per 1,000 rows. The server is the one of
``tests/neo4j_server.py``, so ``KGLLM_NEO4J_URI`` may name another.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import pyarrow as pa
from synthetic_graph import Size, edge_batches, node_batches, write_graph

from kgllm.cli.output import emit, table_of
from kgllm.kg.backends.neo4j.values import edge_groups, node_groups
from kgllm.kg.cypher.emit.neo4j_writes import upsert_edges, upsert_nodes
from kgllm.kg.open import open_store

ROWS = 10_000
SERVER = Path(__file__).resolve().parents[1] / "tests/neo4j_server.py"


def server_module() -> ModuleType:
    """The module that starts a server; tests are no package."""
    spec = importlib.util.spec_from_file_location("neo4j_server", SERVER)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules["neo4j_server"] = module
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


@dataclass
class Clock:
    """Rates of one way to write, round by round."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def time(self, rows: int, work: Callable[[], object]) -> None:
        """Add a round in which ``work`` writes so many rows."""
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self.rates.append(rows / (time.perf_counter() - wall))
        self.cpu.append(1e6 * (time.process_time() - cpu) / rows)

    def report(self) -> dict[str, float]:
        """Medians."""
        return {"rows_per_s": statistics.median(self.rates), "client_ms": statistics.median(self.cpu)}


def pieces(batches: Iterable[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """The same rows, :data:`ROWS` at a time."""
    return pa.Table.from_batches(batches).combine_chunks().to_batches(ROWS)


def single_rows(nodes: pa.RecordBatch, edges: pa.RecordBatch) -> tuple[list[Any], list[Any]]:
    """(statement, row) of each node and each edge."""
    one = [(upsert_nodes(labels), row) for labels, rows in node_groups(nodes).items() for row in rows]
    other = [(upsert_edges(relation), row) for relation, rows in edge_groups(edges).items() for row in rows]
    return one, other


def measure(url: str, server: ModuleType, folder: Path, arguments: argparse.Namespace) -> dict[str, Clock]:
    """All ways to write, in each round."""
    nodes, edges = pieces(node_batches(folder)), pieces(edge_batches(folder))
    singles = single_rows(nodes[0].slice(0, arguments.singles), edges[0].slice(0, arguments.singles))
    clocks: dict[str, Clock] = {}

    def clock(name: str, rows: int, work: Callable[[], object]) -> None:
        clocks.setdefault(name, Clock()).time(rows, work)

    for _ in range(arguments.rounds):
        server.clear(url)
        with open_store(url, "create") as store, server.driver(url) as driver, driver.session() as session:
            kinds = (("nodes", nodes, store.upsert_nodes), ("edges", edges, store.upsert_edges))
            for (kind, batches, upsert), single in zip(kinds, singles, strict=True):
                rows = sum(map(len, batches))
                clock(f"{kind}, batches", rows, lambda u=upsert, b=batches: [u(batch) for batch in b])
                each = [(text, {"rows": [row]}) for text, row in single]
                clock(f"{kind}, one by one", len(each), lambda e=each: [session.run(*s).consume() for s in e])
            total = sum(map(len, [*nodes, *edges]))
            clock("bulk_load, all rows", total, lambda: store.bulk_load(nodes, edges))
    return clocks


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("entities", 20_000), ("edges", 50_000), ("relations", 50), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--singles", type=int, default=500, help="rows that are written one by one")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    server = server_module()
    with TemporaryDirectory() as folder, server.any_server() as url:
        write_graph(
            Path(folder), Size(arguments.entities, arguments.edges, arguments.relations, arguments.seed)
        )
        clocks = measure(url, server, Path(folder), arguments)
    reports = {name: clock.report() for name, clock in clocks.items()}
    ratios = {
        kind: reports[f"{kind}, batches"]["rows_per_s"] / reports[f"{kind}, one by one"]["rows_per_s"]
        for kind in ("nodes", "edges")
    }
    rows = [(name, f"{r['rows_per_s']:,.0f}", f"{r['client_ms']:.1f}") for name, r in reports.items()]
    rows += [(f"{kind}: batches over one by one", f"{ratio:.0f} ×", "") for kind, ratio in ratios.items()]
    settings = {
        name: getattr(arguments, name) for name in ("entities", "edges", "relations", "seed", "rounds")
    }
    result = {"server": server.VERSION, **settings, "rates": reports, "ratios": ratios}
    title = f"Neo4j {server.VERSION}, {settings}"
    emit(result, as_json=arguments.json, table=table_of(title, ("", "rows/s", "client ms/1,000 rows"), rows))


if __name__ == "__main__":
    main()
