"""Patterns of MATCH, EXISTS and COUNT as ladybug text, with Neo4j's meaning of them.

What differs, measured on ladybug 0.22, and what is written instead:

* labels are a list, relation types a column, so both become conditions;
* one MATCH may walk a relationship twice: pairs of relationships are told apart by ``id``;
* a variable-length relationship is a walk: ``TRAIL`` is written; its filter takes no parameters;
* beside other relationships a variable-length one loses rows now and then, or gives garbage, so it has to be
  the only one (:mod:`.clauses` sees to it); ``ALL SHORTEST`` crashes the engine;
* an undirected pattern finds a self-loop twice: the text fails when it meets one, see :mod:`.typed`;
* a path or a variable-length relationship that OPTIONAL MATCH did not find is not null: it cannot be used;
* shortest paths from a node to itself are an error in Neo4j and no rows here: the two ends must be told
  apart by what the query says of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

from ... import ast
from ...walk import variables
from .conditions import always, conjuncts, label_test, no_loop, one_of
from .context import Context, Scope, quoted
from .typed import NotEmittable, Typed

__all__ = ["Matched", "Place", "matched"]


@dataclass(slots=True)
class Matched:
    """The patterns of one clause, written.

    Args:
        scope: what can be named after them.
        outer: see :class:`Scope`.
        texts: one text for each pattern.
        hops: the relationships in them.
        conditions: what must hold beside them.
        equalities: (node or edge, property, value) that must be equal.
        wheres: conditions that stand inside the patterns.
    """

    scope: Scope
    outer: frozenset[str]
    texts: list[str] = field(default_factory=list)
    hops: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    equalities: list[tuple[Typed, str, ast.Expression]] = field(default_factory=list)
    wheres: list[ast.Expression] = field(default_factory=list)


Place = Literal["match", "exists", "count"]


def matched(context: Context, scope: Scope, match: ast.Match, place: Place = "match") -> Matched:
    """The patterns of ``match``, which stands as a clause or inside EXISTS or COUNT.

    Raises:
        NotEmittable: the engine cannot match them as Neo4j does.
    """
    writer = _Patterns(context, scope, match, place)
    for number, pattern in enumerate(match.patterns):
        writer.pattern(pattern, number)
    writer.tell_apart()
    writer.pin(match.where)
    for pattern in match.patterns:
        if pattern.shortest:
            writer.check_shortest(pattern)
    found = writer.found
    found.scope = replace(scope, names={**scope.names, **writer.names}, pins={**scope.pins, **writer.pins})
    return found


class _Patterns:
    """Writes the patterns of one clause, one after the other."""

    def __init__(self, context: Context, scope: Scope, match: ast.Match, place: Place) -> None:
        self.context = context
        self.scope = scope
        self.match = match
        self.place = place
        apart = match.optional or place != "match"
        self.found = Matched(scope, scope.outer | {value.text for value in scope.names.values() if apart})
        self.names: dict[str, Typed] = {}
        self.undeclared: set[str] = set()
        self.singles: list[tuple[str, frozenset[str]]] = []
        self.paths: dict[int, str] = {}
        self.pins: dict[tuple[str, str], object] = {}
        self.different: set[frozenset[str]] = set()

    def pattern(self, pattern: ast.PathPattern, number: int) -> None:
        """Write one pattern."""
        rels = pattern.relationships
        if not rels and (pattern.variable is not None or pattern.nodes[0].variable in self.scope.names):
            raise NotEmittable("a pattern of one node that is a path, or bound already")
        if pattern.variable is not None or any(rel.length and rel.variable for rel in rels):
            self.paths[number] = self.context.fresh("p")
        left = self._node(pattern.nodes[0])
        text = self._declared(left)
        for rel, node in zip(rels, pattern.nodes[1:], strict=True):
            right = self._node(node)
            text += self._relationship(rel, (left, right), pattern, number) + self._declared(right)
            left = right
        if pattern.variable is not None:
            self._name(pattern.variable, Typed(self.paths[number], "path", nullable=False))
        self.found.texts.append(f"{self.paths[number]} = {text}" if number in self.paths else text)

    def _name(self, variable: str, value: Typed) -> None:
        if self.match.optional:  # the engine has an empty path where OPTIONAL MATCH found none
            lost = value.type in ("path", "edges")
            value = replace(value, nullable=True, type="lost" if lost else value.type)
        self.names[variable] = value

    # --- nodes ---

    def _node(self, node: ast.NodePattern) -> Typed:
        bound = self._bound(node.variable)
        if bound is None:
            bound = Typed(self.context.fresh(), "node", nullable=False)
            self.undeclared.add(bound.text)
            if node.variable is not None:
                self._name(node.variable, bound)
        if bound.type != "node":
            raise NotEmittable(f"a node pattern that is a {bound.type}")
        if node.labels is not None:
            test = label_test(bound, node.labels)
            self.found.conditions.extend([test] if test != always(bound) else [])
        self._inside(bound, node)
        return bound

    def _bound(self, variable: str | None) -> Typed | None:
        if variable is None:
            return None
        return self.names.get(variable) or self.scope.names.get(variable)

    def _declared(self, node: Typed) -> str:
        if node.text not in self.undeclared:
            return f"({node.text})"
        self.undeclared.remove(node.text)
        return f"({node.text}:Entity)"

    def _inside(self, bound: Typed, node: ast.NodePattern | ast.RelPattern) -> None:
        if isinstance(node.properties, ast.Parameter):
            raise NotEmittable("a parameter for all properties of a pattern")
        if node.properties is not None:
            self.found.equalities.extend((bound, key, value) for key, value in node.properties.items)
        if node.where is not None:
            self.found.wheres.append(node.where)

    # --- relationships ---

    def _relationship(
        self, rel: ast.RelPattern, ends: tuple[Typed, Typed], pattern: ast.PathPattern, number: int
    ) -> str:
        if self._bound(rel.variable) is not None:
            raise NotEmittable("a relationship that is bound already")
        name = self.context.fresh("r")
        self.found.hops.append(name)
        types = [quoted(type_) for type_ in rel.types]
        if rel.length is None:
            inside = self._single(name, rel, ends, types)
        else:
            if ends[0].text == ends[1].text:
                raise NotEmittable("a variable-length relationship that comes back")
            inside = self._long(rel, pattern, types)
            if rel.variable is not None:
                self._name(rel.variable, Typed(name, "edges", parts=(self.paths[number],)))
        if rel.direction == "both" and self.place != "exists" and not pattern.shortest:
            self.found.conditions.append(no_loop(name, ends, rel))
        left, right = ("<" if rel.direction == "in" else ""), (">" if rel.direction == "out" else "")
        return f"{left}-[{name}:REL{inside}]-{right}"

    def _single(self, name: str, rel: ast.RelPattern, ends: tuple[Typed, Typed], types: list[str]) -> str:
        left, right = (f"{end.text}.id" for end in ends)
        if rel.direction == "both":
            forward = f"struct_extract({name}, '_SRC') = id({ends[0].text})"
            head = f"(CASE WHEN {forward} THEN {left} ELSE {right} END)"
            parts = (head, f"(CASE WHEN {forward} THEN {right} ELSE {left} END)")
        else:
            parts = (left, right) if rel.direction == "out" else (right, left)
        edge = Typed(name, "edge", nullable=False, parts=parts)
        if rel.variable is not None:
            self._name(rel.variable, edge)
        self.singles.append((name, frozenset(rel.types)))
        if types:
            self.found.conditions.append(one_of(f"{name}.rel", types))
        self._inside(edge, rel)
        return ""

    def _long(self, rel: ast.RelPattern, pattern: ast.PathPattern, types: list[str]) -> str:
        low, high = rel.length or (1, 1)
        if pattern.shortest == "all":
            raise NotEmittable("allShortestPaths")
        if high is None or low > high or rel.properties is not None or rel.where is not None:
            raise NotEmittable("a variable-length relationship that is unbounded, empty or has conditions")
        if pattern.shortest and low != 1:
            raise NotEmittable("a shortest path that may be empty")
        mode = "SHORTEST" if pattern.shortest else "TRAIL"
        filter_ = f" (x, y | WHERE {one_of('x.rel', types)})" if types else ""
        return f"* {mode} {low}..{high}{filter_}"

    def tell_apart(self) -> None:
        """No relationship stands for two of the clause."""
        for (a, types), (b, others) in combinations(self.singles, 2):
            if not types or not others or types & others:
                self.found.conditions.append(f"(id({a}) <> id({b}))")

    # --- shortest paths ---

    def pin(self, where: ast.Expression | None) -> None:
        """Note which nodes have which constant as a property, and which two must differ."""
        if self.match.optional or self.place != "match":
            return
        for node, key, value in self.found.equalities:
            self._pin(node, key, value)
        for condition in conjuncts(where):
            match condition:
                case ast.Comparison(ast.Property(ast.Variable(name), key), (("=", value),)):
                    self._pin(self._bound(name), key, value)
                case ast.Comparison(ast.Variable(one), (("<>", ast.Variable(other)),)):
                    pair = [self._bound(one), self._bound(other)]
                    self.different.add(frozenset(end.text for end in pair if end is not None))

    def _pin(self, node: Typed | None, key: str, value: ast.Expression) -> None:
        if node is None or node.type != "node":
            return
        if isinstance(value, ast.Literal):
            self.pins[node.text, key] = value.value
        elif isinstance(value, ast.Parameter):
            self.pins[node.text, key] = self.context.given[value.name]

    def check_shortest(self, pattern: ast.PathPattern) -> None:
        """Whether Neo4j finds these shortest paths too, and no error.

        Raises:
            NotEmittable: it might not.
        """
        (rel,) = pattern.relationships
        if rel.length is None or self.match.optional or self.place != "match":
            raise NotEmittable("a shortest path that is OPTIONAL, in a subquery, or of one edge")
        own = {pattern.variable, rel.variable} - {None}
        used = variables(self.match.where)
        if own & used:
            raise NotEmittable("a condition on a shortest path, which Neo4j checks while it searches")
        left, right = (self._bound(node.variable) for node in pattern.nodes)
        if left is None or right is None or not self._apart(left.text, right.text):
            raise NotEmittable("a shortest path between nodes that may be the same")

    def _apart(self, left: str, right: str) -> bool:
        pins = {**self.scope.pins, **self.pins}
        pairs = [(value, pins.get((right, key))) for (name, key), value in pins.items() if name == left]
        known = any(type(a) is type(b) and a != b for a, b in pairs)
        return known or frozenset((left, right)) in self.different
