"""OWL axioms of a synthetic release, in functional syntax, from its relationships."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..rows import FileKind
from .refsets import members
from .relationships import Relationships
from .states import states
from .table import Column, Table
from .terminology import defined
from .words import join
from .world import Ints, World


def axioms(world: World, rows: Relationships) -> Table:
    """One axiom for each concept but the root: what the current relationships say of it."""
    ids = join(":", pa.array(world.ids).cast(pa.string()), separator="")
    parents = _gathered(world.child, ids.take(pa.array(world.parent)), len(world.ids))
    groups = _groups(world, rows, ids)
    simple = pc.and_(pa.array(np.bincount(world.child, minlength=len(world.ids)) < 2), pc.equal(groups, ""))
    both = join("ObjectIntersectionOf(", parents, groups, ")", separator="")
    word = pc.if_else(pa.array(defined(world)), "EquivalentClasses(", "SubClassOf(")
    text = join(word, ids, " ", pc.if_else(simple, parents, both), ")", separator="")
    concept = np.delete(np.arange(len(world.ids)), world.special["root"])
    columns: dict[str, Column] = {
        "refsetId": str(world.id("owl-axiom")),
        "referencedComponentId": world.ids[concept],
        "owlExpression": text.take(pa.array(concept)),
    }
    codes = states(world.exists[concept], world.active[concept])
    return members(world, FileKind.OWL_EXPRESSION, codes, columns, 30)


def _groups(world: World, rows: Relationships, ids: pa.Array) -> pa.Array:
    """(n,) for each concept its role groups, each with a blank before; ungrouped attributes stand alone."""
    attributes = slice(len(world.child), rows.current)
    source, group = rows.source[attributes], rows.group[attributes]
    type_, target = (ids.take(pa.array(column[attributes])) for column in (rows.type, rows.target))
    some = join("ObjectSomeValuesFrom(", type_, " ", target, ")", separator="")
    first = (np.diff(source, prepend=-1) != 0) | (np.diff(group, prepend=-1) != 0) | (group == 0)
    number = np.cumsum(first) - 1
    inside = _gathered(number, some, first.sum())
    several = join("ObjectIntersectionOf(", inside, ")", separator="")
    inside = pc.if_else(pa.array(np.bincount(number) > 1), several, inside)
    role = f" ObjectSomeValuesFrom(:{world.id('role-group')} "
    return _gathered(source[first], join(role, inside, ")", separator=""), len(world.ids), "")


def _gathered(owner: Ints, texts: pa.Array, owners: int, separator: str = " ") -> pa.Array:
    """(owners,) the texts of each owner in one; ``owner`` is ascending."""
    offsets = np.searchsorted(owner, np.arange(owners + 1)).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), texts), separator)
