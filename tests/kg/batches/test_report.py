"""Reports: counts, samples, one line, plain data, and raising."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from kgllm.errors import BadRowsError
from kgllm.kg.batches import REASONS, EdgeChecker, NodeChecker, RejectReport
from kgllm.kg.batches.report import MAX_SAMPLES


def report_of(ids: list[str | None]) -> RejectReport:
    checker = NodeChecker()
    checker.check(pa.RecordBatch.from_pydict({"id": pa.array(ids, pa.string())}))
    return checker.report()


def test_counts_are_exact_and_samples_are_few() -> None:
    checker = NodeChecker()
    for _ in range(3):
        checker.check(pa.RecordBatch.from_pydict({"id": ["same"] * 50 + [""] * 7}))
    report = checker.report()
    assert (report.rows, report.total) == (171, 170)
    assert dict(report.counts) == {"empty-id": 21, "duplicate-id": 149}
    assert [s.row for s in report.samples["empty-id"]] == [*range(51, 58), *range(108, 115), *range(165, 171)]
    assert [s.row for s in report.samples["duplicate-id"]] == [*range(2, 2 + MAX_SAMPLES)]


def test_merge_adds_and_keeps_the_first_samples() -> None:
    one, two = report_of(["", "a", "a"]), report_of([None, "b", *["b"] * 30])
    both = one.merge(two)
    assert (both.rows, both.total) == (35, 33)
    assert list(both.counts) == ["null-id", "empty-id", "duplicate-id"]
    assert both.counts["duplicate-id"] == 31
    assert [s.text for s in both.samples["duplicate-id"]] == ["a", *["b"] * (MAX_SAMPLES - 1)]
    assert RejectReport().merge(one) == one == one.merge(RejectReport())


def test_summary_says_how_many_why_and_where() -> None:
    assert RejectReport(1200).summary() == "all 1,200 rows are good"
    text = report_of(["a", "a", "", "x\x00y", "z" * 600]).summary()
    assert text.startswith(
        "4 of 5 rows are bad: 1 empty-id (first: node row 3, '', expected an id of at least"
    )
    assert "1 duplicate-id (first: node row 2, 'a', expected an id that no earlier row has)" in text
    assert r"'x\x00y'" in text
    assert "z" * 81 not in text
    assert "\n" not in text


def test_plain_data() -> None:
    data = report_of(["a", "a"]).to_json()
    sample = {"kind": "node", "row": 2, "text": "a", "expected": "an id that no earlier row has"}
    assert data == {"rows": 2, "rejected": 1, "reasons": {"duplicate-id": {"count": 1, "samples": [sample]}}}
    assert json.loads(json.dumps(data)) == data


def test_enforce() -> None:
    bad = report_of(["a", "a"])
    bad.enforce("reject")
    report_of(["a"]).enforce("raise")
    with pytest.raises(
        BadRowsError, match=r"1 of 2 rows are bad.*nothing was written.*on_error='reject'"
    ) as caught:
        bad.enforce("raise")
    assert caught.value.report is bad


GOOD = [f"n{i}" for i in range(800)]
BAD_IDS: dict[str, list[str | None]] = {
    "null-id": [None] * 25,
    "empty-id": [""] * 25,
    "long-id": ["é" * 257] * 25,
    "control-character": [f"c{i}\x1f" for i in range(25)],
    "duplicate-id": [f"n{i}" for i in range(100)],
}
RING = [(h, "R", t, "") for h, t in zip(GOOD, [*GOOD[1:], GOOD[0]], strict=True)]
BAD_EDGES: dict[str, list[tuple[str | None, ...]]] = {
    "dangling-head": [("?", "R", "n1", "")] * 20 + [(None, "R", "n1", "")] * 20,
    "dangling-tail": [("n1", "R", "x" * 10**5, "")] * 20,
    "null-relation": [("n1", None, "n2", "")] * 20,
    "empty-relation": [("n1", "", "n2", "")] * 20,
    "bad-name": [("n1", "R" * 256, "n2", "")] * 20,
    "control-character": [("n1", "R\n", "n2", "")] * 10 + [("n1", "R", "n2", "\n")] * 10,
    "long-key": [("n1", "R", "n2", "k" * 513)] * 20,
    "duplicate-edge": [*RING[:40]],
}


def batches(columns: tuple[str, ...], rows: list[Any]) -> Iterator[pa.RecordBatch]:
    """Batches of 64 rows of text."""
    for start in range(0, len(rows), 64):
        part = zip(*rows[start : start + 64], strict=True)
        texts = [pa.array(column, pa.string()) for column in part]
        yield pa.RecordBatch.from_arrays(texts, columns)


def test_a_load_of_nodes_with_a_fifth_of_its_rows_bad_in_every_way() -> None:
    rows = [*GOOD, *(text for ids in BAD_IDS.values() for text in ids)]
    order = [rows[i * 7919 % len(rows)] for i in range(len(rows))]
    checker = NodeChecker()
    clean = [checker.check(batch).column("id") for batch in batches(("id",), [(text,) for text in order])]
    report = checker.report()
    assert dict(report.counts) == {reason: len(ids) for reason, ids in BAD_IDS.items()}
    assert report.total * 5 == report.rows == 1000
    first_of_each = [text for text in dict.fromkeys(order) if text in set(GOOD)]
    assert [text for ids in clean for text in ids.to_pylist()] == first_of_each


def test_a_load_of_edges_with_a_fifth_of_its_rows_bad_in_every_way() -> None:
    nodes = NodeChecker()
    nodes.check(pa.RecordBatch.from_pydict({"id": GOOD}))
    checker = EdgeChecker(nodes.ids.find)
    stream = RING + [edge for group in BAD_EDGES.values() for edge in group]
    kept = sum(
        len(checker.check(batch).batch) for batch in batches(("head", "relation", "tail", "key"), stream)
    )
    report = checker.report()
    assert dict(report.counts) == {r: len(BAD_EDGES[r]) for r in REASONS if r in BAD_EDGES}
    assert (kept, report.rows) == (800, 1000)
