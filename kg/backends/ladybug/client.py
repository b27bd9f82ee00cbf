"""The caller's side of the engine process: start it, ask it, time it, bury it."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from typing import Any

from ....errors import EngineCrashedError, QueryTimeoutError, StoreError
from .errors import engine_error, timeout_text
from .frames import Answer, Ask, Request, receive, send

GRACE = 1.0
"""Seconds that a query over its time limit gets to heed the interrupt, beside the limit itself once more."""


class Worker:
    """A process with one engine in it. One thread at a time may call it.

    After :class:`EngineCrashedError` or :class:`QueryTimeoutError` it may be dead (not ``alive``); its owner
    starts another.

    Args:
        keep: a descriptor that the process shall hold open too.
    """

    def __init__(self, keep: int | None = None) -> None:
        self._owner = os.getpid()
        self._calls = 0
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed in close()
        self._channel, theirs = socket.socketpair()
        self._answers = select.poll()
        self._answers.register(self._channel, select.POLLIN)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _program(), str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                pass_fds=(theirs.fileno(),) if keep is None else (theirs.fileno(), keep),
                bufsize=0,
            )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def call(self, request: Request) -> Any:
        """The engine's answer.

        Raises:
            QueryTimeoutError: an :class:`Ask` with ``seconds`` took longer.
            EngineCrashedError: the process died.
            GraphError: the engine refused; see :func:`engine_error`.
        """
        if os.getpid() != self._owner:
            raise StoreError("the store was opened before this process was forked; open it again here")
        seconds = request.seconds if isinstance(request, Ask) else 0.0
        try:
            answer = self._exchange(request, seconds)
        except (EOFError, ConnectionError) as error:
            raise EngineCrashedError(self._epitaph()) from error
        except BaseException:
            self.kill()  # else the next call would take the answer that is still on its way for its own
            raise
        if answer.error is not None:
            raise engine_error(answer.error, seconds)
        return answer.value

    def _exchange(self, request: Request, seconds: float) -> Answer:
        self._calls += 1
        send(self._channel, request)
        if seconds and not self._answers.poll(seconds * 1000):
            number = bytes([self._calls % 256])
            self._process.stdin.write(number)  # type: ignore[union-attr]  # it is a pipe
            if not self._answers.poll((seconds + GRACE) * 1000):
                raise QueryTimeoutError(timeout_text(seconds))
        answer: Answer = receive(self._channel)
        return answer

    def _epitaph(self) -> str:
        code = self.kill()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self._log.seek(0)
        words = self._log.read().decode(errors="replace").strip().splitlines()
        said = f", saying {words[-1]!r}" if words else ""
        return f"the engine process died ({how}{said}); the store is whole and can be used on"

    def kill(self) -> int:
        """End the process at once, without a word to the engine: its files are safe at any moment."""
        self._process.kill()
        return self._process.wait()

    def close(self) -> None:
        """End the process and free what it held; may be called twice."""
        if os.getpid() == self._owner:
            self.kill()
        self._channel.close()
        self._log.close()
        self._process.stdin.close()  # type: ignore[union-attr]  # it is a pipe


def _program() -> str:
    """A program that finds this package as this process does, however it was installed."""
    return f"import sys; sys.path[:] = {sys.path!r}; from {__package__}.worker import main; main()"
