"""An ontology of plain sets, and what an expression means on it, by definition: slow, short, independent."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from kgllm.ontology.ecl import ast
from kgllm.ontology.ecl.source import Source
from kgllm.ontology.hierarchy.graph import Hierarchy
from kgllm.ontology.ids import IntIds, TextIds
from kgllm.ontology.rf2.sctid import make
from kgllm.ontology.strings import Strings
from kgllm.ontology.tables import (
    Concepts,
    History,
    IsA,
    Kind,
    Link,
    Members,
    Origin,
    Relations,
    Tables,
    Values,
)

MODEL = "410662002"
REFSETS = {
    "900000000000527005": Link.SAME_AS,
    "900000000000526001": Link.REPLACED_BY,
    "900000000000523009": Link.POSSIBLY_EQUIVALENT_TO,
}
PROFILES = {
    ast.Profile.MIN: {"SAME_AS"},
    ast.Profile.MOD: {"SAME_AS", "REPLACED_BY", "WAS_A", "PARTIALLY_EQUIVALENT_TO"},
    ast.Profile.MAX: {link.name for link in Link},
}
COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass
class World:
    """An ontology; relations and values are (source, group, type, target or literal)."""

    ids: list[str]
    inactive: set[str] = field(default_factory=set)
    kinds: dict[str, Kind] = field(default_factory=dict)
    isa: set[tuple[str, str]] = field(default_factory=set)
    relations: set[tuple[str, int, str, str]] = field(default_factory=set)
    values: set[tuple[str, int, str, str]] = field(default_factory=set)
    members: set[tuple[str, str]] = field(default_factory=set)
    history: set[tuple[str, Link, str]] = field(default_factory=set)

    def source(self) -> Source:
        """The same as tables."""
        numbers = all(id.isdigit() for id in self.ids)
        order = sorted(self.ids, key=int) if numbers else sorted(self.ids)
        at = {id: position for position, id in enumerate(order)}
        ids = IntIds(np.array([int(id) for id in order], np.int64)) if numbers else TextIds(Strings.of(order))
        size = len(order)
        active = np.array([id not in self.inactive for id in order], np.bool_)
        kind = np.array([self.kinds.get(id, Kind.CLASS) for id in order], np.uint8)
        none = np.zeros(size, np.int32)
        concepts = Concepts(active, kind, np.zeros(size, np.bool_), none, none - 1)
        isa = IsA(*_columns(((at[child], at[parent]) for child, parent in self.isa), 2))
        rows = _columns(((at[s], g, at[t], at[v]) for s, g, t, v in self.relations), 4)
        relations = Relations(rows[0], rows[2], rows[3], rows[1].astype(np.int16))
        literals = sorted((at[s], g, at[t], v) for s, g, t, v in self.values)
        rows = _columns((row[:3] for row in literals), 3)
        values = Values(rows[0], rows[2], rows[1].astype(np.int16), Strings.of(row[3] for row in literals))
        rows = _columns(((at[s], int(link), at[t]) for s, link, t in self.history), 3)
        history = History(rows[0], rows[1].astype(np.uint8), rows[2])
        members = Members(*_columns(((at[r], at[m]) for r, m in self.members), 2))
        tables = Tables(
            Origin("random", "edges"),
            ids,
            concepts,
            isa=isa,
            relations=relations,
            values=values,
            history=history,
            members=members,
        )
        return Source(tables, Hierarchy(isa, size))


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[np.ndarray]:
    return [*np.array(sorted(rows), np.int32).reshape(-1, width).T]


@dataclass
class BruteForce:
    """What expressions mean on ``world``; with ``inactive``, inactive concepts count everywhere."""

    world: World
    inactive: bool = False
    any_kind: bool = False

    def there(self, id: str) -> bool:
        return self.inactive or id not in self.world.inactive

    def of(self, e: Any) -> set[str]:
        world = self.world
        match e:
            case ast.Concept(id):
                return {id} if self.there(id) else set()
            case ast.Wildcard():
                shown = (Kind.CLASS, Kind.INDIVIDUAL)
                return {
                    id
                    for id in world.ids
                    if self.there(id) and (self.any_kind or world.kinds.get(id, Kind.CLASS) in shown)
                }
            case ast.Operation(op, operand):
                return self.operated(op.value, self.of(operand))
            case ast.MemberOf(refsets):
                chosen = self.any().of(refsets)
                return {m for refset, m in world.members if refset in chosen and self.there(m)}
            case ast.Compound(connective, operands):
                combine = {"AND": set.intersection, "OR": set.union, "MINUS": set.difference}
                return combine[connective.value](*(self.of(operand) for operand in operands))
            case ast.Refined(focus, refinement):
                return {id for id in self.of(focus) if self.satisfies(id, refinement, self.facts(id))}
            case ast.Dotted(focus, attributes):
                return self.dotted(self.of(focus), attributes)
            case ast.Filtered(operand, active):
                found = BruteForce(world, True, self.any_kind).of(operand)
                return {
                    id for id in found if all(a is None or a == (id not in world.inactive) for a in active)
                }
            case ast.Supplemented(operand, history):
                found = self.of(operand)
                return found | self.replaced_by(found, self.links(history))
        raise AssertionError(e)

    def dotted(self, found: set[str], attributes: Any) -> set[str]:
        for name in attributes:
            names = self.names(name)
            rows = self.world.relations
            found = {v for s, _, t, v in rows if s in found and t in names and self.there(v)}
        return found

    def replaced_by(self, found: set[str], links: set[str]) -> set[str]:
        rows, inactive = self.world.history, self.world.inactive
        return {s for s, link, t in rows if t in found and link.name in links and s in inactive}

    def any(self) -> BruteForce:
        return BruteForce(self.world, self.inactive, True)

    def links(self, history: Any) -> set[str]:
        if isinstance(history, ast.Profile):
            return PROFILES[history]
        chosen = self.any().of(history)
        return {link.name for id, link in REFSETS.items() if id in chosen}

    def names(self, name: Any) -> set[str]:
        found = self.any().of(name)
        return found & self.upwards({MODEL}, down=True, self_=True) if MODEL in self.world.ids else found

    def upwards(self, start: set[str], *, down: bool = False, self_: bool = False) -> set[str]:
        links = {(p, c) for c, p in self.world.isa} if down else self.world.isa
        found: set[str] = set()
        while more := {b for a, b in links if a in found | start} - found:
            found |= more
        return found | start if self_ else found

    def operated(self, op: str, found: set[str]) -> set[str]:
        if op in ("!!>", "!!<"):
            return found - self.upwards(found, down=op == "!!>")
        down, self_ = "<" in op, op[:2] in ("<<", ">>")
        if not op.endswith("!"):
            return self.upwards(found, down=down, self_=self_)
        near = {c if down else p for c, p in self.world.isa if (p if down else c) in found}
        return near | found if self_ else near

    def facts(self, id: str, group: int | None = None) -> set[tuple[str, bool, str]]:
        """(type, whether it is a literal, value) of one group or of all."""
        rows = [(*row, False) for row in self.world.relations] + [(*row, True) for row in self.world.values]
        return {(t, literal, v) for s, g, t, v, literal in rows if s == id and group in (None, g)}

    def satisfies(self, id: str, e: Any, facts: set[tuple[str, bool, str]]) -> bool:
        match e:
            case ast.RefinementSet(connective, parts):
                answers = [self.satisfies(id, part, facts) for part in parts]
                return all(answers) if connective.value == "AND" else any(answers)
            case ast.Group(attributes, cardinality):
                rows = self.world.relations | self.world.values
                groups = {g for s, g, _, _ in rows if s == id and g > 0}
                count = sum(self.satisfies(id, attributes, self.facts(id, g)) for g in groups)
            case ast.Attribute(name, comparison, value, cardinality, False):
                names = self.names(name)
                count = sum(t in names and self.equal(lit, v, comparison, value) for t, lit, v in facts)
            case ast.Attribute(name, comparison, value, cardinality, True):
                names = self.names(name)
                sources = {s for s, _, t, v in self.world.relations if v == id and t in names}
                count = sum(self.equal(False, s, comparison, value) for s in sources)
        return cardinality.least <= count <= (count if cardinality.most is None else cardinality.most)

    def equal(self, literal: bool, found: str, comparison: str, value: Any) -> bool:
        if not isinstance(value, bool | str | ast.Decimal):
            if literal:
                return value == ast.Wildcard() and comparison == "="
            return (found in self.of(value)) == (comparison == "=")
        if not literal:
            return False
        if isinstance(value, bool):
            return found in ("true", "false") and COMPARE[comparison](found, str(value).lower())
        if isinstance(value, str):
            return found[0] == '"' and COMPARE[comparison](found[1:-1], value)
        return found[0] == "#" and COMPARE[comparison](Fraction(found[1:]), Fraction(value))


def _world(seed: int) -> World:
    """A small ontology; the even ones have SCTIDs, the odd ones CURIEs and relation types."""
    rng = random.Random(seed)
    sctids = seed % 2 == 0
    size = rng.randint(6, 24)
    things = [str(make(1 + i, 10, 1000003)) if sctids else f"T:{i:03}" for i in range(size)]
    types = [str(make(100 + i, 10, 1000003)) if sctids else f"rel:{i}" for i in range(4)]
    refsets = [str(make(200 + i, 10, 1000003)) if sctids else f"set:{i}" for i in range(3)]
    world = World(things + types + refsets)
    if sctids:
        world.ids += [MODEL, *REFSETS]
        world.isa |= {(type_, MODEL) for type_ in types[1:]}  # the first one is no attribute
    else:
        world.kinds |= dict.fromkeys(types, Kind.RELATION) | dict.fromkeys(refsets, Kind.SUBSET)
    world.inactive = set(rng.sample(things, size // 4)) | set(rng.sample(refsets, 1))
    active = [thing for thing in things if thing not in world.inactive]
    for at, child in enumerate(active[1:], 1):
        world.isa |= {(child, parent) for parent in rng.sample(active[:at], min(at, rng.randint(0, 3)))}
    world.isa.add((types[2], types[1]))
    if not {*refsets[:2]} & world.inactive:
        world.isa.add((refsets[1], refsets[0]))
    literals = ["#1", "#1.0", "#2.5", "#-3", '"x"', '"y"', "true", "false"]
    for _ in range(3 * size):
        row = (rng.choice(active), rng.randint(0, 2), rng.choice(types))
        world.relations.add((*row, rng.choice(things if rng.random() < 0.1 else active)))
        if rng.random() < 0.4:
            world.values.add((*row, rng.choice(literals)))
    world.members = {(rng.choice(refsets), rng.choice(things)) for _ in range(size)}
    for thing in world.inactive & set(things):
        for _ in range(rng.randint(0, 3)):
            world.history.add((thing, rng.choice([*Link]), rng.choice(things)))
    world.history.add((rng.choice(active), Link.MOVED_FROM, rng.choice(things)))
    return world


@pytest.fixture(scope="session")
def world_of() -> Callable[[int], World]:
    """``world_of(seed)`` is a small random ontology."""
    return _world


@pytest.fixture(scope="session")
def brute_force() -> type[BruteForce]:
    """``brute_force(world).of(expression)`` is a set of ids, by definition."""
    return BruteForce


@pytest.fixture(scope="session")
def empty_world() -> type[World]:
    """``empty_world(ids)`` is an ontology to fill."""
    return World
