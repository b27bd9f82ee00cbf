"""Damaged files: what the truth lacks is never made up, and the projection follows the truth."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from kgllm.errors import StoreCorruptError
from kgllm.kg.backends.ladybug.store import LadybugStore
from kgllm.kg.changes import Version

Open = Callable[..., LadybugStore]
Content = Callable[[LadybugStore], object]


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


@pytest.mark.parametrize("kind", ["nodes", "edges"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_damaged_snapshot_is_never_served(opened: Open, loaded: Path, kind: str, share: float) -> None:
    """A database made from altered files would hold altered values."""
    (file,) = loaded.glob(f"gen-*/{kind}-*.parquet")
    whole = file.read_bytes()
    flip(file, int(len(whole) * share))
    shutil.rmtree(loaded / "engine")
    with pytest.raises(StoreCorruptError, match=file.name):
        opened()
    file.write_bytes(whole)
    assert opened().schema(0).nodes == 501


def test_a_torn_log_takes_the_projection_with_it(
    opened: Open, content: Content, loaded: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A change that the disk lost, though it was acknowledged, is not served from the engine either."""
    with opened() as store:
        before = content(store)
        store.upsert_nodes(pa.record_batch({"id": ["last"], "text": ["y" * 100]}))
    (log,) = loaded.glob("gen-*/delta.log")
    log.write_bytes(log.read_bytes()[:-10])
    with caplog.at_level(logging.WARNING):
        store = opened()
    assert store.version() == Version(1, 1)
    assert content(store) == before
    assert "a change after number 1" in caplog.text
    assert "made anew from the snapshot: it ends with change 2, the log with 1" in caplog.text


@pytest.mark.parametrize("name", ["graph.lbug", "graph.lbug.wal", "stamp.json"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("how", ["flip", "cut"])
def test_no_damage_to_the_engine_changes_the_content(
    opened: Open, content: Content, loaded: Path, name: str, share: float, how: str
) -> None:
    with opened("r") as store:
        before = content(store)
    (file,) = (loaded / "engine").glob(f"*/{name}")
    at = int(file.stat().st_size * share)
    flip(file, at) if how == "flip" else file.write_bytes(file.read_bytes()[:at])
    assert content(opened()) == before
