"""Reference sets of a synthetic release, but for maps and OWL axioms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..rows import FileKind
from .metadata import ASSOCIATIONS, REASONS
from .states import Bools, States, since, states
from .table import Column, Table, Variant, uuids
from .terminology import BASE, FURTHER, SPELLING, Descriptions
from .world import World


def members(world: World, kind: FileKind, codes: States, columns: Mapping[str, Column], number: int) -> Table:
    """A refset's table: its rows in random order, each with a UUID.

    Args:
        world: the concepts.
        kind: which file.
        codes: (n, dates) states.
        columns: from refsetId on, (n,) each.
        number: of the table, for chance.
    """
    rng = world.random(number)
    order = rng.permutation(len(codes))
    shuffled = {name: _reorder(column, order) for name, column in columns.items()}
    return Table(kind, uuids(len(codes), rng), codes[order], shuffled)


def _reorder(column: Column, order: NDArray[np.int64]) -> Column:
    if isinstance(column, np.ndarray):
        return column[order]
    return column if isinstance(column, str | Variant) else column.take(order)


def language(world: World, rows: Descriptions) -> Table:
    """What two dialects say of each description.

    The first says nothing of some spellings and synonyms. It has members that call a synonym preferred and
    are inactive; and at the last date it changes the preferred terms of one concept of a hundred.
    """
    number, further, base = np.arange(len(rows.ids)), rows.part == FURTHER, rows.part == BASE
    us = ~((rows.part == SPELLING) & (number % 2 == 0)) & ~(further & (number % 11 == 0))
    withdrawn = us & further & (number % 50 == 7)
    respelt = np.isin(rows.concept, rows.concept[rows.part == SPELLING])
    preferred_us, preferred_gb = ~further & (rows.part != SPELLING), ~further & ~(base & respelt)
    description = np.concatenate([number[us], number])
    is_us = np.arange(len(description)) < np.count_nonzero(us)
    preferred = np.concatenate([preferred_us[us], preferred_gb])
    variant = np.repeat(preferred[:, None], rows.exists.shape[1], axis=1)
    variant[is_us & withdrawn[description]] = True
    changing = is_us & _swapped(rows, us & ~withdrawn)[description]
    variant[changing, -1] = ~variant[changing, -1]
    active = rows.active[description] & ~(is_us & withdrawn[description])[:, None]
    columns: dict[str, Column] = {
        "refsetId": np.where(is_us, world.id("us"), world.id("gb")),
        "referencedComponentId": rows.ids[description],
        "acceptabilityId": Variant((str(world.id("acceptable")), str(world.id("preferred")))),
    }
    codes = states(rows.exists[description], active, variant)
    return members(world, FileKind.LANGUAGE, codes, columns, 10)


def _swapped(rows: Descriptions, usable: Bools) -> Bools:
    """(t,) the base synonyms, and one lasting synonym of each of their concepts, that change places."""
    lasting = np.flatnonzero(usable & (rows.part == FURTHER) & rows.active.all(1))
    _, first = np.unique(rows.concept[lasting], return_index=True)
    chosen = lasting[first][5::100]
    changing: Bools = (rows.part == BASE) & np.isin(rows.concept, rows.concept[chosen])
    changing[chosen] = True
    return changing


def associations(world: World) -> Table:
    """Where inactive concepts went: four of five say so, those that are only possibly equivalent twice."""
    first = world.first_gone()
    dates = world.exists.shape[1]
    gone = np.flatnonzero((first < dates) & (np.arange(len(first)) % 5 != 4))
    kind = np.arange(len(gone)) % len(ASSOCIATIONS)
    repeats = np.where(kind == ASSOCIATIONS.index("possibly-equivalent-to"), 2, 1)
    source, kind = np.repeat(gone, repeats), np.repeat(kind, repeats)
    target = world.firm[(np.arange(len(source)) * 7919 + 1) % len(world.firm)]
    types = world.ids_of(*ASSOCIATIONS)
    columns: dict[str, Column] = {
        "refsetId": types[kind],
        "referencedComponentId": world.ids[source],
        "targetComponentId": world.ids[target],
    }
    codes = states(since(first[source], dates), ~world.active[source])
    return members(world, FileKind.ASSOCIATION, codes, columns, 11)


def attribute_values(world: World, rows: Descriptions) -> Table:
    """Why concepts and descriptions are inactive."""
    first, dates = world.first_gone(), world.exists.shape[1]
    gone = np.flatnonzero(first < dates)
    ended = np.flatnonzero((rows.exists & ~rows.active).any(1))
    ended_first = (rows.exists & ~rows.active)[ended].argmax(1)
    reasons = world.ids_of(*REASONS)
    refsets = [world.id(f"{name}-inactivation") for name in ("concept", "description")]
    columns: dict[str, Column] = {
        "refsetId": np.repeat(refsets, [len(gone), len(ended)]),
        "referencedComponentId": np.concatenate([world.ids[gone], rows.ids[ended]]),
        "valueId": reasons[np.arange(len(gone) + len(ended)) % len(reasons)],
    }
    exists = since(np.concatenate([first[gone], ended_first]), dates)
    active = ~np.concatenate([world.active[gone], rows.active[ended]])
    return members(world, FileKind.ATTRIBUTE_VALUE, states(exists, active), columns, 12)


def simple(world: World) -> Table:
    """Two sets of concepts; one of ten concepts left again."""
    concept = np.concatenate([world.content[2::20], world.content[7::50]])
    refset = np.repeat(
        [world.id(name) for name in ("simple-1", "simple-2")],
        [len(world.content[2::20]), len(world.content[7::50])],
    )
    dates = world.exists.shape[1]
    left = np.where(np.arange(len(concept)) % 10 == 3, dates - 1, dates)
    codes = states(world.exists[concept], world.active[concept] & ~since(left, dates))
    columns: dict[str, Column] = {"refsetId": refset, "referencedComponentId": world.ids[concept]}
    return members(world, FileKind.SIMPLE, codes, columns, 13)


def module_dependency(world: World) -> Table:
    """The content module depends on the metadata module of the same date."""
    dates = world.size.dates
    columns: dict[str, Column] = {
        "refsetId": str(world.id("module-dependency")),
        "referencedComponentId": str(world.id("metadata-module")),
        "sourceEffectiveTime": Variant(tuple(str(date) for date in dates)),
        "targetEffectiveTime": Variant(tuple(str(date) for date in dates)),
    }
    codes = 2 + 2 * np.arange(len(dates), dtype=np.uint8)[None]
    return members(world, FileKind.MODULE_DEPENDENCY, codes, columns, 14)


TYPES = {"c": "component-type", "i": "integer-type", "s": "string-type"}
PATTERNS = {
    **dict.fromkeys(("us", "gb", *ASSOCIATIONS), "c"),
    **dict.fromkeys(("concept-inactivation", "description-inactivation"), "c"),
    **dict.fromkeys(("simple-1", "simple-2"), ""),
    **dict.fromkeys(("simple-map", "owl-axiom"), "s"),
    "icd-10": "iissscc",
    "module-dependency": "ss",
    "descriptor": "cci",
}
"""The types of the columns behind referencedComponentId, by refset."""


def descriptors(world: World) -> Table:
    """Which columns each refset has."""
    rows = [
        (
            world.id(refset),
            world.id("refset-column" if order else "referenced-component"),
            world.id(TYPES[type_]),
            order,
        )
        for refset, pattern in PATTERNS.items()
        for order, type_ in enumerate("c" + pattern)
    ]
    component, description, type_, order = np.array(rows).T
    columns: dict[str, Column] = {
        "refsetId": str(world.id("descriptor")),
        "referencedComponentId": component,
        "attributeDescription": description,
        "attributeType": type_,
        "attributeOrder": order,
    }
    codes = np.full((len(rows), len(world.size.dates)), 2, np.uint8)
    return members(world, FileKind.REFSET_DESCRIPTOR, codes, columns, 15)
