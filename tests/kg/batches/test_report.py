"""Reports: counts, samples, one line, plain data, and raising."""

from __future__ import annotations

import json

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


def test_one_load_with_a_fifth_of_its_rows_bad_in_every_way() -> None:
    good = [f"n{i}" for i in range(800)]
    bad = {
        "null-id": [None] * 25,
        "empty-id": [""] * 25,
        "long-id": ["é" * 257] * 25,
        "control-character": [f"c{i}\x1f" for i in range(25)],
        "duplicate-id": [f"n{i}" for i in range(100)],
    }
    rows = [(name, None) for name in good] + [(text, reason) for reason, ids in bad.items() for text in ids]
    order = [rows[i * 7919 % len(rows)] for i in range(len(rows))]
    first = {text: i for i, (text, _) in reversed([*enumerate(order)])}
    nodes = NodeChecker()
    clean = [
        nodes.check(
            pa.RecordBatch.from_pydict({"id": pa.array([t for t, _ in order[i : i + 64]], pa.string())})
        )
        for i in range(0, len(order), 64)
    ]
    report = nodes.report()
    assert {reason: len(ids) for reason, ids in bad.items()} == dict(report.counts)
    assert report.total * 5 == report.rows == 1000
    assert [i for batch in clean for i in batch.column("id").to_pylist()] == [
        text for i, (text, _) in enumerate(order) if text in set(good) and first[text] == i
    ]
    edges = EdgeChecker(nodes.ids.find)
    ring = [(h, "R", t, "") for h, t in zip(good, [*good[1:], good[0]], strict=True)]
    faulty = {
        "dangling-head": [("?", "R", "n1", "")] * 20 + [(None, "R", "n1", "")] * 20,
        "dangling-tail": [("n1", "R", "x" * 10**5, "")] * 20,
        "null-relation": [("n1", None, "n2", "")] * 20,
        "empty-relation": [("n1", "", "n2", "")] * 20,
        "bad-name": [("n1", "R" * 256, "n2", "")] * 20,
        "control-character": [("n1", "R\n", "n2", "")] * 10 + [("n1", "R", "n2", "\n")] * 10,
        "long-key": [("n1", "R", "n2", "k" * 513)] * 20,
        "duplicate-edge": ring[:40],
    }
    stream = ring + [edge for group in faulty.values() for edge in group]
    kept = 0
    for start in range(0, len(stream), 64):
        columns = zip(*stream[start : start + 64], strict=True)
        names = ("head", "relation", "tail", "key")
        kept += len(
            edges.check(pa.RecordBatch.from_pydict(dict(zip(names, map(list, columns), strict=True)))).batch
        )
    assert dict(edges.report().counts) == {r: len(faulty[r]) for r in REASONS if r in faulty}
    assert (kept, edges.report().rows) == (800, 1000)
