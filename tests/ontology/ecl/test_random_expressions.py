"""1,000 random expressions on random ontologies against a brute-force evaluator over plain sets."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

import pytest

from kgllm.ontology.ecl.ast import (
    Attribute,
    Cardinality,
    Comparison,
    Compound,
    Concept,
    Connective,
    Dotted,
    Filtered,
    Group,
    MemberOf,
    Operation,
    Operator,
    Profile,
    Refined,
    RefinementSet,
    Supplemented,
    Wildcard,
)
from kgllm.ontology.ecl.evaluate import evaluate
from kgllm.ontology.ecl.parser import parse
from kgllm.ontology.ecl.source import Source
from kgllm.ontology.ecl.text import write
from kgllm.ontology.hierarchy.closure import Closure

JOINED = [Connective.AND, Connective.OR]
CARDINALITIES = [(0, 0), (0, 1), (0, None), (1, 1), (1, 2), (2, 2), (2, None), (3, 5)]


class Writer:
    """Writes random expressions about an ontology."""

    def __init__(self, world, seed):
        self.world, self.rng = world, random.Random(seed)
        self.types = sorted({row[2] for row in world.relations | world.values})
        self.refsets = sorted({refset for refset, _ in world.members})

    def concept(self):
        return Concept(self.rng.choice(self.world.ids)) if self.rng.random() < 0.75 else Wildcard()

    def expression(self, depth):
        if depth == 0:
            return self.concept()
        kinds = [self.operation, self.members, self.compound, self.refined, self.dotted, self.filtered]
        return self.rng.choice([*kinds, self.operation, self.refined, self.refined, self.supplemented])(
            depth - 1
        )

    def operation(self, depth):
        return Operation(self.rng.choice([*Operator]), self.expression(depth))

    def members(self, depth):
        if self.rng.random() < 0.7:
            return MemberOf(Concept(self.rng.choice(self.refsets)))
        return MemberOf(self.expression(depth))

    def compound(self, depth):
        connective = self.rng.choice([*Connective])
        count = 2 if connective == Connective.MINUS else self.rng.randint(2, 3)
        return Compound(connective, tuple(self.expression(depth) for _ in range(count)))

    def refined(self, depth):
        focus = Wildcard() if self.rng.random() < 0.6 else self.expression(depth)
        return Refined(focus, self.refinement(depth, grouped=False))

    def dotted(self, depth):
        return Dotted(self.expression(depth), tuple(self.name(depth) for _ in range(self.rng.randint(1, 2))))

    def filtered(self, depth):
        active = self.rng.choice([(True,), (False,), (None,), (False, None), (True, False)])
        return Filtered(self.expression(depth), active)

    def supplemented(self, depth):
        history = self.rng.choice([*Profile, None])
        return Supplemented(self.expression(depth), history or self.subset(depth))

    def subset(self, depth):
        found = self.expression(depth)
        return Concept(self.rng.choice(self.world.ids)) if found == Wildcard() else found

    def name(self, depth):
        draw = self.rng.random()
        if draw < 0.6:
            return Concept(self.rng.choice(self.types))
        if draw < 0.75:
            return Operation(Operator.DESCENDANT_OR_SELF_OF, Concept(self.rng.choice(self.types)))
        return Wildcard() if draw < 0.9 else self.expression(depth)

    def cardinality(self):
        return Cardinality(*self.rng.choice(CARDINALITIES)) if self.rng.random() < 0.4 else Cardinality()

    def refinement(self, depth, grouped):
        draw = self.rng.random()
        if draw < 0.3 and depth:
            parts = tuple(self.refinement(depth - 1, grouped) for _ in range(self.rng.randint(2, 3)))
            return RefinementSet(self.rng.choice(JOINED), parts)
        if draw < 0.6 and not grouped:
            return Group(self.refinement(depth, grouped=True), self.cardinality())
        return self.attribute(depth, reverse=not grouped and self.rng.random() < 0.2)

    def attribute(self, depth, reverse):
        comparison = self.rng.choice([Comparison.EQUAL, Comparison.EQUAL, Comparison.UNEQUAL])
        value = self.expression(depth)
        if not reverse and self.rng.random() < 0.35:
            value = self.rng.choice([Decimal("1"), Decimal("2.50"), Decimal("-3"), "x", "z", True, False])
            if isinstance(value, Decimal):
                comparison = self.rng.choice([*Comparison])
        return Attribute(self.name(depth), comparison, value, self.cardinality(), reverse)


@pytest.mark.parametrize("seed", range(25))
def test_evaluation_is_what_the_definition_says(seed, world_of, brute_force):
    world = world_of(seed)
    source, oracle = world.source(), brute_force(world)
    closed = Source(source.tables, source.hierarchy, Closure.of(source.hierarchy))
    for expression in questions(world, oracle, seed):
        text = write(expression)
        assert parse(text) == expression, text
        found = evaluate(parse(text), source)
        assert found.dtype == "int32"
        ids = source.tables.ids.texts(found)
        assert len(ids) == len({*ids})
        assert [*found] == sorted(found)
        assert {*ids} == oracle.of(expression), text
        assert evaluate(expression, closed).tolist() == found.tolist(), text


def questions(world, oracle, seed):
    """40 expressions; those that find nothing or everything are mostly passed over."""
    writer = Writer(world, seed)
    for _ in range(40):
        drawn = [writer.expression(3) for _ in range(4)]
        yield next((one for one in drawn if tells(one, world, oracle)), drawn[0])


def tells(expression, world, oracle):
    return 0 < len(oracle.of(expression)) < len(world.ids) - len(world.inactive)


def test_the_random_expressions_are_worth_asking(world_of, brute_force):
    """Enough of them find something and leave something out, and each kind of node occurs."""
    kinds, telling = Counter(), 0
    for seed in range(5):
        world = world_of(seed)
        oracle = brute_force(world)
        for expression in questions(world, oracle, seed):
            kinds.update(_kinds(expression))
            telling += tells(expression, world, oracle)
    assert telling > 150
    wanted = {Compound, Dotted, Filtered, Group, MemberOf, Operation, Refined, RefinementSet, Supplemented}
    assert all(kinds[kind] > 20 for kind in wanted), kinds


def _kinds(node):
    if hasattr(node, "__dataclass_fields__"):
        yield type(node)
        for name in node.__dataclass_fields__:
            yield from _kinds(getattr(node, name))
    elif isinstance(node, tuple):
        for part in node:
            yield from _kinds(part)
