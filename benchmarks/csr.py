"""CSR arrays against igraph and NetworkX on the synthetic graph, one thread, CPU time.

    python benchmarks/csr.py FOLDER [--rounds 400 --networkx-edges 1000000 --json]

FOLDER holds what ``benchmarks/synthetic_graph.py`` wrote. igraph has the whole graph; NetworkX has its first
``--networkx-edges`` edges, and our arrays are built of the same ones to compare with it. Queries alternate
between the libraries, from the same random nodes, samples in blocks of five; memory is what a process gains
while the graph is built.
"""

from __future__ import annotations

import argparse
import gc
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from synthetic_graph import edge_batches, node_batches

from kgllm.cli.output import emit, table_of
from kgllm.kg.csr import CSRGraph

SEEDS, FANOUT = 1024, (10, 10)
BLOCK = 5
"""Samples that one library draws before it is the other's turn."""


@dataclass
class Scans:
    """The scans of a store, from batches in memory."""

    nodes: list[pa.RecordBatch]
    edges: list[pa.RecordBatch]

    def scan_nodes(self) -> Iterator[pa.RecordBatch]:
        return iter(self.nodes)

    def scan_edges(self) -> Iterator[pa.RecordBatch]:
        return iter(self.edges)


def scans_of(folder: Path) -> Scans:
    """The synthetic graph, its edges in the order in which stores give them."""
    edges = [batch.append_column("key", pa.repeat("", len(batch))) for batch in edge_batches(folder)]
    scans = Scans(list(node_batches(folder)), edges)
    graph = CSRGraph.from_store(scans)  # type: ignore[arg-type]
    ids, names = graph.ids.strings.cast(pa.string()), pa.array(graph.relations)
    scans.edges = []
    for start in range(0, graph.num_edges, 50_000):
        numbers = np.arange(start, min(start + 50_000, graph.num_edges))
        head, relation, tail = (pa.array(column) for column in graph.triples(numbers).T)
        columns = {"head": ids.take(head), "relation": names.take(relation), "tail": ids.take(tail)}
        scans.edges.append(pa.record_batch({**columns, "key": pa.repeat("", len(numbers))}))
    return scans


