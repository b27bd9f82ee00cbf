"""The changes of one ``apply``, checked and written inside an open transaction of the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...errors import GraphError
from ..batches import EdgeChecker, NodeChecker, RejectReport, StringTable, property_type
from ..cypher import write_ladybug as text
from ..model import EdgeKey
from ..store import Change, DeleteEdges, DeleteNodes, UpsertEdges, UpsertNodes, WriteReport
from .ladybug_engine import Engine, State
from .ladybug_frames import Step, to_stream

__all__ = ["Replay", "Writer"]

ROWS_AT_ONCE = 50_000
"""Rows of one statement."""


class Replay:
    """Writes changes that were checked before. ``state`` follows what has been written."""

    def __init__(self, engine: Engine, state: State) -> None:
        self._engine = engine
        self.state = state

    def write(self, change: Change) -> None:
        """Do one change."""
        match change:
            case UpsertNodes(batch):
                self.upsert_nodes(batch)
            case UpsertEdges(batch):
                self.upsert_edges(batch)
            case DeleteNodes(ids):
                self.delete_nodes(ids)
            case DeleteEdges(keys):
                self.delete_edges(keys)

    def upsert_nodes(self, batch: pa.RecordBatch) -> None:
        """Add or merge nodes; every row takes a nid, which a node that is there already does not use."""
        names = self._extend("nodes", batch, skip=2)
        nids = pa.array(np.arange(self.state.nid, self.state.nid + len(batch)))
        rows = pa.table([batch.column("id"), nids, *batch.columns[1:]], names=[*text.NODE_BASE, *names])
        self._engine.run(list(_merges(text.merge_nodes(names), rows)))
        self.state = State(self.state.sequence, self.state.nid + len(batch), self.state.columns)

    def upsert_edges(self, batch: pa.RecordBatch) -> None:
        """Add or merge edges whose ends exist."""
        names = self._extend("edges", batch, skip=4)
        rows = pa.table(batch.columns, names=[*batch.schema.names[:4], *names])
        self._engine.run(list(_merges(text.merge_edges(names), rows)))

    def delete_nodes(self, ids: Sequence[str]) -> tuple[int, int]:
        """Delete nodes and their edges; returns how many of each there were."""
        rows = pa.table({"id": pa.array(ids, pa.string())})
        return self._delete(list(_merges(text.DELETE_NODES, rows)))

    def delete_edges(self, keys: Sequence[EdgeKey]) -> tuple[int, int]:
        """Delete edges; returns 0 and how many there were."""
        names = ("head", "relation", "tail", "key")
        return self._delete([Step(text.DELETE_EDGE, dict(zip(names, key, strict=True))) for key in keys])

    def _delete(self, steps: list[Step]) -> tuple[int, int]:
        count = [Step(text.COUNT_NODES), Step(text.COUNT_EDGES)]
        results = self._engine.run([*count, *steps, *count])
        before, after = results[:2], results[-2:]
        nodes, edges = (old[0][0] - new[0][0] for old, new in zip(before, after, strict=True))
        return nodes, edges

    def _extend(self, kind: str, batch: pa.RecordBatch, skip: int) -> list[str]:
        """Make columns for new properties, and give the engine's names of those in ``batch``."""
        columns = list(zip(batch.schema.names, batch.columns, strict=True))[skip:]
        types = {name: found for name, column in columns if (found := property_type(column.type))}
        old = self.state.columns
        new = old.extended(**{"nodes": {}, "edges": {}, kind: types})
        known, wanted = (getattr(columns, kind) for columns in (old, new))
        table = {"nodes": "Entity", "edges": "REL"}[kind]
        added = [column for name, column in wanted.items() if name not in known]
        self._engine.run([Step(text.add_column(table, c.name, c.engine_type)) for c in added])
        self.state = State(self.state.sequence, self.state.nid, new)
        return [wanted[name].name for name in types]


class Writer:
    """Checks changes against what the open transaction holds, and writes the good rows.

    ``clean`` collects what was written, for the delta log.
    """

    def __init__(self, engine: Engine, state: State) -> None:
        self._engine = engine
        self._replay = Replay(engine, state)
        nodes, edges = (
            {name: column.type for name, column in side.items()}
            for side in (state.columns.nodes, state.columns.edges)
        )
        self._nodes = NodeChecker(nodes, repeats="merge")
        self._edges = EdgeChecker(self._find, edges, repeats="merge")
        self._written = {"nodes": 0, "edges": 0}
        self._deleted = np.zeros(2, np.int64)
        self.clean: list[Change] = []

    @property
    def state(self) -> State:
        """What the engine holds now, without the sequence number of this ``apply``."""
        return self._replay.state

    def write(self, change: Change) -> None:
        """Do one change.

        Raises:
            GraphError: a node to delete has edges and shall not lose them.
        """
        match change:
            case UpsertNodes(batch):
                good = self._nodes.check(batch)
                self._replay.upsert_nodes(good)
                self._written["nodes"] += len(good)
                self.clean.append(UpsertNodes(good))
            case UpsertEdges(batch):
                good = self._edges.check(batch).batch
                self._replay.upsert_edges(good)
                self._written["edges"] += len(good)
                self.clean.append(UpsertEdges(good))
            case DeleteNodes(ids, detach):
                if not detach:
                    self._refuse_connected(ids)
                self._deleted += self._replay.delete_nodes(ids)
                self.clean.append(DeleteNodes(ids))
            case DeleteEdges(keys):
                self._deleted += self._replay.delete_edges(keys)
                self.clean.append(change)

    def report(self) -> WriteReport:
        """What was done so far."""
        rejects: RejectReport = self._nodes.report().merge(self._edges.report())
        return WriteReport(*self._written.values(), *map(int, self._deleted), rejects)

    def _find(self, ids: pa.StringArray) -> NDArray[np.int64]:
        """(n,) a number for each of ``ids`` that exists, -1 for the others."""
        known = StringTable()
        rows = pa.table({"id": ids.unique().drop_null()})
        known.add(
            pc.cast(self._engine.fetch(text.FIND_NODES, rows=rows).column(0).combine_chunks(), pa.string())
        )
        return known.find(ids)

    def _refuse_connected(self, ids: Sequence[str]) -> None:
        for found in self._engine.ask(text.FIND_CONNECTED, [{"id": one} for one in ids]):
            if found:
                raise GraphError(f"{found[0][0]!r} has edges; delete them first, or pass detach=True")


def _merges(statement: str, rows: pa.Table) -> Iterator[Step]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield Step(statement, {}, to_stream(rows.slice(start, ROWS_AT_ONCE)))
