"""Random graphs in a ladybug database and in memory, so that the same query can be asked of both."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from kgllm.kg.backends.ladybug.values import Decoder
from kgllm.kg.backends.memory.graph import MemoryGraph
from kgllm.kg.backends.memory.schema import schema_of
from kgllm.kg.cypher.emit.ladybug.columns import Columns
from kgllm.kg.cypher.emit.ladybug.query import LadybugStatement, to_ladybug
from kgllm.kg.cypher.emit.ladybug_writes import create_tables
from kgllm.kg.cypher.gate import ReadQuery, prepare
from kgllm.kg.cypher.interpret import interpret
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.model import Edge, Entity
from kgllm.kg.rows import edges_to_batch, entities_to_batch

LIMITS = Limits(known_names=False, products=9, rows=20_000)

NODE_TYPES = {"name": "str", "i": "int", "x": "float", "b": "bool", "d": "date", "l": "list", "bornIn": "str"}
EDGE_TYPES = {"w": "int"}
COLUMNS = Columns().extended(NODE_TYPES, EDGE_TYPES)


class Graph:
    """One graph, twice: in ladybug and in memory."""

    def __init__(self, folder: Path, entities: Iterable[Entity], edges: Iterable[Edge]) -> None:
        import ladybug

        self.memory = MemoryGraph()
        nodes, rels = list(entities), list(edges)
        for entity in nodes:
            self.memory.put_node(entity)
        for edge in rels:
            self.memory.put_edge(edge)
        self.memory.node_types, self.memory.edge_types = dict(NODE_TYPES), dict(EDGE_TYPES)
        self.database = ladybug.Database(
            folder / "db",
            buffer_pool_size=256 << 20,
            max_db_size=4 << 30,
            max_num_threads=1,
            throw_on_wal_replay_failure=False,
        )
        self._fill(nodes, rels)

    def _fill(self, nodes: list[Entity], rels: list[Edge]) -> None:
        kinds = (COLUMNS.nodes, COLUMNS.edges)
        for statement in create_tables(*({c.name: c.engine_type for c in kind.values()} for kind in kinds)):
            self.run(statement)
        table = pa.Table.from_batches([entities_to_batch(nodes, NODE_TYPES)])
        table = table.append_column("nid", pa.array(range(len(nodes))))
        renamed = {name: column.name for name, column in COLUMNS.nodes.items()}
        sets = ", ".join(f"{renamed.get(name, name)}: {name}" for name in table.column_names)
        self.run(f"LOAD FROM $t CREATE (:Entity {{{sets}}})", t=table)
        if rels:
            ends = "MATCH (a:Entity {id: head}) MATCH (b:Entity {id: tail})"
            self.run(
                f"LOAD FROM $t {ends} CREATE (a)-[:REL {{rel: relation, edge_key: key, p_w: w}}]->(b)",
                t=pa.Table.from_batches([edges_to_batch(rels, EDGE_TYPES)]),
            )

    def run(self, text: str, **parameters: Any) -> list[list[Any]]:
        """Rows of the engine, on a connection of its own: one that failed may crash the process."""
        import ladybug

        rows: list[list[Any]] = ladybug.Connection(self.database).execute(text, parameters).get_all()
        return rows

    def prepared(self, text: str, parameters: dict[str, Any] | None = None) -> ReadQuery:
        return prepare(text, schema_of(self.memory, 0), parameters, LIMITS)

    def emitted(self, text: str, parameters: dict[str, Any] | None = None) -> LadybugStatement:
        return to_ladybug(self.prepared(text, parameters), COLUMNS)

    def engine(self, text: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """What ladybug answers."""
        statement = self.emitted(text, parameters)
        return Decoder(COLUMNS).rows(statement, self.run(statement.text, **statement.parameters))

    def reference(self, text: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """What the interpreter answers."""
        return interpret(self.prepared(text, parameters), self.memory).rows

    def close(self) -> None:
        self.database.close()


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Graph]]:
    """``graph(entities, edges)`` puts a graph into a database of its own; they are closed at the end."""
    opened = []

    def make(entities: Iterable[Entity], edges: Iterable[Edge]) -> Graph:
        opened.append(Graph(tmp_path_factory.mktemp("ladybug"), entities, edges))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture(scope="session")
def random_queries() -> ModuleType:
    """The module ``random_queries.py`` beside this file: test files cannot import each other."""
    for name in ("random_expressions", "random_queries"):  # the second imports the first
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return module
