"""A checked query as text for ladybug 0.22, where that text means exactly what the query means in Neo4j.

The engine's model: one table of nodes, ``Entity(id, nid, labels, …)``, and one of edges, ``REL(rel, edge_key,
…)``, with a column for each property (:class:`~.columns.Columns`); ``labels`` is never null.

Everything else is :class:`NotEmittable`, and the store asks the interpreter. So it does when the engine fails
while it runs the text, which is then either the failure that Neo4j has, too, or a deliberate one
(:mod:`kgllm.kg.cypher.emit.ladybug.typed`): values that the engine would get wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...gate import ReadQuery
from ..statement import Statement
from .clauses import Clauses
from .columns import Columns
from .context import Context
from .typed import NotEmittable

_PARAMETER = re.compile(r"\$(a\d+)")

__all__ = ["LadybugStatement", "NotEmittable", "to_ladybug"]


@dataclass(frozen=True, slots=True)
class LadybugStatement(Statement):
    """A statement and the types of its columns, which say how a row is read.

    A column of type ``edge`` takes three cells of the engine's row: the relationship, the id of its head, the
    id of its tail. One of type ``edges`` or ``[edge]`` is a path, of which the edges are meant.
    """

    types: tuple[str, ...] = ()


def to_ladybug(read: ReadQuery, columns: Columns) -> LadybugStatement:
    """The statement that asks ladybug for ``read``.

    Raises:
        NotEmittable: ladybug would give another answer, or none.
    """
    if len(read.query.parts) > 1:
        raise NotEmittable("UNION, of which the engine loses a part when another can match nothing")
    context = Context(columns, read.parameters)
    clauses = Clauses(context)
    text = clauses.write(read.query.parts[0].clauses)
    used = {*_PARAMETER.findall(text)}  # the rest stands in the text as numbers
    parameters = {name: value for name, value in context.parameters.items() if name in used}
    return LadybugStatement(text, parameters, tuple(clauses.types))
