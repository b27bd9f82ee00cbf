"""The syntax tree of the read subset. Nodes are immutable and compare by value.

``at`` is the offset of the first character in the query text and takes no part in comparison. The parser
leaves ``kind`` and ``type`` empty; the check (:mod:`kgllm.kg.cypher.check`) returns a tree with both filled
in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal as Choice

Kind = Choice["node", "edge", "nodes", "edges", "path", "value"]
"""What a variable stands for; ``edges`` is the list that a variable-length relationship binds."""


def _at() -> int:
    at: int = field(default=-1, compare=False, repr=False, kw_only=True)
    return at


# --- expressions ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal:
    """null, true, false, an integer of 64 bits, a float or a string."""

    value: bool | int | float | str | date | None


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    at: int = _at()


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    kind: Kind | None = field(default=None, compare=False)
    at: int = _at()


@dataclass(frozen=True, slots=True)
class Property:
    """``subject.key``.

    ``type`` is the property's type in the schema when the subject is a node or an edge.
    """

    subject: Expression
    key: str
    type: str | None = field(default=None, compare=False)
    at: int = _at()


@dataclass(frozen=True, slots=True)
class Index:
    """``subject[index]``, from 0, negative from the end."""

    subject: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Slice:
    """``subject[start..stop]``, stop excluded."""

    subject: Expression
    start: Expression | None
    stop: Expression | None


@dataclass(frozen=True, slots=True)
class ListLiteral:
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MapLiteral:
    items: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class MapProjection:
    """``subject {.a, .*, b.

    Expression}``; a ``.*`` is the item ``("*", None)``, ``.a`` is ``("a", None)``.
    """

    subject: Variable
    items: tuple[tuple[str, Expression | None], ...]


@dataclass(frozen=True, slots=True)
class Unary:
    operator: Choice["NOT", "-", "+"]
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """``operator``: OR XOR AND + - * / % ^ IN, STARTS WITH, ENDS WITH, CONTAINS, =~."""

    operator: str
    left: Expression
    right: Expression
    at: int = _at()


@dataclass(frozen=True, slots=True)
class Comparison:
    """``first op e1 op e2 …``, a chain whose links are joined by AND; operators = <> < <= > >=."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    operand: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class LabelName:
    name: str
    at: int = _at()


@dataclass(frozen=True, slots=True)
class LabelAnd:
    """``:A:B`` and ``:A&B``."""

    parts: tuple[LabelExpression, ...]


@dataclass(frozen=True, slots=True)
class LabelOr:
    parts: tuple[LabelExpression, ...]


@dataclass(frozen=True, slots=True)
class LabelNot:
    part: LabelExpression


@dataclass(frozen=True, slots=True)
class LabelAny:
    """``%``: at least one label."""


LabelExpression = LabelName | LabelAnd | LabelOr | LabelNot | LabelAny


@dataclass(frozen=True, slots=True)
class HasLabels:
    """``subject:A`` as a predicate; on an edge it asks for the relation type."""

    subject: Expression
    labels: LabelExpression


@dataclass(frozen=True, slots=True)
class Call:
    """A function, by its name in lower case.

    The check knows the functions and how many arguments they take.
    """

    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False
    at: int = _at()


@dataclass(frozen=True, slots=True)
class CountStar:
    """``count(*)``."""


@dataclass(frozen=True, slots=True)
class Case:
    """``CASE [subject] WHEN … THEN … [ELSE …] END``."""

    subject: Expression | None
    whens: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


@dataclass(frozen=True, slots=True)
class ListComprehension:
    """``[variable IN source WHERE where | projection]``."""

    variable: str
    source: Expression
    where: Expression | None
    projection: Expression | None


@dataclass(frozen=True, slots=True)
class PatternComprehension:
    """``[pattern WHERE where | projection]``."""

    pattern: PathPattern
    where: Expression | None
    projection: Expression


@dataclass(frozen=True, slots=True)
class Quantifier:
    """``all|any|none|single(variable IN source WHERE where)``."""

    kind: Choice["all", "any", "none", "single"]
    variable: str
    source: Expression
    where: Expression


@dataclass(frozen=True, slots=True)
class Reduce:
    """``reduce(accumulator = initial, variable IN source | body)``."""

    accumulator: str
    initial: Expression
    variable: str
    source: Expression
    body: Expression


@dataclass(frozen=True, slots=True)
class Exists:
    """``EXISTS { [MATCH] patterns [WHERE …] }``, and a pattern used as a predicate.

    ``bare`` says that it was written as a pattern, ``(a)-->(b)``: it may then bind no variables.
    """

    patterns: tuple[PathPattern, ...]
    where: Expression | None = None
    bare: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Count:
    """``COUNT { [MATCH] patterns [WHERE …] }``."""

    patterns: tuple[PathPattern, ...]
    where: Expression | None = None


Expression = (
    Literal
    | Parameter
    | Variable
    | Property
    | Index
    | Slice
    | ListLiteral
    | MapLiteral
    | MapProjection
    | Unary
    | Binary
    | Comparison
    | IsNull
    | HasLabels
    | Call
    | CountStar
    | Case
    | ListComprehension
    | PatternComprehension
    | Quantifier
    | Reduce
    | Exists
    | Count
)


# --- patterns -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NodePattern:
    """``(variable:labels {properties} WHERE where)``; ``variable`` is None when the text names none."""

    variable: str | None = None
    labels: LabelExpression | None = None
    properties: MapLiteral | Parameter | None = None
    where: Expression | None = None
    at: int = _at()


@dataclass(frozen=True, slots=True)
class RelPattern:
    """``-[variable:types*low..high {properties}]->``; ``length`` None means exactly one edge.

    ``high`` is None in ``*`` and ``*2..``: the limits refuse those. ``direction`` is seen from left to right.
    """

    variable: str | None = None
    types: tuple[str, ...] = ()
    direction: Choice["out", "in", "both"] = "both"
    length: tuple[int, int | None] | None = None
    properties: MapLiteral | Parameter | None = None
    where: Expression | None = None
    at: int = _at()


@dataclass(frozen=True, slots=True)
class PathPattern:
    """``variable = (n0)-[r0]-(n1)…``.

    One node more than relationships; ``shortest`` for the two functions.
    """

    nodes: tuple[NodePattern, ...]
    relationships: tuple[RelPattern, ...] = ()
    variable: str | None = None
    shortest: Choice["one", "all"] | None = None


# --- clauses --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Match:
    patterns: tuple[PathPattern, ...]
    where: Expression | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Unwind:
    expression: Expression
    variable: str


@dataclass(frozen=True, slots=True)
class Item:
    """``expression AS name``.

    Without AS, ``name`` is the expression as it stands in the text, ``aliased`` false.
    """

    expression: Expression
    name: str
    aliased: bool = True


@dataclass(frozen=True, slots=True)
class SortKey:
    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Projection:
    """``[DISTINCT] [*,] items [ORDER BY …] [SKIP …] [LIMIT …]``; the check replaces ``star`` by items."""

    items: tuple[Item, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[SortKey, ...] = ()
    skip: Expression | None = None
    limit: Expression | None = None


@dataclass(frozen=True, slots=True)
class With:
    projection: Projection
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Return:
    projection: Projection


Clause = Match | Unwind | With | Return


@dataclass(frozen=True, slots=True)
class SingleQuery:
    """Clauses in order; the last one is a RETURN."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """``parts`` joined by UNION; ``all`` says for each join whether it is UNION ALL."""

    parts: tuple[SingleQuery, ...]
    all: tuple[bool, ...] = ()
