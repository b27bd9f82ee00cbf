"""What the driver and the server raise, as errors of kgllm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from neo4j.exceptions import DriverError, Neo4jError

from ....errors import (
    GraphError,
    NotFoundError,
    QueryFailedError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTimeoutError,
    StoreBusyError,
    StoreError,
    StoreReadOnlyError,
    StoreUnavailableError,
)

__all__ = ["from_server", "translated"]

TOO_LONG = "ask for less, write less at once, or allow more time"
TOO_MUCH = "it needs too much memory; ask for less"
HELD = "the server holds this database read-only"

ERRORS: tuple[tuple[str, Callable[[str], GraphError], str], ...] = (
    ("ClientError.Statement.SyntaxError", QuerySyntaxError, ""),
    ("ClientError.Statement.AccessMode", partial(QueryRefusedError, "write"), "only reading is allowed here"),
    ("ClientError.Statement", QueryFailedError, ""),
    ("DatabaseError.Statement.ExecutionFailed", QueryFailedError, ""),
    ("ClientError.Procedure", partial(QueryRefusedError, "procedure"), ""),
    ("ClientError.Transaction.TransactionTimedOut", QueryTimeoutError, TOO_LONG),
    ("ClientError.Transaction.LockClientStopped", QueryTimeoutError, TOO_LONG),
    ("TransientError.Transaction.Terminated", QueryTimeoutError, "somebody ended it on the server"),
    ("TransientError.Transaction", StoreBusyError, "others write to the same entities; try again"),
    ("TransientError.General.MemoryPoolOutOfMemory", QueryFailedError, TOO_MUCH),
    ("TransientError.General.TransactionOutOfMemory", QueryFailedError, TOO_MUCH),
    ("TransientError", StoreUnavailableError, "try again later"),
    ("ClientError.Security", StoreUnavailableError, "check user and password in the URL"),
    ("ClientError.Database.DatabaseNotFound", NotFoundError, "check ?database= in the URL"),
    ("ClientError.General.ForbiddenOnReadOnlyDatabase", StoreReadOnlyError, HELD),
    ("ClientError.General.WriteOnReadOnlyAccessDatabase", StoreReadOnlyError, HELD),
    ("ClientError.Cluster.NotALeader", StoreReadOnlyError, "write through neo4j://, which finds the leader"),
)
"""The beginning of a code, without ``Neo.`` → the error, and advice; the first that fits counts."""

DATA_EXCEPTION = "22"
"""The class of GQL status codes for wrong values. The server calls some of them syntax errors: dates, say."""


def from_server(error: Neo4jError) -> GraphError:
    """The error that a failure on the server becomes."""
    code = (error.code or "").removeprefix("Neo.")
    said = (error.message or str(error)).strip().split("\n")[0]
    if error.gql_status.startswith(DATA_EXCEPTION):
        return QueryFailedError(f"Neo4j says: {said}")
    for prefix, make, advice in ERRORS:
        if code.startswith(prefix):
            return make(f"Neo4j says: {said}" + (f" ({advice})" if advice else ""))
    return StoreError(f"Neo4j says: {said} ({error.code})")


@contextmanager
def translated(server: str, advice: str = "check the address and that the server runs") -> Iterator[None]:
    """Errors of the driver inside leave as errors of kgllm; ``server`` names the server in messages."""
    try:
        yield
    except Neo4jError as error:
        raise from_server(error) from error
    except DriverError as error:
        said = str(error).strip().split("\n")[0].rstrip(":")
        raise StoreUnavailableError(f"no answer from Neo4j at {server}: {said}; {advice}") from error
