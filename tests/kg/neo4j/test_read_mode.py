"""What Neo4j's READ mode keeps from a client, and what it does not: facts of Neo4j 5.26 Community.

The store does not rely on them: nothing reaches the server but what the gate wrote. They say what a second
lock is worth, and why it is not enough.
"""

from __future__ import annotations

import socket
import threading

import pytest
from neo4j import Driver, ManagedTransaction
from neo4j.exceptions import ClientError, Neo4jError

ACCESS = "Neo.ClientError.Statement.AccessMode"

REFUSED = {
    "CREATE (n)": ACCESS,
    "MATCH (n) SET n.x = 1": ACCESS,
    "MATCH (n) DETACH DELETE n": ACCESS,
    "MERGE (n:Nobody {id: 1})": ACCESS,
    "CREATE INDEX FOR (n:A) ON (n.x)": ACCESS,
    "CALL db.createLabel('x')": ACCESS,
    "PROFILE CREATE (n)": ACCESS,
    "RETURN 1; RETURN 2": "Neo.ClientError.Statement.SyntaxError",
    "\\u0043REATE (n)": "Neo.ClientError.Statement.SyntaxError",
    "RETURN $missing": "Neo.ClientError.Statement.ParameterMissing",
    "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line": (
        "Neo.ClientError.Statement.ExternalResourceFailed"  # by a setting of the server, not by READ mode
    ),
}


@pytest.mark.usefixtures("neo4j_store")
@pytest.mark.parametrize("text", REFUSED)
def test_read_mode_refuses(bare: Driver, text: str) -> None:
    with bare.session(default_access_mode="READ") as session:
        with pytest.raises(ClientError) as error:
            session.run(text).consume()
        assert error.value.code == REFUSED[text]

        def work(transaction: ManagedTransaction) -> None:
            transaction.run(text).consume()

        with pytest.raises(Neo4jError):
            session.execute_read(work)


def test_read_mode_still_lists_the_settings(bare: Driver) -> None:
    with bare.session(default_access_mode="READ") as session:
        assert len(session.run("CALL dbms.listConfig() YIELD name RETURN name").values()) > 100


def test_read_mode_still_opens_connections_to_others(bare: Driver) -> None:
    """Server-side request forgery: LOAD CSV fetches any address that the server can reach."""
    asked = []

    def serve() -> None:
        caller, _ = listener.accept()
        with caller:
            asked.append(caller.recv(1000))
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        with bare.session(default_access_mode="READ") as session:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            rows = session.run("LOAD CSV FROM $url AS line RETURN line", url=url).values()
        thread.join()
    assert asked[0].startswith(b"GET / ")
    assert rows == [[["secret"]]]


def test_explain_tells_reading_from_writing(bare: Driver) -> None:
    with bare.session(default_access_mode="READ") as session:
        kinds = [session.run(f"EXPLAIN {text}").consume().query_type for text in ("RETURN 1", "CREATE (n)")]
    assert kinds == ["r", "w"]


def test_names_in_back_ticks_can_be_broken_by_an_escape(bare: Driver) -> None:
    """Why :func:`kgllm.kg.cypher.write_neo4j.quoted` escapes backslashes."""
    with pytest.raises(ClientError, match="SyntaxError"):
        bare.execute_query("MATCH (n:`a\\u0060b`) RETURN n")
    assert bare.execute_query("RETURN 1 AS `a\\u005Cu0060b`").keys == ["a\\u0060b"]


def test_strings_have_two_orders(bare: Driver) -> None:
    """Literals and stored strings are ordered by code points, parameters by UTF-16 units."""
    assert bare.execute_query("RETURN '\uffff' < '😀'").records[0][0] is True
    assert bare.execute_query("RETURN $a < $b", a="\uffff", b="😀").records[0][0] is False
