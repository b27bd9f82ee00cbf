"""A small embedded store that a fault can be done to, and what it then has to hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from kgllm.kg.backends.ladybug.store import EngineOptions, LadybugStore

OPTIONS = EngineOptions(buffer_pool=256 << 20, max_db_size=1 << 32)
NODES = 500


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., LadybugStore]]:
    """``opened(mode)`` opens the store in ``tmp_path / "graph"``; all are closed at the end."""
    stores: list[LadybugStore] = []

    def open_(mode: str = "rw") -> LadybugStore:
        stores.append(LadybugStore(tmp_path / "graph", mode, OPTIONS))
        return stores[-1]

    yield open_
    for store in stores:
        store.close()


@pytest.fixture
def content() -> Callable[[LadybugStore], tuple[list[dict], list[dict]]]:
    """All nodes and edges, as rows without nulls."""

    def read(store: LadybugStore) -> tuple[list[dict], list[dict]]:
        def rows(batches: Iterator[pa.RecordBatch]) -> list[dict]:
            found = [row for batch in batches for row in batch.to_pylist()]
            return [{name: value for name, value in row.items() if value is not None} for row in found]

        return rows(store.scan_nodes()), rows(store.scan_edges())

    return read


@pytest.fixture
def loaded(opened: Callable[..., LadybugStore], tmp_path: Path) -> Path:
    """The folder of a closed store: a chain of nodes with texts, and one node that came later."""
    ids = [f"e{i}" for i in range(NODES)]
    nodes = pa.record_batch({"id": ids, "text": [f"text {i} " * 5 for i in range(NODES)]})
    edges = pa.record_batch({"head": ids[:-1], "relation": ["NEXT"] * (NODES - 1), "tail": ids[1:]})
    with opened("create") as store:
        store.bulk_load([nodes], [edges])
        store.upsert_nodes(pa.record_batch({"id": ["late"], "text": ["x"]}))
    return tmp_path / "graph"
