"""A server that is killed while it is written to, and one that asks for a password."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from kgllm.errors import StoreBusyError, StoreUnavailableError
from kgllm.kg.backends.neo4j import connection as neo4j_connection
from kgllm.kg.changes import UpsertEdges, UpsertNodes
from kgllm.kg.open import open_store

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("neo4j-crash")]

ROWS = 50
BATCHES = 20


@pytest.fixture(scope="module")
def server(neo4j_server: ModuleType, need_neo4j: Callable[..., Any]) -> Iterator[Any]:
    """A server of our own, to be maltreated; its password needs quoting in a URL."""
    with need_neo4j(neo4j_server.running(password="kg/llm@%:pw")) as server:
        yield server


def nodes(number: int, rows: int = ROWS) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "id": [f"{number}-{row}" for row in range(rows)],
            "batch": [number] * rows,
            "text": ["x" * 100] * rows,
        }
    )


def edges(number: int) -> pa.RecordBatch:
    head = [f"{number}-{row}" for row in range(ROWS)]
    tail = [f"{max(number - 1, 0)}-{row}" for row in range(ROWS)]
    return pa.RecordBatch.from_pydict({"head": head, "relation": ["AFTER"] * ROWS, "tail": tail})


def test_a_wrong_password_is_said_and_not_shown(server: Any) -> None:
    for url in (server.url.replace("pw@", "wrong@"), f"bolt://127.0.0.1:{server.port}"):
        with pytest.raises(StoreUnavailableError, match="check user and password") as error:
            open_store(url, "create")
        assert "wrong" not in str(error.value)
    with open_store(server.url, "create") as store:
        assert store.url == f"bolt://127.0.0.1:{server.port}"


def test_what_was_acknowledged_survives_a_kill(server: Any, neo4j_server: ModuleType) -> None:
    acknowledged: list[int] = []

    def ingest() -> None:
        while len(acknowledged) < BATCHES:
            number = len(acknowledged)
            with suppress(StoreUnavailableError):  # to make the change again is safe
                store.apply([UpsertNodes(nodes(number)), UpsertEdges(edges(number))])
                acknowledged.append(number)

    def counts(pattern: str) -> dict[int, int]:
        text = f"MATCH {pattern} RETURN n.batch, count(*)"
        with neo4j_server.driver(server.url) as driver:
            return dict(record.values() for record in driver.execute_query(text).records)

    with open_store(server.url, "create") as store:
        thread = threading.Thread(target=ingest)
        thread.start()
        while len(acknowledged) < BATCHES // 2:
            time.sleep(0.001)
        server.kill()
        before = set(acknowledged)
        server.start()
        for found in (counts("(n:Entity)"), counts("(n:Entity)-->()")):
            assert before <= set(found)
            assert set(found.values()) == {ROWS}
        thread.join()
        assert counts("(n:Entity)") == counts("(n:Entity)-->()") == dict.fromkeys(range(BATCHES), ROWS)
        assert store.version().sequence >= BATCHES


def test_a_load_that_was_killed_is_noticed_and_repeated(
    server: Any, neo4j_server: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_connection, "RETRY_SECONDS", 0.5)
    some = [nodes(number, 10_000) for number in range(30)]
    failed: list[Exception] = []

    def load() -> None:
        try:
            store.bulk_load(some, [])
        except StoreUnavailableError as error:
            failed.append(error)

    def begun() -> bool:
        with neo4j_server.driver(server.url) as driver:
            text = "MATCH (m:_KgllmMeta) RETURN m.loading IS NOT NULL AND COUNT { (:Entity) } > 10000"
            return bool(driver.execute_query(text).records[0][0])

    with open_store(server.url, "create") as store:
        store.bulk_load([nodes(0)], [])
        thread = threading.Thread(target=load)
        thread.start()
        while not begun():
            time.sleep(0.01)
        server.kill()
        thread.join()
    assert "the change may or may not be stored" in str(failed[0])
    server.start()
    with pytest.raises(StoreBusyError, match="its load was cut off"):
        open_store(server.url, "r")
    with open_store(server.url) as store:
        store.bulk_load([nodes(7)], [])
        assert store.schema().nodes == ROWS
        assert store.version().generation == 2
