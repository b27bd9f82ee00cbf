"""Processes that are killed, and a disk that is full, while a store is changed."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kgllm.kg.backends.ladybug.store import LadybugStore
from kgllm.kg.changes import Version

Open = Callable[..., LadybugStore]
Start = Callable[[str, Path], subprocess.Popen[str]]

UPSERTS = """
import itertools
store = LadybugStore(path, "create", SMALL)
first = store.version().sequence
for i in itertools.count(first):
    rows = [f"n{i}_{k}" for k in range(50)]
    with store.transaction() as change:
        change.upsert_nodes(pa.record_batch({"id": rows, "text": ["long " * 100] * 50}))
        change.upsert_edges(pa.record_batch({"head": rows[1:], "relation": ["R"] * 49, "tail": rows[:-1]}))
    print(i + 1, flush=True)
"""


def test_killed_in_the_middle_of_changes(open_ladybug: Open, start: Start, tmp_path: Path) -> None:
    rng = random.Random(1)
    for _ in range(2):
        process = start(UPSERTS, tmp_path / "graph")
        process.stdout.readline()
        time.sleep(rng.uniform(0.05, 0.5))
        process.kill()
        acknowledged = [int(line) for line in process.stdout.read().split()]
        with open_ladybug("rw") as store:
            version = store.version().sequence
            assert version >= max(acknowledged, default=1)
            assert version <= max(acknowledged, default=1) + 1
            counts = (
                store.query("MATCH (n) RETURN count(n)").rows
                + store.query("MATCH ()-->() RETURN count(*)").rows
            )
            assert counts == ((50 * version,), (49 * version,))


LOAD = """
store = LadybugStore(path, "create", SMALL)
print("open", flush=True)
rows = [f"m{i}" for i in range(200_000)]
store.bulk_load([pa.record_batch({"id": rows})], [])
"""


@pytest.mark.usefixtures("loaded")
def test_killed_in_the_middle_of_a_load(open_ladybug: Open, start: Start, tmp_path: Path) -> None:
    for delay in (0.05, 0.4):
        process = start(LOAD, tmp_path / "graph")
        assert process.stdout.readline() == "open\n"
        time.sleep(delay)
        process.kill()
        process.wait()
        with open_ladybug("rw") as store:
            if store.version().generation > 1:
                assert store.schema(0).nodes == 200_000
                return
            assert (store.version(), store.schema(samples=0).nodes) == (Version(1, 1), 11)


FULL = """
import resource
from kgllm.errors import DiskFullError
store = LadybugStore(path, "rw", SMALL)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
rows = [f"m{i}" + "x" * 100 for i in range(100_000)]
for change in (
    lambda: store.bulk_load([pa.record_batch({"id": rows})], []),
    lambda: store.upsert_nodes(pa.record_batch({"id": rows})),
):
    try:
        change()
    except DiskFullError as error:
        print("full", flush=True)
store.get(["e1"])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.upsert_nodes(pa.record_batch({"id": ["newest"]}))
store.delete_nodes(["newest"])
print(store.schema(0).nodes, flush=True)
"""


@pytest.mark.usefixtures("loaded")
def test_a_full_disk_loses_nothing(open_ladybug: Open, start: Start, tmp_path: Path) -> None:
    process = start(FULL, tmp_path / "graph")
    said, _ = process.communicate()
    assert said.split() == ["full", "full", "11"]
    with open_ladybug("rw") as store:
        assert store.schema(0).nodes == 11
        assert store.version().generation == 1
    names = {path.name.split("-")[0] for path in (tmp_path / "graph").iterdir()}
    assert names <= {"CURRENT", "gen", "lock", "engine"}
