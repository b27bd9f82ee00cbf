"""Random dirty batches against a checker that goes row by row, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.kg.batches import EdgeChecker, NodeChecker
from kgllm.kg.batches.report import MAX_SAMPLES, RejectReport

Row = dict[str, Any]
Fault = tuple[str, str]
"""Reason and offending text."""

IDS = st.sampled_from(["a", "b", "c", "dé", "", None, "x\x00", "tab\t", "n" * 512, "n" * 513, "🦉" * 129])
NAMES = st.sampled_from(["KNOWS", "LIKES", "", None, "R\x1f", "R" * 255, "é" * 128])
LABELS = st.none() | st.lists(st.sampled_from(["B", "A", "Entity", "", None, "L\n", "L" * 256]), max_size=3)
COLUMNS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "flag": (pa.bool_(), st.booleans()),
    "count": (pa.int16(), st.integers(-9, 9)),
    "weight": (pa.float32(), st.sampled_from([0.5, -1.0, math.nan, math.inf])),
    "text": (pa.large_string(), st.sampled_from(["", "tab\tfine", "nul\x00", "plain"])),
    "list": (pa.list_(pa.string()), st.lists(st.sampled_from(["u", "nul\x00", None]), max_size=2)),
    "wrong": (pa.string(), st.just("known as int")),
    "odd": (pa.decimal128(3, 1), st.none()),
    "nid": (pa.int64(), st.just(1)),
    "bad\x01name": (pa.int64(), st.just(1)),
}
KNOWN = {"wrong": "int"}


def bytes_in(text: str) -> int:
    return len(text.encode())


def control(text: str) -> bool:
    return any(ord(c) < 32 for c in text)


def id_fault(text: str | None) -> Fault | None:
    if text is None:
        return "null-id", "null"
    if not text:
        return "empty-id", ""
    if bytes_in(text) > 512:
        return "long-id", text
    return ("control-character", text) if control(text) else None


def label_fault(labels: list[str | None] | None) -> Fault | None:
    for label in labels or []:
        if not label or bytes_in(label) > 255:
            return "bad-name", "null" if label is None else label
    return next((("control-character", label) for label in labels or [] if control(label or "")), None)


def relation_fault(relation: str | None) -> Fault | None:
    if relation is None:
        return "null-relation", "null"
    if not relation:
        return "empty-relation", ""
    if bytes_in(relation) > 255:
        return "bad-name", relation
    return ("control-character", relation) if control(relation) else None


def property_fault(row: Row) -> Fault | None:
    for name in sorted(set(row) & set(COLUMNS)):
        value = row[name]
        if value is None:
            continue
        if name in ("nid", "bad\x01name"):
            return "bad-name", f"{name}: int64"
        if name == "wrong":
            return "wrong-type", f"{name}: string"
        shown = f"{name}={value!r}"
        if isinstance(value, float) and not math.isfinite(value):
            return "not-finite", shown
        if "\x00" in (value if isinstance(value, str) else ""):
            return "nul", shown
        if isinstance(value, list):
            if any("\x00" in (item or "") for item in value):
                return "nul", shown
            if None in value:
                return "null-in-list", shown
    return None


def properties(row: Row) -> Row:
    return {k: v for k, v in row.items() if k in COLUMNS and v is not None}


def expected_nodes(rows: list[Row]) -> Iterator[Fault | tuple[str, list[str], Row]]:
    """For each row its fault, or the node it makes."""
    seen: set[str] = set()
    for row in rows:
        fault = id_fault(row["id"]) or label_fault(row["labels"]) or property_fault(row)
        if fault is None and row["id"] in seen:
            fault = "duplicate-id", row["id"]
        if fault is None:
            seen.add(row["id"])
            yield row["id"], sorted(set(row["labels"] or []) - {"Entity"}), properties(row)
        else:
            yield fault


def expected_edges(rows: list[Row], ids: list[str]) -> Iterator[Fault | tuple[str, str, str, str, Row]]:
    """For each row its fault, or the edge it makes."""
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        key = row["key"] or ""
        identity = (row["head"], row["relation"], row["tail"], key)
        fault = relation_fault(row["relation"])
        if fault is None and bytes_in(key) > 512:
            fault = "long-key", key
        if fault is None and control(key):
            fault = "control-character", key
        for side in ("head", "tail"):
            if fault is None and row[side] not in ids:
                fault = f"dangling-{side}", str(row[side])
        fault = fault or property_fault(row)
        if fault is None and identity in seen:
            fault = "duplicate-edge", " ".join(identity).rstrip()
        if fault is None:
            seen.add(identity)
            yield (*identity, properties(row))
        else:
            yield fault


def check_report(report: RejectReport, kind: str, outcomes: list[tuple[Any, ...]]) -> None:
    """The report counts and samples exactly the faults among the outcomes."""
    faults = [(row, *found) for row, found in enumerate(outcomes, start=1) if len(found) == 2]
    assert report.rows == len(outcomes)
    assert report.total == len(faults)
    for reason in {reason for _, reason, _ in faults} | set(report.counts):
        mine = [(row, text) for row, found, text in faults if found == reason]
        assert report.counts[reason] == len(mine)
        shown = [(row, text if len(text) <= 80 else f"{text[:79]}…") for row, text in mine[:MAX_SAMPLES]]
        assert [(s.row, s.text) for s in report.samples[reason]] == shown
        assert {s.kind for s in report.samples[reason]} == {kind}


@st.composite
def streams(draw: st.DrawFn, fields: dict[str, st.SearchStrategy[Any]]) -> list[list[Row]]:
    """Batches of rows; the rows of one batch have the same columns."""
    batches = []
    for _ in range(draw(st.integers(0, 4))):
        names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), unique=True, max_size=3))
        row = {**fields, **{name: st.none() | st.none() | COLUMNS[name][1] for name in names}}
        batches.append(draw(st.lists(st.fixed_dictionaries(row), max_size=8)))
    return batches


def batch_of(rows: list[Row], fields: dict[str, pa.DataType], offset: int) -> pa.RecordBatch:
    """The rows in Arrow; as a slice of a longer batch, whose first rows must not matter."""
    types = fields | {name: kind for name, (kind, _) in COLUMNS.items() if rows and name in rows[0]}
    rows = rows[:1] * offset + rows
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()}
    return pa.RecordBatch.from_pydict(columns).slice(offset if rows else 0)


NODES = {"id": pa.string(), "labels": pa.list_(pa.string())}
EDGES = {name: pa.string() for name in ("head", "relation", "tail", "key")}


@settings(max_examples=100, deadline=None)
@given(streams({"id": IDS, "labels": LABELS}), st.integers(0, 2))
def test_nodes_as_row_by_row(stream: list[list[Row]], offset: int) -> None:
    checker = NodeChecker(KNOWN)
    clean = [checker.check(batch_of(rows, NODES, offset)) for rows in stream]
    outcomes = list(expected_nodes([row for rows in stream for row in rows]))
    good = [found for found in outcomes if len(found) == 3]
    rows = [row for batch in clean for row in batch.to_pylist()]
    assert [(r["id"], r["labels"], properties(r)) for r in rows] == good
    check_report(checker.report(), "node", outcomes)
    kept = {name for _, _, values in good for name in values}
    assert set(checker.types) == kept | {"wrong"}
    assert checker.ids.find(pa.array([node[0] for node in good], pa.string())).tolist() == [*range(len(good))]


@settings(max_examples=100, deadline=None)
@given(
    streams(
        {
            "head": IDS,
            "relation": NAMES,
            "tail": IDS,
            "key": st.sampled_from([None, "", "k", "k\x02", "k" * 513]),
        }
    ),
    st.integers(0, 2),
)
def test_edges_as_row_by_row(stream: list[list[Row]], offset: int) -> None:
    ids = ["a", "n" * 512, "b", "dé"]
    nodes = NodeChecker()
    nodes.check(pa.RecordBatch.from_pydict({"id": ids}))
    checker = EdgeChecker(nodes.ids.find, KNOWN)
    clean = [checker.check(batch_of(rows, EDGES, offset)) for rows in stream]
    outcomes = list(expected_edges([row for rows in stream for row in rows], ids))
    rows = [row for batch, _, _ in clean for row in batch.to_pylist()]
    good = [found for found in outcomes if len(found) == 5]
    assert [(r["head"], r["relation"], r["tail"], r["key"], properties(r)) for r in rows] == good
    heads = [int(nid) for _, heads, _ in clean for nid in heads]
    tails = [int(nid) for _, _, tails in clean for nid in tails]
    assert (heads, tails) == ([ids.index(e[0]) for e in good], [ids.index(e[2]) for e in good])
    check_report(checker.report(), "edge", outcomes)
