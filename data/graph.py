"""A data set as a graph for a store: labels become ids, names and descriptions become properties."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..kg.formats import Source
from .config import DataConfig
from .dataset import Dataset
from .names import name_entities
from .read import read_dataset
from .split import made_here

BATCH = 50_000
"""Rows in one batch."""


def dataset_graph(name: str | Path) -> Source:
    """The triples of all splits of a data set, each triple once.

    A node has the entity's label as ``id`` and the properties ``name`` and, where there is one,
    ``description``. An edge has the property ``split`` (train, valid or test), unless the splits were made
    here.

    Args:
        name: catalogue name, or path of a folder or of one file of triples.

    Raises:
        ReadError, DataError: the data set cannot be read.
    """
    config = DataConfig(name=str(name), audit="off", missing_names="id", duplicate_names="keep")
    dataset, _ = read_dataset(config)
    triples, splits = _distinct(dataset)
    kept = None if made_here(dataset) else splits
    return Source(
        dataset.name,
        lambda: _nodes(dataset, config),
        lambda: _edges(dataset, triples, kept),
        len(dataset.entities) + len(triples),
    )


def _distinct(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """All triples, (n, 3), in order of first appearance, and the split of each, (n,) str."""
    names = ("train", "valid", "test")
    splits = np.repeat(names, [len(dataset.split(name)) for name in names])
    _, first = np.unique(dataset.all_triples, axis=0, return_index=True)
    first.sort()
    return dataset.all_triples[first], splits[first]


def _nodes(dataset: Dataset, config: DataConfig) -> Iterator[pa.RecordBatch]:
    labels = dataset.entities.labels
    names = name_entities(dataset, config).names
    descriptions = dataset.texts.descriptions
    for start in range(0, len(labels), BATCH):
        part = slice(start, start + BATCH)
        columns = {"id": pa.array(labels[part], pa.string()), "name": pa.array(names[part], pa.string())}
        if descriptions:
            columns["description"] = pa.array(map(descriptions.get, labels[part]), pa.string())
        yield pa.RecordBatch.from_pydict(columns)


def _edges(dataset: Dataset, triples: np.ndarray, splits: np.ndarray | None) -> Iterator[pa.RecordBatch]:
    entities = pa.array(dataset.entities.labels, pa.string())
    relations = pa.array(dataset.relations.labels, pa.string())
    for start in range(0, len(triples), BATCH):
        part = slice(start, start + BATCH)
        head, relation, tail = triples[part].T
        columns = {
            "head": entities.take(head),
            "relation": relations.take(relation),
            "tail": entities.take(tail),
        }
        if splits is not None:
            columns["split"] = pa.array(splits[part], pa.string())
        yield pa.RecordBatch.from_pydict(columns)
