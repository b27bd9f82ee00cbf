"""The openCypher TCK: each scenario that the gate lets through gives the table it expects."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from kgllm.errors import QueryError, QueryFailedError
from kgllm.kg.backends.memory.schema import schema_of
from kgllm.kg.cypher.gate import prepare
from kgllm.kg.cypher.interpret import interpret

ANSWERED = 1800
"""Scenarios answered with the table they expect, of those that expect a table."""

FAILED = 38
"""Scenarios that expect an error while running, and get it."""


def outcome(tck: ModuleType, scenario: Any) -> str:
    """``answered``, ``failed`` as expected, ``refused`` by the gate, or what is wrong."""
    graph = tck.build(scenario.setup)
    graph.node_types = graph.edge_types = defaultdict(lambda: "any")
    try:
        read = prepare(tck.bounded(scenario.query), schema_of(graph, 0), scenario.parameters, tck.LIMITS)
    except QueryError:
        return "refused"
    try:
        table = interpret(read, graph, time.monotonic() + 20)
    except QueryFailedError as error:
        return "failed" if "runtime" in scenario.expected or "any time" in scenario.expected else str(error)
    if scenario.expected not in ("rows", "empty"):
        return f"no error: {scenario.expected}"
    return tck.as_expected(scenario, table.columns, table.rows) or "answered"


def test_scenarios_give_what_they_expect(data_root: Callable[[str], Path], tck: ModuleType) -> None:
    outcomes: Counter[str] = Counter()
    wrong = []
    for scenario in tck.scenarios(data_root("opencypher-tck")):
        if scenario.unsupported:
            continue
        try:
            found = outcome(tck, scenario)
        except tck.UnsupportedError:
            continue
        outcomes[found] += 1
        if found not in ("answered", "failed", "refused"):
            wrong.append((scenario.name, found))
    compile_time = [name for name, found in wrong if "compile time" in found]
    assert wrong == [] or len(compile_time) == len(wrong) <= 1, wrong
    assert outcomes["answered"] >= ANSWERED
    assert outcomes["failed"] >= FAILED
