"""Addresses of servers, and what happens when nobody or somebody else is there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import pytest

from kgllm.errors import ConfigError, NotFoundError, StoreError, StoreUnavailableError
from kgllm.kg.backends.neo4j.connection import Address, Connection, run
from kgllm.kg.open import open_store


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("bolt://localhost", ("bolt://localhost", "bolt://localhost", None, None)),
        (
            "bolt://neo4j:p%40ss%2Fword@host:7687/?database=kg",
            ("bolt://host:7687/?database=kg", "bolt://host:7687", ("neo4j", "p@ss/word"), "kg"),
        ),
        (
            "neo4j+s://u:@[::1]:1/?policy=eu&database=kg",
            ("neo4j+s://[::1]:1/?policy=eu&database=kg", "neo4j+s://[::1]:1?policy=eu", ("u", ""), "kg"),
        ),
    ],
)
def test_an_address_is_taken_apart(url: str, expected: tuple[object, ...]) -> None:
    address = Address.parse(url)
    assert (address.url, address.uri, address.auth, address.database) == expected


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("bolt://:7687", "no host"),
        ("bolt://host:port", "the port is no number"),
        ("bolt://host:70000", "the port is no number"),
        ("bolt://me@host", "a user without a password"),
    ],
)
def test_a_malformed_address_is_refused_without_its_password(url: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        open_store(url)
    with pytest.raises(ConfigError) as error:
        open_store("bolt://me:secret@host:port")
    assert "secret" not in str(error.value)


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(StoreUnavailableError, match="check the address and that the server runs"):
            open_store(f"bolt://127.0.0.1:{taken.getsockname()[1]}")


@pytest.fixture
def web_server() -> Iterator[int]:
    """The port of something that answers, but not in Bolt."""

    def answer() -> None:
        caller, _ = listener.accept()
        with caller:
            caller.recv(1000)
            caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_somebody_else_listens(web_server: int) -> None:
    with pytest.raises(StoreUnavailableError, match="no answer from Neo4j"):
        open_store(f"bolt://127.0.0.1:{web_server}")


def test_an_unknown_database(neo4j_url: str) -> None:
    with pytest.raises(NotFoundError, match=r"check \?database="):
        open_store(f"{neo4j_url}/?database=nowhere")


def test_a_closed_connection_says_so(neo4j_url: str) -> None:
    connection = Connection(Address.parse(neo4j_url))
    assert connection.agent.startswith("Neo4j/5.")
    connection.close()
    connection.close()
    with pytest.raises(StoreError, match="is closed; open it again"):
        connection.rows("RETURN 1")


@pytest.mark.parametrize("agent", ["Neo4j/5.26.0 compatible (ArcadeDB 26.10.2)", "Memgraph/3.0"])
def test_another_servers_agent_is_warned_of(
    neo4j_url: str, agent: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    summary = SimpleNamespace(server=SimpleNamespace(agent=agent))
    with monkeypatch.context() as patched:
        patched.setattr("neo4j.Result.consume", lambda _: summary)
        connection = Connection(Address.parse(neo4j_url))
    connection.close()
    assert not connection.is_neo4j
    assert f"is {agent}, not Neo4j" in caplog.text


def test_changes_are_rolled_back_when_the_work_fails(neo4j_server: ModuleType, neo4j_url: str) -> None:
    neo4j_server.clear(neo4j_url)
    connection = Connection(Address.parse(neo4j_url))

    def fail(transaction: object) -> None:
        run(transaction, "CREATE (:Entity {id: 'a'})", {})
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        connection.write(fail)
    assert connection.rows("MATCH (n) RETURN count(n)") == [[0]]
    connection.close()
