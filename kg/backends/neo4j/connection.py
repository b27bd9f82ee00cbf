"""The connection to a Neo4j server: its URL, the driver, and transactions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    Driver,
    GraphDatabase,
    ManagedTransaction,
    NotificationMinimumSeverity,
    Query,
    Session,
    unit_of_work,
)

from ....errors import ConfigError, StoreError
from .errors import translated

__all__ = ["Address", "Connection", "run"]

log = logging.getLogger(__name__)
T = TypeVar("T")

CONNECT_SECONDS = 4.0
RETRY_SECONDS = 10.0
"""How long a transaction is tried again when the server has gone or says that it may work later."""

FETCH = 1000
UNSURE = "the change may or may not be stored; to make it again is safe"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store lies. ``url`` is for people: it has no password.

    Args:
        uri: what the driver takes.
        auth: user and password, if the URL has them.
        database: ``None`` is the default database of the server.
    """

    url: str
    uri: str
    auth: tuple[str, str] | None
    database: str | None

    @classmethod
    def parse(cls, url: str) -> Address:
        """``neo4j://user:password@host:port/?database=name``; reserved characters are percent-encoded.

        Raises:
            ConfigError: there is no host, the port is no number, or there is a user without a password.
        """
        parts = urlsplit(url)
        shown = _without_password(url)
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ConfigError(f"{shown}: the port is no number up to 65535") from None
        if not host:
            raise ConfigError(f"{shown}: no host; expected bolt://user:password@host:7687/?database=name")
        if parts.username and parts.password is None:
            raise ConfigError(f"{shown}: a user without a password; write bolt://user:password@host")
        options = parse_qsl(parts.query)
        database = dict(options).get("database")
        rest = urlencode([(name, value) for name, value in options if name != "database"])
        place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
        auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        return cls(shown, urlunsplit((parts.scheme, place, "", rest, "")), auth, database)


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    _, _, place = rest.rpartition("@")
    return f"{scheme}://{place}"


def run(transaction: ManagedTransaction, text: str, parameters: Mapping[str, object]) -> list[list[Any]]:
    """All rows of a statement that this package built."""
    return transaction.run(text, dict(parameters)).values()


class Connection:
    """A pool of connections to one database; every use of a closed one is a StoreError.

    Raises:
        StoreUnavailableError: nobody answers within five seconds, or the password is wrong.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._open = True
        with translated(address.url):
            self.driver: Driver = GraphDatabase.driver(
                address.uri,
                auth=address.auth,
                connection_timeout=CONNECT_SECONDS,
                connection_acquisition_timeout=CONNECT_SECONDS + 0.5,
                max_transaction_retry_time=RETRY_SECONDS,
                notifications_min_severity=NotificationMinimumSeverity.OFF,
                user_agent="kgllm",
            )
            try:
                with self._session(READ_ACCESS) as session:
                    self.agent: str = session.run("RETURN 1").consume().server.agent
            except BaseException:
                self.driver.close()
                raise
        self.is_neo4j = self.agent.startswith("Neo4j/") and "ArcadeDB" not in self.agent
        if not self.is_neo4j:
            log.warning(
                "%s is %s, not Neo4j: it may not refuse to write in a read transaction, so only kgllm's own"
                " check of queries protects it",
                address.url,
                self.agent,
            )

    def close(self) -> None:
        """Close the pool; may be called twice."""
        self.driver.close()
        self._open = False

    def read(self, work: Callable[[ManagedTransaction], T], seconds: float | None = None) -> T:
        """What ``work`` gives in a read transaction; it may be called again when the connection breaks.

        Args:
            seconds: the server ends the transaction then; ``None`` leaves that to its settings.
        """
        with translated(self.address.url), self._session(READ_ACCESS) as session:
            return session.execute_read(unit_of_work(timeout=seconds)(work))

    def write(self, work: Callable[[ManagedTransaction], T]) -> T:
        """What ``work`` gives in a transaction that is committed then; ``work`` must bear being repeated."""
        with translated(self.address.url, UNSURE), self._session(WRITE_ACCESS) as session:
            return session.execute_write(work)

    def rows(self, text: str, parameters: Mapping[str, object] | None = None) -> list[list[Any]]:
        """All rows of one reading statement."""
        return self.read(lambda transaction: run(transaction, text, parameters or {}))

    def alter(self, text: str) -> None:
        """One statement that changes the schema; such ones stand in no transaction with others."""
        with translated(self.address.url), self._session(WRITE_ACCESS) as session:
            session.run(Query(text)).consume()

    def explain(self, text: str, parameters: Mapping[str, object]) -> str | None:
        """What the server says that a query would do: ``r``, ``w``, ``rw`` or ``s``."""
        with translated(self.address.url), self._session(READ_ACCESS) as session:
            return session.run(Query(f"EXPLAIN {text}"), dict(parameters)).consume().query_type

    def _session(self, mode: str) -> Session:
        if not self._open:
            raise StoreError(f"{self.address.url} is closed; open it again")
        return self.driver.session(database=self.address.database, default_access_mode=mode, fetch_size=FETCH)
