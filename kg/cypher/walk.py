"""Going through a syntax tree, and rebuilding it, without knowing every kind of node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from . import ast

Tree = TypeVar("Tree")


class _Parts(dict[type, tuple[str, ...] | None]):
    """Class → its fields that may hold nodes: not the annotations, which take no part in comparison.

    None for classes that are no nodes.
    """

    def __missing__(self, kind: type[Any]) -> tuple[str, ...] | None:
        self[kind] = tuple(f.name for f in fields(kind) if f.compare) if is_dataclass(kind) else None
        return self[kind]


_PARTS = _Parts()


def children(node: object) -> list[object]:
    """The nodes directly below a node, or in a tuple of nodes, from left to right."""
    found: list[object] = []
    if isinstance(node, tuple):
        _gather(node, found)
    for name in _PARTS[type(node)] or ():
        _gather(getattr(node, name), found)
    return found


def walk(node: object) -> Iterator[object]:
    """``node`` and everything below it, parents first."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(children(node))


def rewrite(node: Tree, change: Callable[[object], object | None]) -> Tree:
    """A copy of a node, or of a tuple of nodes, in which ``change`` has put other nodes in place of some.

    ``change`` gives None for a node that stays; parents come first, and what was put in is not gone through.
    """
    if isinstance(node, tuple):
        return _rewrite_value(node, change)  # type: ignore[return-value]
    changed = change(node)
    if changed is not None:
        return changed  # type: ignore[return-value]
    new = {name: _rewrite_value(getattr(node, name), change) for name in _PARTS[type(node)] or ()}
    kept = all(value is getattr(node, name) for name, value in new.items())
    return node if kept else replace(node, **new)  # type: ignore[type-var]


def variables(node: object) -> set[str]:
    """Names of all variables that are read below ``node``, those of comprehensions among them."""
    return {n.name for n in walk(node) if isinstance(n, ast.Variable)}


def names(node: object) -> set[str]:
    """Names of all variables below ``node``: those that are read and those that patterns bind."""
    bound = {
        n.variable
        for n in walk(node)
        if isinstance(n, ast.NodePattern | ast.RelPattern | ast.PathPattern) and n.variable
    }
    return variables(node) | bound


def _gather(value: object, found: list[object]) -> None:
    if isinstance(value, tuple):
        for item in value:
            _gather(item, found)
    elif _PARTS[type(value)] is not None:
        found.append(value)


def _rewrite_value(value: object, change: Callable[[object], object | None]) -> object:
    if isinstance(value, tuple):
        new = tuple(_rewrite_value(item, change) for item in value)
        return value if all(a is b for a, b in zip(new, value, strict=True)) else new
    return value if _PARTS[type(value)] is None else rewrite(value, change)
