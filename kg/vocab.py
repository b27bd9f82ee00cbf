"""Labels and dense ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from ..errors import DataError


class Vocab:
    """An immutable two-way map between labels and ids 0 … n−1.

    Args:
        labels: distinct strings; the position is the id.

    Raises:
        DataError: a label occurs twice.
    """

    __slots__ = ("__dict__", "labels")

    def __init__(self, labels: Iterable[str]) -> None:
        self.labels: tuple[str, ...] = tuple(labels)
        if len(self._ids) != len(self.labels):
            seen: set[str] = set()
            twice = next(x for x in self.labels if x in seen or seen.add(x))  # type: ignore[func-returns-value]
            raise DataError(f"label {twice!r} occurs twice; ids need distinct labels")

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {label: i for i, label in enumerate(self.labels)}

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __contains__(self, label: object) -> bool:
        return label in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocab) and self.labels == other.labels

    def __hash__(self) -> int:
        return hash(self.labels)

    def id(self, label: str) -> int:
        """The id of ``label``; raises ``KeyError`` when it is unknown."""
        return self._ids[label]

    def label(self, index: int) -> str:
        """The label with this id; raises ``IndexError`` when it is out of range."""
        return self.labels[index]
