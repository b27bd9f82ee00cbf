"""What a graph has: labels, relation types and properties, with counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelInfo:
    """One label or relation type: how often, with which properties (name → type), between which labels."""

    count: int
    properties: Mapping[str, str]
    head_labels: tuple[str, ...] = ()
    tail_labels: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaInfo:
    """Labels and relation types with counts. Properties of nodes without a label stand under ``Entity``.

    ``samples`` are ids of entities for a label, and ``head relation tail`` for a relation type.
    """

    labels: Mapping[str, LabelInfo]
    relations: Mapping[str, LabelInfo]
    nodes: int
    edges: int
