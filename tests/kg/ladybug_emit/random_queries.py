"""Random graphs and random queries over them; every choice is made by ``pick``, as ``random.choice`` does."""

from __future__ import annotations

from datetime import date
from typing import Any

from random_expressions import Expressions, Pick

from kgllm.kg.model import Edge, Entity

LONG = "A long name with a long prefix"
PLAIN = ["Ann", "Bob", "ann", "", f"{LONG}, 1", f"{LONG}, 2", "7", "-3", "2.5"]
WILD = [*PLAIN, "Éa", "e\u0301x", "straße", "ΑΣ", "İx", "a\r\nb", "\u212aa", "👨\u200d👩", "zz\u2028"]
VALUES: dict[str, list[Any]] = {
    "i": [-2, 0, 1, 2, 7, 2**53 + 1],
    "x": [-1.5, 0.0, -0.0, 2.0, 2.5, 1e300],
    "b": [True, False],
    "d": [date(1999, 12, 31), date(2020, 2, 29)],
    "l": [[], ["a"], ["a", "b"], ["Ann"]],
}
ARROWS = [("-", "->"), ("-", "->"), ("<-", "-"), ("-", "-")]


def graph(pick: Pick, wild: bool, large: bool) -> tuple[list[Entity], list[Edge]]:
    """A graph; a ``wild`` one has self-loops, and names in which engines see different letters."""
    names = WILD if wild else PLAIN
    nodes = []
    for id in [*"abcdefg"[: pick([2, 4, 6, 7])], *(f"n{i}" for i in range(20 * large))]:
        labels = tuple(label for label in "AB" if pick([True, False]))
        properties = {k: pick(v) for k, v in (("name", names), *VALUES.items()) if pick([True, True, False])}
        nodes.append(Entity(id, labels, properties))
    edges = {}
    for _ in range(60 if large else pick([3, 6, 9])):
        head, tail = pick(nodes).id, pick(nodes).id
        if wild or head != tail:
            weight = {"w": pick([1, 2])} if pick([True, False]) else {}
            edge = Edge(head, pick(["R", "R", "S"]), tail, pick(["", "", "k"]), weight)
            edges[edge.identity] = edge
    return nodes, list(edges.values())


