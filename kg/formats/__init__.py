"""Graphs in files: readers give batches for ``bulk_load``, writers take a store."""

from .source import Source, is_graph, read_graph

__all__ = ["Source", "is_graph", "read_graph"]
