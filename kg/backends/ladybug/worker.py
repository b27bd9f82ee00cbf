"""The process in which ladybug runs, so that whatever the engine does harms nobody else.

:class:`~kgllm.kg.backends.ladybug.client.Worker` starts it and sends it one request at a time; each gets one
answer. Nothing here knows what a graph is: statements come in, plain values or Arrow bytes go out.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from typing import Any

import ladybug

from .frames import (
    Answer,
    Ask,
    Fetch,
    Open,
    Request,
    Run,
    Step,
    from_stream,
    receive,
    send,
    to_stream,
)


class _Engine:
    """The open database and its connection, which is replaced after any failed statement."""

    def __init__(self) -> None:
        self._database: ladybug.Database | None = None
        self._connection: ladybug.Connection | None = None
        self._lock = threading.Lock()
        self._calls = 0
        self._serving = False

    def answer(self, request: Request) -> Answer:
        """Do what is asked; an error becomes the answer."""
        with self._lock:
            self._calls += 1
            self._serving = True
        try:
            return Answer(self._do(request))
        except Exception as error:
            self._connect()  # a connection on which a statement failed may crash on the next one
            return Answer(error=f"{type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._serving = False

    def interrupt(self, number: int) -> None:
        """Stop the request with this number, counted modulo 256, if it is still the one that is served."""
        with self._lock:
            if self._serving and number == self._calls % 256 and self._connection is not None:
                self._connection.interrupt()

    def _do(self, request: Request) -> Any:
        match request:
            case Open():
                return self._open(request)
            case Run(steps):
                return [self._execute(step).get_all() for step in steps]
            case Ask(text, parameters):
                return [self._execute(Step(text, each)).get_all() for each in parameters]
            case Fetch(step):
                return to_stream(self._execute(step).get_as_arrow())

    def _open(self, request: Open) -> None:
        self._database = ladybug.Database(
            request.path,
            read_only=request.read_only,
            buffer_pool_size=request.buffer_pool,
            max_db_size=request.max_db_size,
            auto_checkpoint=False,  # the file stays as it was built: see projection.py
            throw_on_wal_replay_failure=False,
            enable_checksums=True,
        )
        self._connect()

    def _connect(self) -> None:
        if self._database is not None:
            self._connection = ladybug.Connection(self._database)
            self._connection.execute("CALL force_checkpoint_on_close=false")

    def _execute(self, step: Step) -> Any:
        parameters = dict(step.parameters)
        if step.rows is not None:
            parameters["rows"] = from_stream(step.rows)
        if self._connection is None:
            raise RuntimeError("no database is open")
        return self._connection.execute(step.text, parameters)


def _watch(engine: _Engine) -> None:
    """Interrupt the requests whose numbers come on standard input; it closes when the parent is gone."""
    while number := os.read(0, 1):
        engine.interrupt(number[0])
    os._exit(0)


def main() -> None:
    """Serve the requests from the socket whose number is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    engine = _Engine()
    threading.Thread(target=_watch, args=(engine,), daemon=True).start()
    channel = socket.socket(fileno=int(sys.argv[1]))
    try:
        while True:
            send(channel, engine.answer(receive(channel)))
    except (EOFError, OSError):
        os._exit(0)
