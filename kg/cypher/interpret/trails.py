"""Walks that use no relationship twice, and distances."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from ...model import Edge, EdgeKey

Hops = Callable[[str], Iterator[Edge]]
"""The edges that may be taken from a node, by its id."""

Trail = tuple[tuple[Edge, ...], str]
"""Edges in walking order, and the id of the node where they end."""


def far_end(edge: Edge, near: str) -> str:
    """The node at the other end of ``edge``; of a self-loop the same one."""
    return edge.tail if edge.head == near else edge.head


def trails(
    start: str,
    hops: Hops,
    lengths: tuple[int, int | None],
    used: Collection[EdgeKey] = (),
    promising: Callable[[str, int], bool] = lambda _node, _length: True,
) -> Iterator[Trail]:
    """All trails from ``start``, depth first.

    Args:
        lengths: least and most edges; ``None`` for no upper bound.
        used: edges that may not be taken.
        promising: whether a trail of this many edges that has come to this node is worth going on with.
    """
    low, high = lengths
    taken: list[Edge] = []
    if low == 0:
        yield (), start
    open_nodes = [(start, hops(start))] if high != 0 else []
    while open_nodes:
        near, edges = open_nodes[-1]
        edge = next(edges, None)
        if edge is None:
            open_nodes.pop()
            if taken:
                taken.pop()
            continue
        end = far_end(edge, near)
        key = edge.identity
        if key in used or any(key == other.identity for other in taken) or not promising(end, len(taken) + 1):
            continue
        taken.append(edge)
        if len(taken) >= low:
            yield tuple(taken), end
        if high is None or len(taken) < high:
            open_nodes.append((end, hops(end)))
        else:
            taken.pop()


def distances(start: str, hops: Hops, limit: int | None, goal: str | None = None) -> dict[str, int]:
    """Number of hops from ``start`` to each node within ``limit``; the last level is that of ``goal``."""
    found, level = {start: 0}, [start]
    while level and goal not in found and (limit is None or found[level[0]] < limit):
        reached = []
        for near in level:
            for edge in hops(near):
                end = far_end(edge, near)
                if end not in found:
                    found[end] = found[near] + 1
                    reached.append(end)
        level = reached
    return found
