"""One suite for all stores: each test that takes ``store`` or ``shared`` runs on every one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from kgllm.kg.backends.base import BaseStore
from kgllm.kg.model import Edge, Entity
from kgllm.kg.open import open_store
from kgllm.kg.rows import edges, edges_to_batch, entities, entities_to_batch

BACKENDS = ["memory", "ladybug", pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j"))]

Content = tuple[list[Entity], list[Edge]]


@contextmanager
def opened(request: pytest.FixtureRequest, folder: Path) -> Iterator[BaseStore]:
    """An empty store of the kind that ``request`` asks for."""
    url = "memory:" if request.param == "memory" else f"ladybug:{folder / 'graph'}"
    if request.param == "neo4j":
        server: ModuleType = request.getfixturevalue("neo4j_server")
        url = request.getfixturevalue("neo4j_url")
        server.clear(url)
    with open_store(url, "create") as store:
        yield store


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BaseStore]:
    """An empty store, for this test alone."""
    with opened(request, tmp_path) as empty:
        yield empty


@pytest.fixture(params=BACKENDS, scope="module")
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseStore]:
    """A store that is empty at the first test of a module; for modules that only read."""
    with opened(request, tmp_path_factory.mktemp("shared")) as empty:
        yield empty


@pytest.fixture(scope="session")
def load() -> Callable[[BaseStore, Iterable[Entity], Iterable[Edge]], None]:
    """``load(store, entities, edges)`` replaces what a store holds."""

    def fill(store: BaseStore, nodes: Iterable[Entity], ties: Iterable[Edge]) -> None:
        store.bulk_load([entities_to_batch(nodes)], [edges_to_batch(ties)])

    return fill


@pytest.fixture(scope="session")
def content() -> Callable[[BaseStore], Content]:
    """``content(store)`` is all that a store holds, by id and by identity."""

    def of(store: BaseStore) -> Content:
        nodes = [entity for batch in store.scan_nodes() for entity in entities(batch)]
        ties = [edge for batch in store.scan_edges() for edge in edges(batch)]
        by_id = sorted(nodes, key=lambda entity: entity.id)
        return by_id, sorted(ties, key=lambda edge: edge.identity)

    return of
