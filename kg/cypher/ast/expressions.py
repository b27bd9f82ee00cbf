"""Expressions: values, operators, functions, and what holds a pattern inside an expression."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from typing import Literal as Choice

if TYPE_CHECKING:
    from .patterns import PathPattern

Kind = Choice["node", "edge", "nodes", "edges", "path", "value"]
"""What a variable stands for; ``edges`` is the list that a variable-length relationship binds."""


def offset() -> int:
    """A field ``at`` that takes no part in comparison."""
    at: int = field(default=-1, compare=False, repr=False, kw_only=True)
    return at


@dataclass(frozen=True, slots=True)
class Literal:
    """null, true, false, an integer of 64 bits, a float or a string."""

    value: bool | int | float | str | date | None


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    at: int = offset()


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    kind: Kind | None = field(default=None, compare=False)
    at: int = offset()


@dataclass(frozen=True, slots=True)
class Property:
    """``subject.key``.

    ``type`` is the property's type in the schema when the subject is a node or an edge.
    """

    subject: Expression
    key: str
    type: str | None = field(default=None, compare=False)
    at: int = offset()


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
    at: int = offset()


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
    at: int = offset()


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
    at: int = offset()


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
