"""A fifth of all rows is malformed: the report is exact, the rest is there, and once more changes nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pyarrow as pa
import pytest

from kgllm.errors import BadRowsError
from kgllm.kg.backends.ladybug.store import LadybugStore
from kgllm.kg.batches import RejectReport
from kgllm.kg.changes import Version

Open = Callable[..., LadybugStore]

BAD_NODES = {
    "null-id": {"id": None},
    "empty-id": {"id": ""},
    "long-id": {"id": "x" * 513},
    "control-character": {"id": "a\x07b"},
    "duplicate-id": {"id": "good0"},
    "not-finite": {"weight": float("nan")},
    "nul": {"text": "a\0b"},
}
BAD_EDGES = {
    "null-relation": {"relation": None},
    "empty-relation": {"relation": ""},
    "dangling-head": {"head": "nobody"},
    "dangling-tail": {"tail": "nobody"},
    "control-character": {"relation": "A\x1fB"},
    "long-key": {"key": "k" * 513},
    "duplicate-edge": {"head": "good0", "relation": "NEXT", "tail": "good1", "key": ""},
}


def dirty(bad: dict, make: Callable[[int], dict], count: int) -> tuple[pa.RecordBatch, Counter[str]]:
    """``count`` rows, the first two good, then every fifth bad; and how many are bad for which reason."""
    chance = random.Random(5)
    rows, reasons = [], Counter()
    for i in range(count):
        row = make(i)
        if i % 5 == 4:
            reason = chance.choice(sorted(bad))
            reasons[reason] += 1
            row |= bad[reason]
        rows.append(row)
    return pa.RecordBatch.from_pylist(rows), reasons


def node(i: int) -> dict:
    return {"id": f"good{i}", "weight": i / 2, "text": f"text {i}"}


def edge(i: int) -> dict:
    near = [j for j in range(i, i + 3) if j % 5 != 4][:2]
    return {"head": f"good{near[0]}", "relation": "NEXT", "tail": f"good{near[1]}", "key": str(i or "")}


def counts(report: RejectReport) -> Counter[str]:
    return Counter(report.counts)


def test_a_dirty_load(opened: Open) -> None:
    nodes, bad_nodes = dirty(BAD_NODES, node, 1000)
    edges, bad_edges = dirty(BAD_EDGES, edge, 990)
    store = opened("create")
    with pytest.raises(BadRowsError):
        store.bulk_load([nodes], [edges])
    assert store.version() == Version(0, 0)
    report = store.bulk_load([nodes.slice(0, 400), nodes.slice(400)], [edges], on_error="reject")
    assert counts(report.rejects) == bad_nodes + bad_edges
    assert report.rejects.total == 200 + 198
    assert (report.nodes, report.edges) == (800, 792)
    assert (store.schema(0).nodes, store.schema(0).edges) == (800, 792)


def test_a_dirty_change_twice(opened: Open, content: Callable[[LadybugStore], object]) -> None:
    nodes, bad_nodes = dirty({k: v for k, v in BAD_NODES.items() if k != "duplicate-id"}, node, 500)
    edges, bad_edges = dirty({k: v for k, v in BAD_EDGES.items() if k != "duplicate-edge"}, edge, 490)
    store = opened("create")
    seen = []
    for _ in range(2):
        assert counts(store.upsert_nodes(nodes, "reject").rejects) == bad_nodes
        assert counts(store.upsert_edges(edges, "reject").rejects) == bad_edges
        seen.append(content(store))
    assert seen[0] == seen[1]
    assert (store.schema(0).nodes, store.schema(0).edges) == (400, 392)
