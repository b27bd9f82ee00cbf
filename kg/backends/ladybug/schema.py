"""What a graph in ladybug is made of, counted by the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pyarrow as pa

from ...cypher.emit import ladybug_writes as text
from ...cypher.emit.ladybug.columns import Column
from ...model import ENTITY
from ...schema import LabelInfo, SchemaInfo
from .engine import Engine, Rows, State
from .reads import Reader

__all__ = ["read_schema", "with_samples"]

PAGE = 10_000
"""Nodes read at once for samples."""


def read_schema(engine: Engine, state: State) -> SchemaInfo:
    """Labels and relation types without samples; four passes, about a second for a million edges."""
    nodes, edges = state.columns.nodes, state.columns.edges
    labels = engine.ask(text.label_counts(_names(nodes)))[0]
    relations = engine.ask(text.relation_counts(_names(edges)))[0]
    heads, tails = (_grouped(engine.ask(text.relation_labels(way))[0]) for way in ("out", "in"))
    [[[node_count]], [[edge_count]]] = engine.ask(text.COUNT_NODES), engine.ask(text.COUNT_EDGES)
    return SchemaInfo(
        {name: LabelInfo(count, _present(nodes, counts)) for name, count, *counts in sorted(labels)},
        {
            name: LabelInfo(count, _present(edges, counts), heads[name], tails[name])
            for name, count, *counts in sorted(relations)
        },
        node_count[0],
        edge_count[0],
    )


def with_samples(reader: Reader, schema: SchemaInfo, samples: int) -> SchemaInfo:
    """``schema`` with the first ``samples`` examples of each label and relation type, sorted.

    The scans stop when all are found; a query for each would take far longer, with its limit too.
    """
    labels = _first(_labelled(reader.node_pages(PAGE)), schema.labels, samples)
    relations = _first(_related(reader.edge_pages()), schema.relations, samples)
    return replace(schema, labels=labels, relations=relations)


def _labelled(pages: Iterator[pa.RecordBatch]) -> Iterator[tuple[str, str]]:
    for page in pages:
        for id, labels in zip(*(page.column(name).to_pylist() for name in ("id", "labels")), strict=True):
            yield from ((label, id) for label in labels or [ENTITY])


def _related(pages: Iterator[pa.RecordBatch]) -> Iterator[tuple[str, str]]:
    for page in pages:
        columns = (page.column(name).to_pylist() for name in ("head", "relation", "tail"))
        yield from ((edge[1], " ".join(edge)) for edge in zip(*columns, strict=True))


def _first(
    examples: Iterator[tuple[str, str]], infos: Mapping[str, LabelInfo], samples: int
) -> dict[str, LabelInfo]:
    """``infos`` with the first examples of each name."""
    found: dict[str, list[str]] = {name: [] for name in infos}
    missing = sum(min(info.count, samples) for info in infos.values())
    while missing:
        name, example = next(examples)
        if len(found[name]) < samples:
            found[name].append(example)
            missing -= 1
    return {name: replace(info, samples=tuple(sorted(found[name]))) for name, info in infos.items()}


def _names(columns: Mapping[str, Column]) -> list[str]:
    return [column.name for column in columns.values()]


def _present(columns: Mapping[str, Column], counts: list[int]) -> dict[str, str]:
    """The properties with a count above 0 and their types, by name."""
    pairs = zip(columns.items(), counts, strict=True)
    return {
        name: column.type for (name, column), count in sorted(pairs, key=lambda pair: pair[0][0]) if count
    }


def _grouped(pairs: Rows) -> dict[str, tuple[str, ...]]:
    labels: dict[str, list[str]] = {}
    for relation, label in sorted(pairs):
        labels.setdefault(relation, []).append(label)
    return {relation: tuple(found) for relation, found in labels.items()}
