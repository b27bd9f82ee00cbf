"""What compiled parts of a query share: the graph, the parameters, the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ....errors import QueryTimeoutError
from ...model import Value
from .view import GraphView

Row = dict[str, Value]
"""Variables and their values; names that no query can write hold what the plan needs."""

Evaluate = Callable[[Row], Value]

_TICKS = 256


class Clock:
    """Stops a query at its deadline. :meth:`tick` is cheap enough for inner loops.

    Args:
        deadline: a time of ``time.monotonic``; ``None`` never stops.
    """

    def __init__(self, deadline: float | None) -> None:
        self.deadline = deadline
        self.left = _TICKS

    def tick(self) -> None:
        """Count one unit of work.

        Raises:
            QueryTimeoutError: the deadline has passed.
        """
        self.left -= 1
        if self.left > 0:
            return
        self.left = _TICKS
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise QueryTimeoutError("the query took longer than its time limit; narrow it or raise the limit")


def _hidden_names() -> Iterator[str]:
    return (f"\0{number}" for number in count())


@dataclass(frozen=True, slots=True)
class Context:
    """``slots`` tells aggregates, by identity, under which name a row of their group holds the result."""

    view: GraphView
    parameters: Mapping[str, Any]
    clock: Clock
    slots: Mapping[int, str] = field(default_factory=dict)
    hidden: Iterator[str] = field(default_factory=_hidden_names)
