"""Checked changes on their way into the engine, inside a transaction that somebody else begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ....errors import GraphError
from ...batches import StringTable, property_type
from ...changes import Change, DeleteEdges, DeleteNodes, UpsertEdges, UpsertNodes
from ...cypher.emit import ladybug_writes as text
from ...model import EDGE_COLUMNS, NODE_COLUMNS, EdgeKey
from .engine import Engine, State
from .frames import Step, to_stream

__all__ = ["Writer", "existing"]

Counts = tuple[int, int, int, int]
"""Nodes and edges written, nodes and edges deleted."""

ROWS_AT_ONCE = 50_000
"""Rows of one statement."""


class Writer:
    """Writes changes one after the other; ``state`` follows, but for the sequence number."""

    def __init__(self, engine: Engine, state: State) -> None:
        self._engine = engine
        self.state = state

    def write(self, change: Change) -> Counts:
        """Do one change.

        Raises:
            GraphError: a node to delete has edges and shall not lose them.
        """
        match change:
            case UpsertNodes(batch):
                self._upsert_nodes(batch)
                return len(batch), 0, 0, 0
            case UpsertEdges(batch):
                self._upsert_edges(batch)
                return 0, len(batch), 0, 0
            case DeleteNodes(ids, detach):
                if not detach:
                    self._refuse_connected(ids)
                rows = pa.table({"id": pa.array(ids, pa.string())})
                return self._delete(_in_parts(text.DELETE_NODES, rows))
            case DeleteEdges(keys):
                return self._delete([Step(text.DELETE_EDGE, _named(key)) for key in keys])

    def _upsert_nodes(self, batch: pa.RecordBatch) -> None:
        """Add or merge nodes; new ones get the next nids."""
        names = self._extend("nodes", batch, len(NODE_COLUMNS))
        rows = pa.table(batch.columns, names=[*NODE_COLUMNS, *names])
        is_old = pa.array(existing(self._engine, batch.column("id")))
        new, old = rows.filter(pc.invert(is_old)), rows.filter(is_old)
        nids = pa.array(np.arange(self.state.nid, self.state.nid + len(new)))
        new = new.add_column(1, "nid", nids)
        creates, updates = text.create_nodes(names), text.update_nodes(names)
        self._engine.run([*_in_parts(creates, new), *_in_parts(updates, old)])
        self.state = replace(self.state, nid=self.state.nid + len(new))

    def _upsert_edges(self, batch: pa.RecordBatch) -> None:
        """Add or merge edges whose ends exist."""
        names = self._extend("edges", batch, len(EDGE_COLUMNS))
        rows = pa.table(batch.columns, names=[*EDGE_COLUMNS, *names])
        self._engine.run(_in_parts(text.merge_edges(names), rows))

    def _refuse_connected(self, ids: Sequence[str]) -> None:
        for found in self._engine.ask(text.FIND_CONNECTED, [{"id": one} for one in ids]):
            if found:
                raise GraphError(f"{found[0][0]!r} has edges; delete them first, or pass detach=True")

    def _delete(self, steps: list[Step]) -> Counts:
        """Do ``steps`` and count what is gone afterwards."""
        count = [Step(text.COUNT_NODES), Step(text.COUNT_EDGES)]
        results = self._engine.run([*count, *steps, *count])
        (nodes, edges), (nodes_left, edges_left) = (
            [rows[0][0] for rows in some] for some in (results[:2], results[-2:])
        )
        return 0, 0, nodes - nodes_left, edges - edges_left

    def _extend(self, kind: Literal["nodes", "edges"], batch: pa.RecordBatch, skip: int) -> list[str]:
        """Make columns for new properties, and give the engine's names of those in ``batch``."""
        columns = list(zip(batch.schema.names, batch.columns, strict=True))[skip:]
        types = {name: found for name, column in columns if (found := property_type(column.type))}
        old = self.state.columns
        new = old.extended(*((types, {}) if kind == "nodes" else ({}, types)))
        known, wanted = (getattr(columns, kind) for columns in (old, new))
        table = {"nodes": "Entity", "edges": "REL"}[kind]
        added = [column for name, column in wanted.items() if name not in known]
        self._engine.run([Step(text.add_column(table, c.name, c.engine_type)) for c in added])
        self.state = replace(self.state, columns=new)
        return [wanted[name].name for name in types]


def existing(engine: Engine, ids: pa.StringArray) -> NDArray[np.bool_]:
    """(n,) whether there is a node with each of ``ids``."""
    known = StringTable()
    for start in range(0, len(ids), ROWS_AT_ONCE):
        rows = pa.table({"id": ids.slice(start, ROWS_AT_ONCE)})
        for chunk in engine.fetch(text.FIND_NODES, rows=rows).column(0).cast(pa.string()).chunks:
            known.add(chunk)
    found: NDArray[np.bool_] = known.find(ids) >= 0
    return found


def _named(key: EdgeKey) -> dict[str, str]:
    return dict(zip(EDGE_COLUMNS, key, strict=True))


def _in_parts(statement: str, rows: pa.Table) -> list[Step]:
    """``statement`` for all ``rows``, some at a time."""
    starts = range(0, len(rows), ROWS_AT_ONCE)
    return [Step(statement, {}, to_stream(rows.slice(start, ROWS_AT_ONCE))) for start in starts]