class Query(Expressions):
    """One random query, with at most one variable-length relationship, which is then the only one."""

    def text(self) -> str:
        """The query; some are refused by the gate."""
        first = self.pick([self.match, self.match, self.match, self.unwind])()
        more = [self.match, self.optional, self.with_, self.with_, self.unwind]
        clauses = [self.pick(more)() for _ in range(self.pick([0, 0, 1, 1, 2]))]
        return " ".join([first, *clauses, self.return_()])

    # --- clauses ---

    def match(self) -> str:
        patterns = ", ".join(self.pattern() for _ in range(self.pick([1, 1, 1, 2])))
        return f"MATCH {patterns}{self.where()}"

    def optional(self) -> str:
        return f"OPTIONAL MATCH {self.pattern()}{self.where()}"

    def where(self) -> str:
        return f" WHERE {self.expression('bool', 2)}" if self.pick([True, False]) else ""

    def unwind(self) -> str:
        type_, name = self.pick(["int", "str"]), self.fresh("u")
        source = self.pick(
            {"int": ["[1, 2, 2]", "range(0, 2)"], "str": ["['Ann', 'a']", "['a', 'b']"]}[type_]
        )
        if self.nodes and type_ == "str" and self.pick([True, False]):
            source = self.expression("list", 1)
        self.values.append((name, type_))
        return f"UNWIND {source} AS {name}"

    def with_(self) -> str:
        if self.pick([True, False, False]):
            items, nodes, values = self.groups()
            edges, paths, distinct = [], [], ""
        else:
            nodes, edges, paths = (
                [name for name in kind if self.pick([True, False])] for kind in self.bound()
            )
            values = [
                (self.fresh("w"), self.pick(["int", "str", "float", "bool"]))
                for _ in range(self.pick([0, 1, 2]))
            ]
            items = [
                *nodes,
                *edges,
                *paths,
                *(f"{self.expression(type_, 2)} AS {name}" for name, type_ in values),
            ]
            distinct = self.pick(["", "", "DISTINCT "])
            if not items:
                return ""
        self.nodes, self.edges, self.paths, self.values = nodes, edges, paths, values
        return f"WITH {distinct}{', '.join(items)}{self.where()}"

    def bound(self) -> tuple[list[str], list[str], list[str]]:
        return self.nodes, self.edges, self.paths

    def groups(self) -> tuple[list[str], list[str], list[tuple[str, str]]]:
        """Keys and aggregates: items, the nodes and the values among them."""
        items: list[str] = []
        nodes: list[str] = []
        values = []
        if self.nodes and self.pick([True, False]):
            nodes = [self.pick(self.nodes)]
            items = list(nodes)
        if self.pick([True, False]):
            type_, name = self.pick(["int", "str", "float", "bool", "date"]), self.fresh("g")
            items.append(f"{self.expression(type_, 1)} AS {name}")
            values.append((name, type_))
        for _ in range(self.pick([1, 2])):
            name, (text, type_) = self.fresh("k"), self.aggregate()
            items.append(f"{text} AS {name}")
            values.append((name, type_))
        return items, nodes, values

    def aggregate(self) -> tuple[str, str]:
        kind = self.pick(["count(*)", "count", "sum", "avg", "min", "max", "collect", "node"])
        distinct = self.pick(["", "", "DISTINCT "])
        if kind == "count(*)":
            return kind, "int"
        if kind == "node" and self.nodes:
            return f"count({distinct}{self.pick(self.nodes)})", "int"
        if kind in ("min", "max"):
            type_ = self.pick(["int", "str", "float", "date"])
            return f"{kind}({self.expression(type_, 1)})", type_
        if kind == "collect":
            return f"size(collect({distinct}{self.expression(self.pick(['int', 'str']), 1)}))", "int"
        if kind in ("sum", "avg"):
            type_ = self.pick(["int", "float"])
            return f"{kind}({distinct}{self.expression(type_, 1)})", "float" if kind == "avg" else type_
        return f"count({distinct}{self.expression(self.pick(['int', 'str']), 1)})", "int"

    def return_(self) -> str:
        if self.pick([True, False, False]):
            items, _, _ = self.groups()
        else:
            items = [self.pick(kind) for kind in self.bound() if kind and self.pick([True, False, False])]
            for _ in range(self.pick([1, 2])):
                type_ = self.pick(["int", "str", "float", "bool", "date", "list", "items"])
                items.append(f"{self.expression(type_, 2)} AS {self.fresh('c')}")
        text = f"RETURN {self.pick(['', '', '', 'DISTINCT '])}{', '.join(items)}"
        named = [item.split(" AS ")[-1] for item in items if " AS " in item]
        if named and self.pick([True, False]):
            text += " ORDER BY " + ", ".join(f"{name}{self.pick(['', ' DESC'])}" for name in named)
            if len(named) == len(items) and self.pick([True, False]):
                text += f"{self.pick(['', ' SKIP 1'])} LIMIT {self.pick([0, 1, 3])}"
        return text

    # --- patterns ---

    def pattern(self, bind: bool = True) -> str:
        hops = 1 if not bind else self.pick([0, 1, 1, 1, 2])
        if self.sole:
            hops = 0 if self.walked else 1
            if bind and hops and self.pick([True, *[False] * 7]):
                return self.shortest()
        text = self.node(bind)
        for _ in range(hops):
            text += self.relationship(bind) + self.node(bind)
        if bind and hops and self.pick([True, False, False, False]):
            self.paths.append(self.fresh("p"))
            return f"{self.paths[-1]} = {text}"
        return text

    def shortest(self) -> str:
        self.walked = True
        name, one, other = self.fresh("p"), self.fresh("n"), self.fresh("n")
        left, right = self.pick(ARROWS)
        walk = f"{left}[{self.pick(['', ':R'])}*..{self.pick([1, 3, 4])}]{right}"
        self.nodes += [one, other]
        self.paths.append(name)
        return f"{name} = shortestPath(({one} {{id: 'a'}}){walk}({other} {{id: '{self.pick('bc')}'}}))"

    def node(self, bind: bool) -> str:
        name = ""
        if self.nodes and (not bind or self.pick([True, False, False])):
            name = self.pick(self.nodes)
        elif bind and self.pick([True, True, False]):
            name = self.fresh("n")
            self.nodes.append(name)
        labels = self.pick(["", "", "", ":A", ":B", ":A:B", ":A|B", ":!A", ":Entity", ":Zed"])
        return f"({name}{labels}{self.pick([''] * 8 + [' {i: 1}', ' {name: `Ann`}', ' {id: `a`}'])})".replace(
            "`", "'"
        )

    def relationship(self, bind: bool) -> str:
        length = ""
        if self.sole and not self.walked:
            length = self.pick(["*1..2", "*0..1", "*2", "*1..3"])
            self.walked = True
        name = self.fresh("r") if bind and self.pick([True, False]) else ""
        if name and not length:
            self.edges.append(name)
        properties = "" if length else self.pick([""] * 7 + [" {w: 1}"])
        left, right = self.pick(ARROWS)
        return f"{left}[{name}{self.pick(['', '', ':R', ':S', ':R|S'])}{length}{properties}]{right}"

    def subquery(self) -> str:
        held = list(self.nodes), list(self.edges), list(self.paths)
        text = f"({self.pick(self.nodes)})"
        for _ in range(1 if self.sole else self.pick([1, 1, 2])):
            text += self.relationship(True) + self.node(True)
        text = f"EXISTS {{ {text}{self.where()} }}"
        self.nodes, self.edges, self.paths = held
        return text
