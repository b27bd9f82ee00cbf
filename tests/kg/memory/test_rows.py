"""Between Python objects and Arrow batches."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import SchemaError
from kgllm.kg.model import PROPERTY_TYPES, Edge, Entity
from kgllm.kg.rows import edges, edges_to_batch, entities, entities_to_batch

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "flag": st.booleans(),
        "count": st.integers(-(2**63), 2**63 - 1),
        "share": st.floats(allow_nan=False),
        "text": TEXT,
        "day": st.dates(),
        "names": st.lists(TEXT, max_size=3),
    },
)
LABELS = st.sets(st.sampled_from("ABC")).map(lambda labels: tuple(sorted(labels)))


@given(st.lists(st.builds(Entity, TEXT, LABELS, PROPERTIES), max_size=5))
def test_entities_come_back(items: list[Entity]) -> None:
    assert list(entities(entities_to_batch(items))) == items


@given(st.lists(st.builds(Edge, TEXT, TEXT, TEXT, TEXT, PROPERTIES), max_size=5))
def test_edges_come_back(items: list[Edge]) -> None:
    assert list(edges(edges_to_batch(items))) == items


def test_columns_have_the_types_of_the_model() -> None:
    properties = {"a": True, "b": 1, "c": 1.0, "d": "x", "e": date(2000, 1, 1), "f": ["y"]}
    batch = entities_to_batch([Entity("n", ("L",), properties), Entity("m")])
    assert batch.schema.names == ["id", "labels", *properties]
    assert batch.schema.types[2:] == list(PROPERTY_TYPES.values())
    assert batch.column("b").to_pylist() == [1, None]


def test_given_types_decide_the_columns() -> None:
    batch = edges_to_batch([Edge("a", "R", "b", "", {"w": 1})], {"w": "float", "x": "list"})
    assert batch.schema.field("w").type == pa.float64()
    assert batch.column("x").to_pylist() == [None]
    assert edges_to_batch([]).schema.names == ["head", "relation", "tail", "key"]


def test_columns_may_be_left_out_of_a_batch() -> None:
    nodes = pa.RecordBatch.from_pydict({"id": ["a"], "name": ["x"]})
    assert list(entities(nodes)) == [Entity("a", (), {"name": "x"})]
    found = pa.RecordBatch.from_pydict({"head": ["a"], "relation": ["R"], "tail": ["b"]})
    assert list(edges(found)) == [Edge("a", "R", "b")]


def test_the_label_entity_is_silent() -> None:
    batch = pa.RecordBatch.from_pydict({"id": ["a"], "labels": [["Z", "Entity", "B", "Z"]]})
    assert list(entities(batch)) == [Entity("a", ("B", "Z"))]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((1, 1.5), "'p' is int in one place and float in another"),
        (("a", ["a"]), "'p' is str in one place and list in another"),
        ((True, 1), "'p' is bool in one place and int in another"),
        ((datetime(2000, 1, 1), None), "of type datetime; expected bool, int, float, str, date, list"),
        (({"a": 1}, None), "of type dict"),
        ((2**63, None), "its type int cannot hold"),
        ((["a", 1], None), "its type list cannot hold"),
    ],
)
def test_what_no_column_can_hold_is_refused(values: tuple[object, object], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        entities_to_batch([Entity(str(i), (), {"p": value}) for i, value in enumerate(values)])
