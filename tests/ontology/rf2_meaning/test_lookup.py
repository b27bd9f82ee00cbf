"""Lookup of ids by hash, against a dictionary."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.ontology.ids import IntIds
from kgllm.ontology.rf2.lookup import Index, Lookup

IDS = st.lists(st.integers(0, 10**18 - 1), unique=True, max_size=40)
SOUGHT = st.lists(st.integers(0, 10**18 - 1), max_size=10)


@settings(deadline=None)
@given(IDS, SOUGHT)
def test_lookup_finds_what_is_there_and_nothing_else(ids, sought):
    ids = sorted(ids)
    at = {id: place for place, id in enumerate(ids)}
    wanted = ids[::2] + sought
    found = Lookup(IntIds(np.array(ids, np.int64))).find(np.array(wanted, np.int64))
    assert found.dtype == np.int32
    assert found.tolist() == [at.get(id, -1) for id in wanted]


@settings(deadline=None)
@given(IDS, SOUGHT)
def test_index_finds_rows_of_a_column_in_any_order(ids, sought):
    at = {id: place for place, id in enumerate(ids)}
    wanted = ids[::-1] + sought
    found = Index(np.array(ids, np.int64)).find(np.array(wanted, np.int64))
    assert found.tolist() == [at.get(id, -1) for id in wanted]


def test_ids_that_share_a_slot_are_told_apart():
    ids = np.arange(100_000, dtype=np.int64) * 11 + 10**15
    assert (Lookup(IntIds(ids)).find(ids) == np.arange(len(ids))).all()
    assert (Lookup(IntIds(ids)).find(ids + 1) == -1).all()
