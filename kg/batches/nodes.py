"""Checks of node rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pyarrow as pa

from ..model import MAX_ID_BYTES, NODE_COLUMNS
from .labels import normal_labels, refuse_labels
from .merge import merge_rows
from .properties import PropertyChecker, check_batch, structural
from .report import RejectReport, Rejects
from .sieve import Sieve, refuse_ids
from .tables import StringTable

Repeats = Literal["refuse", "merge"]


class NodeChecker:
    """Checks a stream of batches of nodes.

    A column of another integer, float, text or list type is cast to the one of
    :data:`~kgllm.kg.model.PROPERTY_TYPES`, where nothing can be lost. A column that cannot be kept costs the
    rows that have a value in it.

    Args:
        types: property name → type name, as far as the store has any.
        repeats: ``refuse`` is for loads: a row whose id an earlier good row of the stream has is bad.
            ``merge`` is for upserts: rows of a batch with one id become one row, the later values winning,
            and other batches may repeat it.

    Attributes:
        ids: with ``refuse``, the ids of the good rows, numbered in order: the nid of a fresh generation.
    """

    def __init__(self, types: Mapping[str, str] | None = None, *, repeats: Repeats = "refuse") -> None:
        self.ids = StringTable()
        self._rejects = Rejects("node")
        self._properties = PropertyChecker(types or {})
        self._repeats = repeats

    @property
    def types(self) -> dict[str, str]:
        """Property name → type name: those given, and those of good rows."""
        return dict(self._properties.types)

    def report(self) -> RejectReport:
        """The bad rows so far."""
        return self._rejects.report()

    def check(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The good rows: ``id``, ``labels`` (never null, sorted, no repetition), then properties by name.

        Properties without a value are left out. With ``merge``, a row stands where its id came first.

        Raises:
            SchemaError: there is no column ``id``, or the batch is malformed as a whole.
        """
        check_batch(batch, NODE_COLUMNS, ("id",))
        sieve = Sieve(len(batch))
        ids = structural(batch, "id", NODE_COLUMNS["id"])
        labels = structural(batch, "labels", NODE_COLUMNS["labels"])
        refuse_ids(sieve, ids, MAX_ID_BYTES)
        refuse_labels(sieve, labels)
        columns = self._properties.check(batch, NODE_COLUMNS, sieve)
        if self._repeats == "refuse":
            self._refuse_repeats(sieve, ids)
        rows = sieve.good()
        everything = pa.RecordBatch.from_pydict({"id": ids, "labels": labels, **columns})
        clean = everything if len(rows) == len(batch) else everything.take(pa.array(rows))
        self._rejects.add(len(batch), sieve.counts, sieve.samples)
        return self._finish(clean)

    def _refuse_repeats(self, sieve: Sieve, ids: pa.StringArray) -> None:
        rows = sieve.good()
        _, fresh = self.ids.add(ids if len(rows) == len(ids) else ids.take(pa.array(rows)))
        repeated = np.zeros(len(ids), np.bool_)
        repeated[rows[~fresh]] = True
        sieve.refuse("duplicate-id", repeated, lambda row: ids[row].as_py(), "an id that no earlier row has")

    def _finish(self, clean: pa.RecordBatch) -> pa.RecordBatch:
        names = clean.schema.names[len(NODE_COLUMNS) :]
        columns = self._properties.settle({name: clean.column(name) for name in names})
        labels = normal_labels(clean.column("labels"), np.arange(len(clean)), len(clean))
        batch = pa.RecordBatch.from_pydict({"id": clean.column("id"), "labels": labels, **columns})
        if self._repeats == "merge":
            codes, _ = StringTable().add(batch.column("id"))
            return merge_rows(batch, codes)
        return batch
