"""Checks of the changes of one apply: order matters, repetition merges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.errors import BadRowsError
from kgllm.kg.batches import CheckedChanges, check_changes
from kgllm.kg.changes import Change, DeleteEdges, DeleteNodes, UpsertEdges, UpsertNodes


class Store:
    """What a store answers when it is asked for ids, and what it was asked."""

    def __init__(self, *ids: str) -> None:
        self.ids, self.asked = set(ids), list[str]()

    def exists(self, ids: pa.StringArray) -> np.ndarray:
        self.asked += ids.to_pylist()
        return np.array([i in self.ids for i in ids.to_pylist()], np.bool_)


def nodes(*ids: str, **columns: list[Any]) -> UpsertNodes:
    return UpsertNodes(pa.RecordBatch.from_pydict({"id": pa.array(ids, pa.string()), **columns}))


def edges(*pairs: tuple[str | None, str], **columns: list[Any]) -> UpsertEdges:
    head, tail = (pa.array([pair[side] for pair in pairs], pa.string()) for side in (0, 1))
    return UpsertEdges(
        pa.RecordBatch.from_pydict({"head": head, "relation": ["R"] * len(pairs), "tail": tail, **columns})
    )


def check(store: Store, *changes: Change, on_error: Any = "raise") -> CheckedChanges:
    return check_changes(changes, store.exists, {"p": "int"}, {}, on_error)


def test_an_edge_ends_in_nodes_of_the_store_or_of_an_earlier_change() -> None:
    store = Store("old")
    checked = check(store, nodes("new"), edges(("new", "old"), ("old", "new"), ("old", "old")))
    assert not checked.rejects.total
    assert [type(change) for change in checked.changes] == [UpsertNodes, UpsertEdges]
    assert store.asked == ["old"]


def test_a_node_that_comes_later_or_is_gone_is_no_end() -> None:
    store = Store("a", "b", "c")
    changes = [
        edges(("a", "late")),
        nodes("late"),
        DeleteNodes(("a", "zz")),
        edges(("b", "a"), ("b", "late"), ("zz", "b")),
    ]
    checked = check(store, *changes, nodes("a"), edges(("a", "b"), ("b", "c")), on_error="reject")
    kept = [
        c.batch.select(["head", "tail"]).to_pylist() for c in checked.changes if isinstance(c, UpsertEdges)
    ]
    assert kept == [
        [],
        [{"head": "b", "tail": "late"}],
        [{"head": "a", "tail": "b"}, {"head": "b", "tail": "c"}],
    ]
    assert {s.row: (r, s.text) for r, group in checked.rejects.samples.items() for s in group} == {
        1: ("dangling-tail", "late"),
        2: ("dangling-tail", "a"),
        4: ("dangling-head", "zz"),
    }
    assert sorted(store.asked) == ["a", "b", "c", "late"]


def test_bad_rows_of_all_changes_are_found_before_it_raises() -> None:
    with pytest.raises(BadRowsError) as caught:
        check(Store(), nodes("", "a"), edges((None, "a")), nodes("b", p=["text"]))
    report: Any = caught.value.report
    assert dict(report.counts) == {"empty-id": 1, "dangling-head": 1, "wrong-type": 1}
    assert [s.row for s in report.samples["wrong-type"]] == [3]


def test_new_properties_are_reported_with_the_old() -> None:
    checked = check(Store("a"), nodes("a", q=[1.5]), edges(("a", "a"), since=[2020]))
    assert checked.node_types == {"p": "int", "q": "float"}
    assert checked.edge_types == {"since": "int"}


def test_deletions_pass_but_for_what_no_store_can_hold() -> None:
    checked = check(
        Store(),
        DeleteNodes(("a", "\ud800", "é"), detach=False),
        DeleteEdges((("a", "R", "b", ""), ("a", "R", "\udfff", ""))),
    )
    assert checked.changes == (DeleteNodes(("a", "é"), detach=False), DeleteEdges((("a", "R", "b", ""),)))


def test_repeated_edges_merge() -> None:
    upsert = edges(("a", "b"), ("b", "a"), ("a", "b"), w=[1, 2, 3], v=["x", None, None])
    keyed = edges(("a", "b"), ("a", "b"), key=["k", None])
    first, second = check(Store("a", "b"), upsert, keyed).changes
    assert isinstance(first, UpsertEdges)
    assert isinstance(second, UpsertEdges)
    assert first.batch.select(["head", "v", "w"]).to_pylist() == [
        {"head": "a", "v": "x", "w": 3},
        {"head": "b", "v": None, "w": 2},
    ]
    assert second.batch.column("key").to_pylist() == ["k", ""]


ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.none() | st.lists(st.sampled_from(["S", "T", "Entity"]), max_size=2),
        st.none() | st.integers(0, 3),
        st.none() | st.lists(st.sampled_from("uv"), max_size=2),
    ),
    max_size=9,
)


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_rows_with_one_id_merge_in_order(rows: list[tuple[Any, ...]]) -> None:
    expected: dict[str, dict[str, Any]] = {}
    for name, labels, p, items in rows:
        node = expected.setdefault(name, {"id": name, "labels": [], "p": None, "items": None})
        node["labels"] = sorted({*node["labels"], *(labels or [])} - {"Entity"})
        node |= {k: v for k, v in (("p", p), ("items", items)) if v is not None}
    types = {"labels": pa.list_(pa.string()), "p": pa.int64(), "items": pa.list_(pa.string())}
    columns = {
        name: pa.array([row[i] for row in rows], kind) for i, (name, kind) in enumerate(types.items(), 1)
    }
    upsert = UpsertNodes(
        pa.RecordBatch.from_pydict({"id": pa.array([row[0] for row in rows], pa.string()), **columns})
    )
    (merged,) = check(Store(), upsert).changes
    assert isinstance(merged, UpsertNodes)
    found = [{"p": None, "items": None, **node} for node in merged.batch.to_pylist()]
    assert found == list(expected.values())
    assert check(Store(), merged).changes == (merged,)