def cpu(function: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one call, and its result."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def resident() -> int:
    """Bytes of memory the process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def grown(function: Callable[[], Any]) -> tuple[int, Any]:
    """Bytes by which the process grew while ``function`` built its result."""
    before = resident()
    result = function()
    return resident() - before, result


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Median and 95th percentile in microseconds."""
    p50, p95 = np.quantile(seconds, [0.5, 0.95]) * 1e6
    return {"p50_us": float(p50), "p95_us": float(p95)}


def compare(calls: dict[str, Callable[[int], Any]], nids: np.ndarray) -> dict[str, dict[str, float]]:
    """Each call for each nid, alternating."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for nid in nids.tolist():
        for name, call in calls.items():
            times[name].append(cpu(partial(call, nid))[0])
    return {name: quantiles(seconds) for name, seconds in times.items()}


def build(folder: Path) -> tuple[dict[str, Any], CSRGraph]:
    """Build from arrays and from scans, save, open."""
    scans = scans_of(folder)
    from_scans_s, graph = cpu(lambda: CSRGraph.from_store(scans))  # type: ignore[arg-type]
    triples = np.random.default_rng(0).permutation(graph.triples(np.arange(graph.num_edges)))
    from_arrays_s, _ = cpu(lambda: CSRGraph.from_arrays(graph.ids.strings, graph.relations, triples))
    with TemporaryDirectory() as temporary:
        path = Path(temporary) / "graph.csr"
        save_s, _ = cpu(lambda: graph.save(path))
        file_bytes = path.stat().st_size
        open_s, opened = cpu(lambda: CSRGraph.open(path))
    figures = {
        "from_arrays_s": from_arrays_s,
        "from_scans_s": from_scans_s,
        "save_s": save_s,
        "open_s": open_s,
    }
    sizes = {
        "bytes_per_edge": graph.nbytes / graph.num_edges,
        "file_bytes_per_edge": file_bytes / graph.num_edges,
    }
    return {**figures, **sizes, "nodes": len(graph), "edges": graph.num_edges}, opened


def against_igraph(graph: CSRGraph, rounds: int) -> dict[str, Any]:
    """One, two and three hops along outgoing edges."""
    import igraph

    ends = graph.triples(np.arange(graph.num_edges))[:, [0, 2]]
    size, other = grown(lambda: igraph.Graph(n=len(graph), edges=ends, directed=True))
    nids = np.random.default_rng(1).integers(0, len(graph), rounds)
    one = {"kgllm": lambda nid: graph.outgoing[nid], "igraph": lambda nid: other.neighbors(nid, mode="out")}
    result: dict[str, Any] = {"igraph_bytes_per_edge": size / graph.num_edges, "1 hop": compare(one, nids)}
    for hops in (2, 3):
        calls = {
            "kgllm": lambda nid, hops=hops: graph.k_hop([nid], hops, direction="out")[0],
            "igraph": lambda nid, hops=hops: other.neighborhood(nid, order=hops, mode="out"),
        }
        for nid in nids[:20].tolist():
            if set(calls["kgllm"](nid).tolist()) != set(calls["igraph"](nid)):
                raise SystemExit(f"the libraries differ on {hops} hops from {nid}")
        result[f"{hops} hops"] = compare(calls, nids)
    return result


def against_networkx(graph: CSRGraph, count: int, rounds: int) -> dict[str, Any]:
    """Memory for an edge, and sampling the neighbourhoods of many seeds."""
    import networkx

    triples = np.random.default_rng(2).permutation(graph.triples(np.arange(graph.num_edges)))[:count]

    def fill() -> Any:
        other = networkx.MultiDiGraph()
        other.add_edges_from((h, t, {"relation": r}) for h, r, t in triples.tolist())
        return other

    size, other = grown(fill)
    ours = CSRGraph.from_arrays(graph.ids.strings, graph.relations, triples)
    rng, python = np.random.default_rng(3), random.Random(3)
    nodes = np.array(list(other), np.int64)

    def sample(seeds: list[int]) -> set[int]:
        found, level = set(seeds), seeds
        for width in FANOUT:
            drawn = set()
            for node in level:
                near = list(other.pred[node])
                drawn.update(near if len(near) <= width else python.sample(near, width))
            level = list(drawn - found)
            found |= drawn
        return found

    def times(call: Callable[[list[int]], Any], drawn: list[list[int]]) -> list[float]:
        return [cpu(partial(call, seeds))[0] for seeds in drawn]

    seconds: dict[str, list[float]] = {"kgllm": [], "networkx": []}
    for _ in range(rounds):
        drawn = [rng.choice(nodes, SEEDS, replace=False).tolist() for _ in range(BLOCK)]
        seconds["kgllm"] += times(lambda seeds: ours.sample(seeds, FANOUT, rng), drawn)
        seconds["networkx"] += times(sample, drawn)
    per_edge = {"kgllm": ours.nbytes / len(triples), "networkx": size / len(triples)}
    sampled = {name: quantiles(times) for name, times in seconds.items()}
    return {"edges": len(triples), "bytes_per_edge": per_edge, "sample": sampled}


def table_rows(result: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """What was measured, ours, the peer's, and their ratio."""
    built = result["build"]
    for name, unit in (("from_arrays_s", "CPU s"), ("from_scans_s", "CPU s"), ("save_s", "CPU s")):
        yield f"{name[:-2].replace('_', ' ')}", f"{built[name]:.2f} {unit}", "", ""
    yield "open", f"{built['open_s'] * 1e3:.2f} CPU ms", "", ""
    yield "bytes an edge, both ways", f"{built['bytes_per_edge']:.1f}", "", ""
    yield "bytes an edge, file with ids", f"{built['file_bytes_per_edge']:.1f}", "", ""
    for hops in ("1 hop", "2 hops", "3 hops"):
        ours, theirs = result["igraph"][hops]["kgllm"], result["igraph"][hops]["igraph"]
        for name in ("p50_us", "p95_us"):
            ratio = f"{ours[name] / theirs[name]:.2f}"
            yield f"{hops}, {name[:3]}, igraph", f"{ours[name]:.1f} µs", f"{theirs[name]:.1f} µs", ratio
    peer = result["networkx"]
    ours, theirs = (peer["sample"][name]["p50_us"] for name in ("kgllm", "networkx"))
    yield (
        f"sample {SEEDS} × {FANOUT}, NetworkX",
        f"{ours:.0f} µs",
        f"{theirs:.0f} µs",
        f"{theirs / ours:.1f} × as fast",
    )
    ours, theirs = (peer["bytes_per_edge"][name] for name in ("kgllm", "networkx"))
    yield f"bytes an edge of {peer['edges']:,}", f"{ours:.1f}", f"{theirs:.0f}", f"1/{theirs / ours:.0f}"


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=400, help="queries of each kind; samples: an eighth")
    parser.add_argument("--networkx-edges", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    built, graph = build(arguments.folder)
    result = {
        "build": built,
        "igraph": against_igraph(graph, arguments.rounds),
        "networkx": against_networkx(graph, arguments.networkx_edges, max(arguments.rounds // 40, 1)),
    }
    title = f"CSR arrays, {built['nodes']:,} nodes, {built['edges']:,} edges, one thread"
    rows = table_rows(result)
    emit(result, as_json=arguments.json, table=table_of(title, ("", "kgllm", "peer", "ratio"), rows))


if __name__ == "__main__":
    main()
