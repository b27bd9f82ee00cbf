"""Part of an ontology, as an ontology of its own."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .hierarchy.graph import Hierarchy
from .ids import Ids, IntIds, Positions, TextIds
from .strings import Strings
from .tables import Bools, Concepts, Tables, Terms

Part = TypeVar("Part")

REFERENCES = frozenset({"concept", "child", "parent", "source", "target", "type", "refset", "member"})
"""Columns that hold positions; the target of a map is a string."""

PARTS = ("isa", "relations", "values", "history", "aliases", "xrefs", "maps", "members", "axioms")


def subset(tables: Tables, positions: NDArray[np.integer[Any]], ancestors: bool = False) -> Tables:
    """The concepts at ``positions`` and all that is said of them, numbered anew.

    Relation types and refsets that they use are kept with them. A row that refers to a concept which is not
    kept is left out, an is-a link too: no link takes the place of a path through concepts left out.

    Args:
        tables: the whole.
        positions: of the concepts to keep, in any order.
        ancestors: keep all ancestors too, so that each concept stays connected to its roots.
    """
    kept = _needed(tables, np.asarray(positions, np.int32), ancestors)
    fresh = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    parts = {name: _part(getattr(tables, name), kept, fresh) for name in PARTS}
    return replace(
        tables,
        ids=_ids(tables.ids, np.flatnonzero(kept)),
        concepts=_concepts(tables.concepts, kept, fresh),
        terms=_terms(tables.terms, kept, fresh),
        **parts,
    )


def _needed(tables: Tables, chosen: Positions, ancestors: bool) -> Bools:
    """(n,) bool: the concepts ``chosen``, and what they need until nothing is missing."""
    hierarchy = Hierarchy(tables.isa, len(tables.ids))
    relations, values, members = tables.relations, tables.values, tables.members
    kept = np.zeros(len(hierarchy), np.bool_)
    while len(chosen):
        kept[chosen] = True
        needed = np.zeros(len(hierarchy), np.bool_)
        needed[relations.type[kept[relations.source] & kept[relations.target]]] = True
        needed[values.type[kept[values.source]]] = True
        needed[members.refset[kept[members.member]]] = True
        if ancestors:
            needed[hierarchy.above(chosen)] = True
        chosen = np.flatnonzero(needed & ~kept).astype(np.int32)
    return kept


def _part(part: Part, kept: Bools, fresh: Positions) -> Part:
    """The rows of ``part`` that refer to nothing but kept concepts."""
    columns = {field.name: getattr(part, field.name) for field in fields(part)}  # type: ignore[arg-type]
    references = [name for name in columns if name in REFERENCES and isinstance(columns[name], np.ndarray)]
    rows = np.logical_and.reduce([kept[columns[name]] for name in references])
    columns = {name: _rows(column, rows) for name, column in columns.items()}
    return type(part)(**columns | {name: fresh[columns[name]] for name in references})


def _terms(terms: Terms, kept: Bools, fresh: Positions) -> Terms:
    """Terms have a column that is longer than the others: one preference for each dialect."""
    rows = kept[terms.concept]
    dialects = len(terms.preference) // max(len(rows), 1)
    flat = replace(terms, preference=terms.preference[:0])
    return replace(_part(flat, kept, fresh), preference=terms.preference[np.tile(rows, dialects)])


def _concepts(concepts: Concepts, kept: Bools, fresh: Positions) -> Concepts:
    columns = {field.name: getattr(concepts, field.name)[kept] for field in fields(concepts)}
    module = columns["module"]
    columns["module"] = np.where(module < 0, -1, fresh[module]).astype(np.int32)
    return Concepts(**columns)


def _rows(column: Any, rows: Bools) -> Any:
    """Some rows of one column; a column that its format does not have stays empty."""
    if not len(column):
        return column
    return column.take(np.flatnonzero(rows)) if isinstance(column, Strings) else column[rows]


def _ids(ids: Ids, kept: NDArray[np.intp]) -> Ids:
    return IntIds(ids.values[kept]) if isinstance(ids, IntIds) else TextIds(Strings.of(ids.texts(kept)))
