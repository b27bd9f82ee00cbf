"""Graphs in files: readers give batches for ``bulk_load``, writers take a store."""

from .read import is_graph, read_graph
from .source import Source

__all__ = ["Source", "is_graph", "read_graph"]
