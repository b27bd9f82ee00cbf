"""A disk that fills up at any point, simulated by the largest size a file may have."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kgllm.errors import DiskFullError
from kgllm.kg.batches import NodeChecker
from kgllm.kg.changes import UpsertNodes, Version
from kgllm.kg.snapshot import Snapshot


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file of this process grows beyond ``size`` bytes; Python ignores the signal that comes with it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def noise(count: int, seed: int) -> pa.RecordBatch:
    """Nodes with texts that do not compress."""
    generator = np.random.default_rng(seed)
    texts = [generator.bytes(200).hex() for _ in range(count)]
    return NodeChecker().check(
        pa.RecordBatch.from_pydict({"id": [f"{seed}-{i}" for i in range(count)], "t": texts})
    )


def write(snapshot: Snapshot) -> None:
    """Publish 900 nodes."""
    with snapshot.begin() as writer:
        for seed in range(3):
            writer.nodes(noise(300, seed))
        writer.publish()


def test_append(tmp_path: Path) -> None:
    with Snapshot.open(tmp_path / "s", "create") as snapshot:
        first, second = [UpsertNodes(noise(20, 1))], [UpsertNodes(noise(20, 2))]
        assert snapshot.append(first) == 1
        size = snapshot.log_size
        for spare in (0, 1, 27, 28, 29, 500, size - 1):
            with room(size + spare), pytest.raises(DiskFullError, match=r"delta.log: .*free some space"):
                snapshot.append(second)
            assert snapshot.version == Version(0, 1)
            assert (tmp_path / "s/gen-000000/delta.log").stat().st_size == size
        assert snapshot.append(second) == 2
    with Snapshot.open(tmp_path / "s") as snapshot:
        assert list(snapshot.changes()) == [(1, first), (2, second)]


def test_publish(tmp_path: Path, load: Any, state: Any) -> None:
    with Snapshot.open(tmp_path / "s", "create") as snapshot:
        load(snapshot, 5)
        old = state(snapshot)
        for size in (0, 1, 3, 100, 1_000, 10_000, 100_000, 300_000):
            with room(size), pytest.raises(DiskFullError):
                write(snapshot)
            assert sorted(p.name for p in (tmp_path / "s").iterdir()) == ["CURRENT", "gen-000001"]
            assert (state(snapshot), snapshot.version) == (old, Version(1, 0))
        load(snapshot, 6)
        assert snapshot.version == Version(2, 0)


def test_create(tmp_path: Path) -> None:
    for size in (0, 5, 200):
        with room(size), pytest.raises(DiskFullError):
            Snapshot.open(tmp_path / "s", "create")
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    Snapshot.open(tmp_path / "s", "create").close()
