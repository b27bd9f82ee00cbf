"""What the engine says went wrong, as errors of this package: the one table for ladybug."""

from __future__ import annotations

import re

from ....errors import (
    DiskFullError,
    GraphError,
    QueryError,
    QueryFailedError,
    QueryTimeoutError,
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreReadOnlyError,
)

_TABLE: tuple[tuple[str, type[GraphError]], ...] = (
    # Every engine error is a RuntimeError; these patterns go from the most to the least specific.
    (r"No space left on device|File too large|Disk quota exceeded|errno: ?(27|28|122)\b", DiskFullError),
    (r"post-commit checkpoint failed", DiskFullError),
    (r"^RuntimeError: Interrupted", QueryTimeoutError),
    (r"read-only (database|transaction)", StoreReadOnlyError),
    (r"Only one write transaction|Could not set lock|Lock is held", StoreBusyError),
    (r"[Cc]hecksum|Storage exception|corrupt|not a valid \w+ database", StoreCorruptError),
    (r"Buffer manager exception", QueryFailedError),
    (r"(Conversion|Overflow|Runtime|Copy) exception", QueryFailedError),
    (r"(Parser|Binder|Catalog) exception", QueryError),
    (r"IO exception", StoreError),
)


def engine_error(text: str, seconds: float = 0.0) -> GraphError:
    """The error for what the worker reported, ``type: message``; ``seconds`` is the limit it ran under."""
    kind = next((kind for pattern, kind in _TABLE if re.search(pattern, text)), StoreError)
    if kind is QueryTimeoutError:
        return QueryTimeoutError(timeout_text(seconds))
    said = " ".join(text.partition(": ")[2].split())
    return kind(f"the engine says: {said}")


def timeout_text(seconds: float) -> str:
    """What to say of a query that ran longer than ``seconds``."""
    return f"the query was stopped after {seconds:g} s; ask for less or allow more time"
