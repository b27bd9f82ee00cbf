"""The aggregating functions. An accumulator takes the rows of one group and gives one value."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Protocol

from ....errors import QueryFailedError
from ...model import Value
from .arithmetic import Number, number
from .values import INT_MAX, INT_MIN, group_key, order_key


class Accumulator(Protocol):
    """Nulls never reach :meth:`add`, except those of ``count(*)``."""

    def add(self, *arguments: Value) -> None: ...
    def result(self) -> Value: ...


class Count:
    """Takes whatever is not null."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, *arguments: Value) -> None:  # noqa: ARG002
        self.rows += 1

    def result(self) -> Value:
        return self.rows


class Sum:
    """Integers stay an integer as long as 64 bits hold their sum; the sum of nothing is 0."""

    def __init__(self) -> None:
        self.total: Number = 0

    def add(self, *arguments: Value) -> None:
        self.total += number(arguments[0], "sum()")
        if not isinstance(self.total, float) and not INT_MIN <= self.total <= INT_MAX:
            self.total = float(self.total)

    def result(self) -> Value:
        return self.total


class Average:
    """Always a float; null of nothing."""

    def __init__(self) -> None:
        self.mean, self.size = 0.0, 0

    def add(self, *arguments: Value) -> None:
        self.size += 1
        self.mean += (number(arguments[0], "avg()") - self.mean) / self.size

    def result(self) -> Value:
        return self.mean if self.size else None


class Extreme:
    """The first or last value in the order of :func:`order_key`; null of nothing."""

    def __init__(self, last: bool) -> None:
        self.last = last
        self.key: tuple[object, ...] | None = None
        self.value: Value = None

    def add(self, *arguments: Value) -> None:
        key = order_key(arguments[0])
        if self.key is None or (key > self.key if self.last else key < self.key):
            self.key, self.value = key, arguments[0]

    def result(self) -> Value:
        return self.value


class Collect:
    def __init__(self) -> None:
        self.values: list[Value] = []

    def add(self, *arguments: Value) -> None:
        self.values.append(arguments[0])

    def result(self) -> Value:
        return self.values


class Deviation:
    """Standard deviation of a sample or of a whole population; 0 of fewer than two values."""

    def __init__(self, sample: bool) -> None:
        self.sample = sample
        self.values: list[Number] = []

    def add(self, *arguments: Value) -> None:
        self.values.append(number(arguments[0], "stDev()"))

    def result(self) -> Value:
        size = len(self.values)
        if size < 2:
            return 0.0
        mean = math.fsum(self.values) / size
        squares = math.fsum((value - mean) ** 2 for value in self.values)
        return math.sqrt(squares / (size - 1 if self.sample else size))


class Percentile:
    """The value below which a share of the values lies: interpolated, or the nearest one there is.

    The share is that of the first row.
    """

    def __init__(self, interpolated: bool) -> None:
        self.interpolated = interpolated
        self.values: list[Number] = []
        self.share: Number = 0

    def add(self, *arguments: Value) -> None:
        if not self.values:
            self.share = number(arguments[1], "a percentile")
            if not 0 <= self.share <= 1:
                raise QueryFailedError(f"a percentile is a number from 0 to 1, but got {self.share}")
        self.values.append(number(arguments[0], "a percentile"))

    def result(self) -> Value:
        if not self.values:
            return None
        ordered, last = sorted(self.values), len(self.values) - 1
        if not self.interpolated:
            return ordered[max(math.ceil(self.share * len(ordered)) - 1, 0)]
        part, below = math.modf(self.share * last)
        if part == 0:
            return ordered[int(below)]
        return ordered[int(below)] * (1 - part) + ordered[int(below) + 1] * part


class Distinct:
    """Passes each value on once."""

    def __init__(self, inner: Accumulator) -> None:
        self.inner = inner
        self.seen: set[Hashable] = set()

    def add(self, *arguments: Value) -> None:
        key = group_key(arguments[0])
        if key not in self.seen:
            self.seen.add(key)
            self.inner.add(*arguments)

    def result(self) -> Value:
        return self.inner.result()


AGGREGATES: dict[str, Callable[[], Accumulator]] = {
    "count": Count,
    "sum": Sum,
    "avg": Average,
    "min": lambda: Extreme(last=False),
    "max": lambda: Extreme(last=True),
    "collect": Collect,
    "stdev": lambda: Deviation(sample=True),
    "stdevp": lambda: Deviation(sample=False),
    "percentilecont": lambda: Percentile(interpolated=True),
    "percentiledisc": lambda: Percentile(interpolated=False),
}
"""By function name in lower case."""
