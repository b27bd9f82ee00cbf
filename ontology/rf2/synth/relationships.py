"""Relationships of a synthetic release: is-a, attributes in groups, concrete values, and stated ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..rows import FileKind
from .metadata import ATTRIBUTES, DATA_ATTRIBUTES, RELATIONSHIP
from .states import Bools, since, states
from .table import Column, Table, numbered
from .world import Ints, World

VALUES = ("#5", "#0.5", "#-3", "#250", '"text"', '"two words"')


@dataclass(frozen=True)
class Relationships:
    """Relationships between concepts, by position, in the order of their ids.

    Args:
        source: (r,) positions.
        target: (r,) positions.
        type: (r,) positions.
        group: (r,) relationship groups.
        current: number of rows, from the first on, that hold whenever both ends are active; the others have
            ended, some of them long ago.
    """

    source: Ints
    target: Ints
    type: Ints
    group: Ints
    current: int

    def ends(self, world: World) -> tuple[Bools, Bools]:
        """(r, dates) whether both ends exist, and whether both are active."""
        return (
            world.exists[self.source] & world.exists[self.target],
            world.active[self.source] & world.active[self.target],
        )


def make_relationships(world: World) -> Relationships:
    """About 1.6 is-a links, 2.2 attributes and 2.5 ended relationships for each concept."""
    rng = world.random(2)
    is_a = np.full(len(world.child), world.special["is-a"])
    attributes = _attributes(world, rng)
    ended = _ended(world, rng)
    parts = [
        (world.child, world.parent, is_a, np.zeros(len(is_a), np.int64)),
        attributes,
        ended,
    ]
    source, target, type_, group = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Relationships(source, target, type_, group, len(world.child) + len(attributes[0]))


def relationships(world: World, rows: Relationships) -> Table:
    """The rows of Relationship."""
    exists, active = rows.ends(world)
    number, dates = np.arange(len(rows.source)) - rows.current, exists.shape[1]
    ended = np.where(number % 4 == 0, 1 + number // 4 % (dates - 1), 0)
    active &= ~since(np.where(number < 0, dates, ended), dates)
    columns: dict[str, Column] = {
        "sourceId": world.ids[rows.source],
        "destinationId": world.ids[rows.target],
        "relationshipGroup": rows.group,
        "typeId": world.ids[rows.type],
        **_constants(world, "inferred"),
    }
    ids = numbered(1, len(rows.source), RELATIONSHIP)
    return Table(FileKind.RELATIONSHIP, ids, states(exists, active), columns)


def stated(world: World, rows: Relationships) -> Table:
    """The is-a links once more, as they were stated until the second date."""
    links = slice(0, len(world.child))
    exists, active = (ends[links] for ends in rows.ends(world))
    columns: dict[str, Column] = {
        "sourceId": world.ids[world.child],
        "destinationId": world.ids[world.parent],
        "relationshipGroup": "0",
        "typeId": str(world.id("is-a")),
        **_constants(world, "stated"),
    }
    active &= ~since(np.ones(len(world.child), np.int64), exists.shape[1])
    ids = numbered(len(rows.source) + 1, len(world.child), RELATIONSHIP)
    return Table(FileKind.STATED_RELATIONSHIP, ids, states(exists, active), columns)


def concrete_values(world: World, rows: Relationships) -> Table:
    """One or two values for one concept of thirty."""
    concept = world.firm[4::30]
    source = np.repeat(concept, 1 + np.arange(len(concept)) % 2)
    number = np.arange(len(source))
    types = world.ids_of(*DATA_ATTRIBUTES)
    columns: dict[str, Column] = {
        "sourceId": world.ids[source],
        "value": pa.array(VALUES).take(pa.array(number % len(VALUES))),
        "relationshipGroup": number % 3,
        "typeId": types[number % len(types)],
        **_constants(world, "inferred"),
    }
    first = len(rows.source) + len(world.child) + 1
    codes = states(world.exists[source], world.active[source])
    return Table(FileKind.CONCRETE_VALUES, numbered(first, len(source), RELATIONSHIP), codes, columns)


def _constants(world: World, characteristic: str) -> dict[str, Column]:
    names = {"characteristicTypeId": characteristic, "modifierId": "some"}
    return {column: str(world.id(name)) for column, name in names.items()}


def _attributes(world: World, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """(source, target, type, group), sorted by source, none twice; up to two of a group."""
    counts = rng.poisson(2.2, len(world.content))
    source = np.repeat(world.content, counts)
    number = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    group = (number + source % 2) // 2
    types = np.array([world.special[name] for name in ATTRIBUTES])
    likely = 1 / np.arange(2, len(types) + 2)
    kind = rng.choice(len(types), len(source), p=likely / likely.sum())
    target = rng.integers(len(world.firm), size=len(source))
    shape = len(world.ids), 100, len(types), len(world.firm)
    key = np.ravel_multi_index((source, group, kind, target), shape)
    chosen = np.unique(key, return_index=True)[1]
    return source[chosen], world.firm[target[chosen]], types[kind[chosen]], group[chosen]


def _ended(world: World, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """Relationships that ended: is-a links to concepts of lower rank, and attributes."""
    source = rng.choice(world.content, round(2.5 * len(world.ids)))
    lower = np.searchsorted(world.rank[world.firm], world.rank[source])
    source, lower = source[lower > 0], lower[lower > 0]
    target = world.firm[(lower * rng.random(len(source))).astype(np.int64)]
    types = np.array([world.special[name] for name in ("is-a", "is-a", *ATTRIBUTES[:3])])
    kind = rng.choice(len(types), len(source))
    return source, target, types[kind], np.where(kind < 2, 0, kind - 2)
