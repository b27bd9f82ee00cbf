"""The check of expressions: scopes, types, functions, parameters and names of properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ....errors import QueryRefusedError, QuerySyntaxError
from .. import ast
from ..emit.text import METHODS
from ..refusals import REASONS
from .functions import ADVICE, ENGINE_IDS, FUNCTIONS, SPELLING
from .names import Names, did_you_mean
from .operators import LOGIC, binary, element, expect
from .patterns import Patterns
from .scope import Scope, place
from .types import (
    ANY,
    BOOL,
    INT,
    LIST,
    MAP,
    NULL,
    NUMERIC,
    Type,
    a,
    join,
    list_of,
    of_property,
    of_value,
)

Checked = tuple[ast.Expression, Type]

DATE_FIELDS = ("year", "month", "day")


class Expressions:
    """Checks expressions against a schema and the values of the parameters.

    Each method takes one kind of node, named as in :data:`~kgllm.kg.cypher.emit.text.METHODS`, and returns it
    with ``Variable.kind`` and ``Property.type`` filled in, and the type of its value.
    """

    def __init__(self, names: Names, parameters: Mapping[str, object]) -> None:
        self.names = names
        self.parameters = parameters
        self.patterns = Patterns(self)

    def check(self, node: ast.Expression, scope: Scope) -> Checked:
        """``node`` with its annotations, and its type.

        Raises:
            QuerySyntaxError: a variable is not defined, a type does not fit, a parameter is missing.
            QueryRefusedError: a function is not in the subset.
            SchemaError: the graph lacks a label, relation type or property.
        """
        checked: Checked = getattr(self, METHODS[type(node)])(node, scope)
        return checked

    def tree(self, node: ast.Expression, scope: Scope) -> ast.Expression:
        """``node`` with its annotations."""
        return self.check(node, scope)[0]

    def condition(self, node: ast.Expression, scope: Scope, by: str) -> ast.Expression:
        """A boolean, which may be a pattern: ``(a)-->(b)``."""
        if isinstance(node, ast.Exists):
            return self._subquery(node, scope, bind=not node.bare)
        new, found = self.check(node, scope)
        expect(found, ("bool",), by, place(node))
        return new

    def where(self, node: ast.Expression | None, scope: Scope) -> ast.Expression | None:
        """The condition of a WHERE, if there is one."""
        return None if node is None else self.condition(node, scope.without_aggregates("in WHERE"), "WHERE")

    def typed(self, node: ast.Expression, scope: Scope, allowed: tuple[str, ...], by: str) -> ast.Expression:
        """``node``, which must give one of the ``allowed`` types."""
        new, found = self.check(node, scope)
        expect(found, allowed, by, place(node))
        return new

    # --- values and names ---

    def literal(self, node: ast.Literal, _scope: Scope) -> Checked:
        return node, of_value(node.value)

    def parameter(self, node: ast.Parameter, _scope: Scope) -> Checked:
        if node.name not in self.parameters:
            given = ", ".join(f"${name}" for name in sorted(self.parameters)) or "none"
            raise QuerySyntaxError(f"parameter ${node.name} has no value; given: {given}", node.at)
        return node, of_value(self.parameters[node.name])

    def variable(self, node: ast.Variable, scope: Scope) -> tuple[ast.Variable, Type]:
        found = scope.type_of(node.name, node.at)
        return replace(node, kind=found.kind), found

    def property(self, node: ast.Property, scope: Scope) -> Checked:
        subject, found = self.check(node.subject, scope)
        if found.name in ("node", "edge"):
            kind = self.names.property(found, node.key)
            return replace(node, subject=subject, type=kind), of_property(kind)
        if found.name == "date":
            self._date_field(node)
            return replace(node, subject=subject), INT
        if found.kind in ("nodes", "edges"):
            one = f"[x IN … | x.{node.key}]"
            raise QuerySyntaxError(f".{node.key} needs one element, not {a(found)}; write {one}", node.at)
        expect(found, ("node", "edge", "map", "date"), f".{node.key}", node.at)
        return replace(node, subject=subject), ANY

    @staticmethod
    def _date_field(node: ast.Property) -> None:
        if node.key not in DATE_FIELDS:
            raise QueryRefusedError("date-field", f".{node.key} is refused: {REASONS['date-field']}")

    # --- lists and maps ---

    def index(self, node: ast.Index, scope: Scope) -> Checked:
        subject, found = self.check(node.subject, scope)
        at = place(node)
        expect(found, ("list", "map", "node", "edge"), "[…]", at)
        key, key_type = self.check(node.index, scope)
        if found.name in ("list", "stored"):
            expect(key_type, ("int",), "the index of a list", at)
        elif found.name not in ("any", "null"):
            expect(key_type, ("str",), f"the key of a {found}", at)
        if found.name in ("node", "edge") and isinstance(key, ast.Literal) and isinstance(key.value, str):
            self.names.property(found, key.value)
        return ast.Index(subject, key), found.item or ANY

    def slice(self, node: ast.Slice, scope: Scope) -> Checked:
        subject, found = self.check(node.subject, scope)
        element(found, "[…..…]", place(node))
        start, stop = (
            bound and self.typed(bound, scope, ("int",), "the bound of a slice")
            for bound in (node.start, node.stop)
        )
        return ast.Slice(subject, start, stop), found if found.name == "list" else LIST

    def list_literal(self, node: ast.ListLiteral, scope: Scope) -> Checked:
        items = [self.check(item, scope) for item in node.items]
        item = join(found for _, found in items) if items else ANY
        return ast.ListLiteral(tuple(new for new, _ in items)), list_of(item)

    def map_literal(self, node: ast.MapLiteral, scope: Scope) -> Checked:
        return ast.MapLiteral(tuple((key, self.tree(value, scope)) for key, value in node.items)), MAP

    def map_projection(self, node: ast.MapProjection, scope: Scope) -> Checked:
        subject, found = self.variable(node.subject, scope)
        expect(found, ("node", "edge", "map"), f"{node.subject.name} {{…}}", node.subject.at)
        for key, value in node.items:
            if value is None and key != "*" and found.name in ("node", "edge"):
                self.names.property(found, key)
        items = tuple((key, value and self.tree(value, scope)) for key, value in node.items)
        return replace(node, subject=subject, items=items), MAP

    # --- operators ---

    def unary(self, node: ast.Unary, scope: Scope) -> Checked:
        if node.operator == "NOT":
            return replace(node, operand=self.condition(node.operand, scope, "NOT")), BOOL
        operand, found = self.check(node.operand, scope)
        expect(found, NUMERIC, node.operator, place(node))
        return replace(node, operand=operand), found

    def binary(self, node: ast.Binary, scope: Scope) -> Checked:
        if node.operator in LOGIC:
            left, right = (self.condition(side, scope, node.operator) for side in (node.left, node.right))
            return replace(node, left=left, right=right), BOOL
        (left, left_type), (right, right_type) = self.check(node.left, scope), self.check(node.right, scope)
        found = binary(node.operator, left_type, right_type, place(node))
        return replace(node, left=left, right=right), found

    def comparison(self, node: ast.Comparison, scope: Scope) -> Checked:
        rest = tuple((operator, self.tree(operand, scope)) for operator, operand in node.rest)
        return ast.Comparison(self.tree(node.first, scope), rest), BOOL

    def is_null(self, node: ast.IsNull, scope: Scope) -> Checked:
        return replace(node, operand=self.tree(node.operand, scope)), BOOL

    def has_labels(self, node: ast.HasLabels, scope: Scope) -> Checked:
        subject, found = self.check(node.subject, scope)
        expect(found, ("node", "edge"), "a label predicate", place(node))
        self.patterns.labels(node.labels, found)
        return replace(node, subject=subject), BOOL

    # --- functions ---

    def call(self, node: ast.Call, scope: Scope) -> Checked:
        function = FUNCTIONS.get(node.name)
        if function is None or (node.name == "date" and not node.arguments):
            raise _unknown(node.name)
        name = SPELLING.get(node.name, node.name)
        if not function.takes(len(node.arguments)):
            found = len(node.arguments)
            raise QuerySyntaxError(f"{name}() takes {function.arity}, not {found}", node.at)
        if node.distinct and not function.aggregate:
            raise QuerySyntaxError(f"DISTINCT is for aggregations; {name}() is none", node.at)
        inner = self._inside_aggregate(name, scope, node.at) if function.aggregate else scope
        checked = [self.check(argument, inner) for argument in node.arguments]
        for i, (_, found_type) in enumerate(checked):
            allowed = function.arguments[min(i, len(function.arguments) - 1)]
            hint = "; use size()" if name == "length" and found_type.fits(("str", "list")) else ""
            expect(found_type, allowed, f"{name}()", place(node), hint)
        result = function.gives([found_type for _, found_type in checked])
        return replace(node, arguments=tuple(new for new, _ in checked)), result

    def count_star(self, node: ast.CountStar, scope: Scope) -> Checked:
        self._inside_aggregate("count", scope, -1)
        return node, INT

    @staticmethod
    def _inside_aggregate(name: str, scope: Scope, at: int) -> Scope:
        if scope.no_aggregates:
            raise QuerySyntaxError(f"{name}() cannot aggregate {scope.no_aggregates}; use WITH before", at)
        return scope.without_aggregates("inside another aggregation")

    def case(self, node: ast.Case, scope: Scope) -> Checked:
        subject = node.subject and self.tree(node.subject, scope)
        results, whens = [], []
        for when, then in node.whens:
            new = self.tree(when, scope) if subject else self.condition(when, scope, "WHEN")
            value, found = self.check(then, scope)
            whens.append((new, value))
            results.append(found)
        otherwise, found = self.check(node.otherwise, scope) if node.otherwise else (None, NULL)
        return ast.Case(subject, tuple(whens), otherwise), join([*results, found])

    # --- what binds variables of its own ---

    def list_comprehension(self, node: ast.ListComprehension, scope: Scope) -> Checked:
        source, found = self.check(node.source, scope)
        item = element(found, "a list comprehension", place(node))
        inner = scope.with_types({node.variable: item}).without_aggregates("in a list comprehension")
        projection, result = self.check(node.projection, inner) if node.projection else (None, item)
        new = replace(node, source=source, where=self.where(node.where, inner), projection=projection)
        return new, list_of(result)

    def quantifier(self, node: ast.Quantifier, scope: Scope) -> Checked:
        source, found = self.check(node.source, scope)
        item = element(found, f"{node.kind}()", place(node))
        inner = scope.with_types({node.variable: item}).without_aggregates(f"in {node.kind}()")
        return replace(node, source=source, where=self.condition(node.where, inner, "WHERE")), BOOL

    def reduce(self, node: ast.Reduce, scope: Scope) -> Checked:
        source, found = self.check(node.source, scope)
        item = element(found, "reduce()", place(node))
        inner = scope.with_types({node.accumulator: ANY, node.variable: item}).without_aggregates(
            "in reduce()"
        )
        initial, body = self.tree(node.initial, scope), self.tree(node.body, inner)
        return replace(node, initial=initial, source=source, body=body), ANY

    def pattern_comprehension(self, node: ast.PatternComprehension, scope: Scope) -> Checked:
        where = "in a pattern comprehension"
        (pattern,), inner = self.patterns.bind((node.pattern,), scope.without_aggregates(where))
        projection, found = self.check(node.projection, inner)
        new = ast.PatternComprehension(pattern, self.where(node.where, inner), projection)
        return new, list_of(found)

    def exists(self, node: ast.Exists, scope: Scope) -> Checked:
        if node.bare:
            hint = "use EXISTS { … } or COUNT { … }"
            raise QuerySyntaxError(f"a pattern is a condition, not a value; {hint}", place(node))
        return self._subquery(node, scope), BOOL

    def count(self, node: ast.Count, scope: Scope) -> Checked:
        return self._subquery(node, scope), INT

    def _subquery(self, node: ast.Exists | ast.Count, scope: Scope, bind: bool = True) -> ast.Expression:
        inner = scope.without_aggregates("in a subquery")
        patterns, inner = self.patterns.bind(node.patterns, inner, new=bind)
        return replace(node, patterns=patterns, where=self.where(node.where, inner))


def _unknown(name: str) -> QueryRefusedError:
    """The error for a function outside the subset."""
    if name in ENGINE_IDS:
        return QueryRefusedError("engine-id", f"{name}() is refused: {REASONS['engine-id']}: n.id")
    known = [SPELLING.get(other, other) for other in FUNCTIONS]
    advice = f"; {ADVICE[name]}" if name in ADVICE else did_you_mean(name, known)
    return QueryRefusedError("function", f"{name}() is refused: {REASONS['function']}{advice}")
