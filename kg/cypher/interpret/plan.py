"""In which order the parts of a MATCH are looked for, and where each condition is tested.

A pattern starts at the node that promises the fewest candidates, and grows from there to the right, then to
the left. Labels, property maps and the parts of WHERE all become conditions; each is tested as soon as the
variables it mentions are bound.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ...model import Direction, Edge, Entity
from .. import ast
from ..walk import names
from .conditions import conditions, conjuncts, named, own_conditions, variables
from .context import Context, Row
from .expressions import predicate
from .seeks import Candidates, Seeks
from .steps import Bind, Expand, Hop, Seek, Shortest, Step, Test, Walk, passes

_BACK: dict[Direction, Direction] = {"out": "in", "in": "out", "both": "both"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to test first, and then steps, each with what to test after it."""

    before: tuple[Test, ...]
    stages: tuple[tuple[Step, tuple[Test, ...]], ...]

    def solutions(self, row: Row) -> Iterator[Row]:
        """``row`` extended in every way in which the patterns can be found."""
        if not passes(row, self.before):
            return
        running = [self.stages[0][0](row, ())]
        while running:
            state = next(running[-1], None)
            if state is None:
                running.pop()
            elif passes(state[0], self.stages[len(running) - 1][1]):
                if len(running) == len(self.stages):
                    yield state[0]
                else:
                    running.append(self.stages[len(running)][0](*state))


class Matcher:
    """The patterns and the WHERE of one MATCH, or of a subquery.

    They are planned when the first row comes: its names say what is bound already, and all rows at one place
    of a query have the same names. ``names`` are those that the patterns can bind.
    """

    def __init__(
        self, patterns: tuple[ast.PathPattern, ...], where: ast.Expression | None, context: Context
    ) -> None:
        self.patterns, self.where, self.context = patterns, where, context
        self.names = [name for pattern in patterns for name in variables(pattern)]
        self.plan: Plan | None = None

    def __call__(self, row: Row) -> Iterator[Row]:
        """``row`` extended in every way in which the patterns can be found."""
        if self.plan is None:
            self.plan = _Planner(self.patterns, self.where, row.keys(), self.context).plan()
        return self.plan.solutions(row)


class _Planner:
    """Puts a plan together; ``bound`` are the names known so far, ``waiting`` conditions not yet placed."""

    def __init__(
        self,
        patterns: tuple[ast.PathPattern, ...],
        where: ast.Expression | None,
        bound: Collection[str],
        context: Context,
    ) -> None:
        self.context, self.bound = context, set(bound)
        self.patterns = [named(pattern, context.hidden) for pattern in patterns]
        # The patterns' own conditions come first: WHERE may fail on nodes that they leave out.
        parts = [part for pattern in self.patterns for part in conditions(pattern, context.parameters)]
        parts += conjuncts(where)
        scope = {name for pattern in self.patterns for name in variables(pattern)}
        self.waiting = [(part, names(part) & scope) for part in parts]
        self.seeks = Seeks(parts, scope, context)
        self.stages: list[tuple[Step, tuple[Test, ...]]] = []

    def plan(self) -> Plan:
        before = self._due()
        patterns = list(self.patterns)
        while patterns:
            pattern = min(patterns, key=lambda pattern: min(self._costs(pattern)))
            patterns.remove(pattern)
            if pattern.shortest:
                self._shortest(pattern)
            else:
                self._path(pattern)
        return Plan(before, tuple(self.stages))

    def _due(self) -> tuple[Test, ...]:
        """The conditions that can be tested by now, which then wait no longer."""
        due = [part for part, needed in self.waiting if needed <= self.bound]
        self.waiting = [(part, needed) for part, needed in self.waiting if not needed <= self.bound]
        return tuple(predicate(part, self.context) for part in due)

    def _add(self, step: Step, *binds: str) -> None:
        self.bound.update(binds)
        self.stages.append((step, self._due()))

    def _costs(self, pattern: ast.PathPattern) -> list[int]:
        """For each node how many candidates to expect; few where a known relationship begins or ends."""
        costs = [self.seeks.cost(node.variable or "", self.bound) for node in pattern.nodes]
        for place, relationship in enumerate(pattern.relationships):
            if self._is_known(relationship):
                costs[place] = min(costs[place], 2)
        return costs

    def _is_known(self, relationship: ast.RelPattern) -> bool:
        return relationship.variable in self.bound and relationship.length is None

    def _path(self, pattern: ast.PathPattern) -> None:
        costs = self._costs(pattern)
        start = costs.index(min(costs))
        known = next(
            (edge for edge in pattern.relationships[start : start + 1] if self._is_known(edge)), None
        )
        self._start(pattern.nodes[start], known)
        for place in range(start, len(pattern.relationships)):
            self._hop(pattern, place, forward=True)
        for place in reversed(range(start)):
            self._hop(pattern, place, forward=False)
        if pattern.variable:
            edges = tuple(edge.variable or "" for edge in pattern.relationships)
            first = pattern.nodes[0].variable or ""
            self._add(Bind(pattern.variable, first, edges, self.context), pattern.variable)

    def _start(self, node: ast.NodePattern, known: ast.RelPattern | None = None) -> None:
        name = node.variable or ""
        candidates: Candidates | None = None
        if name not in self.bound:
            candidates = self.seeks.candidates(name, self.bound)
            if known is not None and self.seeks.cost(name, self.bound) > 2:
                candidates = self._ends_of(known.variable or "")
        self._add(Seek(name, candidates, self.context), name)

    def _ends_of(self, relationship: str) -> Candidates:
        def ends(row: Row) -> Iterator[Entity]:
            edge = row[relationship]
            if isinstance(edge, Edge):
                nodes = map(self.context.view.node, dict.fromkeys((edge.head, edge.tail)))
                yield from (node for node in nodes if node is not None)

        return ends

    def _hop(self, pattern: ast.PathPattern, place: int, forward: bool) -> None:
        relationship = pattern.relationships[place]
        hop = self._hop_of(pattern, place, forward)
        if relationship.length is None:
            self._add(Expand(hop), hop.name, hop.ends[1])
        else:
            self._add(Walk(hop, relationship.length, forward), hop.name, hop.ends[1])

    def _hop_of(self, pattern: ast.PathPattern, place: int, forward: bool) -> Hop:
        relationship = pattern.relationships[place]
        ends = (pattern.nodes[place].variable or "", pattern.nodes[place + 1].variable or "")
        single = relationship.length is None and pattern.shortest is None
        own = [] if single else own_conditions(relationship, self.context.parameters)
        return Hop(
            relationship.variable or "",
            ends if forward else ends[::-1],
            relationship.direction if forward else _BACK[relationship.direction],
            frozenset(relationship.types),
            tuple(predicate(part, self.context) for part in own),
            self.context,
        )

    def _shortest(self, pattern: ast.PathPattern) -> None:
        """Both ends first, then the trails between them; conditions on the path are the search's business."""
        for node in sorted(pattern.nodes, key=lambda node: self.seeks.cost(node.variable or "", self.bound)):
            self._start(node)
        hop, back = (self._hop_of(pattern, 0, forward) for forward in (True, False))
        path = pattern.variable or next(self.context.hidden)
        self.bound.update((hop.name, path))
        length = pattern.relationships[0].length
        every, single = pattern.shortest == "all", length is None
        step = Shortest(hop, back, length or (1, 1), every, single, path, self._due())
        self.stages.append((step, ()))
