"""Tables of numbered keys against dictionaries."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.kg.batches import StringTable
from kgllm.kg.batches.tables import PairTable

PAIRS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0, 1, 2**40, 2**64 - 1])), max_size=40)
TEXTS = st.lists(
    st.text(max_size=20) | st.sampled_from(["a" * 7, "a" * 8, "a" * 9, "é" * 300, "\0", ""]), max_size=30
)


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.array([pair[side] for pair in pairs], np.uint64) for side in (0, 1))  # type: ignore[return-value]


@settings(max_examples=60, deadline=None)
@given(st.lists(PAIRS, max_size=5), PAIRS)
def test_pairs_as_a_dictionary(batches: list[list[tuple[int, int]]], asked: list[tuple[int, int]]) -> None:
    table, model = PairTable(), dict[tuple[int, int], int]()
    for batch in batches:
        new = [batch.index(pair) == row and pair not in model for row, pair in enumerate(batch)]
        for pair in batch:
            model.setdefault(pair, len(model))
        codes, fresh = table.add(*columns(batch))
        assert codes.tolist() == [model[pair] for pair in batch]
        assert fresh.tolist() == new
    assert table.size == len(model)
    assert table.find(*columns(asked)).tolist() == [model.get(pair, -1) for pair in asked]


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=4), st.lists(st.none() | st.text(max_size=9), max_size=9), st.integers(0, 3))
def test_strings_as_a_dictionary(batches: list[list[str]], asked: list[str | None], offset: int) -> None:
    table, model = StringTable(), dict[str, int]()
    for batch in batches:
        for text in batch:
            model.setdefault(text, len(model))
        codes, _ = table.add(pa.array(["skipped"] * offset + batch).cast(pa.string()).slice(offset))
        assert codes.tolist() == [model[text] for text in batch]
    assert len(table) == len(model)
    asked += [text for batch in batches for text in batch]
    found = table.find(pa.array(asked, pa.string()))
    assert found.tolist() == [-1 if text is None else model.get(text, -1) for text in asked]


def test_many_keys_grow_the_table_and_keep_their_numbers() -> None:
    table = PairTable()
    a = np.arange(200_000, dtype=np.uint64)
    for start in range(0, len(a), 7_000):
        part = a[start : start + 7_000]
        codes, fresh = table.add(part, part % 7)
        assert fresh.all()
        assert (codes == part).all()
    assert (table.find(a, a % 7) == a).all()
    assert (table.find(a, a % 7 + 1) == -1).all()
    codes, fresh = table.add(np.concatenate([a, a[:5] + 10**6]), np.concatenate([a % 7, a[:5]]))
    assert fresh.tolist() == [False] * len(a) + [True] * 5
    assert codes[-5:].tolist() == [*range(200_000, 200_005)]


def test_keys_that_fall_into_one_slot_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PairTable, "_first_slot", lambda self, a, _: np.full(len(a), len(self._slots) - 2))
    table, a = PairTable(), np.arange(600, dtype=np.uint64)
    assert table.add(a, a)[0].tolist() == [*range(600)]
    assert table.add(a[::-1], a[::-1])[0].tolist() == [*range(600)][::-1]
    assert table.find(a, a + 1).tolist() == [-1] * 600


def test_texts_that_differ_in_length_or_at_the_end_only() -> None:
    texts = (
        ["x" * n for n in range(600)]
        + ["x" * n + "y" for n in range(600)]
        + ["x" * 5 + "\0", "x" * 5 + "\0\0"]
    )
    table = StringTable()
    _, fresh = table.add(pa.array(texts))
    assert len(table) == len(set(texts)) == int(fresh.sum())


def test_a_huge_text_costs_no_more_than_its_beginning() -> None:
    table = StringTable()
    table.add(pa.array(["x" * 1000]))
    assert table.find(pa.array(["x" * 50_000_000, None, "x" * 1000])).tolist() == [-1, -1, 0]


def test_each_table_hashes_in_its_own_way() -> None:
    text = pa.array(["the same text"])
    assert StringTable()._hash(text)[0] != StringTable()._hash(text)[0]
