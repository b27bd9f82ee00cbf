"""Order of rows by packed integers, against NumPy and plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.ontology.rf2.ordering import distinct, order

WIDTHS = st.sampled_from([1, 3, 17, 2**20, 2**31 - 1])


@st.composite
def tables(draw):
    tops = draw(st.lists(WIDTHS, min_size=1, max_size=4))
    rows = draw(st.lists(st.tuples(*(st.integers(0, top) for top in tops)), max_size=30))
    return [np.array([row[at] for row in rows], np.int32) for at in range(len(tops))]


@settings(deadline=None)
@given(tables())
def test_order_is_that_of_lexsort(columns):
    assert order(columns).tolist() == np.lexsort(columns[::-1]).tolist()


@settings(deadline=None)
@given(tables())
def test_distinct_rows_are_a_sorted_set(columns):
    rows = sorted(set(zip(*(column.tolist() for column in columns), strict=True)))
    found = distinct(columns)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == rows
    assert [column.dtype for column in found] == [column.dtype for column in columns]


@pytest.mark.parametrize("make", [order, distinct])
def test_columns_too_wide_to_pack(make):
    wide = [np.array([2**40, 1, 2**40, 1, 0])] * 2
    found = make(wide) if make is order else make(wide)[0]
    assert found.tolist() == ([4, 1, 3, 0, 2] if make is order else [0, 1, 2**40])


def test_distinct_columns_too_wide_even_as_ranks():
    rng = np.random.default_rng(0)
    columns = [rng.permutation(70_000) for _ in range(4)]
    found = distinct([np.tile(column, 2) for column in columns])
    by_first = np.argsort(columns[0])
    for column, result in zip(columns, found, strict=True):
        assert (result == column[by_first]).all()
