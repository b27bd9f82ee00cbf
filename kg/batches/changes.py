"""Checks of the changes of one ``apply``, in order: an edge may end in a node upserted just before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..changes import Change, DeleteEdges, DeleteNodes, OnError, UpsertEdges, UpsertNodes
from .edges import EdgeChecker
from .nodes import NodeChecker
from .report import RejectReport
from .tables import Codes, StringTable

Exists = Callable[[pa.StringArray], NDArray[np.bool_]]
"""Distinct ids, of any length and content → (n,) whether the store has such a node."""


@dataclass(frozen=True, slots=True)
class CheckedChanges:
    """What is left of the changes of one ``apply``.

    ``changes`` has one entry for each change given. Batches hold good rows only, in the form of
    :class:`~kgllm.kg.batches.nodes.NodeChecker` and :class:`~kgllm.kg.batches.edges.EdgeChecker`, and name
    each node or edge once; they may be empty. ``node_types`` and ``edge_types`` hold the new properties too.
    """

    changes: tuple[Change, ...]
    rejects: RejectReport
    node_types: dict[str, str]
    edge_types: dict[str, str]


def check_changes(
    changes: Sequence[Change],
    exists: Exists,
    node_types: Mapping[str, str],
    edge_types: Mapping[str, str],
    on_error: OnError = "raise",
) -> CheckedChanges:
    """Check all changes of one ``apply`` before any is done. Row numbers count over all batches of a kind.

    Args:
        changes: as the caller gave them.
        exists: looks ids up in the store as it is before the changes.
        node_types, edge_types: property name → type name, as the store has them.
        on_error: whether bad rows raise or are left out.

    Raises:
        BadRowsError: there are bad rows and ``on_error`` is ``raise``.
        SchemaError: a batch is malformed as a whole.
    """
    overlay = _Overlay(exists)
    nodes = NodeChecker(node_types, repeats="merge")
    edges = EdgeChecker(overlay.find, edge_types, repeats="merge")
    checked: list[Change] = []
    for change in changes:
        if isinstance(change, UpsertNodes):
            change = UpsertNodes(nodes.check(change.batch))
            overlay.mark(change.batch.column("id"), present=True)
        elif isinstance(change, UpsertEdges):
            change = UpsertEdges(edges.check(change.batch).batch)
        elif isinstance(change, DeleteNodes):
            change = DeleteNodes(tuple(filter(_is_text, change.ids)), change.detach)
            overlay.mark(pa.array(change.ids, pa.string()), present=False)
        else:
            change = DeleteEdges(tuple(key for key in change.keys if all(map(_is_text, key))))
        checked.append(change)
    rejects = nodes.report().merge(edges.report())
    rejects.enforce(on_error)
    return CheckedChanges(tuple(checked), rejects, nodes.types, edges.types)


def _is_text(text: str) -> bool:
    """Whether a node can have this id: lone surrogates cannot be stored."""
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


class _Overlay:
    """Which nodes there are, as the changes so far leave them."""

    def __init__(self, exists: Exists) -> None:
        self._exists = exists
        self._ids = StringTable()
        self._present = np.zeros(0, np.bool_)
        self._known = np.zeros(0, np.bool_)

    def mark(self, ids: pa.StringArray, *, present: bool) -> None:
        """Note that these nodes were upserted or deleted."""
        codes = self._number(ids)
        self._known[codes], self._present[codes] = True, present

    def find(self, ids: pa.StringArray) -> Codes:
        """(n,) a number for each id that exists now, else -1."""
        ids = ids.fill_null("")  # no node has the empty id
        codes = self._number(ids)
        unknown, rows = np.unique(codes, return_index=True)
        rows = rows[~self._known[unknown]]
        if len(rows):
            self._present[codes[rows]] = self._exists(ids.take(pa.array(rows)))
            self._known[codes[rows]] = True
        return np.where(self._present[codes], codes, -1)

    def _number(self, ids: pa.StringArray) -> Codes:
        codes, _ = self._ids.add(ids)
        more = np.zeros(len(self._ids) - len(self._known), np.bool_)
        self._known, self._present = np.append(self._known, more), np.append(self._present, more)
        return codes
