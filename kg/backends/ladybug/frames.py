"""What travels between a store and its engine process: requests, answers, and how they cross a socket."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

_HEADER = 8
_CHUNK = 1 << 16


class Open(NamedTuple):
    """Open the database file ``path``; sizes in bytes, ``max_db_size`` a power of two."""

    path: str
    read_only: bool
    buffer_pool: int
    max_db_size: int


class Step(NamedTuple):
    """One statement. ``rows`` is an Arrow IPC stream that the text calls ``$rows``."""

    text: str
    parameters: Mapping[str, Any] = {}
    rows: bytes | None = None


class Run(NamedTuple):
    """Do ``steps`` in order; the answer is a list of their results, each a list of rows of plain values."""

    steps: Sequence[Step]


class Ask(NamedTuple):
    """Run ``text`` once for each of ``parameters``.

    The answer is a list of results, each a list of rows of plain values. ``seconds`` is the time for all; 0
    sets no limit.
    """

    text: str
    parameters: Sequence[Mapping[str, Any]]
    seconds: float = 0.0


class Fetch(NamedTuple):
    """Run one statement; the answer is its result as an Arrow IPC stream."""

    step: Step


Request = Open | Run | Ask | Fetch


class Answer(NamedTuple):
    """``value``, or else what the engine said went wrong, as ``type: message``."""

    value: Any = None
    error: str | None = None


def send(channel: socket.socket, message: object) -> None:
    """Pickle ``message`` into one frame: its length in 8 bytes, then the bytes."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    channel.sendall(len(data).to_bytes(_HEADER, "little") + data)


def receive(channel: socket.socket) -> Any:
    """The next message.

    Raises:
        EOFError: the other side is gone.
    """
    frame = bytearray(channel.recv(_CHUNK))  # a small frame, as most are, costs one system call
    while len(frame) < _HEADER or len(frame) < _HEADER + int.from_bytes(frame[:_HEADER], "little"):
        more = channel.recv(_CHUNK) if frame else b""
        if not more:
            raise EOFError("the other side closed the channel")
        frame += more
    return pickle.loads(memoryview(frame)[_HEADER:])


def to_stream(table: pa.Table) -> bytes:
    """``table`` as an Arrow IPC stream; unlike a pickle it holds only the rows of a slice."""
    import pyarrow as pa  # here, since a process that only answers queries starts twice as fast without

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def from_stream(data: bytes) -> pa.Table:
    """The table of an Arrow IPC stream."""
    import pyarrow as pa

    return pa.ipc.open_stream(data).read_all()
