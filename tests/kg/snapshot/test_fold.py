"""Content and changes together, against a graph of dictionaries."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.kg.batches import check_changes
from kgllm.kg.changes import Change, DeleteEdges, DeleteNodes, UpsertEdges, UpsertNodes
from kgllm.kg.snapshot import Snapshot

IDS = st.sampled_from(["n0", "n1", "n2", "n3", "a", "b", "é"])
NODE = st.fixed_dictionaries(
    {"id": IDS, "labels": st.lists(st.sampled_from("STU"), max_size=2), "p": st.none() | st.integers(0, 5)}
)
EDGE = st.fixed_dictionaries(
    {
        "head": IDS,
        "relation": st.sampled_from(["NEXT", "R"]),
        "tail": IDS,
        "key": st.sampled_from(["", "k"]),
        "w": st.none() | st.floats(0, 1),
    }
)
TYPES = {"labels": pa.list_(pa.string()), "p": pa.int64(), "w": pa.float64()}


def batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {name: pa.array([row[name] for row in rows], TYPES.get(name, pa.string())) for name in rows[0]}
    )


CHANGE = st.one_of(
    st.lists(NODE, min_size=1, max_size=3).map(lambda rows: UpsertNodes(batch(rows))),
    st.lists(EDGE, min_size=1, max_size=3).map(lambda rows: UpsertEdges(batch(rows))),
    st.lists(IDS, max_size=2).map(lambda ids: DeleteNodes(tuple(ids))),
    st.lists(st.tuples(IDS, st.sampled_from(["NEXT", "R"]), IDS, st.sampled_from(["", "k"])), max_size=2).map(
        lambda keys: DeleteEdges(tuple(keys))
    ),
)


class Graph:
    """What a snapshot should hold: insertion order is the order of nodes and edges."""

    def __init__(self, count: int) -> None:
        ids = [f"n{i}" for i in range(count)]
        self.nodes = {i: {"id": i, "labels": ["Thing"], "mark": 0} for i in ids}
        ring = [*pairwise(ids), (ids[-1], ids[0])]
        self.edges: dict[Any, dict[str, Any]] = {
            (h, "NEXT", t, ""): {"head": h, "relation": "NEXT", "tail": t, "key": "", "mark": 0}
            for h, t in ring
        }

    def apply(self, change: Change) -> None:
        match change:
            case UpsertNodes(rows):
                for row in rows.to_pylist():
                    labels = self.nodes.get(row["id"], {}).get("labels", [])
                    row["labels"] = sorted({*labels, *row["labels"]})
                    self._merge(self.nodes, row["id"], row)
            case UpsertEdges(rows):
                for row in rows.to_pylist():
                    self._merge(self.edges, tuple(row[k] for k in ("head", "relation", "tail", "key")), row)
            case DeleteNodes(ids):
                for i in ids:
                    self.nodes.pop(i, None)
                self.edges = {k: v for k, v in self.edges.items() if k[0] not in ids and k[2] not in ids}
            case DeleteEdges(keys):
                for key in keys:
                    self.edges.pop(key, None)

    @staticmethod
    def _merge(known: dict[Any, dict[str, Any]], key: Any, row: dict[str, Any]) -> None:
        known.setdefault(key, {}).update({k: v for k, v in row.items() if v is not None})

    def exists(self, ids: pa.StringArray) -> np.ndarray:
        return np.array([i in self.nodes for i in ids.to_pylist()], np.bool_)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(CHANGE, max_size=4), max_size=4))
def test_changes_over_a_generation(
    tmp_path_factory: pytest.TempPathFactory, load: Any, state: Any, applies: list[list[Change]]
) -> None:
    graph = Graph(4)
    with Snapshot.open(tmp_path_factory.mktemp("stores") / "s", "create") as snapshot:
        load(snapshot, 4)
        for changes in applies:
            types = snapshot.node_types, snapshot.edge_types
            checked = check_changes(changes, graph.exists, *types, on_error="reject")
            snapshot.append(checked.changes)
            for change in checked.changes:
                graph.apply(change)
            assert (snapshot.node_types, snapshot.edge_types) == (checked.node_types, checked.edge_types)
        expected = [*graph.nodes.values()], [*graph.edges.values()]
        assert state(snapshot) == expected
        sliced = [row["id"] for part in snapshot.nodes(2) for row in part.to_pylist()]
        assert sliced == [*graph.nodes]
        snapshot.compact()
        snapshot.verify()
        assert state(snapshot) == expected
        assert list(snapshot.changes()) == []
        assert snapshot.version == (2, len(applies))
        assert (snapshot.manifest.nodes, snapshot.manifest.edges) == (len(graph.nodes), len(graph.edges))


def test_parquet_files_number_the_ends_of_edges(tmp_path: Path, load: Any, change: Any) -> None:
    import pyarrow.parquet as pq

    with Snapshot.open(tmp_path / "s", "create") as snapshot:
        load(snapshot, 7)
        for number in (1, 2, 3):
            snapshot.append(change(number))
        snapshot.compact()
        nodes = pa.concat_tables(map(pq.read_table, snapshot.node_files)).to_pylist()
        edges = pa.concat_tables(map(pq.read_table, snapshot.edge_files)).to_pylist()
    ids = [node["id"] for node in nodes]
    assert ids == [*(f"n{i}" for i in range(7)), "x2", "x3"]
    assert [node["nid"] for node in nodes] == [*range(9)]
    assert [(ids[e["head_nid"]], ids[e["tail_nid"]]) for e in edges] == [
        (e["head"], e["tail"]) for e in edges
    ]


def test_batches_are_of_bounded_size_and_unused_columns_are_there(
    tmp_path: Path, load: Any, change: Any
) -> None:
    with Snapshot.open(tmp_path / "s", "create") as snapshot:
        load(snapshot, 100)
        snapshot.append(change(1))
        sizes = [len(part) for part in snapshot.nodes(30)]
        assert sizes == [30, 30, 30, 10, 1]
        assert {tuple(part.schema.names) for part in snapshot.nodes(30)} == {("id", "labels", "mark", "text")}
        assert {tuple(p.schema.names) for p in snapshot.edges(30)} == {
            ("head", "relation", "tail", "key", "mark")
        }
