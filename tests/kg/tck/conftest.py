"""The TCK, its graphs as a real Neo4j makes them, and the queries of text2cypher."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[2]


def loaded(name: str) -> ModuleType:
    """A module that lies in ``tests``: test files cannot import each other."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def reader() -> ModuleType:
    """The module ``tests/tck_reader.py``."""
    return loaded("tck_reader")


@pytest.fixture(scope="session")
def tck(reader: ModuleType) -> ModuleType:
    """The module ``tests/tck_runner.py``."""
    assert reader
    return loaded("tck_runner")


@pytest.fixture(scope="session")
def gold(reader: ModuleType) -> ModuleType:
    """The module ``tests/gold_queries.py``."""
    assert reader
    return loaded("gold_queries")


@pytest.fixture(scope="session")
def scenarios(reader: ModuleType, data_root: Callable[[str], Path]) -> list[Any]:
    """All scenarios."""
    return list(reader.scenarios(data_root("opencypher-tck")))


@pytest.fixture(scope="session")
def graphs(
    tck: ModuleType, scenarios: list[Any], neo4j_server: ModuleType, neo4j_url: str
) -> Mapping[tuple[str, ...], Any]:
    """The graph of every scenario."""
    neo4j_server.clear(neo4j_url)
    with neo4j_server.driver(neo4j_url) as driver:
        return tck.graphs(driver, scenarios)
