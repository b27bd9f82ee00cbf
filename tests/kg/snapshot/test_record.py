"""Changes as bytes and back."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.kg.changes import Change, DeleteEdges, DeleteNodes, UpsertEdges, UpsertNodes
from kgllm.kg.snapshot.record import decode, encode, types_of

TEXT = st.text(max_size=6)
NODES = st.lists(
    st.tuples(TEXT, st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.lists(TEXT)), max_size=4
)
EDGES = st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT, st.none() | st.floats(allow_nan=False)), max_size=4)


def nodes(rows: list[tuple[str, int | None, list[str] | None]]) -> Change:
    kinds = {"id": pa.string(), "n": pa.int64(), "items": pa.list_(pa.string())}
    return UpsertNodes(_batch(rows, kinds))


def edges(rows: list[tuple[str, str, str, str, float | None]]) -> Change:
    kinds = {**dict.fromkeys(("head", "relation", "tail", "key"), pa.string()), "w": pa.float64()}
    return UpsertEdges(_batch(rows, kinds))


def _batch(rows: list[tuple[object, ...]], kinds: dict[str, pa.DataType]) -> pa.RecordBatch:  # type: ignore[type-arg]
    columns = {name: pa.array([row[i] for row in rows], kind) for i, (name, kind) in enumerate(kinds.items())}
    return pa.RecordBatch.from_pydict(columns)


CHANGES = st.lists(
    NODES.map(nodes)
    | EDGES.map(edges)
    | st.builds(DeleteNodes, st.lists(TEXT, max_size=3).map(tuple), st.booleans())
    | st.builds(DeleteEdges, st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), max_size=3).map(tuple)),
    max_size=5,
)


@settings(max_examples=100, deadline=None)
@given(CHANGES)
def test_round_trip(changes: list[Change]) -> None:
    assert decode(encode(changes)) == changes


def test_types_are_known_without_reading_the_batches() -> None:
    day = UpsertNodes(pa.RecordBatch.from_pydict({"id": ["a"], "day": [date(2024, 2, 29)], "ok": [True]}))
    changes = [nodes([]), DeleteNodes(("a",)), day, edges([])]
    assert types_of(encode(changes)) == (
        {"n": "int", "items": "list", "day": "date", "ok": "bool"},
        {"w": "float"},
    )
    assert types_of(encode([])) == ({}, {})


def test_only_the_rows_of_a_slice_are_written() -> None:
    batch = pa.RecordBatch.from_pydict({"id": [f"node number {i}" for i in range(10_000)]})
    change = UpsertNodes(batch.slice(5, 2))
    assert len(encode([change])) < 2_000
    assert decode(encode([change])) == [change]
