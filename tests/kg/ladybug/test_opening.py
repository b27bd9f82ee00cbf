"""Modes, locks and handles: who may open a store, and what they see."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from kgllm.errors import NotFoundError, StoreBusyError, StoreError, StoreReadOnlyError
from kgllm.kg.backends.ladybug.store import LadybugStore
from kgllm.kg.changes import Version
from kgllm.kg.open import open_store
from kgllm.kg.store import GraphStore

Open = Callable[..., LadybugStore]
Chain = Callable[..., None]
Start = Callable[[str, Path], subprocess.Popen[str]]

WRITER = """
store = LadybugStore(path, "rw", SMALL)
print("open", flush=True)
for line in sys.stdin:
    store.upsert_nodes(pa.record_batch({"id": [line.strip()]}))
    print("done", flush=True)
"""


def digest(folder: Path) -> dict[str, tuple[str, int]]:
    """Bytes and times of all files."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_what_is_missing_is_made_only_by_create(open_ladybug: Open, tmp_path: Path) -> None:
    for mode in ("r", "rw"):
        with pytest.raises(NotFoundError, match="mode 'create'"):
            open_ladybug(mode)
    assert not (tmp_path / "graph").exists()
    store = open_ladybug("create")
    assert isinstance(store, GraphStore)
    assert (store.version(), store.schema().nodes) == (Version(0, 0), 0)
    assert list(store.scan_nodes()) == list(store.scan_edges()) == []
    store.close()
    assert open_ladybug("create").version() == Version(0, 0)


def test_a_folder_with_other_things_is_left_alone(open_ladybug: Open, tmp_path: Path) -> None:
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "thesis.tex").write_text("x")
    for mode, error in (("r", NotFoundError), ("rw", NotFoundError), ("create", StoreError)):
        with pytest.raises(error):
            open_ladybug(mode)
    assert [path.name for path in (tmp_path / "graph").iterdir()] == ["thesis.tex"]


def test_open_store_knows_the_scheme(tmp_path: Path) -> None:
    with open_store(f"ladybug:{tmp_path / 'graph'}", "create") as store:
        assert store.capabilities.durable
    with open_store(f"ladybug://{tmp_path / 'graph'}", "r") as store:
        assert store.version() == Version(0, 0)


@pytest.mark.usefixtures("loaded")
def test_reading_refuses_changes_and_touches_no_file(open_ladybug: Open, tmp_path: Path) -> None:
    before = digest(tmp_path)
    with open_ladybug("r") as reader:
        for change in (
            lambda: reader.upsert_nodes(pa.record_batch({"id": ["x"]})),
            lambda: reader.bulk_load([], []),
            lambda: reader.delete_nodes(["e1"]),
            lambda: reader.transaction().__enter__(),
        ):
            with pytest.raises(StoreReadOnlyError, match="mode 'rw'"):
                change()
        assert reader.query("MATCH (n) RETURN count(n)").rows == ((11,),)
        assert reader.csr().num_edges == len(reader.neighbors(["e0"])) + 8
        reader.schema()
    assert digest(tmp_path) == before


@pytest.mark.usefixtures("loaded")
def test_another_process_that_writes_keeps_writers_out(
    open_ladybug: Open, start: Start, tmp_path: Path
) -> None:
    other = start(WRITER, tmp_path / "graph")
    assert other.stdout.readline() == "open\n"
    with pytest.raises(StoreBusyError, match=f"process {other.pid}"):
        open_ladybug("rw")
    other.kill()
    other.wait()
    assert open_ladybug("rw").version() == Version(1, 1)


@pytest.mark.usefixtures("loaded")
def test_a_reader_beside_a_writer_keeps_what_it_opened(
    open_ladybug: Open, start: Start, tmp_path: Path
) -> None:
    other = start(WRITER, tmp_path / "graph")
    assert other.stdout.readline() == "open\n"
    first = open_ladybug("r")
    print("new", file=other.stdin, flush=True)
    assert other.stdout.readline() == "done\n"
    assert (first.version(), first.get(["new"])) == (Version(1, 1), [None])
    first.close()
    second = open_ladybug("r")
    assert second.version() == Version(1, 2)
    assert second.get(["new"])[0].id == "new"


@pytest.mark.usefixtures("loaded")
def test_a_reader_survives_a_load_by_the_writer(open_ladybug: Open, start: Start, tmp_path: Path) -> None:
    reader = open_ladybug("r")
    load = 'LadybugStore(path, "rw", SMALL).bulk_load([pa.record_batch({"id": ["other"]})], [])'
    assert start(load, tmp_path / "graph").wait() == 0
    reader._shared.projection.engine.stop()  # as after a crash: it must find its database again
    assert reader.query("MATCH (n) RETURN count(n)").rows == ((11,),)
    assert len(list((tmp_path / "graph" / "engine").iterdir())) == 2
    reader.close()
    with open_ladybug("rw") as store:
        assert [batch.column("id").to_pylist() for batch in store.scan_nodes()] == [["other"]]
    assert len(list((tmp_path / "graph" / "engine").iterdir())) == 1


def test_handles_of_one_process_share_an_engine(open_ladybug: Open, chain: Chain, tmp_path: Path) -> None:
    first = open_ladybug("create")
    (tmp_path / "link").symlink_to(tmp_path / "graph")
    second, third = open_ladybug("rw", tmp_path / "link"), open_ladybug("r")
    chain(second)
    assert first.version() == third.version() == Version(1, 0)
    with pytest.raises(StoreReadOnlyError):
        third.delete_nodes(["e1"])
    first.close()
    first.close()
    with pytest.raises(StoreError, match="is closed"):
        first.get(["e1"])
    assert third.query("MATCH (n) RETURN count(n)").rows == ((10,),)
    second.close()
    third.close()
    shutil.move(tmp_path / "graph", tmp_path / "moved")
    assert open_ladybug("r", tmp_path / "moved").version() == Version(1, 0)


def test_threads_may_read_together(open_ladybug: Open, chain: Chain) -> None:
    store = open_ladybug("create")
    chain(store, 100)
    wrong: list[int] = []

    def read(of: int) -> None:
        for i in range(of, 90, 4):
            query = store.query("MATCH (n {rank: $i})-->(m) RETURN m.rank", {"i": i})
            if query.rows != ((i + 1,),) or store.degree([f"e{i + 1}"]) != [2]:
                wrong.append(i)

    threads = [threading.Thread(target=read, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
