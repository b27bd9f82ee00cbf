"""A small graph to ask, and the reader of the openCypher TCK."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kgllm.kg.backends.memory.graph import MemoryGraph
from kgllm.kg.backends.memory.schema import schema_of
from kgllm.kg.cypher.gate import prepare
from kgllm.kg.cypher.interpret import Table, interpret
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.model import Edge, Entity

LIMITS = Limits(known_names=False, hops=10, products=5)


@pytest.fixture
def make() -> Callable[[Iterable[Entity], Iterable[Edge]], MemoryGraph]:
    """A graph of these nodes and edges."""

    def of(entities: Iterable[Entity], edges: Iterable[Edge]) -> MemoryGraph:
        graph = MemoryGraph()
        for entity in entities:
            graph.put_node(entity)
            graph.node_types |= dict.fromkeys(entity.properties, "any")
        for edge in edges:
            graph.put_edge(edge)
            graph.edge_types |= dict.fromkeys(edge.properties, "any")
        return graph

    return of


@pytest.fixture
def small(make: Callable[..., MemoryGraph]) -> MemoryGraph:
    """The graph that ``golden.json`` asks: parallel edges, a cycle, a self-loop, a node without labels."""
    return make(
        [
            Entity("a", ("A", "B"), {"name": "a", "num": 1}),
            Entity("b", ("A",), {"name": "b", "num": 2}),
            Entity("c", ("C",), {"name": "c"}),
            Entity("d", (), {"name": "d", "num": 3}),
            Entity("l", ("C",), {"name": "l", "num": 1}),
        ],
        [
            Edge("a", "R", "b", "", {"w": 1}),
            Edge("b", "R", "c", "", {"w": 1}),
            Edge("a", "S", "c", "", {"w": 2}),
            Edge("c", "S", "d"),
            Edge("a", "R", "d"),
            Edge("d", "R", "a", "", {"w": 1}),
            Edge("l", "L", "l"),
            Edge("l", "R", "a"),
        ],
    )


@pytest.fixture
def ask() -> Callable[..., Table]:
    """``ask(graph, text, parameters)`` sends a query through the gate and interprets it."""

    def answer(
        graph: MemoryGraph, text: str, parameters: dict[str, Any] | None = None, seconds: float = 20
    ) -> Table:
        read = prepare(text, schema_of(graph, 0), parameters, LIMITS)
        return interpret(read, graph, time.monotonic() + seconds)

    return answer


@pytest.fixture
def value(small: MemoryGraph, ask: Callable[..., Table]) -> Callable[..., Any]:
    """``value("7 / 2")`` is what an expression gives."""

    def of(expression: str, **parameters: Any) -> Any:
        return ask(small, f"RETURN {expression} AS x", parameters).rows[0][0]

    return of


@pytest.fixture(scope="session")
def tck() -> ModuleType:
    """The module ``tests/tck_reader.py``: test files cannot import each other."""
    file = Path(__file__).resolve().parents[2] / "tck_reader.py"
    spec = importlib.util.spec_from_file_location("tck_reader", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["tck_reader"] = module
    spec.loader.exec_module(module)
    return module
