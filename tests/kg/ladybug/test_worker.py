"""The engine process: it answers, obeys time limits, and neither its death nor its parent's does harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from kgllm.errors import (
    DiskFullError,
    EngineCrashedError,
    QueryError,
    QueryFailedError,
    QueryTimeoutError,
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreReadOnlyError,
)
from kgllm.kg.backends.ladybug.client import Worker
from kgllm.kg.backends.ladybug.errors import engine_error
from kgllm.kg.backends.ladybug.frames import Ask, Fetch, Open, Run, Step, from_stream, to_stream

HEAVY = "UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 3000) AS c RETURN sum(a * b)"


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    worker = Worker()
    worker.call(Open(str(tmp_path / "db"), False, 256 << 20, 1 << 32))
    yield worker
    worker.close()


def test_one_statement_for_many_parameters(worker: Worker) -> None:
    assert worker.call(Ask("RETURN $x + 1, 'é'", [{"x": 1}, {"x": 2}])) == [[[2, "é"]], [[3, "é"]]]


def test_steps_rows_and_tables_larger_than_a_frame(worker: Worker) -> None:
    rows = pa.table({"id": [f"n{i:06}" for i in range(50_000)]})
    create = Step("CREATE NODE TABLE N(id STRING PRIMARY KEY)")
    count = Step("MATCH (n:N) RETURN count(*)")
    results = worker.call(
        Run([create, Step("LOAD FROM $rows CREATE (:N {id: id})", {}, to_stream(rows)), count])
    )
    assert results[-1] == [[50_000]]
    table = from_stream(worker.call(Fetch(Step("MATCH (n:N) RETURN n.id ORDER BY n.id"))))
    assert table.column(0).to_pylist() == rows.column(0).to_pylist()


def test_a_failed_statement_leaves_a_sound_connection(worker: Worker) -> None:
    with pytest.raises(QueryError, match="Parser exception"):
        worker.call(Ask("MATCH (", [{}]))
    with pytest.raises(QueryFailedError, match="Divide by zero"):
        worker.call(Ask("RETURN 1 / $x", [{"x": 0}]))
    assert worker.call(Ask("RETURN 1", [{}])) == [[[1]]]


def test_a_slow_query_is_interrupted_and_the_process_lives_on(worker: Worker) -> None:
    with pytest.raises(QueryTimeoutError, match=r"stopped after 0\.2 s"):
        worker.call(Ask(HEAVY, [{}], 0.2))
    assert worker.alive
    assert worker.call(Ask("RETURN 1", [{}], 5.0)) == [[[1]]]


def test_a_late_interrupt_spares_the_next_request(worker: Worker) -> None:
    worker.call(Ask("RETURN 1", [{}]))
    for late in range(2):  # the numbers of requests that were answered
        os.write(worker._process.stdin.fileno(), bytes([worker._calls - late]))
    summed = "UNWIND range(1, 200000) AS a RETURN sum(a)"
    assert worker.call(Ask(summed, [{}] * 5, 60.0)) == [[[20000100000]]] * 5


def test_a_query_that_heeds_nothing_is_ended_with_its_process(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgllm.kg.backends.ladybug.client.GRACE", 0.0)
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(QueryTimeoutError):
        worker.call(Ask("RETURN 1", [{}], 0.1))
    assert not worker.alive


def test_the_death_of_the_process_says_how(worker: Worker) -> None:
    os.kill(worker.pid, signal.SIGSEGV)
    with pytest.raises(EngineCrashedError, match="SIGSEGV"):
        worker.call(Ask("RETURN 1", [{}]))


def test_it_dies_with_its_parent() -> None:
    program = (
        "from kgllm.kg.backends.ladybug.client import Worker\n"
        "import os\nprint(Worker().pid, flush=True)\nos.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False)
    pid = int(ended.stdout)
    for _ in range(200):
        if not _runs(pid):
            return
        time.sleep(0.05)
    raise AssertionError("the engine process outlives its parent")


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_forked_process_may_not_use_it(worker: Worker) -> None:
    child = os.fork()
    if child == 0:
        try:
            worker.call(Ask("RETURN 1", [{}]))
        except StoreError as error:
            os._exit(7 if "forked" in str(error) else 1)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert worker.call(Ask("RETURN 1", [{}])) == [[[1]]]


def test_closing_twice_is_fine(worker: Worker) -> None:
    worker.close()
    worker.close()
    assert not worker.alive


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("RuntimeError: IO exception: Cannot write: No space left on device", DiskFullError),
        ("RuntimeError: Transaction committed … post-commit checkpoint failed …", DiskFullError),
        ("RuntimeError: Interrupted.", QueryTimeoutError),
        ("RuntimeError: Cannot execute write operations in a read-only database!", StoreReadOnlyError),
        ("RuntimeError: IO exception: Could not set lock on file: x", StoreBusyError),
        ("RuntimeError: Storage exception: Checksum verification failed, …", StoreCorruptError),
        ("RuntimeError: Buffer manager exception: Unable to allocate memory!", QueryFailedError),
        ("RuntimeError: Overflow exception: Value 9223372036854775808 …", QueryFailedError),
        ("RuntimeError: Binder exception: Variable x is not in scope.", QueryError),
        ("RuntimeError: IO exception: Cannot open file x: Permission denied", StoreError),
        ("ValueError: something else", StoreError),
    ],
)
def test_what_the_engine_says_becomes_our_error(said: str, expected: type[Exception]) -> None:
    error = engine_error(said, 1.0)
    assert type(error) is expected
    if expected is not QueryTimeoutError:
        assert said.partition(": ")[2] in str(error)
