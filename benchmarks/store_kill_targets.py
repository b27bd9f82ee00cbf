"""What ``benchmarks/store_kills.py`` kills: snapshots and embedded stores that are written without end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Protocol
from unittest.mock import patch

import numpy as np
import pyarrow as pa

from kgllm.errors import EngineCrashedError
from kgllm.kg.backends.ladybug import projection as ladybug_projection
from kgllm.kg.backends.ladybug.files import Source
from kgllm.kg.backends.ladybug.store import EngineOptions, LadybugStore
from kgllm.kg.changes import Change, DeleteNodes, Mode, UpsertEdges, UpsertNodes
from kgllm.kg.snapshot import Snapshot

OPTIONS = EngineOptions(buffer_pool=256 << 20, max_db_size=1 << 32)


class Target(Protocol):
    """What is killed. Writes are numbered 1, 2, 3 …, and the number says what is written.

    Attributes:
        longest: seconds that pass at most until the child dies.
        words: how many words of the child these seconds begin after.
    """

    longest: float
    words: int

    def write(self, path: Path, acknowledge: Callable[[int], None]) -> None:
        """In the child: open or make the store at ``path`` and write on without end."""

    def check(self, path: Path) -> tuple[int, list[str]]:
        """After the kill: the number of the last write that is there, and what is not as it should be."""


def nodes_of(number: int, count: int = 30) -> pa.RecordBatch:
    """Nodes that write ``number`` adds, some with long texts."""
    ids = [f"{number}-{i}" for i in range(count)]
    texts = [f"text of {name}, " * (200 if i % 10 == 0 else 1) for i, name in enumerate(ids)]
    labels = pa.array([["Thing"]] * count)
    return pa.RecordBatch.from_pydict(
        {"id": ids, "labels": labels, "number": [number] * count, "text": texts}
    )


def edges_of(number: int, count: int = 30) -> pa.RecordBatch:
    """Edges that write ``number`` adds: a ring of its nodes."""
    ids = [f"{number}-{i}" for i in range(count)]
    relation, key = ["NEXT"] * count, [""] * count
    return pa.RecordBatch.from_pydict(
        {"head": ids, "relation": relation, "tail": [*ids[1:], ids[0]], "key": key}
    )


def changes_of(number: int) -> list[Change]:
    """Write ``number`` of the targets that append: it also deletes the first node of the one before."""
    gone = DeleteNodes((f"{number - 1}-0",))
    return [UpsertNodes(nodes_of(number)), UpsertEdges(edges_of(number)), gone]


class Append:
    """Changes appended to the log, one after the other."""

    longest, words = 0.06, 1

    def write(self, path: Path, acknowledge: Callable[[int], None]) -> None:
        with Snapshot.open(path, "create") as snapshot:
            while True:
                acknowledge(snapshot.append(changes_of(snapshot.version.sequence + 1)))

    def check(self, path: Path) -> tuple[int, list[str]]:
        with Snapshot.open(path, "rw") as snapshot:
            wrong = [n for n, changes in snapshot.changes() if changes != changes_of(n)]
            return snapshot.version.sequence, [f"change {n} is not what was written" for n in wrong]


class Publish:
    """Whole generations, one replacing the other."""

    longest, words = 0.06, 1

    def write(self, path: Path, acknowledge: Callable[[int], None]) -> None:
        with Snapshot.open(path, "create") as snapshot:
            while True:
                number = snapshot.version.generation + 1
                ends = np.arange(300)
                with snapshot.begin() as writer:
                    writer.nodes(nodes_of(number, 300))
                    writer.edges(edges_of(number, 300), ends, np.roll(ends, -1))
                    writer.publish()
                acknowledge(number)

    def check(self, path: Path) -> tuple[int, list[str]]:
        with Snapshot.open(path, "rw") as snapshot:
            snapshot.verify()
            number = snapshot.version.generation
            found = list(chain(snapshot.nodes(), snapshot.edges()))
            wrong = found != [nodes_of(number, 300), edges_of(number, 300)] and number > 0
            left = sorted(entry.name for entry in path.iterdir())
            problems = [f"generation {number} is not what was written"] if wrong else []
            if left != ["CURRENT", snapshot.node_files[0].parent.name if number else "gen-000000"]:
                problems.append(f"left behind: {', '.join(left)}")
            return number, problems


class Compact:
    """Changes appended, every third time folded into a new generation."""

    longest, words = 0.06, 1

    def write(self, path: Path, acknowledge: Callable[[int], None]) -> None:
        with Snapshot.open(path, "create") as snapshot:
            while True:
                number = snapshot.append(changes_of(snapshot.version.sequence + 1))
                acknowledge(number)
                if number % 3 == 0:
                    snapshot.compact()

    def check(self, path: Path) -> tuple[int, list[str]]:
        with Snapshot.open(path, "rw") as snapshot:
            snapshot.verify()
            last = snapshot.version.sequence
            expected = [f"{n}-{i}" for n in range(1, last + 1) for i in range(30) if i > 0 or n == last]
            found = list(chain.from_iterable(batch.column("id").to_pylist() for batch in snapshot.nodes()))
            edges = sum(map(len, snapshot.edges()))
            problems = [] if found == expected else [f"nodes after change {last} are not what they should be"]
            if edges != 28 * last + 2 * (last > 0):
                problems.append(f"{edges} edges after change {last}")
            return last, problems


class Upsert:
    """Changes of the embedded store."""

    longest, words = 0.5, 1
    fold_bytes = 64 << 20

    def write(self, path: Path, acknowledge: Callable[[int], None]) -> None:
        with patch.object(ladybug_projection, "FOLD_BYTES", self.fold_bytes), opened(path, "create") as store:
            while True:
                number = store.version().sequence + 1
                insist(lambda number=number: store.apply(changes_of(number)))
                acknowledge(number)

    def check(self, path: Path) -> tuple[int, list[str]]:
        with opened(path) as store:
            last = store.version().sequence
            expected = [f"{n}-{i}" for n in range(1, last + 1) for i in range(30) if i > 0 or n == last]
            return last, differences(store, sorted(expected), 28 * last + 2 * (last > 0))


class Checkpoint(Upsert):
    """The same, each change followed by a checkpoint, in which the engine's log is folded into its file."""

    longest = 1.5
    fold_bytes = 0


