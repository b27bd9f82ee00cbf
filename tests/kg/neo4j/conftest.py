"""Short ways to write graphs, and a bare driver beside the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from neo4j import Driver


@pytest.fixture
def batch() -> Callable[..., pa.RecordBatch]:
    """``batch({"id": "a"}, {"id": "b", "name": "B"})``: a row for each dict, a column for each key."""

    def make(*rows: dict[str, Any]) -> pa.RecordBatch:
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = {name: pa.array([row.get(name) for row in rows]) for name in names}
        return pa.RecordBatch.from_pydict(columns)

    return make


@pytest.fixture
def bare(neo4j_server: ModuleType, neo4j_url: str) -> Iterator[Driver]:
    """The official driver, to look and to meddle past the store."""
    with neo4j_server.driver(neo4j_url) as driver:
        yield driver
