"""A store that can only be scanned and asked for entities, and graphs made from numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest

from kgllm.kg.csr import CSRGraph
from kgllm.kg.model import EdgeKey, Entity


@dataclass
class ScannedStore:
    """What walks need of a store: scans in the promised order, ``get`` and ``csr``."""

    entities: dict[str, Entity]
    edges: Sequence[EdgeKey]
    built: list[CSRGraph] = field(default_factory=list)

    def scan_nodes(self, batch_size: int = 3) -> Iterator[pa.RecordBatch]:
        found = list(self.entities.values())
        for start in range(0, len(found), batch_size):
            part = found[start : start + batch_size]
            labels = pa.array([list(entity.labels) for entity in part], pa.list_(pa.string()))
            yield pa.record_batch({"id": pa.array([entity.id for entity in part]), "labels": labels})

    def scan_edges(self, batch_size: int = 3) -> Iterator[pa.RecordBatch]:
        nid = {id: number for number, id in enumerate(self.entities)}
        ordered = sorted(self.edges, key=lambda edge: (nid[edge[0]], edge[1], nid[edge[2]], edge[3]))
        for start in range(0, len(ordered), batch_size):
            columns = zip(*ordered[start : start + batch_size], strict=True)
            names = ("head", "relation", "tail", "key")
            yield pa.record_batch({name: list(column) for name, column in zip(names, columns, strict=True)})

    def get(self, ids: Sequence[str]) -> list[Entity | None]:
        return [self.entities.get(id) for id in ids]

    def csr(self) -> CSRGraph:
        if not self.built:
            self.built.append(CSRGraph.from_store(self))  # type: ignore[arg-type]
        return self.built[0]


@pytest.fixture(scope="session")
def store_of() -> Callable[..., ScannedStore]:
    """``store_of(ids, edges, labels)`` holds these; ``labels`` maps ids to labels."""

    def make(
        ids: Sequence[str], edges: Sequence[EdgeKey], labels: dict[str, tuple[str, ...]] | None = None
    ) -> ScannedStore:
        return ScannedStore({id: Entity(id, (labels or {}).get(id, ())) for id in ids}, edges)

    return make


@pytest.fixture(scope="session")
def graph_of() -> Callable[[Sequence[tuple[int, int, int, str]]], CSRGraph]:
    """``graph_of(edges)`` has the nodes n0 to n6 and the relations a to c."""

    def make(edges: Sequence[tuple[int, int, int, str]]) -> CSRGraph:
        triples = np.array([edge[:3] for edge in edges], np.int64).reshape(-1, 3)
        ids = [f"n{number}" for number in range(7)]
        return CSRGraph.from_arrays(ids, ["a", "b", "c"], triples, [edge[3] for edge in edges])

    return make


@pytest.fixture(scope="session")
def big() -> tuple[CSRGraph, np.ndarray]:
    """400 nodes and almost 3,000 distinct edges of 3 relations, and their triples."""
    rng = np.random.default_rng(5)
    triples = np.unique((rng.random((3000, 3)) ** [2, 1, 1] * [400, 3, 400]).astype(int), axis=0)
    ids = [f"n{number}" for number in range(400)]
    return CSRGraph.from_arrays(ids, ["a", "b", "c"], rng.permutation(triples)), triples
