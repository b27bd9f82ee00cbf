"""Crashes and damage: what was acknowledged is there afterwards, and the log says what was done about it."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from kgllm.errors import EngineCrashedError, QueryTimeoutError
from kgllm.kg.backends.ladybug import projection as ladybug_projection
from kgllm.kg.backends.ladybug.engine import Engine
from kgllm.kg.backends.ladybug.files import FILE, STAMP
from kgllm.kg.backends.ladybug.store import LadybugStore
from kgllm.kg.changes import Version
from kgllm.kg.cypher.limits import Limits

Open = Callable[..., LadybugStore]

HEAVY = (
    "UNWIND range(1, 9000) AS a UNWIND range(1, 9000) AS b UNWIND range(1, 9000) AS c RETURN sum(a * b + c)"
)


def check(store: LadybugStore) -> None:
    """The content of ``loaded``."""
    assert store.version() == Version(1, 1)
    assert [batch.column("rank").to_pylist() for batch in store.scan_nodes()] == [[*range(10), 99]]
    assert store.query("MATCH (:Odd)-->(m) RETURN count(m)").rows == ((4,),)


def engine_of(store: LadybugStore) -> Engine:
    return store._shared.projection.engine


@pytest.mark.usefixtures("loaded")
def test_a_crash_is_an_error_once(open_ladybug: Open) -> None:
    store = open_ladybug()
    threading.Timer(0.3, os.kill, (engine_of(store).pid, signal.SIGSEGV)).start()
    with pytest.raises(EngineCrashedError, match="SIGSEGV"):
        store.query(HEAVY)
    check(store)


@pytest.mark.parametrize("after", ["begin", "state", "log", "commit"])
@pytest.mark.usefixtures("loaded")
def test_a_crash_anywhere_in_a_change(
    open_ladybug: Open, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """Up to the record in the log nothing has happened; from there on all of it has."""
    store = open_ladybug()
    engine, snapshot = engine_of(store), store._shared.snapshot
    owner, name = {
        "begin": (engine, "begin"),
        "state": (ladybug_projection.Writer, "write"),
        "log": (snapshot, "append"),
        "commit": (engine, "commit"),
    }[after]
    original = getattr(owner, name)

    def then_die(*arguments: object) -> object:
        result = original(*arguments)
        os.kill(engine.pid, signal.SIGKILL)
        time.sleep(0.05)
        return result

    change = pa.record_batch({"id": ["newest"], "fresh": ["x"]})
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, then_die)
        if after in ("begin", "state"):
            with pytest.raises(EngineCrashedError):
                store.upsert_nodes(change)
        else:
            store.upsert_nodes(change)
    if after in ("begin", "state"):
        check(store)
        store.upsert_nodes(change)
    assert store.version() == Version(1, 2)
    assert store.get(["newest"])[0].properties == {"fresh": "x"}
    assert store.delete_nodes(["newest"]).deleted_nodes == 1
    assert store.schema(0).nodes == 11


@pytest.mark.usefixtures("loaded")
def test_an_interrupt_after_the_log_keeps_the_change(
    open_ladybug: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_ladybug()
    snapshot = store._shared.snapshot
    original = snapshot.append

    def interrupted(changes: object) -> None:
        original(changes)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.upsert_nodes(pa.record_batch({"id": ["newest"]}))
    assert store.version() == Version(1, 2)
    store.upsert_nodes(pa.record_batch({"id": ["more"]}))
    assert None not in store.get(["newest", "more"])


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 0x40
    path.write_bytes(data)


def cut(path: Path, at: int) -> None:
    path.write_bytes(path.read_bytes()[: at % path.stat().st_size])


@pytest.mark.parametrize(("damage", "mode"), [(flip, "r"), (cut, "rw")])
def test_a_damaged_database_is_made_anew(
    open_ladybug: Open, loaded: Path, caplog: pytest.LogCaptureFixture, damage: Callable[..., None], mode: str
) -> None:
    damage(loaded / FILE, 5000)
    with caplog.at_level(logging.WARNING), open_ladybug(mode) as store:
        check(store)
    assert "made anew from the snapshot: its file was altered" in caplog.text
    caplog.clear()
    with open_ladybug("rw") as store:
        check(store)
    assert bool(caplog.text) == (mode == "r")


@pytest.mark.parametrize("damage", [flip, cut])
def test_a_damaged_log_of_the_engine_costs_nothing(
    open_ladybug: Open, loaded: Path, damage: Callable[..., None]
) -> None:
    wal = loaded / f"{FILE}.wal"
    whole = wal.read_bytes()
    for at in range(0, len(whole), len(whole) // 2):
        wal.write_bytes(whole)
        damage(wal, at)
        with open_ladybug("rw") as store:
            check(store)
        assert loaded.exists()
    with open_ladybug("rw") as store:
        check(store)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("engine", "0.21.9", "made by ladybug 0.21.9"),
        ("content", "?", "another snapshot"),
        ("layout", 0, "made by"),
    ],
)
def test_a_database_of_something_else_is_made_anew(
    open_ladybug: Open, loaded: Path, caplog: pytest.LogCaptureFixture, field: str, value: object, said: str
) -> None:
    stamp = json.loads((loaded / STAMP).read_text())
    (loaded / STAMP).write_text(json.dumps({**stamp, field: value}))
    with open_ladybug() as store:
        check(store)
    assert said in caplog.text


def test_a_stamp_that_cannot_be_read(
    open_ladybug: Open, loaded: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (loaded / STAMP).write_text("{")
    with open_ladybug() as store:
        check(store)
    assert "its stamp cannot be read" in caplog.text


def test_a_database_that_kills_the_engine_is_made_anew(
    open_ladybug: Open, loaded: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Engine.state

    def die(engine: Engine) -> object:
        if engine.file.parent == loaded:
            raise EngineCrashedError("the engine process died (SIGSEGV)")
        return original(engine)

    monkeypatch.setattr(Engine, "state", die)
    with open_ladybug() as store:
        check(store)
    assert "SIGSEGV" in caplog.text


def test_a_reader_makes_up_for_what_a_dead_writer_left(
    open_ladybug: Open, loaded: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (loaded / f"{FILE}.wal").unlink()
    with open_ladybug("r") as store:
        check(store)
    assert "ends with change 0, the log with 1" in caplog.text


def test_a_long_log_is_folded(open_ladybug: Open, loaded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_ladybug()
    monkeypatch.setattr(ladybug_projection, "FOLD_BYTES", 1)
    store.upsert_nodes(pa.record_batch({"id": ["newest"]}))
    folder = engine_of(store).file.parent
    assert folder != loaded
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert not (folder / f"{FILE}.wal").exists()
    assert store.version() == Version(1, 2)
    store.delete_nodes(["newest"])
    store.close()
    assert open_ladybug("r").schema(0).nodes == 11


@pytest.mark.usefixtures("loaded")
def test_a_query_over_its_time_is_stopped(open_ladybug: Open) -> None:
    store = open_ladybug()
    started = time.monotonic()
    with pytest.raises(QueryTimeoutError, match=r"0\.3 s"):
        store.query(HEAVY, limits=Limits(seconds=0.3))
    assert time.monotonic() - started < 20  # hours without the limit
    check(store)
