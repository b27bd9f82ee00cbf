"""A real Neo4j server for the tests of the graph stores, started once and only if a test needs it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest

from kgllm.kg.open import open_store
from kgllm.kg.store import GraphStore

T = TypeVar("T")
SERVER = Path(__file__).resolve().parents[1] / "neo4j_server.py"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under ``--dist loadgroup`` one worker runs all tests that share the server, so there is one server."""
    for item in items:
        if "neo4j_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("neo4j"))


@pytest.fixture(scope="session")
def neo4j_server() -> ModuleType:
    """The module ``tests/neo4j_server.py``: test files cannot import each other."""
    spec = importlib.util.spec_from_file_location("neo4j_server", SERVER)
    module = importlib.util.module_from_spec(spec)
    sys.modules["neo4j_server"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def need_neo4j(neo4j_server: ModuleType) -> Callable[[AbstractContextManager[T]], AbstractContextManager[T]]:
    """Wraps a context that gives a server: without one a test is skipped, or fails if it must have it."""

    @contextmanager
    def need(context: AbstractContextManager[T]) -> Iterator[T]:
        with ExitStack() as stack:
            try:
                server = stack.enter_context(context)
            except neo4j_server.NoServerError as reason:
                required = os.environ.get("KGLLM_REQUIRE_NEO4J") == "1"
                (pytest.fail if required else pytest.skip)(str(reason))
            yield server

    return need


@pytest.fixture(scope="session")
def neo4j_url(neo4j_server: ModuleType, need_neo4j: Callable) -> Iterator[str]:
    """What ``open_store`` takes."""
    with need_neo4j(neo4j_server.any_server()) as url:
        yield url


@pytest.fixture
def neo4j_store(neo4j_server: ModuleType, neo4j_url: str) -> Iterator[GraphStore]:
    """An empty store on the server; what a test leaves is deleted before the next one and at the end."""
    neo4j_server.clear(neo4j_url)
    with open_store(neo4j_url, "create") as store:
        yield store
