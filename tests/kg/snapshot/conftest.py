"""Small graphs in snapshots, what a folder holds byte by byte, and a disk that dies at a chosen call."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kgllm.kg.batches import EdgeChecker, NodeChecker
from kgllm.kg.changes import Change, DeleteNodes, UpsertEdges, UpsertNodes
from kgllm.kg.snapshot import Snapshot

State = tuple[list[dict[str, Any]], list[dict[str, Any]]]


class Died(BaseException):
    """The process ends here; not an Exception, so that nothing swallows it."""


class MortalDisk:
    """Lets calls that change the disk through, up to the ``last``; from then on each raises :class:`Died`.

    With ``torn``, the fatal call is still done by half if it is a write.
    """

    CALLS = ("write", "fsync", "replace", "rename", "mkdir", "unlink", "rmdir", "ftruncate")

    def __init__(self, patch: pytest.MonkeyPatch, last: int, *, torn: bool = False) -> None:
        self.calls, self.last, self.torn = 0, last, torn
        for name in self.CALLS:
            patch.setattr(os, name, self._mortal(name, getattr(os, name)))

    def _mortal(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **options: Any) -> Any:
            self.calls += 1
            if self.calls > self.last:
                if name == "write" and self.torn and self.calls == self.last + 1:
                    call(args[0], args[1][: len(args[1]) // 2])
                raise Died(f"{name}, call {self.calls}")
            return call(*args, **options)

        return wrapped


@pytest.fixture
def outlive(monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """``outlive(action, last, torn=…)`` says whether ``action`` needs at most ``last`` calls to the disk."""

    def run(action: Callable[[], object], last: int, *, torn: bool = False) -> bool:
        with monkeypatch.context() as patch:
            MortalDisk(patch, last, torn=torn)
            try:
                action()
            except Died:
                return False
        return True

    return run


@pytest.fixture(scope="session")
def bytes_of() -> Callable[[Path], dict[str, str]]:
    """Relative names of all files below a folder → their digests and times of change."""

    def look(folder: Path) -> dict[str, str]:
        return {
            str(p.relative_to(folder)): f"{hashlib.sha256(p.read_bytes()).hexdigest()} {p.stat().st_mtime_ns}"
            for p in sorted(folder.rglob("*"))
            if p.is_file()
        }

    return look


@pytest.fixture(scope="session")
def state() -> Callable[[Snapshot], State]:
    """All nodes and edges as rows without nulls, in order."""

    def read(snapshot: Snapshot) -> State:
        def rows(batches: Iterator[pa.RecordBatch]) -> list[dict[str, Any]]:
            found = [row for batch in batches for row in batch.to_pylist()]
            return [{k: v for k, v in row.items() if v is not None} for row in found]

        return rows(snapshot.nodes()), rows(snapshot.edges())

    return read


@pytest.fixture(scope="session")
def load() -> Callable[..., None]:
    """``load(snapshot, n, mark)`` publishes a ring of n nodes whose ``mark`` is the one given."""

    def write(snapshot: Snapshot, count: int, mark: int = 0, *, batch: int = 3) -> None:
        nodes = NodeChecker()
        edges = EdgeChecker(nodes.ids.find)
        ids = [f"n{i}" for i in range(count)]
        with snapshot.begin() as writer:
            for start in range(0, count, batch):
                part = ids[start : start + batch]
                columns = {"id": part, "labels": [["Thing"]] * len(part), "mark": [mark] * len(part)}
                writer.nodes(nodes.check(pa.RecordBatch.from_pydict(columns)))
            ends = np.roll(ids, -1).tolist() if ids else []
            columns = {"head": ids, "relation": ["NEXT"] * count, "tail": ends, "mark": [mark] * count}
            if ids:
                writer.edges(*edges.check(pa.RecordBatch.from_pydict(columns)))
            writer.publish()

    return write


@pytest.fixture(scope="session")
def change() -> Callable[[int], list[Change]]:
    """``change(i)``: a node ``x{i}`` with a text, an edge from it to n0, and the end of ``x{i - 2}``."""

    def make(number: int) -> list[Change]:
        name = f"x{number}"
        node = {"id": [name], "labels": [["New"]], "text": [f"text of {name}"]}
        edge = {"head": [name], "relation": ["TO"], "tail": ["n0"], "key": [""]}
        return [
            UpsertNodes(pa.RecordBatch.from_pydict(node)),
            UpsertEdges(pa.RecordBatch.from_pydict(edge)),
            DeleteNodes((f"x{number - 2}",)),
        ]

    return make
