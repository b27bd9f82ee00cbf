"""The reference interpreter of the read subset: what a query means, on any graph that can be walked.

It follows Neo4j 5. Queries are compiled to Python functions and run as generators, so LIMIT stops early.
"""

from .run import Table, interpret
from .view import GraphView

__all__ = ["GraphView", "Table", "interpret"]
