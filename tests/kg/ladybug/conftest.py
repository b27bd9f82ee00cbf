"""Small stores, and programs that use one in another process."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from kgllm.kg.backends.ladybug.store import EngineOptions, LadybugStore

SMALL = EngineOptions(buffer_pool=256 << 20, max_db_size=1 << 32)

Open = Callable[..., LadybugStore]


@pytest.fixture
def open_ladybug(tmp_path: Path) -> Iterator[Open]:
    """``open_ladybug(mode)`` opens the store in ``tmp_path / "graph"``; all are closed at the end."""
    opened: list[LadybugStore] = []

    def open_(mode: str = "rw", path: Path = tmp_path / "graph") -> LadybugStore:
        opened.append(LadybugStore(path, mode, SMALL))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture(scope="session")
def chain() -> Callable[[LadybugStore, int], None]:
    """Load the nodes e0, e1 … and an edge from each to the next."""

    def load(store: LadybugStore, n: int = 10) -> None:
        ids = [f"e{i}" for i in range(n)]
        labels = pa.array([["Odd"] if i % 2 else [] for i in range(n)], pa.list_(pa.string()))
        nodes = pa.record_batch({"id": ids, "labels": labels, "rank": pa.array(range(n))})
        edges = pa.record_batch({"head": ids[:-1], "relation": ["NEXT"] * (n - 1), "tail": ids[1:]})
        store.bulk_load([nodes], [edges])

    return load


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, chain: Callable[..., None]) -> Path:
    """A closed store with ten nodes, and one that came later."""
    path = tmp_path_factory.mktemp("template") / "graph"
    with LadybugStore(path, "create", SMALL) as store:
        chain(store)
        store.upsert_nodes(pa.record_batch({"id": ["late"], "rank": [99]}))
    return path


@pytest.fixture
def loaded(template: Path, tmp_path: Path) -> Path:
    """A copy of it in ``tmp_path / "graph"``; the folder of the engine's database there."""
    shutil.copytree(template, tmp_path / "graph")
    [folder] = (tmp_path / "graph" / "engine").iterdir()
    return folder


@pytest.fixture
def start() -> Iterator[Callable[[str, Path], subprocess.Popen[str]]]:
    """``start(program, path)`` runs Python text that finds ``path``, ``SMALL`` and all of LadybugStore."""
    running: list[subprocess.Popen[str]] = []
    head = textwrap.dedent(
        """
        import os, signal, sys
        import pyarrow as pa
        from kgllm.kg.backends.ladybug.store import EngineOptions, LadybugStore
        SMALL = EngineOptions(buffer_pool=256 << 20, max_db_size=1 << 32)
        path = sys.argv[1]
        """
    )

    def run(program: str, path: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", head + textwrap.dedent(program), str(path)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.communicate()
