"""What the interpreter asks of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import Protocol

from ...model import Direction, Edge, Entity, Value


class GraphView(Protocol):
    """A graph that holds still while a query runs.

    Orders are the view's own, but the same each time. ``properties`` of what it gives out may be fetched
    late.
    """

    def count(self, label: str | None = None) -> int:
        """How many nodes carry ``label``, or how many there are; a guess is enough."""

    def node(self, id: str) -> Entity | None:
        """The node with this id."""

    def nodes(self, label: str | None = None) -> Iterator[Entity]:
        """The nodes that carry ``label``, or all."""

    def nodes_where(self, key: str, values: Iterable[Value]) -> Iterator[Entity] | None:
        """Nodes among which are all whose property ``key`` equals one of ``values``, each once.

        ``None`` when the view has no quick way to find them.
        """

    def edges_of(self, id: str, direction: Direction, types: Set[str]) -> Iterator[Edge]:
        """Edges that leave (``out``), reach (``in``) or touch (``both``) a node; a self-loop comes once.

        Of ``types``, if any are given.
        """
