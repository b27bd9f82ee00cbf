"""Several writers, and engines that die under readers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from kgllm.errors import EngineCrashedError
from kgllm.kg.backends.ladybug.store import LadybugStore
from kgllm.kg.changes import Version

Open = Callable[..., LadybugStore]

RIVAL = """
import sys
from kgllm.errors import StoreBusyError
from kgllm.kg.backends.ladybug.store import LadybugStore
try:
    store = LadybugStore(sys.argv[1], "rw")
    print("open", flush=True)
    sys.stdin.read()
except StoreBusyError as error:
    print("busy", flush=True)
"""


def test_threads_that_write(opened: Open, loaded: Path) -> None:
    """Each has its own handle; no acknowledged change is lost, and each gets a number."""

    def write(thread: int) -> None:
        with LadybugStore(loaded, "rw") as store:
            for i in range(5):
                store.upsert_nodes(pa.record_batch({"id": [f"t{thread}-{i}"]}))

    keep = opened()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert keep.version() == Version(1, 21)
    assert None not in keep.get([f"t{thread}-{i}" for thread in range(4) for i in range(5)])


def test_processes_that_write(opened: Open, loaded: Path) -> None:
    """One of them wins; when it dies the next may write."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    rivals = [subprocess.Popen([sys.executable, "-c", RIVAL, str(loaded)], **pipes) for _ in range(3)]
    said = [rival.stdout.readline().strip() for rival in rivals]
    for rival in rivals:
        rival.kill()
        rival.communicate()
    assert sorted(said) == ["busy", "busy", "open"]
    assert opened().version() == Version(1, 1)


@pytest.mark.usefixtures("loaded")
def test_an_engine_that_dies_again_and_again(opened: Open) -> None:
    """Each death is at most one error for whoever was reading, and never a wrong answer."""
    store = opened()
    deaths, answers = 0, []
    for read in (
        lambda: store.query("MATCH (n)-->(m) RETURN count(m)").rows,
        lambda: sum(map(len, store.scan_edges())),
        lambda: store.degree(["e1"]),
        lambda: store.csr().num_edges,
        lambda: store.schema().edges,
    ):
        timer = threading.Timer(0.01, os.kill, (store._shared.projection.engine.pid, signal.SIGSEGV))
        timer.start()
        for wait in (lambda: None, timer.join, lambda: None):
            wait()
            try:
                answers.append(read())
            except EngineCrashedError:
                deaths += 1
    assert deaths <= 5
    assert {str(answer) for answer in answers} == {"((499,),)", "499", "[2]"}
