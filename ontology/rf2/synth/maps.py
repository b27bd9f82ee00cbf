"""Maps of a synthetic release to an invented classification."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..rows import FileKind
from .refsets import members
from .states import states
from .table import Column, Table
from .words import join
from .world import Ints, World

SHAPES = (
    ((1, 1, "always"),),
    ((1, 1, "if"), (1, 2, "otherwise")),
    ((1, 1, "always"), (2, 1, "always")),
    ((1, 1, "if"), (1, 2, "if"), (1, 3, "otherwise"), (2, 1, "always")),
    ((1, 1, "nothing"),),
)
"""Group, priority and sort of the rows of a concept; concepts take turns."""

SORTS = ("always", "if", "otherwise", "nothing")
ADVICE = ("ALWAYS", "IF THE RULE HOLDS CHOOSE", "OTHERWISE CHOOSE", "NOT CLASSIFIABLE BUT NEAR")


def simple_map(world: World) -> Table:
    """A code for one concept of ten."""
    concept = world.content[1::10]
    columns: dict[str, Column] = {
        "refsetId": str(world.id("simple-map")),
        "referencedComponentId": world.ids[concept],
        "mapTarget": _codes(concept),
    }
    codes = states(world.exists[concept], world.active[concept])
    return members(world, FileKind.SIMPLE_MAP, codes, columns, 20)


def extended_map(world: World, terms: pa.Array) -> Table:
    """Groups of rules in order of priority for one concept of twenty.

    Args:
        world: the concepts.
        terms: (n,) fully specified names, which rules quote.
    """
    concept = world.content[4::20]
    shape = np.arange(len(concept)) % len(SHAPES)
    sizes = np.array([len(rows) for rows in SHAPES])[shape]
    source = np.repeat(concept, sizes)
    rows = [row for number in shape.tolist() for row in SHAPES[number]]
    group, priority, sort = np.array([(group, place, SORTS.index(sort)) for group, place, sort in rows]).T
    category = world.ids_of("classified", "context-dependent", "classified", "unclassifiable")
    target = _codes(11 * source + 4 * group + priority)
    columns: dict[str, Column] = {
        "refsetId": str(world.id("icd-10")),
        "referencedComponentId": world.ids[source],
        "mapGroup": group,
        "mapPriority": priority,
        "mapRule": _rules(world, sort, source, terms),
        "mapAdvice": join(pa.array(ADVICE).take(pa.array(sort)), target, separator=" "),
        "mapTarget": pc.if_else(pa.array(sort != SORTS.index("nothing")), target, ""),
        "correlationId": str(world.id("correlation")),
        "mapCategoryId": category[sort],
    }
    codes = states(world.exists[source], world.active[source])
    return members(world, FileKind.EXTENDED_MAP, codes, columns, 21)


def _rules(world: World, sort: Ints, source: Ints, terms: pa.Array) -> pa.Array:
    """The rules of rows: the conditional ones name a concept."""
    named = world.firm[source * 31 % len(world.firm)]
    id = pa.array(world.ids[named]).cast(pa.string())
    condition = join("IFA ", id, " | ", terms.take(pa.array(named)), " |", separator="")
    fixed = pa.array(["TRUE", "", "OTHERWISE TRUE", "TRUE"]).take(pa.array(sort))
    return pc.if_else(pa.array(sort == SORTS.index("if")), condition, fixed)


def _codes(numbers: Ints) -> pa.Array:
    """Codes of the invented classification, like ``Q417.03``."""
    digits = pc.utf8_lpad(pa.array(numbers % 100_000).cast(pa.string()), 5, "0")
    whole, part = pc.utf8_slice_codeunits(digits, 0, 3), pc.utf8_slice_codeunits(digits, 3)
    return join("Q", whole, ".", part, separator="")
