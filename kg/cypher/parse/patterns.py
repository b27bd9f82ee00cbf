"""The grammar of patterns: nodes, relationships, paths and label expressions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Literal

from .. import ast
from .cursor import NAMES, Cursor

__all__ = ["Patterns"]

SHORTEST: dict[str, Literal["one", "all"]] = {"SHORTESTPATH": "one", "ALLSHORTESTPATHS": "all"}
SELECTORS = {
    **dict.fromkeys(("SHORTEST", "ANY", "ALL"), "shortest-k"),
    **dict.fromkeys(("REPEATABLE", "DIFFERENT"), "match-mode"),
    **dict.fromkeys(("TRAIL", "WALK", "ACYCLIC", "SIMPLE"), "path-mode"),
}
NODE = "a node such as (n:Label)"


class Patterns(Cursor, ABC):
    """Reads patterns; the expressions inside them are read by a subclass."""

    @abstractmethod
    def expression(self) -> ast.Expression:
        """Reads an expression."""

    @abstractmethod
    def operators(self, left: ast.Expression, least: int, start: int) -> ast.Expression:
        """Reads the operators after ``left``, which begins at offset ``start``, and their right operands.

        ``least`` is the level of the loosest operator that may be taken.
        """

    def where(self) -> ast.Expression | None:
        """Reads ``WHERE condition``, if it is there."""
        return self.expression() if self.accept("WHERE") else None

    # --- paths ---

    def patterns(self) -> tuple[ast.PathPattern, ...]:
        """Reads patterns between commas."""
        patterns = [self.pattern()]
        while self.accept(","):
            patterns.append(self.pattern())
        return tuple(patterns)

    def pattern(self) -> ast.PathPattern:
        """Reads ``[variable =] path`` or ``[variable =] shortestPath(path)``."""
        variable = None
        if self.token.kind in NAMES and self.ahead().key == "=":
            variable = self.name("a variable")
            self.take()
        if self.at(*SHORTEST) and self.ahead().key == "(":
            return self._shortest(variable)
        if self.at(*SELECTORS):
            raise self.refuse(SELECTORS[self.token.key])
        path = self.path(variable)
        if self.at("("):
            raise self.refuse("quantified-path")
        return path

    def _shortest(self, variable: str | None) -> ast.PathPattern:
        shortest = SHORTEST[self.take().key]
        self.expect("(")
        path = self.path(variable)
        if len(path.relationships) != 1:
            raise self.unexpected("exactly one relationship in a shortest path")
        self.expect(")")
        return ast.PathPattern(path.nodes, path.relationships, variable, shortest)

    def path(self, variable: str | None = None) -> ast.PathPattern:
        """Reads ``(a)-[r]->(b)…``."""
        nodes, relationships = [self.node()], []
        while self.at("-", "<"):
            relationships.append(self.relationship())
            nodes.append(self.node())
        return ast.PathPattern(tuple(nodes), tuple(relationships), variable)

    def path_ahead(self, index: int) -> bool:
        """Whether the ``(`` at ``index`` opens a path of at least one relationship, and no expression."""
        tokens, closing = self.tokens, self.closing.get(index)
        if tokens[index].key != "(" or closing is None or not self._node_ahead(index + 1):
            return False
        keys = [token.key for token in tokens[closing + 1 : closing + 5]]
        if keys[:1] == ["<"]:
            closing, keys = closing + 1, keys[1:]
        match keys:
            case ["-", "-", "(" | ">", *_]:
                return True
            case ["-", "[", *_]:
                end = self.closing.get(closing + 2)
                return end is not None and tokens[end + 1].key == "-"
        return False

    def _node_ahead(self, index: int) -> bool:
        """Whether the inside of a parenthesis, from ``index``, reads like a node."""
        first, second = self.tokens[index : index + 2]
        if first.kind in NAMES and first.key not in {"IS", "WHERE"}:
            first = second
        return first.key in {")", ":", "{", "IS", "WHERE"} or first.kind == "parameter"

    # --- nodes and relationships ---

    def node(self) -> ast.NodePattern:
        """Reads ``(variable:Label {key: value} WHERE …)``."""
        start = self.token.at
        if not self.accept("("):
            raise self.unexpected(NODE)
        if self.at("("):
            raise self.refuse("quantified-path")
        variable = self._pattern_variable()
        labels = self.labels() if self.accept(":", "IS") else None
        properties = self._properties()
        where = self.where()
        if not self.accept(")"):
            raise self.unexpected("')' at the end of a node")
        return ast.NodePattern(variable, labels, properties, where, at=start)

    def relationship(self) -> ast.RelPattern:
        """Reads ``-[variable:TYPE*1..3 {key: value} WHERE …]->``, in any direction."""
        start = self.token.at
        incoming = self.accept("<")
        self.expect("-")
        inside = self._inside_relationship(start) if self.accept("[") else ast.RelPattern(at=start)
        self.expect("-")
        outgoing = self.accept(">")
        if self.at("{", "+", "*"):
            raise self.refuse("quantified-path")
        direction: Literal["out", "in", "both"] = "out" if outgoing else "in"
        if bool(incoming) == bool(outgoing):
            direction = "both"
        return replace(inside, direction=direction)

    def _inside_relationship(self, start: int) -> ast.RelPattern:
        variable = self._pattern_variable()
        types = self._types() if self.accept(":", "IS") else ()
        length = self._length()
        properties = self._properties()
        if length is not None and self.at("WHERE"):
            raise self.unexpected("no WHERE on a variable-length relationship: use all(x IN r WHERE ...)")
        where = self.where()
        if not self.accept("]"):
            raise self.unexpected("']' at the end of a relationship")
        return ast.RelPattern(variable, types, "both", length, properties, where, at=start)

    def _pattern_variable(self) -> str | None:
        token, following = self.token, self.ahead()
        if token.kind not in NAMES:
            return None
        if token.key in {"WHERE", "IS"} and following.key not in {")", "]", ":", "{", "*"}:
            return None  # (WHERE n.age > 1), (IS Person)
        return self.name("a variable")

    def map_literal(self) -> ast.MapLiteral:
        """Reads ``{key: value, …}``."""
        self.expect("{")
        return ast.MapLiteral(self.separated(self._entry, "}"))

    def _entry(self) -> tuple[str, ast.Expression]:
        key = self.name("a key")
        self.expect(":")
        return key, self.expression()

    def _properties(self) -> ast.MapLiteral | ast.Parameter | None:
        if self.token.kind == "parameter":
            token = self.take()
            return ast.Parameter(str(token.value), at=token.at)
        return self.map_literal() if self.at("{") else None

    def _length(self) -> tuple[int, int | None] | None:
        if not self.accept("*"):
            return None
        low = self._hops()
        if self.accept(".."):
            low, high = 1 if low is None else low, self._hops()
        else:
            low, high = (1, None) if low is None else (low, low)
        if (self.token.kind == "name" and self.token.key != "WHERE") or self.at("("):
            raise self.refuse("path-mode")
        return low, high

    def _hops(self) -> int | None:
        return int(self.take().value) if self.token.kind == "integer" else None

    # --- labels ---

    def labels(self, types: bool = False) -> ast.LabelExpression:
        """Reads a label expression after its first colon; ``types`` allows ``A|:B``."""
        first = self._label_or(types)
        if not self.at(":"):
            return first
        parts = [first]
        while self.accept(":"):
            parts.append(self._label_atom(types))
        if self.at("|", "&") or not all(isinstance(part, ast.LabelName) for part in parts):
            raise self.unexpected("one way to join labels: ':' does not go with '|', '&', '!' and '%'")
        return ast.LabelAnd(tuple(parts))

    def _types(self) -> tuple[str, ...]:
        start = self.index
        labels = self.labels(types=True)
        parts = labels.parts if isinstance(labels, ast.LabelOr) else (labels,)
        names = tuple(part.name for part in parts if isinstance(part, ast.LabelName))
        if len(names) == len(parts):
            return names
        if parts == (ast.LabelAny(),):
            return ()
        self.index = start
        raise self.refuse("type-expression")

    def _label_or(self, types: bool = False) -> ast.LabelExpression:
        parts = [self._label_and(types)]
        while self.at("|") and not self.bar_ends():
            self.take()
            if types:
                self.accept(":")
            parts.append(self._label_and(types))
        return parts[0] if len(parts) == 1 else ast.LabelOr(tuple(parts))

    def _label_and(self, types: bool) -> ast.LabelExpression:
        parts = [self._label_atom(types)]
        while self.accept("&"):
            parts.append(self._label_atom(types))
        return parts[0] if len(parts) == 1 else ast.LabelAnd(tuple(parts))

    def _label_atom(self, types: bool) -> ast.LabelExpression:
        token = self.token
        if token.kind in NAMES:
            return ast.LabelName(self.name("a label"), at=token.at)
        if token.kind == "parameter" or token.key == "$":
            raise self.refuse("dynamic-label")
        if self.accept("%"):
            return ast.LabelAny()
        if self.at("!", "("):
            return self._label_nested(types)
        raise self.unexpected("a relationship type" if types else "a label")

    def _label_nested(self, types: bool) -> ast.LabelExpression:
        self.deeper()
        if self.take().key == "!":
            labels: ast.LabelExpression = ast.LabelNot(self._label_atom(types))
        else:
            labels = self._label_or(types)
            self.expect(")")
        self.nesting -= 1
        return labels
