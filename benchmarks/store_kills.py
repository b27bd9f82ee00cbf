"""kill -9 while a store is written: is everything acknowledged there, and nothing half there?

    python benchmarks/store_kills.py [--target append publish compact upsert checkpoint load swap]
                                     [--victim caller engine] [--kills 100] [--seed 0] [--json]

A child process writes to a store without end and says through a pipe what was acknowledged. After a random
time it is killed, the store is opened again and compared with what the child said; the next child goes on
with the same store. A write may be there without having been acknowledged, but then as a whole.

``append``, ``publish`` and ``compact`` write to a snapshot. The others write to the embedded store: changes;
changes of which each folds the engine's log; bulk loads; and the end of bulk loads, from the finished
database of the engine to its first use. There the victim may also be the engine's process: then the child has
to go on with the change that failed, and is killed when it has.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from store_kill_targets import TARGETS, WITH_ENGINE

from kgllm.errors import KgllmError


def child(name: str, path: Path, pipe: Connection) -> None:
    """Write until killed; each acknowledged number goes through the pipe."""
    TARGETS[name]().write(path, pipe.send)


def acknowledged(name: str, path: Path, delay: float, victim: str) -> Iterator[int]:
    """Start a child, kill it or its engine ``delay`` seconds after its first words, and give what it said.

    Raises:
        RuntimeError: it died by itself, or did not go on.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["kgllm.kg.backends.ladybug.store", "pandas"])  # what every child needs
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=child, args=(name, path, there))
    process.start()
    there.close()
    try:
        yield from words(here, TARGETS[name].words)
        time.sleep(delay)
        if victim == "engine" and kill_engines(process.pid):
            while here.poll():
                yield here.recv()
            yield from words(here, 1 + TARGETS[name].words)
    finally:
        process.kill()
        process.join()
    if process.exitcode != -signal.SIGKILL:
        raise RuntimeError(f"the writer of {name} ended by itself with {process.exitcode}")
    try:
        while True:
            yield here.recv()
    except EOFError:
        here.close()


def words(pipe: Connection, count: int) -> Iterator[int]:
    """The next ``count`` words of a child."""
    for _ in range(count):
        if not pipe.poll(120):
            raise RuntimeError("the writer has stopped")
        yield pipe.recv()


def kill_engines(pid: int | None) -> int:
    """Kill all children of a process, and give their number."""
    engines = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for engine in engines:
        os.kill(int(engine), signal.SIGKILL)
    return len(engines)


def run(name: str, victim: str, kills: int, seed: int) -> dict[str, Any]:
    """Kill ``kills`` children that write to one target, or their engines."""
    chance, target, path = random.Random(seed), TARGETS[name](), Path(tempfile.mkdtemp()) / "store"
    result: dict[str, Any] = {"target": name, "victim": victim, "kills": kills}
    result |= {"acknowledged": 0, "lost": 0, "unacknowledged": 0, "problems": []}
    last, started = 0, time.process_time()
    try:
        for _ in range(kills):
            said = list(acknowledged(name, path, chance.uniform(0, target.longest), victim))
            result["acknowledged"] += len({number for number in said if number > last})
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
    parser.add_argument("--victim", nargs="+", choices=("caller", "engine"), default=["caller", "engine"])
    parser.add_argument("--kills", type=int, default=100, help="kills for each target")
    parser.add_argument("--seed", type=int, default=0, help="of the times of death")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    from kgllm.cli.output import emit, table_of  # not in the children, which import this file

    results = [
        run(name, victim, arguments.kills, arguments.seed)
        for name in arguments.target
        for victim in arguments.victim
        if victim == "caller" or name in WITH_ENGINE
    ]
    columns = ("target", "victim", "kills", "acknowledged", "lost", "unacknowledged", "problems", "CPU s")
    rows = [
        (*(r[c] for c in columns[:6]), "; ".join(dict.fromkeys(r["problems"])) or "none", r["cpu_s"])
        for r in results
    ]
    table = table_of("kill -9 while writing", columns, rows)
    emit({"seed": arguments.seed, "targets": results}, as_json=arguments.json, table=table)
    if any(r["lost"] or r["problems"] for r in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
