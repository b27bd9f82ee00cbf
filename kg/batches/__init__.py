"""Rows of nodes and edges on their way into a store: checked, counted, merged."""

from .changes import CheckedChanges, check_changes
from .edges import CheckedEdges, EdgeChecker
from .merge import merge_rows
from .nodes import NodeChecker
from .properties import RESERVED, property_type
from .report import REASONS, Rejected, RejectReport
from .tables import StringTable

__all__ = [
    "REASONS",
    "RESERVED",
    "CheckedChanges",
    "CheckedEdges",
    "EdgeChecker",
    "NodeChecker",
    "RejectReport",
    "Rejected",
    "StringTable",
    "check_changes",
    "merge_rows",
    "property_type",
]
