"""Files of a snapshot that were changed, cut or removed by somebody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kgllm.errors import StoreCorruptError, StoreError
from kgllm.kg.snapshot import Snapshot


@pytest.fixture
def path(tmp_path: Path, load: Any, change: Any) -> Path:
    """A snapshot of 10 nodes and 10 edges, with one change since."""
    with Snapshot.open(tmp_path / "s", "create") as snapshot:
        load(snapshot, 10)
        snapshot.append(change(1))
    return tmp_path / "s"


@pytest.mark.parametrize("mode", ["r", "rw", "create"])
def test_damage_to_the_current_file(path: Path, mode: Any) -> None:
    for text in ("", "gen-1", "nonsense\0", "gen-000001 gen-000002"):
        (path / "CURRENT").write_text(text)
        with pytest.raises(
            StoreCorruptError, match=r"expected the name of a generation \(there are: gen-000001\)"
        ):
            Snapshot.open(path, mode)
    (path / "CURRENT").write_text("gen-000005")
    with pytest.raises(StoreCorruptError, match=r"gen-000005/manifest.json is missing.*gen-000001"):
        Snapshot.open(path, mode)
    (path / "CURRENT").unlink()
    with pytest.raises(
        StoreCorruptError, match=r"CURRENT is missing, but there are generations \(gen-000001\)"
    ):
        Snapshot.open(path, mode)


def test_changes_to_an_empty_generation_are_not_taken_for_a_store_half_made(
    tmp_path: Path, change: Any
) -> None:
    with Snapshot.open(tmp_path, "create") as snapshot:
        snapshot.append(change(1)[:1])
    (tmp_path / "CURRENT").unlink()
    for mode in ("r", "rw", "create"):
        with pytest.raises(StoreCorruptError, match="CURRENT is missing, but there are generations"):
            Snapshot.open(tmp_path, mode)  # type: ignore[arg-type]
    (tmp_path / "CURRENT").write_text("gen-000000")
    with Snapshot.open(tmp_path) as snapshot:
        assert snapshot.version.sequence == 1


def test_a_missing_log(path: Path) -> None:
    (path / "gen-000001/delta.log").unlink()
    with pytest.raises(StoreCorruptError, match=r"delta\.log is missing, and all changes with it; restore"):
        Snapshot.open(path, "rw")


@pytest.mark.parametrize("name", ["nodes-0000.parquet", "edges-0000.parquet"])
def test_damage_to_a_data_file(path: Path, name: str) -> None:
    file = path / "gen-000001" / name
    data = file.read_bytes()
    for at in range(0, len(data), 97):
        file.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        with (
            Snapshot.open(path) as snapshot,
            pytest.raises(StoreCorruptError, match=f"{name}: bytes have changed on disk; restore"),
        ):
            snapshot.verify()
    file.write_bytes(data[:-1])
    with pytest.raises(StoreCorruptError, match=rf"has {len(data) - 1:,} bytes, {len(data):,} expected"):
        Snapshot.open(path)
    file.write_bytes(b"x" * len(data))
    with Snapshot.open(path) as snapshot, pytest.raises(StoreCorruptError, match="cannot be read"):
        list(snapshot.nodes() if name.startswith("nodes") else snapshot.edges())
    file.unlink()
    with pytest.raises(StoreCorruptError, match=f"{name} is missing"):
        Snapshot.open(path)


def test_damage_to_the_manifest(path: Path) -> None:
    file = path / "gen-000001/manifest.json"
    data = file.read_bytes()
    for at in range(0, len(data), 13):
        file.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        with pytest.raises(StoreError):
            Snapshot.open(path)
    file.write_text(json.dumps({**json.loads(data), "format": 99}))
    with pytest.raises(StoreError, match="has format 99; expected at most 1; install a newer kgllm"):
        Snapshot.open(path)
