"""Which Arrow types become which property, and what a malformed batch is called."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from kgllm.errors import SchemaError
from kgllm.kg.batches import RESERVED, EdgeChecker, NodeChecker, property_type
from kgllm.kg.model import PROPERTY_TYPES

CAST = [
    ("bool", pa.bool_(), True),
    *(("int", kind, 7) for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())),
    *(("int", kind, 7) for kind in (pa.uint8(), pa.uint16(), pa.uint32())),
    *(("float", kind, 0.5) for kind in (pa.float16(), pa.float32(), pa.float64())),
    *(("str", kind, "é") for kind in (pa.string(), pa.large_string(), pa.string_view())),
    ("str", pa.dictionary(pa.int8(), pa.large_string()), "é"),
    ("int", pa.dictionary(pa.int8(), pa.int16()), 7),
    ("date", pa.date32(), date(2024, 2, 29)),
    *(("list", pa.list_(kind), ["é"]) for kind in (pa.string(), pa.large_string(), pa.string_view())),
    ("list", pa.large_list(pa.string()), ["é"]),
    ("list", pa.list_(pa.dictionary(pa.int8(), pa.string())), ["é"]),
    ("list", pa.list_(pa.null()), []),
]
REFUSED = [
    (pa.uint64(), 7),
    (pa.binary(), b"x"),
    (pa.timestamp("us"), 0),
    (pa.date64(), date(2024, 2, 29)),
    (pa.time32("s"), 0),
    (pa.duration("s"), 0),
    (pa.decimal128(5, 2), Decimal("1.50")),
    (pa.list_(pa.int64()), [1]),
    (pa.struct({"x": pa.int64()}), {"x": 1}),
    (pa.map_(pa.string(), pa.string()), [("x", "y")]),
]


def nodes(**columns: pa.Array) -> pa.RecordBatch:
    rows = len(next(iter(columns.values())))
    return pa.RecordBatch.from_pydict({"id": [f"n{i}" for i in range(rows)], **columns})


@pytest.mark.parametrize(("name", "kind", "value"), CAST, ids=str)
def test_a_type_that_fits_is_cast(name: str, kind: pa.DataType, value: Any) -> None:
    checker = NodeChecker()
    encoded = pa.types.is_dictionary(kind)
    column = pa.array([value, None], kind.value_type if encoded else kind)
    column = column.dictionary_encode() if encoded else column
    clean = checker.check(nodes(p=column))
    assert property_type(column.type) == property_type(kind) == name
    assert clean.column("p").type == PROPERTY_TYPES[name]
    assert clean.column("p").to_pylist() == [value, None]
    assert checker.types == {"p": name}
    assert not checker.report().total


@pytest.mark.parametrize(("kind", "value"), REFUSED, ids=str)
def test_a_type_no_store_holds_costs_the_rows_that_have_it(kind: pa.DataType, value: Any) -> None:
    checker = NodeChecker()
    clean = checker.check(nodes(p=pa.array([None, value], kind), q=pa.array([1, 2])))
    assert clean.to_pylist() == [{"id": "n0", "labels": [], "q": 1}]
    report = checker.report()
    assert dict(report.counts) == {"unsupported-type": 1}
    sample = report.samples["unsupported-type"][0]
    assert (sample.row, sample.text) == (2, f"p: {kind}")
    assert sample.expected == "one of bool, int, float, str, date, list"


def test_a_property_has_one_type_over_the_stream() -> None:
    checker = NodeChecker({"born": "int"})
    checker.check(nodes(born=pa.array([1999]), height=pa.array([1.8])))
    clean = checker.check(
        pa.RecordBatch.from_pydict({"id": ["a", "b"], "born": ["1999", None], "height": [None, 2]})
    )
    assert clean.to_pylist() == []
    found = {s.row: (s.text, s.expected) for s in checker.report().samples["wrong-type"]}
    as_before = "as the property has elsewhere"
    assert found == {2: ("born: string", f"int, {as_before}"), 3: ("height: int64", f"float, {as_before}")}


def test_a_refused_row_and_an_empty_column_fix_no_type() -> None:
    checker = NodeChecker()
    checker.check(
        pa.RecordBatch.from_pydict({"id": ["", "a"], "p": [1, None], "q": pa.array([None, None], pa.int64())})
    )
    assert checker.types == {}
    assert checker.check(pa.RecordBatch.from_pydict({"id": ["b"], "p": ["text"], "q": [True]})).num_rows == 1
    assert checker.types == {"p": "str", "q": "bool"}


def test_columns_come_out_in_order_and_without_empty_ones() -> None:
    batch = pa.RecordBatch.from_pydict(
        {"z": [1], "id": ["a"], "none": pa.nulls(1), "b": [2], "labels": [["T", "S", "T"]]}
    )
    clean = NodeChecker().check(batch)
    assert clean.schema.names == ["id", "labels", "b", "z"]
    assert clean.to_pylist() == [{"id": "a", "labels": ["S", "T"], "b": 2, "z": 1}]
    edges = pa.RecordBatch.from_pydict({"tail": ["a"], "relation": ["R"], "w": [1], "head": ["a"]})
    known = NodeChecker()
    known.check(batch)
    assert EdgeChecker(known.ids.find).check(edges).batch.schema.names == [
        "head",
        "relation",
        "tail",
        "key",
        "w",
    ]


@pytest.mark.parametrize("name", sorted(RESERVED - {"id", "labels"}))
def test_reserved_names(name: str) -> None:
    checker = NodeChecker()
    checker.check(nodes(**{name: pa.array([1])}))
    assert [s.expected for s in checker.report().samples["bad-name"]] == [
        f"a property name other than {name}"
    ]


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"labels": [["A"]]}, "column 'id' is missing; found labels"),
        ({}, "column 'id' is missing; found no columns"),
        ({"id": [1]}, "column 'id' is of type int64; expected string"),
        ({"id": ["a"], "labels": ["A"]}, "column 'labels' is of type string; expected list"),
    ],
)
def test_a_batch_that_is_no_table_of_nodes(batch: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        NodeChecker().check(pa.RecordBatch.from_pydict(batch))


def test_a_column_twice_and_text_that_is_not_utf8() -> None:
    twice = pa.RecordBatch.from_arrays([pa.array(["a"]), pa.array([1]), pa.array([2])], ["id", "p", "p"])
    with pytest.raises(SchemaError, match="column 'p' is there twice"):
        NodeChecker().check(twice)
    latin = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xe9"))
    with pytest.raises(SchemaError, match="no valid Arrow data"):
        NodeChecker().check(pa.RecordBatch.from_arrays([latin], ["id"]))


def test_missing_edge_columns() -> None:
    with pytest.raises(SchemaError, match="column 'relation' is missing; found head, tail"):
        EdgeChecker(NodeChecker().ids.find).check(pa.RecordBatch.from_pydict({"head": ["a"], "tail": ["b"]}))
