"""A disk that fills up at any point, for the caller's files and the engine's: changes happen whole or not."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from kgllm.errors import EngineCrashedError, StoreError
from kgllm.kg.backends.ladybug import projection as ladybug_projection
from kgllm.kg.backends.ladybug.store import LadybugStore

Open = Callable[..., LadybugStore]
Content = Callable[[LadybugStore], object]


@contextmanager
def room(size: int, *, engine: int | None) -> Iterator[None]:
    """No file of this process, of the engine that runs, and of those it will start grows beyond ``size``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    if engine is not None:
        resource.prlimit(engine, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        if engine is not None and Path(f"/proc/{engine}").exists():
            resource.prlimit(engine, resource.RLIMIT_FSIZE, (soft, hard))


def noise(count: int) -> pa.RecordBatch:
    """Nodes with texts that do not compress."""
    generator = np.random.default_rng(0)
    return pa.record_batch(
        {"id": [f"n{i}" for i in range(count)], "text": [generator.bytes(200).hex()] * count}
    )


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("size", [0, 10_000, 200_000, 400_000])
@pytest.mark.parametrize("action", ["load", "upsert", "checkpoint"])
def test_a_full_disk(
    opened: Open, content: Content, monkeypatch: pytest.MonkeyPatch, action: str, size: int
) -> None:
    store = opened()
    before, version = content(store), store.version()
    if action == "checkpoint":
        monkeypatch.setattr(ladybug_projection, "FOLD_BYTES", 0)
    batch = noise(1 if action == "checkpoint" else 3_000)
    change = {"load": lambda: store.bulk_load([batch], [])}.get(action, lambda: store.upsert_nodes(batch))
    done = True
    with room(size, engine=store._shared.projection.engine.pid):
        try:
            change()
        except (StoreError, EngineCrashedError):  # the engine does not always say why it could not write
            done = False
    assert (store.version() != version) == done
    after = content(store)
    assert (after != before) == done
    store.close()
    monkeypatch.undo()
    store = opened()
    assert content(store) == after
    store.bulk_load([noise(5)], [])
    assert store.schema(0).nodes == 5
