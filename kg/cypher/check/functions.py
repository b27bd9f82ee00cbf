"""The functions of the read subset: how many arguments, of which types, and what they give.

Everything that is not in :data:`FUNCTIONS` is refused: procedures' functions, files, clocks, random numbers,
and the engines' own ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import ast
from .types import (
    ANY,
    BOOL,
    DATE,
    EDGE,
    FLOAT,
    INT,
    MAP,
    NODE,
    NUMBER,
    NUMERIC,
    STR,
    STRINGS,
    Type,
    join,
    list_of,
)

Result = Type | Callable[[Sequence[Type]], Type]


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Args:
        arguments: for each argument the names of the types it accepts (see :class:`~.types.Type`).
        result: its type, or how it follows from the types of the arguments.
        optional: how many of the last arguments may be left out.
        aggregate: whether it takes the values of many rows.
        variadic: whether the last argument may be repeated.
    """

    arguments: tuple[tuple[str, ...], ...]
    result: Result
    optional: int = 0
    aggregate: bool = False
    variadic: bool = False

    def takes(self, count: int) -> bool:
        """Whether it may be called with ``count`` arguments."""
        most = count if self.variadic else len(self.arguments)
        return len(self.arguments) - self.optional <= count <= most

    def gives(self, types: Sequence[Type]) -> Type:
        """The type of its result."""
        return self.result if isinstance(self.result, Type) else self.result(types)

    @property
    def arity(self) -> str:
        """``1 argument``, ``2 to 3 arguments``, for messages."""
        most = len(self.arguments)
        least = most - self.optional
        if self.variadic:
            return f"{least} or more arguments"
        span = str(most) if least == most else f"{least} to {most}"
        return f"{span} argument{'' if span == '1' else 's'}"


_ANY, _NUMBER, _INT, _STR = ("any",), NUMERIC, ("int",), ("str",)
_LIST, _PATH, _NODE, _EDGE = ("list",), ("path",), ("node",), ("edge",)
_HAS_PROPERTIES = ("node", "edge", "map")


def _item(types: Sequence[Type]) -> Type:
    return types[0].item or ANY


def _same(types: Sequence[Type]) -> Type:
    return types[0]


def _numeric(types: Sequence[Type]) -> Type:
    return types[0] if types[0].name in NUMERIC else NUMBER


def _math(*names: str) -> dict[str, Function]:
    return {name: Function((_NUMBER,), FLOAT) for name in names}


def _text(*names: str) -> dict[str, Function]:
    return {name: Function((_STR,), STR) for name in names}


FUNCTIONS: dict[str, Function] = {
    # of nodes, relationships and paths
    "labels": Function((_NODE,), STRINGS),
    "type": Function((_EDGE,), STR),
    "keys": Function((_HAS_PROPERTIES,), STRINGS),
    "properties": Function((_HAS_PROPERTIES,), MAP),
    "startnode": Function((_EDGE,), NODE),
    "endnode": Function((_EDGE,), NODE),
    "nodes": Function((_PATH,), list_of(NODE)),
    "relationships": Function((_PATH,), list_of(EDGE)),
    "length": Function((_PATH,), INT),
    # of lists
    "size": Function((("list", "str"),), INT),
    "head": Function((_LIST,), _item),
    "last": Function((_LIST,), _item),
    "tail": Function((_LIST,), _same),
    "reverse": Function((("list", "str"),), _same),
    "range": Function((_INT, _INT, _INT), list_of(INT), optional=1),
    "isempty": Function((("list", "map", "str"),), BOOL),
    "coalesce": Function((_ANY,), join, variadic=True),
    # conversions
    "tostring": Function((("bool", *NUMERIC, "str", "date"),), STR),
    "tointeger": Function((("bool", *NUMERIC, "str"),), INT),
    "tofloat": Function(((*NUMERIC, "str"),), FLOAT),
    "toboolean": Function((("bool", "int", "str"),), BOOL),
    "tostringornull": Function((_ANY,), STR),
    "tointegerornull": Function((_ANY,), INT),
    "tofloatornull": Function((_ANY,), FLOAT),
    "tobooleanornull": Function((_ANY,), BOOL),
    "date": Function((("str", "map", "date"),), DATE),
    # of strings
    **_text("tolower", "toupper", "lower", "upper", "trim", "ltrim", "rtrim"),
    "char_length": Function((_STR,), INT),
    "character_length": Function((_STR,), INT),
    "replace": Function((_STR, _STR, _STR), STR),
    "substring": Function((_STR, _INT, _INT), STR, optional=1),
    "left": Function((_STR, _INT), STR),
    "right": Function((_STR, _INT), STR),
    "split": Function((_STR, _STR), STRINGS),
    # of numbers
    "abs": Function((_NUMBER,), _numeric),
    "sign": Function((_NUMBER,), INT),
    "round": Function((_NUMBER, _NUMBER), FLOAT, optional=1),
    "isnan": Function((_NUMBER,), BOOL),
    "pi": Function((), FLOAT),
    "e": Function((), FLOAT),
    **_math("ceil", "floor", "sqrt", "exp", "log", "log10", "degrees", "radians"),
    **_math("sin", "cos", "tan", "cot", "asin", "acos", "atan"),
    "atan2": Function((_NUMBER, _NUMBER), FLOAT),
    # of many rows
    "count": Function((_ANY,), INT, aggregate=True),
    "sum": Function((_NUMBER,), _numeric, aggregate=True),
    "avg": Function((_NUMBER,), FLOAT, aggregate=True),
    "min": Function((_ANY,), _same, aggregate=True),
    "max": Function((_ANY,), _same, aggregate=True),
    "collect": Function((_ANY,), lambda types: list_of(types[0]), aggregate=True),
    "stdev": Function((_NUMBER,), FLOAT, aggregate=True),
    "stdevp": Function((_NUMBER,), FLOAT, aggregate=True),
    "percentilecont": Function((_NUMBER, _NUMBER), FLOAT, aggregate=True),
    "percentiledisc": Function((_NUMBER, _NUMBER), _numeric, aggregate=True),
}
"""By name in lower case."""

_MIXED_CASE = (
    "startNode endNode isEmpty isNaN toString toInteger toFloat toBoolean toStringOrNull toIntegerOrNull"
    " toFloatOrNull toBooleanOrNull toLower toUpper stDev stDevP percentileCont percentileDisc"
)
SPELLING = {name.lower(): name for name in _MIXED_CASE.split()}
"""How Cypher's manual spells a function, where that is not in lower case."""

ADVICE = {
    "rels": "use relationships(path)",
    "toint": "use toInteger()",
    "date": "without a day it would depend on the clock; write date('2024-01-31')",
    "datetime": "only dates can be asked for: date('2024-01-31')",
    "localdatetime": "only dates can be asked for: date('2024-01-31')",
    "duration": "compare dates or years instead: n.born < date('2000-01-01')",
    "duration.between": "compare dates or years instead: n.born.year < 2000",
    "timestamp": "the answer would depend on the clock",
    "rand": "the answer would depend on chance",
    "randomuuid": "the answer would depend on chance",
}
"""What to do instead of functions that are refused."""

ENGINE_IDS = frozenset({"id", "elementid"})


def is_aggregate(node: object) -> bool:
    """Whether ``node`` itself is an aggregation."""
    if isinstance(node, ast.Call):
        function = FUNCTIONS.get(node.name)
        return function is not None and function.aggregate
    return isinstance(node, ast.CountStar)
