"""Random expressions over the variables of a query; ``pick`` chooses as ``random.choice`` does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

Pick = Callable[[Sequence[Any]], Any]

REGEXES = ["'(?i)a.*'", "'A.*'", "'[A-Z]+'", "'.*n|B.b'", "'^.n+$'"]
LISTS = ["['Ann', 'a']", "[]"]


class Expressions(ABC):
    """What a query may say of the nodes, edges, paths and values that it has bound so far."""

    def __init__(self, pick: Pick) -> None:
        self.pick = pick
        self.count = 0
        self.sole = pick([True, False, False])
        self.walked = False
        self.nodes: list[str] = []
        self.edges: list[str] = []
        self.paths: list[str] = []
        self.values: list[tuple[str, str]] = []

    def fresh(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    @abstractmethod
    def pattern(self, bind: bool = True) -> str: ...

    @abstractmethod
    def relationship(self, bind: bool) -> str: ...

    @abstractmethod
    def subquery(self) -> str: ...

    def expression(self, type_: str, depth: int) -> str:
        leaves = self.leaves(type_)
        if depth <= 0 or self.pick([True, False]):
            return str(self.pick(leaves))
        return str(self.pick(getattr(self, f"{type_}_forms")(depth - 1))())

    def leaves(self, type_: str) -> list[str]:
        fixed = {
            "int": ["1", "2", "-3"],
            "float": ["0.5", "2.0"],
            "bool": ["true", "false"],
            "date": ["date('2020-02-29')"],
            "str": ["'Ann'", "'a'", "''"],
            "list": ["['a', 'Ann']"],
            "items": ["[1, 2]"],
        }[type_]
        key = {"int": "i", "float": "x", "bool": "b", "date": "d", "str": "name"}.get(type_, "l")
        found = [f"{node}.{key}" for node in self.nodes]
        found += [name for name, known in self.values if known == type_]
        if type_ == "int":
            found += [f"{edge}.w" for edge in self.edges] + [f"length({path})" for path in self.paths]
        elif type_ == "str":
            found += [f"{node}.id" for node in self.nodes] + [f"type({edge})" for edge in self.edges]
        elif type_ == "list":
            found += [f"labels({node})" for node in self.nodes]
        elif type_ == "items":
            found += [f"[x IN nodes({path}) | x.{self.pick(['name', 'i', 'id'])}]" for path in self.paths]
            found += [f"[x IN relationships({path}) | type(x)]" for path in self.paths]
        return found if found and self.pick([True, True, True, False]) else fixed

    def case(self, type_: str, depth: int) -> str:
        then, other = self.expression(type_, depth), self.expression(type_, depth)
        if self.pick([True, False]):
            kind = self.pick(["int", "str"])
            subject, value = self.expression(kind, depth), self.expression(kind, depth)
            return f"CASE {subject} WHEN {value} THEN {then} ELSE {other} END"
        last = self.pick(["", f" ELSE {other}"])
        return f"CASE WHEN {self.expression('bool', depth)} THEN {then}{last} END"

    def int_forms(self, depth: int) -> list[Callable[[], str]]:
        def e(type_: str = "int") -> str:
            return self.expression(type_, depth)

        return [
            lambda: f"({e()} {self.pick('+-*/%')} {e()})",
            lambda: f"size({e(self.pick(['str', 'list']))})",
            lambda: f"abs({e()})",
            lambda: f"(-{e()})",
            lambda: f"coalesce({e()}, {e()})",
            lambda: self.case("int", depth),
            lambda: f"toInteger({e('str')})",
            lambda: f"{e('date')}.year",
            lambda: f"COUNT {{ {self.pattern(bind=False)} }}",
        ]

    def float_forms(self, depth: int) -> list[Callable[[], str]]:
        def e(type_: str = "float") -> str:
            return self.expression(type_, depth)

        return [
            lambda: f"({e()} {self.pick('+-*/')} {e(self.pick(['float', 'int']))})",
            lambda: f"toFloat({e(self.pick(['int', 'str']))})",
            lambda: f"{self.pick(['sqrt', 'floor', 'ceil'])}({e(self.pick(['int', 'float']))})",
            lambda: f"({e('int')} ^ 2)",
            lambda: f"coalesce({e()}, {e()})",
        ]

    def str_forms(self, depth: int) -> list[Callable[[], str]]:
        def e(type_: str = "str") -> str:
            return self.expression(type_, depth)

        return [
            lambda: f"{self.pick(['toLower', 'toUpper'])}({e()})",
            lambda: f"({e()} + {e()})",
            lambda: f"substring({e()}, {self.pick(['0', '1', '3', '0, 0', '1, 2'])})",
            lambda: f"{self.pick(['left', 'right'])}({e()}, {self.pick([0, 2])})",
            lambda: f"replace({e()}, 'n', 'xx')",
            lambda: f"toString({e(self.pick(['int', 'bool', 'date']))})",
            lambda: f"coalesce({e()}, {e()})",
            lambda: self.case("str", depth),
            lambda: f"{e('list')}[{self.pick([0, 1])}]",
            lambda: f"head({e('list')})",
        ]

    def bool_forms(self, depth: int) -> list[Callable[[], str]]:
        def e(type_: str = "bool") -> str:
            return self.expression(type_, depth)

        kind = self.pick(["int", "float", "str", "date"])
        forms = [
            lambda: f"({e()} {self.pick(['AND', 'OR', 'XOR'])} {e()})",
            lambda: f"(NOT {e()})",
            lambda: f"({e(kind)} {self.pick(['=', '<>', '<', '<=', '>', '>='])} {e(kind)})",
            lambda: f"({e('int')} {self.pick(['=', '<', '>='])} {self.pick(['1.0', '2.0'])})",
            lambda: f"({e('float')} {self.pick(['=', '<', '>='])} {self.pick(['1', '2'])})",
            lambda: f"({e('int')} < {e('int')} <= {e('int')})",
            lambda: f"({e(kind)} IS {self.pick(['', 'NOT '])}NULL)",
            lambda: f"({e('str')} {self.pick(['STARTS WITH', 'ENDS WITH', 'CONTAINS'])} {e('str')})",
            lambda: f"({e('str')} =~ {self.pick(REGEXES)})",
            lambda: f"({e('str')} IN {self.pick([e('list'), *LISTS])})",
            lambda: f"({e('int')} IN [1, 2])",
        ]
        if self.nodes:
            node = self.pick(self.nodes)
            forms += [
                lambda: f"{node}:{self.pick(['A', 'A&B', 'A|B', '!A', 'Entity'])}",
                lambda: f"({node} {self.pick(['=', '<>'])} {self.pick(self.nodes)})",
                lambda: f"({node} IS NULL)",
                self.subquery,
                self.subquery,
                lambda: f"({node}){self.relationship(bind=False)}({self.pick([*self.nodes, ''])})",
            ]
        if self.edges:
            edge = self.pick(self.edges)
            forms += [
                lambda: f"({edge} {self.pick(['=', '<>'])} {self.pick(self.edges)})",
                lambda: f"{edge}:{self.pick(['R', 'R|S', '!S'])}",
            ]
        return forms

    def date_forms(self, depth: int) -> list[Callable[[], str]]:
        return [lambda: f"coalesce({self.expression('date', depth)}, {self.expression('date', depth)})"]

    def list_forms(self, depth: int) -> list[Callable[[], str]]:
        return [lambda: f"{self.expression('list', depth)}[{self.pick(['..1', '0..2', '1..'])}]"]

    def items_forms(self, _depth: int) -> list[Callable[[], str]]:
        return [lambda: self.expression("items", 0)]
