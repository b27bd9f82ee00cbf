"""Graphs in files: readers give batches for ``bulk_load``, writers take a store."""

from .source import Source, read_graph

__all__ = ["Source", "read_graph"]
