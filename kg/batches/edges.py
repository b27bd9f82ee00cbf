"""Checks of edge rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..model import EDGE_COLUMNS, MAX_ID_BYTES
from .merge import merge_rows
from .nodes import Repeats
from .properties import PropertyChecker, check_batch, structural
from .report import RejectReport, Rejects
from .sieve import LAST_CONTROL, MAX_NAME_BYTES, Coded, Sieve, holds_up_to, refuse_control, sizes
from .tables import Codes, PairTable, StringTable

Find = Callable[[pa.StringArray], Codes]
"""Ids → (n,) a number of its own for each that exists, below 2³¹; -1 for null and unknown ones."""


class CheckedEdges(NamedTuple):
    """Good rows, with (n,) the numbers that ``find`` gave to their ends."""

    batch: pa.RecordBatch
    head_nid: Codes
    tail_nid: Codes


class EdgeChecker:
    """Checks a stream of batches of edges.

    Args:
        find: which ids exist; for a load, ``NodeChecker.ids.find`` after all nodes were checked.
        types, repeats: as for :class:`~kgllm.kg.batches.nodes.NodeChecker`; head, relation, tail and key tell
            edges apart.
    """

    def __init__(
        self, find: Find, types: Mapping[str, str] | None = None, *, repeats: Repeats = "refuse"
    ) -> None:
        self._find = find
        self._rejects = Rejects("edge")
        self._properties = PropertyChecker(types or {})
        self._repeats = repeats
        self._seen = EdgeTable()

    @property
    def types(self) -> dict[str, str]:
        """Property name → type name: those given, and those of good rows."""
        return dict(self._properties.types)

    def report(self) -> RejectReport:
        """The bad rows so far."""
        return self._rejects.report()

    def check(self, batch: pa.RecordBatch) -> CheckedEdges:
        """The good rows: ``head``, ``relation``, ``tail``, ``key`` (never null), then properties by name.

        Properties without a value are left out. With ``merge``, a row stands where its edge came first.

        Raises:
            SchemaError: a column is missing, or the batch is malformed as a whole.
        """
        check_batch(batch, EDGE_COLUMNS, ("head", "relation", "tail"))
        sieve = Sieve(len(batch))
        given = {name: structural(batch, name, kind) for name, kind in EDGE_COLUMNS.items()}
        given["key"] = given["key"].fill_null("")
        relations, keys = Coded.of(given["relation"]), Coded.of(given["key"])
        _refuse_relations(sieve, relations)
        _refuse_keys(sieve, keys)
        heads, tails = (self._ends(sieve, side, given[side]) for side in ("head", "tail"))
        columns = self._properties.check(batch, EDGE_COLUMNS, sieve)
        edges = Edges(heads, relations, tails, keys)
        if self._repeats == "refuse":
            self._refuse_repeats(sieve, edges, given)
        rows = sieve.good()
        clean = pa.RecordBatch.from_pydict({**given, **columns})
        if len(rows) < len(batch):
            clean, edges = clean.take(pa.array(rows)), edges.take(rows)
        self._rejects.add(len(batch), sieve.counts, sieve.samples)
        return self._finish(clean, edges)

    def _ends(self, sieve: Sieve, side: str, ids: pa.StringArray) -> Codes:
        found = self._find(ids)

        sieve.refuse(f"dangling-{side}", found < 0, lambda row: str(ids[row]), "the id of a node")
        return found

    def _refuse_repeats(self, sieve: Sieve, edges: Edges, given: Mapping[str, pa.Array]) -> None:
        rows = sieve.good()
        _, fresh = self._seen.add(edges if len(rows) == len(sieve.bad) else edges.take(rows))
        repeated = np.zeros(len(sieve.bad), np.bool_)
        repeated[rows[~fresh]] = True

        def text(row: int) -> str:
            return " ".join(column[row].as_py() for column in given.values()).rstrip()

        sieve.refuse("duplicate-edge", repeated, text, "an edge that no earlier row has")

    def _finish(self, clean: pa.RecordBatch, edges: Edges) -> CheckedEdges:
        names = clean.schema.names[len(EDGE_COLUMNS) :]
        columns = self._properties.settle({name: clean.column(name) for name in names})
        batch = pa.RecordBatch.from_pydict({name: clean.column(name) for name in EDGE_COLUMNS} | columns)
        if self._repeats == "merge":
            codes, fresh = EdgeTable().add(edges)
            batch, edges = merge_rows(batch, codes), edges.take(np.flatnonzero(fresh))
        return CheckedEdges(batch, edges.heads, edges.tails)


class Edges(NamedTuple):
    """What tells edges apart, column by column."""

    heads: Codes
    relations: Coded
    tails: Codes
    keys: Coded

    def take(self, rows: NDArray[np.int64]) -> Edges:
        """Some of the rows."""
        return Edges(self.heads[rows], self.relations.take(rows), self.tails[rows], self.keys.take(rows))

    @classmethod
    def of(cls, batch: pa.RecordBatch, find: Find) -> Edges:
        """Those of a checked batch, its ends numbered by ``find``."""
        head, relation, tail, key = (batch.column(name) for name in EDGE_COLUMNS)
        return cls(find(head), Coded.of(relation), find(tail), Coded.of(key))


class EdgeTable:
    """Numbers distinct edges in order of arrival."""

    def __init__(self) -> None:
        self._pairs, self._relations, self._keys = PairTable(), StringTable(), StringTable()

    def __len__(self) -> int:
        return self._pairs.size

    def add(self, edges: Edges) -> tuple[Codes, NDArray[np.bool_]]:
        """Add edges; returns as :meth:`~kgllm.kg.batches.tables.PairTable.add` does."""
        relations = self._relations.add(edges.relations.values)[0][edges.relations.codes]
        keys = self._keys.add(edges.keys.values)[0][edges.keys.codes]
        return self._pairs.add(_joined(edges.heads, edges.tails), _joined(relations, keys))

    def find(self, edges: Edges) -> Codes:
        """(n,) numbers of the edges, -1 for unknown ones, among them those with a head or tail of -1."""
        relations = self._relations.find(edges.relations.values)[edges.relations.codes]
        keys = self._keys.find(edges.keys.values)[edges.keys.codes]
        return self._pairs.find(_joined(edges.heads, edges.tails), _joined(relations, keys))


def _joined(high: Codes, low: Codes) -> NDArray[np.uint64]:
    return (high << 32 | low).astype(np.uint64)


def _refuse_relations(sieve: Sieve, relations: Coded) -> None:
    length = sizes(relations.values)
    sieve.refuse("null-relation", relations.codes < 0, relations.text, "a relation")
    sieve.refuse("empty-relation", relations.rows(length == 0), relations.text, "at least one character")
    long = relations.rows(length > MAX_NAME_BYTES)
    sieve.refuse("bad-name", long, relations.text, f"a relation of at most {MAX_NAME_BYTES} bytes")
    control = relations.rows(holds_up_to(relations.values, LAST_CONTROL))
    refuse_control(sieve, control, relations.text)


def _refuse_keys(sieve: Sieve, keys: Coded) -> None:
    long = keys.rows(sizes(keys.values) > MAX_ID_BYTES)
    sieve.refuse("long-key", long, keys.text, f"at most {MAX_ID_BYTES} bytes")
    refuse_control(sieve, keys.rows(holds_up_to(keys.values, LAST_CONTROL)), keys.text)
