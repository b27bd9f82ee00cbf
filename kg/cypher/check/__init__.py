"""Does a parsed query mean anything on this graph? Scopes, kinds, types, aggregations and known names."""

from .query import check, columns

__all__ = ["check", "columns"]
