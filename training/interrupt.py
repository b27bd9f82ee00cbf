"""Signals that ask a run to stop, and Python's garbage collector kept out of the way."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


class StopRequest:
    """``signal`` names the signal that asked to stop, and is empty before."""

    signal: str = ""

    def __bool__(self) -> bool:
        return bool(self.signal)


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Turn the first SIGTERM, SIGINT or SIGUSR1 into a request; the second does what it always did.

    Outside the main thread Python cannot catch signals, and there the request never comes.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.getsignal(number) for number in ASKING}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        request.signal = signal.Signals(number).name
        restore()

    for number in ASKING:
        signal.signal(number, ask)
    try:
        yield request
    finally:
        restore()


class Garbage:
    """Cyclic garbage collection by hand: at evaluations, not in the middle of a step."""

    def __init__(self) -> None:
        self._quiet = False
        self._was_enabled = gc.isenabled()

    def quiet(self) -> None:
        """Set aside all that lives now and stop collecting. Call it after the first step."""
        if not self._quiet:
            gc.collect()
            gc.freeze()
            gc.disable()
            self._quiet = True

    def restore(self) -> None:
        """Collect as before."""
        if self._quiet:
            gc.unfreeze()
            if self._was_enabled:
                gc.enable()
