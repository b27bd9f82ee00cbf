"""Queries that a language model wrote for movies and northwind: all stores find the same rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from kgllm.kg.backends.memory.store import MemoryStore
from kgllm.kg.backends.neo4j.store import Neo4jStore
from kgllm.kg.formats import Source, read_graph
from kgllm.kg.formats.tables import read_tables
from kgllm.kg.open import open_store
from kgllm.kg.store import GraphStore

ROOT = Path(__file__).resolve().parents[3]
EVERY = 10
"""One in so many queries is asked; ``benchmarks/text2cypher.py`` asks all."""

pytestmark = pytest.mark.slow


@pytest.fixture(params=["movies", "northwind"])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def source(database: str, data_root: Callable[[str], Path]) -> Source:
    folder = data_root(f"neo4j-{database}")
    if database == "northwind":
        return read_tables(ROOT / "examples" / "northwind.yaml", folder)
    return read_graph(folder)


@pytest.fixture
def queries(gold: ModuleType, database: str, data_root: Callable[[str], Path]) -> list[str]:
    return list(dict.fromkeys(gold.gold(data_root("text2cypher"), database)))


@pytest.fixture
def stores(source: Source, neo4j_store: Neo4jStore, tmp_path: Path) -> Iterator[dict[str, GraphStore]]:
    with open_store(f"ladybug:{tmp_path / 'gold'}", "create") as ladybug, MemoryStore() as memory:
        found = {"memory": memory, "ladybug": ladybug, "neo4j": neo4j_store}
        for store in found.values():
            store.bulk_load(source.nodes(), source.edges())
        yield found


def test_all_stores_find_the_same_rows(
    gold: ModuleType,
    queries: list[str],
    stores: dict[str, GraphStore],
    neo4j_server: ModuleType,
    neo4j_url: str,
) -> None:
    with neo4j_server.driver(neo4j_url) as driver:
        verdicts = {text: gold.verdict(text, stores, driver) for text in queries[::EVERY]}
    kinds = Counter(one.kind for one in verdicts.values())
    wrong = {text: one for text, one in verdicts.items() if one.kind in ("different", "failed", "rejected")}
    assert not wrong
    assert gold.share(list(verdicts.values())) > 0.9
    assert kinds["no Cypher"] < 0.1 * len(verdicts)
    engines = Counter(one.engine for one in verdicts.values())
    assert engines["ladybug"] > 3 * engines["interpreter"]


def test_the_gate_asks_for_nothing_more(gold: ModuleType, source: Source, queries: list[str]) -> None:
    """Every query is let through, but for those that are no Cypher or ask for durations."""
    with MemoryStore() as memory:
        memory.bulk_load(source.nodes(), source.edges())
        schema = memory.schema(0)
    reasons: Counter[str] = Counter()
    for text in queries:
        try:
            gold.prepare(text, schema, None, gold.LENIENT)
        except gold.QueryRefusedError as error:
            reasons[error.reason] += 1
        except gold.QuerySyntaxError:
            reasons["no Cypher"] += 1
    assert reasons.keys() <= {"function", "no Cypher"}
    assert reasons["function"] < 0.01 * len(queries)
