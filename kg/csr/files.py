"""A :class:`~kgllm.kg.csr.CSRGraph` as one memory-mapped file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..arrayfile import join_strings, open_arrays, save_arrays, split_strings, verify_arrays
from .adjacency import Adjacency
from .names import Names

if TYPE_CHECKING:
    from .graph import CSRGraph

__all__ = ["load", "save", "verify"]

KIND = "a CSR graph"
SIDES = ("outgoing", "incoming")
PARTS = ("indptr", "neighbor", "relation")
STRINGS = ("ids", "relations", "keys")

verify = verify_arrays


def save(graph: CSRGraph, path: Path | str, stamp: str) -> None:
    """See :meth:`CSRGraph.save`."""
    arrays: dict[str, np.ndarray[Any, Any]] = {"order": graph.ids.order, "keyed": graph.keyed}
    relations = pa.array(graph.relations, pa.large_string())
    for name, strings in zip(STRINGS, (graph.ids.strings, relations, graph.keys), strict=True):
        arrays[f"{name}.offsets"], arrays[f"{name}.text"] = split_strings(strings)
    for name in SIDES:
        arrays |= {f"{name}.{part}": getattr(getattr(graph, name), part) for part in PARTS}
    save_arrays(path, KIND, arrays, stamp)


def load(graph: type[CSRGraph], path: Path | str, stamp: str | None) -> CSRGraph:
    """See :meth:`CSRGraph.open`."""
    arrays = open_arrays(path, KIND, stamp)
    ids, relations, keys = (
        join_strings(arrays[f"{name}.offsets"], arrays[f"{name}.text"]) for name in STRINGS
    )
    outgoing, incoming = (Adjacency(*(arrays[f"{name}.{part}"] for part in PARTS)) for name in SIDES)
    names = Names(ids, arrays["order"])
    return graph(names, tuple(relations.to_pylist()), outgoing, incoming, arrays["keyed"], keys)
