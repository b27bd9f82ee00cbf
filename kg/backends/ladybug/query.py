"""Queries: the engine answers what it understands as Neo4j does, the interpreter the rest."""

from __future__ import annotations

import logging
import time

from ....errors import QueryError, QueryFailedError, QueryTimeoutError
from ...cypher.emit.ladybug.query import NotEmittable, to_ladybug
from ...cypher.gate import ReadQuery
from ...cypher.interpret import Table, interpret
from ...schema import SchemaInfo
from ...store import QueryResult
from ..base import cut
from .engine import Engine, State
from .values import Decoder
from .view import LadybugView

__all__ = ["answer"]

log = logging.getLogger(__name__)

LEAST_SECONDS = 0.001
"""To the engine a limit of 0 is none at all."""


def answer(read: ReadQuery, engine: Engine, state: State, schema: SchemaInfo) -> QueryResult:
    """See :meth:`~kgllm.kg.backends.ladybug.store.LadybugStore.query`; ``stats`` lack the seconds."""
    deadline = time.monotonic() + read.seconds
    try:
        statement = to_ladybug(read, state.columns)
        rows = engine.ask(statement.text, [statement.parameters], max(read.seconds, LEAST_SECONDS))[0]
    except NotEmittable as error:
        reason = error.reason
    except QueryTimeoutError:
        raise
    except QueryFailedError as error:
        reason = str(error)
    except QueryError as error:
        log.warning("the engine did not understand %r: %s", statement.text, error)
        reason = str(error)
    else:
        table = Table(read.columns, Decoder(state.columns).rows(statement, rows))
        return cut(table, read.rows, {"engine": "ladybug", "text": statement.text})
    table = interpret(read, LadybugView(engine, state, schema), deadline)
    return cut(table, read.rows, {"engine": "interpreter", "reason": reason})
