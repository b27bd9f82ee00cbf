"""SCTIDs: the ids of SNOMED CT components, their parts and their check digits.

From the right an SCTID is made of a check digit, two digits of partition, seven digits of namespace (in
partitions 10 to 19 only) and an item: 6 to 18 digits in all, the first not 0. Source: SNOMED International,
release file specification, section 6. Check digits are those of J. Verhoeff, "Error detecting decimal codes"
(1969): they reveal every wrong digit and every swap of neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import OntologyError

__all__ = ["COMPONENT", "Sctid", "check_digit", "make", "make_all", "parse", "partitions", "valid"]

COMPONENT: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        "concept": frozenset({0, 10}),
        "description": frozenset({1, 11}),
        "relationship": frozenset({2, 12}),
    }
)
"""The partitions of each kind of component: without and with a namespace."""

SHORTEST, LONGEST = 6, 18
DIGITS_WITH_NAMESPACE = 11
NAMESPACES = 10**7
BLOCK = 1 << 16
"""Ids that are worked on at a time, so that they stay in the cache."""

Int64s = NDArray[np.int64]
Uint8s = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sctid:
    """The parts of an SCTID; ``namespace`` is ``None`` in the short format."""

    item: int
    namespace: int | None
    partition: int
    check: int

    @property
    def component(self) -> str:
        """A key of :data:`COMPONENT`, or ``""`` for partitions that are not of components."""
        return next((name for name, partitions in COMPONENT.items() if self.partition in partitions), "")


def parse(text: str) -> Sctid:
    """The parts of an SCTID.

    Raises:
        OntologyError: ``text`` is none; the message says what is wrong.
    """
    if not (text.isascii() and text.isdigit() and SHORTEST <= len(text) <= LONGEST):
        raise OntologyError(f"{text[:80]!r} is no SCTID: expected {SHORTEST} to {LONGEST} digits")
    if text.startswith("0"):
        raise OntologyError(f"{text!r} is no SCTID: it begins with 0")
    expected = check_digit(text[:-1])
    if int(text[-1]) != expected:
        raise OntologyError(f"{text!r} is no SCTID: its check digit is {text[-1]}, expected {expected}")
    partition = int(text[-3:-1])
    if partition // 10 != 1:
        return Sctid(int(text[:-3]), None, partition, expected)
    if len(text) < DIGITS_WITH_NAMESPACE:
        raise OntologyError(f"{text!r} is no SCTID: partition {partition} needs a namespace of 7 digits")
    return Sctid(int(text[:-10]), int(text[-10:-3]), partition, expected)


def make(item: int, partition: int, namespace: int | None = None) -> int:
    """The SCTID of these parts.

    Raises:
        OntologyError: they are none of an SCTID.
    """
    return int(make_all(np.array([item], np.int64), partition, namespace)[0])


def make_all(items: Int64s, partition: int, namespace: int | None = None) -> Int64s:
    """The SCTIDs of ``items``, (n,) int64 → (n,) int64.

    Raises:
        OntologyError: a part is out of range, or an id would not have 6 to 18 digits.
    """
    if not 0 <= partition < 100 or (partition // 10 == 1) != (namespace is not None):
        raise OntologyError(f"partition {partition} with namespace {namespace}: only 10 to 19 have one")
    if namespace is not None and not 0 <= namespace < NAMESPACES:
        raise OntologyError(f"namespace {namespace} has more than 7 digits")
    scale, rest = (1, 0) if namespace is None else (NAMESPACES, namespace)
    lowest = 1 if namespace is not None else 10 ** (SHORTEST - 1 - 3)
    highest = 10 ** (LONGEST - 3) // scale - 1
    if len(items) and not (lowest <= items.min() and items.max() <= highest):
        raise OntologyError(f"items {items.min()} to {items.max()}: expected {lowest} to {highest}")
    bare = ((items * scale + rest) * 100 + partition) * 10
    rules = _rules()
    return bare + rules.product[rules.padding[_digits(bare)], rules.inverse[_sums(bare)]]


def check_digit(text: str) -> int:
    """The check digit to write behind the digits of ``text``.

    Raises:
        OntologyError: ``text`` is not made of digits.
    """
    if not (text.isascii() and text.isdigit()):
        raise OntologyError(f"{text[:80]!r} has no check digit: expected digits")
    rules = _rules()
    total = 0
    for place, digit in enumerate(reversed(text), start=1):
        total = rules.product[total, rules.turned[place % 8, int(digit)]]
    return int(rules.inverse[total])


def valid(ids: Int64s) -> NDArray[np.bool_]:
    """Whether each of ``ids``, (n,) int64, is an SCTID: what :func:`parse` takes, (n,) bool."""
    found = np.empty(len(ids), np.bool_)
    padding = _rules().padding
    for start in range(0, len(ids), BLOCK):
        block = ids[start : start + BLOCK]
        right = (block >= 10 ** (SHORTEST - 1)) & (block < 10**LONGEST)
        block = np.where(right, block, 0)
        right &= _sums(block) == padding[_digits(block)]
        short = np.flatnonzero(block < 10 ** (DIGITS_WITH_NAMESPACE - 1))
        right[short] &= partitions(block[short]) // 10 != 1
        found[start : start + BLOCK] = right
    return found


def partitions(ids: Int64s) -> Uint8s:
    """The partition of each of ``ids``, (n,) int64 → (n,) uint8."""
    return (ids // 10 % 100).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _Rules:
    """Verhoeff's scheme: digits are elements of the dihedral group of ten, and a number is their product.

    Args:
        product: (10, 10) uint8.
        inverse: (10,) uint8.
        turned: (8, 10) uint8, which element a digit stands for at a place, counted from the right modulo 8.
        steps: (6, 10000) uint8, the product so far and the next three digits → the product after them.
        padding: (19,) uint8, by number of digits, the product of the zeros that fill a number up to 18.
    """

    product: Uint8s
    inverse: Uint8s
    turned: Uint8s
    steps: Uint8s
    padding: Uint8s


@cache
def _rules() -> _Rules:
    a, b = np.ogrid[:10, :10]
    rotated = np.where(b < 5, (a + b) % 5, 5 + (a + b) % 5)
    mirrored = np.where(b < 5, 5 + (a - b) % 5, (a - b) % 5)
    product = np.where(a < 5, rotated, mirrored).astype(np.uint8)
    turned = np.zeros((8, 10), np.uint8)
    turned[0], turned[1] = range(10), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    for place in range(2, 8):
        turned[place] = turned[place - 1, turned[1]]
    steps = np.zeros((LONGEST // 3, 10, 10, 10, 10), np.uint8)
    so_far, hundreds, tens, ones = np.ogrid[:10, :10, :10, :10]
    for step, table in enumerate(steps):
        table[:] = so_far
        for place, digit in enumerate((ones, tens, hundreds), start=3 * step):
            table[:] = product[table, turned[place % 8, digit]]
    padding = np.zeros(LONGEST + 1, np.uint8)
    for digits in range(LONGEST - 1, -1, -1):
        padding[digits] = product[turned[digits % 8, 0], padding[digits + 1]]
    return _Rules(product, product.argmin(1).astype(np.uint8), turned, steps.reshape(-1, 10_000), padding)


def _sums(ids: Int64s) -> Uint8s:
    """(n,) uint8 the products of all digits of ``ids``, of which each is filled up with zeros to 18.

    A zero on the left is not neutral: what zeros add is in :attr:`_Rules.padding`.
    """
    total: NDArray[Any] = np.zeros(len(ids), np.uint8)
    upper = ids // 10**9
    for half, rest in enumerate((ids - upper * 10**9, upper)):  # numpy's remainder takes three times as long
        rest = rest.astype(np.int32)
        for table in _rules().steps[3 * half : 3 * half + 3]:
            further = rest // np.int32(1000)
            total = table[total * np.int32(1000) + (rest - further * np.int32(1000))]
            rest = further
    return total


def _digits(ids: Int64s) -> NDArray[np.intp]:
    """How many digits each has."""
    return np.searchsorted(10 ** np.arange(LONGEST, dtype=np.int64), ids, side="right")
