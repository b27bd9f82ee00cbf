"""Hierarchies to ask: the golden one, random ones, and one of real size."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterable
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from kgllm.ontology.hierarchy.graph import Hierarchy
from kgllm.ontology.tables import IsA

Links = Iterable[tuple[int, int]]

IS_A = "116680003"
INFERRED = "900000000000011006"


def isa_of(links: Links) -> IsA:
    rows = np.array(sorted(set(links)), np.int32).reshape(-1, 2)
    return IsA(rows[:, 0].copy(), rows[:, 1].copy())


@pytest.fixture(scope="session")
def hierarchy_of() -> Callable[[Links, int], Hierarchy]:
    """The hierarchy of (child, parent) links among so many concepts."""
    return lambda links, size: Hierarchy(isa_of(links), size)


@pytest.fixture(scope="session")
def golden() -> tuple[Hierarchy, dict[str, int]]:
    """A and B below R; C below A; D below A and B; E below D; F below C."""
    at = {name: position for position, name in enumerate("RABCDEF")}
    links = [(at[child], at[parent]) for child, parent in ("AR", "BR", "CA", "DA", "DB", "ED", "FC")]
    return Hierarchy(isa_of(links), len(at)), at


@pytest.fixture(scope="session")
def random_dag() -> Callable[[int], tuple[Hierarchy, nx.DiGraph]]:
    """A hierarchy of at most 60 concepts, positions at random; and the same for networkx, child to parent."""

    def make(seed: int) -> tuple[Hierarchy, nx.DiGraph]:
        rng = np.random.default_rng(seed)
        size = int(rng.integers(1, 61))
        name = rng.permutation(size)
        wanted = rng.random((size, size)) < rng.choice([0.02, 0.1, 0.4])
        links = [(int(name[a]), int(name[b])) for a, b in np.argwhere(np.tril(wanted, -1))]
        graph = nx.DiGraph(links)
        graph.add_nodes_from(range(size))
        return Hierarchy(isa_of(links), size), graph

    return make


@pytest.fixture(scope="session")
def doid(data_root: Callable[[str], Path]) -> tuple[Hierarchy, list[str]]:
    """The Snapshot of rf2-doid, read without any of our readers: the hierarchy and the SCTIDs."""
    folder = data_root("rf2-doid") / "Snapshot" / "Terminology"
    ids = sorted(row["id"] for row in rows(folder, "sct2_Concept_*"))
    at = {id: position for position, id in enumerate(ids)}
    links = [
        (at[row["sourceId"]], at[row["destinationId"]])
        for row in rows(folder, "sct2_Relationship_*")
        if row["typeId"] == IS_A and row["active"] == "1" and row["characteristicTypeId"] == INFERRED
    ]
    return Hierarchy(isa_of(links), len(ids)), ids


def rows(folder: Path, pattern: str) -> list[dict[str, str]]:
    (path,) = folder.glob(pattern)
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
