"""Opening, publishing, reading beside a writer, and damage that is found."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kgllm.errors import NotFoundError, StoreBusyError, StoreCorruptError, StoreError, StoreReadOnlyError
from kgllm.kg.changes import Version
from kgllm.kg.snapshot import Manifest, Snapshot


@pytest.fixture
def path(tmp_path: Path, load: Any, change: Any) -> Path:
    """A snapshot of 10 nodes and 10 edges, with one change since."""
    with Snapshot.open(tmp_path / "s", "create") as snapshot:
        load(snapshot, 10)
        snapshot.append(change(1))
    return tmp_path / "s"


def files_of(path: Path) -> list[str]:
    return sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file())


def test_a_new_one_is_empty(tmp_path: Path, state: Any) -> None:
    with Snapshot.open(tmp_path / "deep" / "s", "create") as snapshot:
        assert snapshot.version == Version(0, 0)
        assert state(snapshot) == ([], [])
        assert (snapshot.manifest.nodes, snapshot.node_files, snapshot.node_types) == (0, (), {})
        snapshot.verify()


def test_layout_and_manifest(path: Path) -> None:
    assert files_of(path) == [
        "CURRENT",
        "gen-000001/delta.log",
        "gen-000001/edges-0000.parquet",
        "gen-000001/manifest.json",
        "gen-000001/nodes-0000.parquet",
    ]
    assert (path / "CURRENT").read_text() == "gen-000001\n"
    data = json.loads((path / "gen-000001/manifest.json").read_text())
    assert {k: data[k] for k in ("format", "generation", "sequence", "nodes", "edges")} == {
        "format": 1,
        "generation": 1,
        "sequence": 0,
        "nodes": 10,
        "edges": 10,
    }
    assert (data["node_types"], data["edge_types"]) == ({"mark": "int"}, {"mark": "int"})
    with Snapshot.open(path) as snapshot:
        assert snapshot.manifest.to_json() == data
        assert snapshot.version == Version(1, 1)
        assert snapshot.node_types == {"mark": "int", "text": "str"}
        assert snapshot.log_size == (path / "gen-000001/delta.log").stat().st_size


def test_hashes_tell_content_and_schema_apart() -> None:
    def manifest(generation: int, types: dict[str, str]) -> Manifest:
        return Manifest(generation, 0, types, {}, ())

    one, again, other = manifest(1, {"p": "int"}), manifest(2, {"p": "int"}), manifest(1, {"p": "str"})
    assert (one.schema_hash, one.content_hash) == (again.schema_hash, again.content_hash)
    assert one.schema_hash != other.schema_hash
    assert one.content_hash != other.content_hash
    assert one.to_json()["checksum"] != again.to_json()["checksum"]


def test_equal_content_has_equal_hashes(tmp_path: Path, load: Any) -> None:
    with Snapshot.open(tmp_path / "s", "create") as snapshot:
        hashes = []
        for mark in (1, 1, 2):
            load(snapshot, 5, mark)
            hashes.append(snapshot.manifest.content_hash)
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_generation_replaces_content_and_changes(path: Path, load: Any, state: Any) -> None:
    with Snapshot.open(path, "rw") as snapshot:
        load(snapshot, 3, mark=7)
        assert [node["mark"] for node in state(snapshot)[0]] == [7] * 3
        assert snapshot.version == Version(2, 1)
        assert list(snapshot.changes()) == []
        assert snapshot.node_types == {"mark": "int"}
    assert sorted(p.name for p in path.iterdir()) == ["CURRENT", "gen-000002"]


def test_an_aborted_generation_leaves_nothing(path: Path, state: Any) -> None:
    before = files_of(path)
    with Snapshot.open(path, "rw") as snapshot:
        old = state(snapshot)
        with snapshot.begin() as writer:
            writer.nodes(
                pa.RecordBatch.from_pydict({"id": ["a"], "labels": pa.array([[]], pa.list_(pa.string()))})
            )
            assert writer.folder.is_dir()
        with pytest.raises(StoreError, match="gen-000002 was published or given up; begin another"):
            writer.finish()
        with snapshot.begin() as writer:
            writer.finish()
        assert state(snapshot) == old
        open_one = snapshot.begin()
    assert open_one.closed
    assert files_of(path) == before


def test_files_are_there_before_they_are_published(path: Path) -> None:
    with Snapshot.open(path, "rw") as snapshot, snapshot.begin() as writer:
        labels = pa.array([[]], pa.list_(pa.string()))
        writer.nodes(pa.RecordBatch.from_pydict({"id": ["a"], "labels": labels, "p": [1]}))
        writer.nodes(pa.RecordBatch.from_pydict({"id": ["b"], "labels": labels}))
        writer.nodes(pa.RecordBatch.from_pydict({"id": ["c"], "labels": labels, "q": [1.5]}))
        edge = pa.RecordBatch.from_pydict({"head": ["a"], "relation": ["R"], "tail": ["c"], "key": [""]})
        writer.edges(edge, np.array([0]), np.array([2]))
        manifest = writer.finish()
        assert [f.rows for f in manifest.files] == [2, 1, 1]
        assert [p.name for p in writer.node_files] == ["nodes-0000.parquet", "nodes-0001.parquet"]
        assert all(
            p.is_file() and p.parent == writer.folder for p in (*writer.node_files, *writer.edge_files)
        )
        assert snapshot.version.generation == 1
        assert writer.publish() == manifest == snapshot.manifest
        assert [row["id"] for part in snapshot.nodes() for row in part.to_pylist()] == ["a", "b", "c"]


def test_one_generation_is_written_at_a_time(path: Path) -> None:
    with Snapshot.open(path, "rw") as snapshot:
        writer = snapshot.begin()
        with pytest.raises(StoreBusyError, match="publish or abort it first"):
            snapshot.begin()
        writer.abort()
        snapshot.begin().abort()


def test_reading_writes_nothing(path: Path, bytes_of: Any, state: Any, change: Any) -> None:
    with (path / "gen-000001/delta.log").open("ab") as file:
        file.write(b"torn")
    (path / "gen-000002.tmp").mkdir()
    (path / "gen-000002.tmp/nodes-0000.parquet").touch()
    before = bytes_of(path)
    with Snapshot.open(path, "r") as snapshot:
        assert [len(rows) for rows in state(snapshot)] == [11, 11]
        snapshot.verify()
        for write in (lambda: snapshot.append(change(2)), snapshot.begin, snapshot.compact):
            with pytest.raises(StoreReadOnlyError, match="was opened for reading; open it with mode 'rw'"):
                write()
    assert bytes_of(path) == before


def test_opening_for_writing_cleans_up_and_says_so(
    path: Path, state: Any, caplog: pytest.LogCaptureFixture
) -> None:
    before = files_of(path)
    with (path / "gen-000001/delta.log").open("ab") as file:
        file.write(b"torn")
    for name in ("gen-000002.tmp", "gen-000003"):
        (path / name).mkdir()
        (path / name / "nodes-0000.parquet").touch()
    (path / "CURRENT.tmp").touch()
    with caplog.at_level(logging.WARNING), Snapshot.open(path, "rw") as snapshot:
        assert [len(rows) for rows in state(snapshot)] == [11, 11]
    assert "cut 4 bytes off the end, a change after number 1" in caplog.text
    assert files_of(path) == before


def test_a_reader_keeps_its_generation(path: Path, load: Any, state: Any, change: Any) -> None:
    reader = Snapshot.open(path)
    old = state(reader)
    with Snapshot.open(path, "rw") as writer:
        writer.append(change(2))
        assert (state(reader), reader.version) == (old, Version(1, 1))
        load(writer, 3)
        load(writer, 4)
        assert state(reader) == old
        assert sorted(p.name for p in path.iterdir()) == ["CURRENT", "gen-000001", "gen-000003"]
    reader.close()
    Snapshot.open(path, "rw").close()
    assert sorted(p.name for p in path.iterdir()) == ["CURRENT", "gen-000003"]


def test_a_generation_that_goes_while_it_is_opened(
    path: Path, load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kgllm.kg.snapshot import generation

    real, names = generation.read_current, iter([1, 1])
    with Snapshot.open(path, "rw") as snapshot:
        load(snapshot, 3)
    monkeypatch.setattr(generation, "read_current", lambda p: next(names, real(p)))
    with pytest.raises(StoreCorruptError, match=r"gen-000001/manifest\.json is missing"):
        Snapshot.open(path)
    names = iter([1])
    with Snapshot.open(path) as snapshot:
        assert snapshot.version.generation == 2


def test_a_store_that_never_rests(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kgllm.kg.snapshot import generation

    monkeypatch.setattr(generation, "_lock", lambda _: None)
    with pytest.raises(StoreBusyError, match="changes all the time"):
        Snapshot.open(path)


def test_publishing_that_fails_at_the_last_step_leaves_the_handle_in_doubt(
    path: Path, load: Any, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with Snapshot.open(path, "rw") as snapshot:
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", broken)
            with pytest.raises(StoreError, match="Input/output error"):
                load(snapshot, 3)
        for write in (lambda: snapshot.append(change(2)), snapshot.begin):
            with pytest.raises(StoreError, match="publishing failed half-way; close the store"):
                write()
    with Snapshot.open(path, "rw") as snapshot:
        assert snapshot.version == Version(1, 1)


def test_nothing_there(tmp_path: Path) -> None:
    for mode in ("r", "rw"):
        with pytest.raises(NotFoundError, match=r"no graph store at .*open it with mode 'create'"):
            Snapshot.open(tmp_path / "none", mode)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_somebody_elses_folder(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(StoreError, match=r"holds 'thesis\.txt' and no store"):
        Snapshot.open(tmp_path, "create")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_no_permission(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(StoreError, match="Permission denied; check the disk and the permissions"):
        Snapshot.open(path)
