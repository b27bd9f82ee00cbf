"""kill -9 while a store is written: is everything acknowledged there, and nothing half there?

    python benchmarks/store_kills.py [--target append publish compact] [--kills 100] [--seed 0] [--json]

A child process writes to a store without end and says through a pipe what was acknowledged. After a random
time it is killed, the store is opened again and compared with what the child said; the next child goes on
with the same store. A write may be there without having been acknowledged, but then as a whole.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from kgllm.errors import KgllmError
from kgllm.kg.snapshot import Snapshot
from kgllm.kg.store import Change, DeleteNodes, UpsertEdges, UpsertNodes

LONGEST = 0.06
"""Seconds from a child's first acknowledgement to its death, at most."""


class Target(Protocol):
    """What is killed. Writes are numbered 1, 2, 3 …, and the number says what is written."""

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


TARGETS: dict[str, type[Target]] = {"append": Append, "publish": Publish, "compact": Compact}


def child(name: str, path: Path, pipe: Connection) -> None:
    """Write until killed; each acknowledged number goes through the pipe."""
    TARGETS[name]().write(path, pipe.send)


def acknowledged(name: str, path: Path, delay: float) -> Iterator[int]:
    """Start a child, kill it ``delay`` seconds after its first word, and give what it said.

    Raises:
        RuntimeError: it died by itself.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["kgllm.kg.snapshot", "pandas"])  # pyarrow imports it with the first array
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=child, args=(name, path, there))
    process.start()
    there.close()
    here.poll(60)
    time.sleep(delay)
    process.kill()
    process.join()
    if process.exitcode != -signal.SIGKILL:
        raise RuntimeError(f"the writer of {name} ended by itself with {process.exitcode}")
    try:
        while True:
            yield here.recv()
    except EOFError:
        here.close()


def run(name: str, kills: int, seed: int) -> dict[str, Any]:
    """Kill ``kills`` children that write to one target."""
    chance, target, path = random.Random(seed), TARGETS[name](), Path(tempfile.mkdtemp()) / "store"
    result: dict[str, Any] = {"target": name, "kills": kills, "acknowledged": 0, "unacknowledged": 0}
    result |= {"lost": 0, "problems": []}
    last, started = 0, time.process_time()
    try:
        for _ in range(kills):
            said = list(acknowledged(name, path, chance.uniform(0, LONGEST)))
            result["acknowledged"] += len(said)
            promised = max(said, default=last)
            try:
                last, problems = target.check(path)
            except KgllmError as error:
                result["problems"].append(f"it does not open: {error}")
                break
            result["lost"] += max(promised - last, 0)
            result["unacknowledged"] += max(last - promised, 0)
            result["problems"] += problems
    finally:
        shutil.rmtree(path.parent)
    return result | {"cpu_s": time.process_time() - started}


def main() -> None:
    """Parse, run, print; exit with 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--target", nargs="+", choices=TARGETS, default=[*TARGETS], help="what is killed")
    parser.add_argument("--kills", type=int, default=100, help="kills for each target")
    parser.add_argument("--seed", type=int, default=0, help="of the times of death")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    from kgllm.cli.output import emit, table_of  # not in the children, which import this file

    results = [run(name, arguments.kills, arguments.seed) for name in arguments.target]
    columns = ("target", "kills", "acknowledged", "lost", "unacknowledged", "problems", "CPU s")
    rows = [
        (*(r[c] for c in columns[:5]), "; ".join(dict.fromkeys(r["problems"])) or "none", r["cpu_s"])
        for r in results
    ]
    table = table_of("kill -9 while writing", columns, rows)
    emit({"seed": arguments.seed, "targets": results}, as_json=arguments.json, table=table)
    if any(r["lost"] or r["problems"] for r in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
