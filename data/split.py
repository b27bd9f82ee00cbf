"""Deterministic splits: which triples are held out depends on their ids and a seed, on nothing else.

The order is a hash of (seed, head, relation, tail), so it does not depend on the order of rows, on a random
generator, or on the version of numpy.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .catalogue import cache_root
from .dataset import Dataset, Triples
from .folder import write_folder
from .keys import triple_keys

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def hash_order(triples: Triples, seed: int) -> NDArray[np.int64]:
    """(n,) int64 permutation that sorts ``triples`` by a 64-bit hash, equal hashes by ids.

    The mixing step is that of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    """
    state = np.full(len(triples), seed, dtype=np.uint64)
    for column in triples.T:
        state = _mix(state ^ column.astype(np.uint64))
    return np.lexsort((triples[:, 2], triples[:, 1], triples[:, 0], state)).astype(np.int64)


def hold_out(train: Triples, count: int, seed: int) -> NDArray[np.bool_]:
    """(n,) bool: up to ``count`` distinct triples of ``train`` in hash order, with all their copies.

    A triple stays if it is the last one of its head, its relation or its tail; so fewer than ``count`` may be
    found.
    """
    entities, relations = int(train[:, [0, 2]].max()) + 1, int(train[:, 1].max()) + 1
    keys = triple_keys(train, entities, relations)
    unique, first = np.unique(keys, return_index=True)
    distinct = train[first]
    degree = np.bincount(distinct[:, [0, 2]].ravel(), minlength=entities)
    uses = np.bincount(distinct[:, 1], minlength=relations)
    chosen: list[int] = []
    for row in hash_order(distinct, seed).tolist():
        if len(chosen) == count:
            break
        head, relation, tail = distinct[row].tolist()
        ends = 2 if head == tail else 1
        if degree[head] > ends and degree[tail] > ends and uses[relation] > 1:
            degree[head] -= 1
            degree[tail] -= 1
            uses[relation] -= 1
            chosen.append(row)
    return np.isin(keys, unique[chosen])


def resplit(dataset: Dataset, fraction: float, seed: int) -> Dataset:
    """A clean valid split: leaked triples dropped, ``fraction`` of train moved in; test stays as it is.

    Valid keeps its triples that are in neither train nor test (once each) and gains distinct triples of train
    in hash order; no entity or relation loses its last training triple. Name and notes say what was done.
    """
    sizes = len(dataset.entities), len(dataset.relations)
    keys = triple_keys(dataset.valid, *sizes)
    known = np.concatenate([triple_keys(dataset.train, *sizes), triple_keys(dataset.test, *sizes)])
    fresh = np.setdiff1d(np.unique(keys, return_index=True)[1], np.flatnonzero(np.isin(keys, known)))
    moved = hold_out(dataset.train, round(fraction * len(dataset.train)), seed)
    kept, gained = dataset.valid[fresh], _once(dataset.train[moved])
    new = replace(dataset, train=dataset.train[~moved], valid=np.concatenate([kept, gained]))
    how = f"valid = {len(kept):,} of its triples that train and test lack + {len(gained):,} moved from train"
    return _named(new, dataset, f"resplit-{fraction:g}-seed{seed}", how)


def fill_splits(dataset: Dataset, fraction: float, seed: int) -> Dataset:
    """Valid, and test if it is missing too, held out from train: ``fraction`` of train for each.

    Triples are chosen and the result is named as by ``resplit``.

    Raises:
        DataError: the graph is too small or too sparse to hold anything out.
    """
    count = max(1, round(fraction * len(dataset.train)))
    whole = len(dataset.test) == 0
    moved = hold_out(dataset.train, 2 * count if whole else count, seed)
    held = _once(dataset.train[moved])
    held = held[hash_order(held, seed)]
    cut = len(held) // 2 if whole else 0
    test = held[:cut] if whole else dataset.test
    if not (len(held[cut:]) and len(test)):
        raise DataError(
            f"{dataset.name} cannot be split: only {len(held):,} of its {len(dataset.train):,} triples can "
            "leave train, the others are the last of an entity or relation; give valid and test files"
        )
    new = replace(dataset, train=dataset.train[~moved], valid=held[cut:], test=test)
    what = "valid and test were" if whole else "valid was"
    return _named(new, dataset, f"split-{fraction:g}-seed{seed}", f"{what} held out from train")


def made_here(dataset: Dataset) -> bool:
    """Whether this split was made by ``resplit`` or ``fill_splits``."""
    return any(note.startswith(f"split {dataset.name}:") for note in dataset.notes)


def save_split(dataset: Dataset) -> Path:
    """Write a split that was made here to the user's cache, unless it is there; returns the folder."""
    content = "".join(source.sha256 for source in dataset.sources) + dataset.name
    digest = hashlib.sha256(content.encode()).hexdigest()[:10]
    folder = cache_root() / "splits" / f"{dataset.name}-{digest}"
    if not folder.exists():
        write_folder(dataset, folder, keep=True)
    return folder


def _named(new: Dataset, old: Dataset, tag: str, how: str) -> Dataset:
    name = f"{old.name}+{tag}"
    return replace(new, name=name, notes=(*old.notes, f"split {name}: {how}"))


def _once(triples: Triples) -> Triples:
    return np.unique(triples, axis=0) if len(triples) else triples


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = state + _GOLDEN
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return mixed
