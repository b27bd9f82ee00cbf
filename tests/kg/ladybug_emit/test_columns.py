from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import SchemaError
from kgllm.kg.cypher.emit.ladybug.columns import ENGINE_TYPES, Column, Columns

properties = st.dictionaries(
    st.text(min_size=1, max_size=80), st.sampled_from(sorted(ENGINE_TYPES)), max_size=12
)


def test_plain_names_stay_readable_and_others_get_a_number() -> None:
    columns = Columns().extended(
        {"born": "int", "bornIn": "str", "Born": "int", "select": "bool"}, {"weight": "float"}
    )
    assert columns.nodes == {
        "born": Column("p_born", "int"),
        "bornIn": Column("p1_bornin", "str"),
        "Born": Column("p2_born", "int"),
        "select": Column("p_select", "bool"),
    }
    assert columns.edges["weight"].engine_type == "DOUBLE"


@given(properties, properties, properties)
def test_engine_names_are_distinct_whatever_the_case_and_never_change(
    first: dict[str, str], more: dict[str, str], edges: dict[str, str]
) -> None:
    before = Columns().extended(first, edges)
    after = before.extended({name: type_ for name, type_ in more.items() if name not in first}, {})
    for kind in (after.nodes, after.edges):
        engine = [column.name for column in kind.values()]
        assert all(re.fullmatch(r"p[0-9]*_[a-z0-9_]*", name) for name in engine)
        assert len({name.lower() for name in engine}) == len(engine)
    assert {name: after.nodes[name] for name in first} == before.nodes
    assert Columns.from_json(after.to_json()) == after


def test_a_property_has_one_type() -> None:
    columns = Columns().extended({"born": "int"}, {})
    assert columns.extended({"born": "int"}, {}) == columns
    with pytest.raises(SchemaError, match=r"'born' of nodes is str here, but int in the store"):
        columns.extended({"born": "str"}, {})
