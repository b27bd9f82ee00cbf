"""Building a :class:`~kgllm.kg.csr.CSRGraph` from arrays or from the scans of a store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...errors import GraphError
from .adjacency import Adjacency, AnyInts, Ints, sort_rows
from .names import Names

if TYPE_CHECKING:
    from .graph import CSRGraph

__all__ = ["Scanned", "from_arrays", "from_store"]

NO_KEY = pa.array([""], pa.string()).dictionary_encode()
HASHED_AT_ONCE = 1 << 21
"""Edges whose ends are looked up together: each look-up hashes all ids anew."""


class Scanned(Protocol):
    """What gives all its nodes and edges: every :class:`~kgllm.kg.store.GraphStore`."""

    def scan_nodes(self) -> Iterator[pa.RecordBatch]: ...
    def scan_edges(self) -> Iterator[pa.RecordBatch]: ...


def from_arrays(
    graph: type[CSRGraph],
    ids: Sequence[str] | pa.Array,
    relations: Sequence[str],
    columns: AnyInts | Sequence[AnyInts],
    keys: Sequence[pa.DictionaryArray],
) -> CSRGraph:
    """See :meth:`CSRGraph.from_arrays`; ``columns`` are head, relation and tail, ``keys`` come in chunks."""
    names = Names(ids if isinstance(ids, pa.Array) else pa.array(ids, pa.large_string()))
    head, relation, tail = columns
    sizes = len(names), len(relations)
    for column, size in ((head, sizes[0]), (relation, sizes[1]), (tail, sizes[0])):
        if len(column) and not (column.min() >= 0 and column.max() < size):
            raise GraphError(f"numbers from {column.min()} to {column.max()}, expected 0 to {size - 1}")
    rank, distinct_keys = _ranked([NO_KEY, *keys])  # the empty key has rank 0
    rank = rank[1:] if keys else np.zeros(len(head), np.int64)
    limits = (sizes[0], sizes[1], sizes[0], len(distinct_keys))
    by_head = sort_rows((head, relation, tail, rank), limits)
    _refuse_repeated(by_head, names, relations)
    keyed = np.flatnonzero(by_head[3])
    by_tail = sort_rows((tail, relation, head), limits[:3])
    return graph(
        names,
        tuple(relations),
        Adjacency.from_sorted(by_head[:3], sizes),
        Adjacency.from_sorted(by_tail, sizes),
        keyed,
        distinct_keys.take(pa.array(by_head[3][keyed])),
    )


def from_store(graph: type[CSRGraph], store: Scanned) -> CSRGraph:
    """See :meth:`CSRGraph.from_store`."""
    ids = _joined([batch.column("id") for batch in store.scan_nodes()])
    heads, tails, relations, keys = [], [], [], []
    for table in _edge_tables(store):
        heads.append(_numbers(table["head"], ids))
        tails.append(_numbers(table["tail"], ids))
        relations.append(table["relation"].combine_chunks().dictionary_encode())
        keys.append(table["key"].combine_chunks().dictionary_encode())
    relation, names = _ranked(relations)
    head, tail = (np.concatenate([np.zeros(0, np.int32), *parts]) for parts in (heads, tails))
    return from_arrays(graph, ids, names.to_pylist(), (head, relation, tail), keys)


def _edge_tables(store: Scanned) -> Iterator[pa.Table]:
    """The identities of all edges, about :data:`HASHED_AT_ONCE` at a time."""
    waiting: list[pa.RecordBatch] = []
    for batch in store.scan_edges():
        waiting.append(batch.select(["head", "relation", "tail", "key"]))
        if sum(len(one) for one in waiting) >= HASHED_AT_ONCE:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _joined(chunks: Sequence[pa.Array]) -> pa.Array:
    return pa.chunked_array(chunks, pa.string()).cast(pa.large_string()).combine_chunks()


def _numbers(strings: pa.ChunkedArray, ids: pa.Array) -> NDArray[np.int32]:
    """The nids of ``strings``."""
    found = pc.index_in(strings.cast(pa.large_string()), value_set=ids)
    if found.null_count:
        missing = strings.filter(pc.is_null(found))[0].as_py()
        raise GraphError(f"an edge ends at {missing!r}, which is not among the entities of the scan")
    return np.asarray(found, np.int32)


def _ranked(chunks: Sequence[pa.DictionaryArray]) -> tuple[Ints, pa.Array]:
    """The rank of each string among the distinct ones, and these in rising order."""
    if not chunks:
        return np.zeros(0, np.int64), pa.array([], pa.large_string())
    coded = pa.chunked_array(chunks).unify_dictionaries()
    distinct = coded.chunk(0).dictionary.cast(pa.large_string())
    order = np.asarray(pc.sort_indices(distinct)).astype(np.int64)
    codes = np.concatenate([np.asarray(chunk.indices) for chunk in coded.chunks])
    return np.argsort(order)[codes], distinct.take(pa.array(order))


def _refuse_repeated(columns: Sequence[Ints], names: Names, relations: Sequence[str]) -> None:
    same = np.ones(max(len(columns[0]) - 1, 0), np.bool_)
    for column in columns:
        same &= column[1:] == column[:-1]
    if same.any():
        head, relation, tail, _ = (column[np.argmax(same)] for column in columns)
        raise GraphError(
            f"the edge ({names[head]!r}, {relations[relation]!r}, {names[tail]!r}) stands there twice; "
            "drop one, or give them keys"
        )
