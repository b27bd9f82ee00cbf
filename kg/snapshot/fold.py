"""What a store holds now: the content of a generation with the changes since.

The changes are read once, into memory; the generation streams past them. A node keeps its place in the
order; new ones follow in the order of their first upsert, and so does one that was deleted and came back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..batches.edges import Edges, EdgeTable
from ..batches.merge import merge_rows
from ..batches.tables import Codes, StringTable
from ..changes import Change, DeleteNodes, UpsertEdges, UpsertNodes
from ..model import EDGE_COLUMNS, EdgeKey
from .parts import fit

Times = NDArray[np.int64]
"""(count + 1,) for each number when it was deleted last, -1 for never; at the end -1, for number -1."""


class _Upsert(NamedTuple):
    """Rows, when they came, and their numbers: those of the nodes, or of the edges, their heads and tails."""

    time: int
    batch: pa.RecordBatch
    numbers: tuple[Codes, ...]


class Fold:
    """Changes, to be laid over the nodes and edges of a generation.

    Args:
        changes: checked, in order.
        nodes, edges: columns of the generation and of the changes together.
    """

    def __init__(self, changes: Iterable[Change], nodes: pa.Schema, edges: pa.Schema) -> None:
        self._ids, self._identities = StringTable(), EdgeTable()
        self._schemas = nodes, edges
        self._nodes: list[_Upsert] = []
        self._edges: list[_Upsert] = []
        deleted_nodes: list[tuple[int, Codes]] = []
        deleted_edges: list[tuple[int, Codes]] = []
        for time, change in enumerate(changes):
            if isinstance(change, UpsertNodes):
                self._nodes.append(_Upsert(time, change.batch, (self._add(change.batch.column("id")),)))
            elif isinstance(change, UpsertEdges):
                self._edges.append(_Upsert(time, change.batch, self._add_edges(change.batch)))
            elif isinstance(change, DeleteNodes):
                deleted_nodes.append((time, self._add(pa.array(change.ids, pa.string()))))
            else:
                deleted_edges.append((time, self._add_edges(_keys(change.keys))[0]))
        node_times = _times(len(self._ids), deleted_nodes)
        self._node_times = (node_times,)
        self._edge_times = (_times(len(self._identities), deleted_edges), node_times, node_times)

    def nodes(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The nodes of the generation as they are now, then the new ones. Batches may come out empty."""
        overlay = _Overlay(self._nodes, self._schemas[0], self._node_times)
        for batch in batches:
            yield overlay.over(batch, (self._ids.find(batch.column("id")),))
        yield overlay.rest()

    def edges(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The edges of the generation as they are now, then the new ones. Batches may come out empty."""
        overlay = _Overlay(self._edges, self._schemas[1], self._edge_times)
        for batch in batches:
            edges = Edges.of(batch, self._ids.find)
            yield overlay.over(batch, (self._identities.find(edges), edges.heads, edges.tails))
        yield overlay.rest()

    def _add(self, ids: pa.StringArray) -> Codes:
        return self._ids.add(ids)[0]

    def _add_edges(self, batch: pa.RecordBatch) -> tuple[Codes, Codes, Codes]:
        edges = Edges.of(batch, self._add)
        return self._identities.add(edges)[0], edges.heads, edges.tails


class _Overlay:
    """Upserted rows that were not deleted after, one for each node or edge, and what was deleted."""

    def __init__(self, upserts: Sequence[_Upsert], schema: pa.Schema, times: tuple[Times, ...]) -> None:
        """``times`` has one element for each of the numbers of a row."""
        self._times = times
        alive, codes = [_empty(schema)], [np.zeros(0, np.int64)]
        for upsert in upserts:
            rows = np.flatnonzero(self._died(upsert.numbers) < upsert.time)
            alive.append(fit(upsert.batch, schema).take(pa.array(rows)))
            codes.append(upsert.numbers[0][rows])
        known, first, inverse = np.unique(np.concatenate(codes), return_index=True, return_inverse=True)
        rank = np.empty(len(known), np.int64)
        rank[np.argsort(first)] = np.arange(len(known))
        self._rows = merge_rows(pa.concat_batches(alive), rank[inverse])
        self._place = np.full(len(times[0]), -1, np.int64)
        self._place[known] = rank
        self._used = np.zeros(len(known), np.bool_)

    def over(self, batch: pa.RecordBatch, numbers: tuple[Codes, ...]) -> pa.RecordBatch:
        """Rows of the generation as they are now: some deleted, some merged with later ones."""
        kept = np.flatnonzero(self._died(numbers) < 0)
        place = self._place[numbers[0][kept]]
        if len(kept) < len(batch):
            batch = batch.take(pa.array(kept))
        hits = np.flatnonzero(place >= 0)
        if not len(hits):
            return batch
        self._used[place[hits]] = True
        later = self._rows.take(pa.array(place[hits]))
        return merge_rows(pa.concat_batches([batch, later]), np.concatenate([np.arange(len(batch)), hits]))

    def rest(self) -> pa.RecordBatch:
        """The upserted rows that :meth:`over` has not met."""
        return self._rows.take(pa.array(np.flatnonzero(~self._used)))

    def _died(self, numbers: tuple[Codes, ...]) -> Times:
        died: Times = np.maximum.reduce([t[n] for t, n in zip(self._times, numbers, strict=True)])
        return died


def _times(count: int, deleted: Iterable[tuple[int, Codes]]) -> Times:
    times = np.full(count + 1, -1, np.int64)
    for time, codes in deleted:
        times[codes] = time
    return times


def _keys(keys: Sequence[EdgeKey]) -> pa.RecordBatch:
    columns = zip(*keys, strict=True) if keys else [()] * len(EDGE_COLUMNS)
    named = zip(EDGE_COLUMNS, columns, strict=True)
    return pa.RecordBatch.from_pydict({name: pa.array(texts, pa.string()) for name, texts in named})


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=schema)
