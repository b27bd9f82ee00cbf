"""The openCypher TCK (Technology Compatibility Kit): its scenarios, their graphs and the tables they expect.

A scenario builds its graph with CREATE, which is outside the read subset. :func:`build` reads that by calling
it MATCH: what a pattern with CREATE makes is what the same pattern would find. Values are compared in a plain
form, see :func:`plain`. A property ``id`` is called ``id_`` here, for in a store ``n.id`` is the entity's id.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path as File
from typing import Any

from kgllm.kg.backends.memory.graph import MemoryGraph
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.interpret.context import Clock, Context
from kgllm.kg.cypher.interpret.expressions import compiled
from kgllm.kg.cypher.interpret.run import clause_of
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.parse.parser import parse
from kgllm.kg.model import Edge, Entity, Path

LIMITS = Limits(known_names=False, products=20, hops=30, patterns=200, range=1_000_000, characters=100_000)
"""What the TCK needs: graphs without a schema, and queries that no limit should refuse."""

FEW = 30
"""Hops in place of the unbounded ``*``, more than any graph of the TCK has."""


@dataclass(frozen=True)
class Scenario:
    """One scenario. ``expected`` is ``rows``, ``empty`` or the text of the error."""

    name: str
    setup: tuple[str, ...]
    parameters: dict[str, Any]
    query: str
    expected: str
    table: list[list[str]] = field(default_factory=list)
    ordered: bool = False
    lists_ordered: bool = True
    unsupported: str = ""


def scenarios(folder: File) -> Iterator[Scenario]:
    """All scenarios of the file in ``folder``."""
    with gzip.open(folder / "scenarios.derived.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield _scenario(json.loads(line))


def _scenario(raw: dict[str, Any]) -> Scenario:
    raw = json.loads(re.sub(r"\bid\b(?!\()", "id_", json.dumps(raw, ensure_ascii=False)))
    found: dict[str, Any] = {"setup": (), "parameters": {}, "query": "", "expected": "", "unsupported": ""}
    example = "" if raw["example"] is None else f" #{raw['example']}"
    found["name"] = f"{raw['feature'].split(' ')[0]} {raw['scenario']}{example}"
    for step in raw["steps"]:
        text = step["text"]
        if text == "having executed:":
            found["setup"] += (step["doc"],)
        elif text == "parameters are:":
            found["parameters"] = {name: value_of(cell) for name, cell in step["table"]}
        elif text == "executing query:":
            found["query"] = step["doc"]
        elif text == "executing control query:":
            found["unsupported"] = "a second query checks what the first one wrote"
        elif text.startswith("there exists a procedure"):
            found["unsupported"] = "procedures"
        elif text.endswith(" graph") and text not in ("an empty graph", "any graph"):
            found["unsupported"] = f"{text} is not in the file"
        elif text == "the side effects should be:":
            found["unsupported"] = "writes"
        elif text.startswith("the result should be"):
            found["expected"] = "empty" if text.endswith("be empty") else "rows"
            found["table"] = step.get("table", [])
            found["ordered"] = "in order" in text
            found["lists_ordered"] = "ignoring element order" not in text
        elif "should be raised" in text:
            found["expected"] = text
    return Scenario(**found)


# --- graphs ---------------------------------------------------------------------------------------


class UnsupportedError(Exception):
    """A setup that is more than CREATE, MATCH, UNWIND and WITH."""


def build(setup: Iterable[str]) -> MemoryGraph:
    """The graph that the statements of ``setup`` make. Nodes get the ids ``n0``, ``n1`` …

    Raises:
        UnsupportedError: a statement does more than create.
    """
    graph = MemoryGraph()
    for statement in setup:
        _run(statement, graph)
    return graph


def _run(statement: str, graph: MemoryGraph) -> None:
    text = re.sub(r"'[^']*'", lambda found: "'" + "_" * (len(found[0]) - 2) + "'", statement)
    if re.search(r"\b(MERGE|SET|DELETE|REMOVE|FOREACH|CALL|\w*datetime|duration|\w*time)\b\s*[^:]", text):
        raise UnsupportedError(f"the setup does more than create: {statement}")
    creates = [found[0] == "CREATE" for found in re.finditer(r"\b(CREATE|MATCH)\b", text)]
    query = parse(re.sub(r"\bCREATE\b", "MATCH", statement) + "\nRETURN 1", LIMITS)
    context = Context(graph, {}, Clock(None))
    rows: list[dict[str, Any]] = [{}]
    for clause in query.parts[0].clauses[:-1]:
        if isinstance(clause, ast.With) and clause.projection.star:
            continue  # all the names go on as they are
        if isinstance(clause, ast.Match) and creates.pop(0):
            for row in rows:
                for pattern in clause.patterns:
                    _create(pattern, row, graph)
        else:
            rows = list(clause_of(clause, context)(iter(rows)))


def _create(pattern: ast.PathPattern, row: dict[str, Any], graph: MemoryGraph) -> None:
    nodes = [_create_node(node, row, graph) for node in pattern.nodes]
    for place, relationship in enumerate(pattern.relationships):
        head, tail = nodes[place], nodes[place + 1]
        if relationship.direction == "in":
            head, tail = tail, head
        (kind,) = relationship.types
        edge = Edge(head.id, kind, tail.id, f"k{graph.edge_count}", _properties(relationship, row, graph))
        graph.put_edge(edge)
        if relationship.variable:
            row[relationship.variable] = edge


def _create_node(node: ast.NodePattern, row: dict[str, Any], graph: MemoryGraph) -> Entity:
    if node.variable in row:
        return row[node.variable]
    labels = [part.name for part in getattr(node.labels, "parts", (node.labels,)) if part is not None]
    entity = Entity(f"n{graph.count()}", tuple(sorted(labels)), _properties(node, row, graph))
    graph.put_node(entity)
    if node.variable:
        row[node.variable] = entity
    return entity


def _properties(
    part: ast.NodePattern | ast.RelPattern, row: dict[str, Any], graph: MemoryGraph
) -> dict[str, Any]:
    if part.properties is None:
        return {}
    found = compiled(part.properties, Context(graph, {}, Clock(None)))(row)
    return {name: value for name, value in found.items() if value is not None}


def bounded(query: str) -> str:
    """``query`` with an upper bound for each variable-length relationship that has none."""
    query = re.sub(r"(\[[^\[\]']*?)\*(\d*)\.\.(?!\d)", rf"\1*\2..{FEW}", query)
    return re.sub(r"(\[[^\[\]'*]*)\*(?=\s*[\]{])", rf"\1*..{FEW}", query)


# --- values ---------------------------------------------------------------------------------------


def plain(value: Any, lists_ordered: bool = True) -> Any:
    """A value in a form that is equal exactly where the TCK wants it: types told apart, ids left out."""
    if isinstance(value, float):
        return "float", repr(value + 0.0)  # the TCK takes -0.0 for 0.0
    if isinstance(value, date):
        return "str", value.isoformat()
    if isinstance(value, list | tuple):
        items = [plain(item, lists_ordered) for item in value]
        return "list", tuple(items if lists_ordered else sorted(items, key=repr))
    if isinstance(value, dict):
        return "map", tuple(sorted((key, plain(item, lists_ordered)) for key, item in value.items()))
    if isinstance(value, Entity):
        return "node", tuple(sorted(value.labels)), plain(dict(value.properties), lists_ordered)
    if isinstance(value, Edge):
        return "edge", value.relation, plain(dict(value.properties), lists_ordered)
    if isinstance(value, Path):
        return "path", tuple(_steps(value, lists_ordered))
    return type(value).__name__, value


def _steps(path: Path, lists_ordered: bool) -> Iterator[Any]:
    yield plain(path.entities[0], lists_ordered)
    for near, edge, far in zip(path.entities, path.edges, path.entities[1:], strict=False):
        yield edge.head == near.id, plain(edge, lists_ordered), plain(far, lists_ordered)


def value_of(text: str) -> Any:
    """What a cell of a table says: a literal, a node, a relationship or a path."""
    reader = _Reader(text)
    value = reader.value()
    if reader.left.strip():
        raise ValueError(f"{reader.left!r} is left of {text!r}")
    return value


class _Reader:
    """Reads values from the left of ``left``."""

    def __init__(self, text: str) -> None:
        self.left = text
        self.count = 0

    def take(self, pattern: str) -> str | None:
        found = re.match(rf"\s*({pattern})", self.left)
        if found is None:
            return None
        self.left = self.left[found.end() :]
        return found[1]

    def value(self) -> Any:
        if (text := self.take(r"'(?:[^'\\]|\\.)*'")) is not None:
            return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text[1:-1])
        if text := self.take(r"(null|true|false|NaN|Inf|-Inf)\b"):
            words = {"null": None, "true": True, "false": False}
            return words[text] if text in words else float(text)
        if text := self.take(r"-?\d+\.\d*([eE][+-]?\d+)?|-?\d+[eE][+-]?\d+|-?\.\d+"):
            return float(text)
        if text := self.take(r"-?\d+"):
            return int(text)
        if self.take(r"\[(?=\s*:)"):
            return self.edge("", "")
        if self.take(r"\["):
            return self.listed(r"\]", self.value)
        if self.take(r"\{"):
            return dict(self.listed(r"\}", self.item))
        if self.take(r"\("):
            return self.node()
        if self.take("<"):
            return self.path()
        raise ValueError(f"no value: {self.left!r}")

    def listed(self, end: str, read: Any) -> list[Any]:
        items = []
        while not self.take(end):
            items.append(read())
            self.take(",")
        return items

    def item(self) -> tuple[str, Any]:
        key = self.take(r"`?\w+`?")
        self.take(":")
        return key.strip("`"), self.value()

    def properties(self) -> dict[str, Any]:
        return dict(self.listed(r"\}", self.item)) if self.take(r"\{") else {}

    def node(self) -> Entity:
        labels = []
        while self.take(":"):
            labels.append(self.take(r"\w+"))
        entity = Entity(f"e{self.count}", tuple(labels), self.properties())
        self.count += 1
        self.take(r"\)")
        return entity

    def edge(self, head: str, tail: str) -> Edge:
        self.take(":")
        kind = self.take(r"\w+")
        edge = Edge(head, kind, tail, "", self.properties())
        self.take(r"\]")
        return edge

    def path(self) -> Path:
        self.take(r"\(")
        nodes, edges = [self.node()], []
        while not self.take(">"):
            backwards = self.take(r"<?-\[") == "<-["
            edge = self.edge("", "")
            self.take(r"->?\(")
            nodes.append(self.node())
            ends = (nodes[-1].id, nodes[-2].id) if backwards else (nodes[-2].id, nodes[-1].id)
            edges.append(Edge(ends[0], edge.relation, ends[1], "", edge.properties))
        return Path(tuple(nodes), tuple(edges))


def as_expected(scenario: Scenario, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Empty if a table is the one that ``scenario`` expects, else what is different."""
    found = [plain(list(row), scenario.lists_ordered) for row in rows]
    if scenario.expected == "empty":
        return f"{len(found)} rows in place of none" if found else ""
    header, *cells = scenario.table
    if [name.strip() for name in header] != list(columns):
        return f"columns {list(columns)} in place of {header}"
    cells = [[cell.replace("\\\\", "\\") for cell in row] for row in cells]  # as tables are written
    wanted = [plain([value_of(cell) for cell in row], scenario.lists_ordered) for row in cells]
    same = found == wanted if scenario.ordered else Counter(found) == Counter(wanted)
    return "" if same else f"{found} in place of {wanted}"
