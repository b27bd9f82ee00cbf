"""The openCypher TCK on graph stores: what becomes of every scenario.

The graph of a scenario is made on a real Neo4j by the scenario's own statements, read back through a bare
driver and loaded into each store. Kinds of outcomes:

* ``answered``: the table that the scenario expects;
* ``failed``: an error while running, as it expects;
* ``rejected``: an error before running, as it expects, perhaps sooner than it expects;
* ``refused``: outside the read subset; the detail is one of :data:`kgllm.kg.cypher.refusals.REASONS`;
* ``left out``: its graph cannot be held by any store, or is not in the file;
* ``wrong``: anything else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from neo4j import Driver
from neo4j.graph import Node, Relationship
from neo4j.time import Date
from tck_reader import LIMITS, Scenario, as_expected, bounded

from kgllm.errors import (
    BadRowsError,
    GraphError,
    QueryFailedError,
    QueryRefusedError,
    QuerySyntaxError,
    SchemaError,
)
from kgllm.kg.changes import DeleteNodes, UpsertEdges, UpsertNodes
from kgllm.kg.cypher.gate import prepare
from kgllm.kg.model import Edge, Entity
from kgllm.kg.rows import edges_to_batch, entities_to_batch
from kgllm.kg.schema import SchemaInfo
from kgllm.kg.store import GraphStore

EMPTY = SchemaInfo({}, {}, 0, 0)
AS_EXPECTED = ("answered", "failed", "rejected")
READS = ("", "the binary-tree-1 graph is not in the file", "the binary-tree-2 graph is not in the file")
"""What keeps a scenario that only reads from being run; with any other reason it has to be refused."""

Setup = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges as batches for a store, or the reason why no store can hold them."""

    nodes: pa.RecordBatch | None = None
    edges: pa.RecordBatch | None = None
    misfit: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a scenario.

    Args:
        kind: see the module.
        detail: why it was refused or left out, or what is wrong.
        engine: what answered: ``memory``, ``ladybug``, ``interpreter`` or the server.
        bounded: whether an unbounded ``*`` of its query was given a bound, since it is refused without.
    """

    kind: str
    detail: str = ""
    engine: str = ""
    bounded: bool = False


# --- graphs ---------------------------------------------------------------------------------------


def graphs(driver: Driver, scenarios: Iterable[Scenario]) -> dict[Setup, Graph]:
    """The graphs of ``scenarios``, by the statements that make them; the server is left empty, as it was."""
    setups = {scenario.setup for scenario in scenarios if not scenario.unsupported}
    return {setup: _graph(driver, setup) for setup in sorted(setups)}


def _graph(driver: Driver, setup: Setup) -> Graph:
    with driver.session() as session, session.begin_transaction() as transaction:
        for statement in setup:
            transaction.run(statement).consume()
        nodes = [record[0] for record in transaction.run("MATCH (n) RETURN n ORDER BY id(n)")]
        edges = [record[0] for record in transaction.run("MATCH ()-[r]->() RETURN r ORDER BY id(r)")]
        transaction.rollback()
    ids = {node.element_id: f"n{number}" for number, node in enumerate(nodes)}
    try:
        return Graph(
            entities_to_batch(Entity(ids[n.element_id], tuple(n.labels), _properties(n)) for n in nodes),
            edges_to_batch(_edge(edge, f"k{number}", ids) for number, edge in enumerate(edges)),
        )
    except SchemaError as error:
        return Graph(misfit=str(error))


def _edge(edge: Relationship, key: str, ids: Mapping[str, str]) -> Edge:
    head, tail = (ids[node.element_id] for node in edge.nodes if node is not None)
    return Edge(head, edge.type, tail, key, _properties(edge))


def _properties(thing: Node | Relationship) -> dict[str, Any]:
    return {name: value.to_native() if isinstance(value, Date) else value for name, value in thing.items()}


def fill(store: GraphStore, graph: Graph) -> None:
    """Make ``graph`` the whole content of ``store``."""
    old = tuple(id for batch in store.scan_nodes() for id in batch["id"].to_pylist())
    changes = [DeleteNodes(old), UpsertNodes(graph.nodes), UpsertEdges(graph.edges)]
    try:
        store.apply(changes)
    except (BadRowsError, SchemaError):  # a property had another type in the graph before
        store.bulk_load([graph.nodes], [graph.edges])


# --- scenarios ------------------------------------------------------------------------------------


def run(scenarios: Iterable[Scenario], made: Mapping[Setup, Graph], store: GraphStore) -> dict[str, Outcome]:
    """The outcome of each scenario on ``store``, by name."""
    outcomes: dict[str, Outcome] = {}
    groups: dict[Setup, list[Scenario]] = defaultdict(list)
    for scenario in scenarios:
        if scenario.unsupported:
            outcomes[scenario.name] = at_the_gate(scenario)
        else:
            groups[scenario.setup].append(scenario)
    for setup, group in groups.items():
        graph = made[setup]
        if not graph.misfit:
            fill(store, graph)
        for scenario in group:
            left_out = Outcome("left out", f"its graph: {graph.misfit}")
            outcomes[scenario.name] = left_out if graph.misfit else outcome(scenario, store)
    return outcomes


def at_the_gate(scenario: Scenario) -> Outcome:
    """The outcome of a scenario that cannot be run: what is not for reading has to be refused."""
    try:
        prepare(scenario.query, EMPTY, scenario.parameters, LIMITS)
    except QueryRefusedError as error:
        return Outcome("refused", error.reason)
    except GraphError as error:
        return Outcome("wrong", f"not refused but called wrong: {error}")
    if scenario.unsupported in READS:
        return Outcome("left out", scenario.unsupported)
    return Outcome("wrong", f"passes the gate: {scenario.unsupported}")


def outcome(scenario: Scenario, store: GraphStore) -> Outcome:
    """What becomes of a scenario on a store that holds its graph."""
    found = _ask(scenario, scenario.query, store)
    if found.detail != "unbounded-path":
        return found
    with_bound = _ask(scenario, bounded(scenario.query), store)
    return Outcome(with_bound.kind, with_bound.detail, with_bound.engine, bounded=True)


def _ask(scenario: Scenario, query: str, store: GraphStore) -> Outcome:
    fails = scenario.expected not in ("rows", "empty")
    try:
        result = store.query(query, scenario.parameters, LIMITS)
    except QueryRefusedError as error:
        return Outcome("refused", error.reason)
    except (QuerySyntaxError, SchemaError) as error:
        return Outcome("rejected") if fails else Outcome("wrong", f"called wrong: {error}")
    except QueryFailedError as error:
        expected = fails and "compile time" not in scenario.expected
        return Outcome("failed") if expected else Outcome("wrong", f"failed: {error}")
    except GraphError as error:
        return Outcome("wrong", f"{type(error).__name__}: {error}")
    if fails:
        return Outcome("wrong", f"no error: {scenario.expected}")
    different = as_expected(scenario, result.columns, result.rows)
    return Outcome("wrong" if different else "answered", different, str(result.stats["engine"]))


# --- sums -----------------------------------------------------------------------------------------


def kinds(outcomes: Mapping[str, Outcome]) -> Counter[str]:
    """How many outcomes there are of each kind."""
    return Counter(outcome.kind for outcome in outcomes.values())


def reasons(outcomes: Mapping[str, Outcome]) -> dict[str, int]:
    """How often each reason was given to refuse a scenario."""
    return dict(Counter(one.detail for one in outcomes.values() if one.kind == "refused").most_common())


def wrong(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """What is wrong, by name of the scenario."""
    return {name: one.detail for name, one in outcomes.items() if one.kind == "wrong"}


def share(outcomes: Mapping[str, Outcome]) -> float:
    """The share of scenarios inside the read subset that go as they expect."""
    found = kinds(outcomes)
    right = sum(found[kind] for kind in AS_EXPECTED)
    return right / (right + found["wrong"])


def sample(scenarios: Sequence[Scenario], every: int) -> list[Scenario]:
    """Every so many of the ``scenarios`` that run, in their order, and none of the others."""
    return [scenario for scenario in scenarios if not scenario.unsupported][::every]
