"""Versions: what was at a date, against plain Python; deltas; ids that look alike."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.ontology.rf2 import versions
from kgllm.ontology.rf2.rows import FileKind, Rows
from kgllm.ontology.rf2.versions import Versions, apply_delta, as_of

TIMES = st.sampled_from([0, 20160901, 20170131, 20180705, 20250101])
IDS = st.integers(1, 12).map(lambda item: item * 10**16 + 7)
HISTORY = st.lists(st.tuples(IDS, TIMES), max_size=60)


def rows_of(history, file="a"):
    ids, times = zip(*history, strict=True) if history else ((), ())
    columns = {
        "id": np.array(ids, np.int64),
        "effectiveTime": np.array(times, np.int32),
        "active": np.ones(len(ids), np.bool_),
        "term": pa.array([f"{file}{row}" for row in range(len(ids))], pa.large_string()),
    }
    return Rows(FileKind.DESCRIPTION, columns, ((file, 0),))


def latest(history, date=None):
    """The last row of each id at ``date``; rows that are not published come last, or not at all."""
    best = {}
    for row, (id, time) in enumerate(history):
        if date is None or 0 < time <= date:
            key = (time or 99999999, row)
            best[id] = max(best.get(id, key), key)
    return sorted(row for _, row in best.values())


@settings(deadline=None)
@given(HISTORY, st.sampled_from([None, 20160831, 20160901, 20171231, 20991231]))
def test_latest_rows_of_numbers(history, date):
    rows = rows_of(history)
    found = as_of(rows, date)
    assert found.text("term").to_pylist() == [f"a{row}" for row in latest(history, date)]
    assert [found.place(row)[1] for row in range(len(found))] == [row + 2 for row in latest(history, date)]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), TIMES), max_size=60), st.booleans())
def test_latest_rows_of_uuids_that_share_halves(history, spread_out):
    factor = 2**61 + 12345 if spread_out else 1
    keys = tuple(np.array([row[at] * factor for row in history], np.uint64) for at in (0, 1))
    found = Versions(keys, np.array([row[2] for row in history], np.int32))
    assert found.latest().tolist() == latest([(row[:2], row[2]) for row in history])


@pytest.mark.parametrize("alike", [1, 2, 5])
def test_ids_whose_hashes_are_alike(monkeypatch, alike):
    rng = np.random.default_rng(alike)
    ids, times = rng.integers(1, 300, 2000), rng.integers(20160101, 20160131, 2000)
    monkeypatch.setattr(versions, "spread", lambda ids: (ids % np.uint64(alike)) << np.uint64(40))
    found = Versions((ids.astype(np.uint64),), times.astype(np.int32))
    assert found.latest().tolist() == latest(list(zip(ids.tolist(), times.tolist(), strict=True)))


def test_versions_of_one_id_stand_together_in_the_order_of_time():
    rng = np.random.default_rng(0)
    ids, times = rng.integers(1, 50, 5000).astype(np.uint64), rng.integers(1990, 2030, 5000).astype(np.int32)
    found = Versions((ids,), times)
    pairs = list(zip(ids[found.order].tolist(), times[found.order].tolist(), strict=True))
    runs = np.flatnonzero(~found.again)
    assert len(runs) == len({*ids.tolist()})
    for start, stop in zip(runs, np.append(runs[1:], len(pairs)), strict=True):
        assert pairs[start:stop] == sorted(pairs[start:stop])
        assert len({id for id, _ in pairs[start:stop]}) == 1


def test_ids_of_18_digits_are_not_rounded():
    near = [999_999_999_999_999_990 + last for last in range(8)]
    found = as_of(rows_of([(id, 20160901) for id in near]), 20160901)
    assert found["id"].tolist() == near


@settings(deadline=None)
@given(HISTORY, HISTORY)
def test_delta_on_top_of_a_snapshot(history, changes):
    snapshot, delta = as_of(rows_of(history), None), rows_of(changes, "b")
    found = apply_delta(snapshot, delta)
    names = [*(f"a{row}" for row in range(len(history))), *(f"b{row}" for row in range(len(changes)))]
    assert found.text("term").to_pylist() == [names[row] for row in latest([*history, *changes])]
    lines = [found.place(row) for row in range(len(found))]
    assert lines == [(name[0], int(name[1:]) + 2) for name in found.text("term").to_pylist()]


def test_identifiers_are_told_apart_by_identifier_and_scheme():
    columns = {
        "alternateIdentifier": pa.array(["x", "y", "x", "x"], pa.large_string()),
        "identifierSchemeId": np.array([5, 5, 6, 5]),
        "effectiveTime": np.array([20160901, 20160901, 20160901, 20180705], np.int32),
        "active": np.ones(4, np.bool_),
    }
    rows = Rows(FileKind.IDENTIFIER, columns, (("a", 0),))
    assert Versions.of(rows).latest().tolist() == [1, 2, 3]