class Load:
    """Bulk loads of the embedded store, one replacing the other; each begins with a word."""

    longest, words = 1.5, 1

    def write(self, path: Path, acknowledge: Callable[[int], None]) -> None:
        with opened(path, "create") as store:
            while True:
                number = store.version().generation + 1
                acknowledge(number - 1)
                insist(lambda number=number: load_once(store, number))

    def check(self, path: Path) -> tuple[int, list[str]]:
        with opened(path) as store:
            number = store.version().generation
            count = 3000 * (number > 0)
            problems = differences(store, sorted(f"{number}-{i}" for i in range(count)), count)
        left = {entry.name for entry in path.iterdir()} - {"CURRENT", "lock", "engine", f"gen-{number:06}"}
        return number, problems + [f"left behind: {', '.join(sorted(left))}"] * bool(left)


class Swap(Load):
    """The same, killed once the engine's new database is there and has to take the old one's place."""

    longest, words = 0.3, 2

    def write(self, path: Path, acknowledge: Callable[[int], None]) -> None:
        prepare = ladybug_projection.Projection.prepare

        def announced(projection: ladybug_projection.Projection, source: Source) -> None:
            prepare(projection, source)
            acknowledge(source.generation - 1)

        with patch.object(ladybug_projection.Projection, "prepare", announced):
            super().write(path, acknowledge)


def opened(path: Path, mode: Mode = "rw") -> LadybugStore:
    """The embedded store at ``path``."""
    return LadybugStore(path, mode, OPTIONS)


def insist(write: Callable[[], object]) -> None:
    """Write, once more if the engine died over it; only that error may come of its death."""
    try:
        write()
    except EngineCrashedError:
        write()


def load_once(store: LadybugStore, number: int) -> None:
    """Load number ``number``, unless it is there."""
    if store.version().generation < number:
        store.bulk_load([nodes_of(number, 3000)], [edges_of(number, 3000)])


def differences(store: LadybugStore, ids: list[str], edges: int) -> list[str]:
    """What differs in the engine from the sorted ``ids`` and the number of ``edges``."""
    found = sorted(chain.from_iterable(batch.column("id").to_pylist() for batch in store.scan_nodes()))
    linked = sum(map(len, store.scan_edges()))
    wrong = [] if found == ids else [f"{len(found)} nodes, not the expected {len(ids)}"]
    return wrong if linked == edges else [*wrong, f"{linked} edges, not {edges}"]


TARGETS: dict[str, type[Target]] = {
    "append": Append,
    "publish": Publish,
    "compact": Compact,
    "upsert": Upsert,
    "checkpoint": Checkpoint,
    "load": Load,
    "swap": Swap,
}
WITH_ENGINE = ("upsert", "checkpoint", "load", "swap")
