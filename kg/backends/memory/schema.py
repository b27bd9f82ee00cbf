"""What a graph in memory is made of, counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...model import ENTITY
from ...schema import LabelInfo, SchemaInfo
from .graph import MemoryGraph


@dataclass(slots=True)
class _Tally:
    """Counts of one label or relation type."""

    count: int = 0
    keys: set[str] = field(default_factory=set)
    heads: set[str] = field(default_factory=set)
    tails: set[str] = field(default_factory=set)
    samples: list[str] = field(default_factory=list)

    def add(self, properties: Iterable[str], sample: str, most: int) -> None:
        """Count one node or edge; it is kept as a sample if there are not enough yet."""
        self.count += 1
        self.keys.update(properties)
        if len(self.samples) < most:
            self.samples.append(sample)

    def info(self, types: Mapping[str, str]) -> LabelInfo:
        properties = {name: types[name] for name in sorted(self.keys)}
        ends = tuple(sorted(self.heads)), tuple(sorted(self.tails))
        return LabelInfo(self.count, properties, *ends, tuple(sorted(self.samples)))


def schema_of(graph: MemoryGraph, samples: int) -> SchemaInfo:
    """Labels and relation types by name, with the first ``samples`` examples of each."""
    labels: dict[str, _Tally] = {}
    relations: dict[str, _Tally] = {}
    for entity in graph.entities.values():
        for label in entity.labels or (ENTITY,):
            labels.setdefault(label, _Tally()).add(entity.properties, entity.id, samples)
    for edge in graph.edges():
        tally = relations.setdefault(edge.relation, _Tally())
        tally.add(edge.properties, f"{edge.head} {edge.relation} {edge.tail}", samples)
        tally.heads.update(graph.entities[edge.head].labels or (ENTITY,))
        tally.tails.update(graph.entities[edge.tail].labels or (ENTITY,))
    return SchemaInfo(
        {name: labels[name].info(graph.node_types) for name in sorted(labels)},
        {name: relations[name].info(graph.edge_types) for name in sorted(relations)},
        len(graph.entities),
        graph.edge_count,
    )
