"""Splits made here: deterministic, clean, and never the end of an entity."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.data import DataConfig, load_dataset
from kgllm.data.dataset import Triples
from kgllm.data.split import hash_order, hold_out
from kgllm.errors import AuditError, DataError

Write = Callable[[Mapping[str, str]], Path]


GOLDEN_ORDER = [6, 0, 2, 1, 5, 4, 8, 3, 7, 9]


def _triples(rows: list[tuple[int, int, int]]) -> Triples:
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


_GRAPHS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 2), st.integers(0, 7)), min_size=1, max_size=60
).map(_triples)


@settings(deadline=None)
@given(train=_GRAPHS, count=st.integers(0, 30), seed=st.integers(0, 3))
def test_holding_out_leaves_every_entity_and_relation_in_train(train: Triples, count: int, seed: int) -> None:
    held = hold_out(train, count, seed)
    kept, moved = train[~held], train[held]
    assert len(np.unique(moved, axis=0)) <= count
    assert set(kept[:, [0, 2]].ravel()) == set(train[:, [0, 2]].ravel())
    assert set(kept[:, 1]) == set(train[:, 1])
    assert not {*map(tuple, kept.tolist())} & {*map(tuple, moved.tolist())}


@settings(deadline=None)
@given(train=_GRAPHS, count=st.integers(0, 30), data=st.data())
def test_what_is_held_out_does_not_depend_on_the_order_of_rows(
    train: Triples, count: int, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(train))))
    np.testing.assert_array_equal(hold_out(train[order], count, 0), hold_out(train, count, 0)[order])


def test_the_hash_order_is_fixed_for_ever_and_differs_by_seed() -> None:
    triples = _triples([(i, i % 3, 2 * i) for i in range(10)])
    assert hash_order(triples, 0).tolist() == GOLDEN_ORDER
    assert hash_order(triples, 1).tolist() != GOLDEN_ORDER


def test_the_hash_spreads_evenly() -> None:
    grid = np.stack(np.meshgrid(np.arange(40), np.arange(5), np.arange(40), indexing="ij"), -1).reshape(-1, 3)
    first = grid[hash_order(grid, 0)[:2000]]
    assert abs(first[:, 0].mean() - 19.5) < 1
    assert abs(first[:, 2].mean() - 19.5) < 1
    assert abs(first[:, 1].mean() - 2) < 0.15


def _ring(n: int) -> str:
    return "".join(f"e{i}\tnext\te{(i + 1) % n}\ne{i}\tskip\te{(i + 2) % n}\n" for i in range(n))


def test_a_file_without_splits_is_split_and_says_so(write: Write) -> None:
    folder = write({"train.txt": _ring(100)})
    dataset = load_dataset(folder)
    assert (len(dataset.train), len(dataset.valid), len(dataset.test)) == (180, 10, 10)
    assert dataset.name == "mykg+split-0.05-seed0"
    assert dataset.notes == ("split mykg+split-0.05-seed0: valid and test were held out from train",)
    alone = load_dataset(folder / "train.txt")
    np.testing.assert_array_equal(alone.test, dataset.test)
    other = load_dataset(DataConfig(name=str(folder), resplit_seed=1, resplit_fraction=0.1))
    assert (len(other.valid), len(other.test)) == (20, 20)


def test_a_graph_too_small_to_split_is_refused(write: Write) -> None:
    with pytest.raises(DataError, match="mykg cannot be split: only 0 of its 2 triples can leave"):
        load_dataset(write({"train.txt": "a\tr\tb\nb\tr\tc\n"}))


def test_a_missing_valid_is_held_out_and_test_stays(write: Write) -> None:
    dataset = load_dataset(write({"train.txt": _ring(40), "test.txt": "e0\tnext\te5\n"}))
    assert (len(dataset.train), len(dataset.valid), len(dataset.test)) == (76, 4, 1)
    assert "valid was held out from train" in dataset.notes[0]


def test_valid_without_test_is_an_error(write: Write) -> None:
    with pytest.raises(DataError, match=r"has valid but no test triples; add test\.txt"):
        load_dataset(write({"train.txt": _ring(4), "valid.txt": "e0\tnext\te2\n"}))


def test_a_leaky_valid_is_remade_and_test_untouched(write: Write, own_cache: Path) -> None:
    files = {
        "train.txt": _ring(40) + "e0\tnext\te1\n",
        "valid.txt": "e0\tnext\te1\ne0\tnext\te9\ne3\tskip\te30\ne0\tnext\te9\n",
        "test.txt": "e3\tskip\te30\ne4\tskip\te30\n",
    }
    folder = str(write(files))
    with pytest.raises(AuditError, match="1 are in train, 1 in test, 1 are new"):
        load_dataset(folder)
    dataset = load_dataset(DataConfig(name=folder, resplit_if_leaky=True))
    labels = dataset.entities.labels
    valid = [(labels[h], labels[t]) for h, _, t in dataset.valid.tolist()]
    assert valid[0] == ("e0", "e9")
    assert len(valid) == 1 + 4
    assert len(dataset.test) == 2
    assert not {*map(tuple, dataset.valid.tolist())} & {*map(tuple, dataset.train.tolist())}
    assert "valid = 1 of its triples that train and test lack + 4 moved from train" in dataset.notes[0]

    (kept,) = own_cache.rglob("manifest.json")
    manifest = json.loads(kept.read_text())
    assert manifest["name"] == dataset.name == "mykg+resplit-0.05-seed0"
    assert [source["rows"] for source in manifest["sources"]] == [81, 4, 2]
    again = load_dataset(kept.parent)
    np.testing.assert_array_equal(again.valid, dataset.valid)
    assert again.entities == dataset.entities


def test_a_test_that_overlaps_train_cannot_be_remade(write: Write) -> None:
    files = {"train.txt": _ring(40), "valid.txt": "e0\tnext\te9\n", "test.txt": "e0\tnext\te1\n"}
    with pytest.raises(AuditError) as refused:
        load_dataset(DataConfig(name=str(write(files)), resplit_if_leaky=True))
    assert "resplit_if_leaky" not in str(refused.value)
    assert "--set data.audit=warn" in str(refused.value)


def test_db15k_resplit(data_root: Callable[[str], Path]) -> None:
    data_root("db15k")
    dataset = load_dataset(DataConfig(name="db15k", resplit_if_leaky=True))
    assert (len(dataset.train), len(dataset.valid), len(dataset.test)) == (75_261, 73 + 3_961, 9_902)
    assert len(np.unique(dataset.train[:, [0, 2]])) == 12_785


def test_texts_of_a_kept_split_load_again(write: Write, own_cache: Path) -> None:
    texts = {
        "entity2text.txt": "e0\tZero\n",
        "aliases.txt": "e0\tnought\tnil\n",
        "entity2textlong.txt": "e1\tfirst\n",
    }
    load_dataset(write({"train.txt": _ring(20), **texts}))
    (kept,) = own_cache.rglob("manifest.json")
    again = load_dataset(kept.parent).texts
    assert again.entity_names == {"e0": "Zero"}
    assert again.aliases == {"e0": ("nought", "nil")}
    assert again.descriptions == {"e1": "first"}
