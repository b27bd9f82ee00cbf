"""A store with one of everything that files must carry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from kgllm.kg.model import Edge, Entity
from kgllm.kg.open import open_store
from kgllm.kg.rows import edges_to_batch, entities_to_batch
from kgllm.kg.store import GraphStore

ENTITIES = (
    Entity("a", ("Person", "Poet"), {"name": "Ada “L.” Ö", "born": 1815, "score": 0.5, "alive": False}),
    Entity("b", ("Person",), {"name": "Line\nbreak, comma", "on": date(1842, 10, 1), "tags": ["x", "y z"]}),
    Entity("c", (), {"name": ""}),
)
EDGES = (
    Edge("a", "KNOWS", "b", "", {"since": 1833}),
    Edge("a", "KNOWS", "b", "again", {"since": 1840, "note": "tab\there"}),
    Edge("b", "LIKES", "b"),
)


@pytest.fixture
def store() -> Iterator[GraphStore]:
    """A memory store with three nodes and three edges."""
    with open_store("memory:") as opened:
        opened.bulk_load([entities_to_batch(ENTITIES)], [edges_to_batch(EDGES)])
        yield opened
