"""The TCK, its graphs as a real Neo4j makes them, and a store of each kind."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def tck() -> ModuleType:
    """The module ``tests/tck_runner.py``, and beside it ``tck_reader``: test files cannot import others."""
    for name in ("tck_reader", "tck_runner"):
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
            sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])
    return sys.modules["tck_runner"]


@pytest.fixture(scope="session")
def scenarios(tck: ModuleType, data_root: Callable[[str], Path]) -> list[Any]:
    """All scenarios."""
    del tck  # loads the reader
    return list(sys.modules["tck_reader"].scenarios(data_root("opencypher-tck")))


@pytest.fixture(scope="session")
def graphs(
    tck: ModuleType, scenarios: list[Any], neo4j_server: ModuleType, neo4j_url: str
) -> Mapping[tuple[str, ...], Any]:
    """The graph of every scenario."""
    neo4j_server.clear(neo4j_url)
    with neo4j_server.driver(neo4j_url) as driver:
        return tck.graphs(driver, scenarios)
