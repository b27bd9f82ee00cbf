"""What a graph in ladybug is made of, counted by the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..cypher import write_ladybug as text
from ..store import LabelInfo, SchemaInfo
from .columns import Column
from .ladybug_engine import Engine, Rows, State

__all__ = ["read_schema", "with_samples"]


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


def with_samples(engine: Engine, schema: SchemaInfo, samples: int) -> SchemaInfo:
    """``schema`` with up to ``samples`` examples of each label and relation type."""

    def of(infos: Mapping[str, LabelInfo], statement: str) -> dict[str, LabelInfo]:
        found = engine.ask(statement, [{"name": name, "limit": samples} for name in infos])
        return {
            name: replace(info, samples=tuple(sorted(" ".join(row) for row in rows)))
            for (name, info), rows in zip(infos.items(), found, strict=True)
        }

    return replace(
        schema,
        labels=of(schema.labels, text.LABEL_SAMPLES),
        relations=of(schema.relations, text.RELATION_SAMPLES),
    )


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
