"""What a graph in Neo4j is made of, counted by the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from neo4j import ManagedTransaction

from ...cypher.emit import neo4j_writes as statements
from ...model import ENTITY
from ...schema import LabelInfo, SchemaInfo
from .apply import Meta
from .connection import run

__all__ = ["read_schema", "with_samples"]


@dataclass
class Tally:
    """Counts of one label or relation type."""

    count: int = 0
    keys: set[str] = field(default_factory=set)
    heads: set[str] = field(default_factory=set)
    tails: set[str] = field(default_factory=set)

    def info(self, types: Mapping[str, str]) -> LabelInfo:
        """With the types of the properties that the store wrote."""
        properties = {name: types[name] for name in sorted(self.keys & types.keys())}
        return LabelInfo(self.count, properties, tuple(sorted(self.heads)), tuple(sorted(self.tails)))


def read_schema(transaction: ManagedTransaction, meta: Meta) -> SchemaInfo:
    """Labels and relation types without samples, from one pass over all nodes and one over all edges."""
    labels, nodes = _labels(run(transaction, statements.NODE_KINDS, {}))
    relations, edges = _relations(run(transaction, statements.EDGE_KINDS, {}))
    return SchemaInfo(
        {name: labels[name].info(meta.nodes) for name in sorted(labels)},
        {name: relations[name].info(meta.edges) for name in sorted(relations)},
        nodes,
        edges,
    )


def _labels(rows: Iterable[list[Any]]) -> tuple[dict[str, Tally], int]:
    tallies: dict[str, Tally] = {}
    total = 0
    for labels, keys, count in rows:
        total += count
        for label in _shown(labels):
            tally = tallies.setdefault(label, Tally())
            tally.count += count
            tally.keys.update(keys)
    return tallies, total


def _relations(rows: Iterable[list[Any]]) -> tuple[dict[str, Tally], int]:
    tallies: dict[str, Tally] = {}
    total = 0
    for relation, heads, tails, keys, count in rows:
        total += count
        tally = tallies.setdefault(relation, Tally())
        tally.count += count
        tally.keys.update(keys)
        tally.heads.update(_shown(heads))
        tally.tails.update(_shown(tails))
    return tallies, total


def _shown(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label != ENTITY] or [ENTITY]


def with_samples(transaction: ManagedTransaction, schema: SchemaInfo, samples: int) -> SchemaInfo:
    """``schema`` with the first examples that the server comes across."""

    def of(infos: Mapping[str, LabelInfo], statement: Callable[[str], str]) -> dict[str, LabelInfo]:
        found = {name: run(transaction, statement(name), {"limit": samples}) for name in infos}
        return {
            name: replace(infos[name], samples=tuple(sorted(row[0] for row in found[name]))) for name in infos
        }

    return replace(
        schema,
        labels=of(schema.labels, statements.label_samples),
        relations=of(schema.relations, statements.relation_samples),
    )
