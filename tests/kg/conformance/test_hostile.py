"""The corpus of hostile texts: no store lets one of them reach its engine, and nothing changes anywhere."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest

from kgllm.errors import QueryRefusedError, QuerySyntaxError, SchemaError
from kgllm.kg.backends.base import BaseStore
from kgllm.kg.backends.ladybug.client import Worker
from kgllm.kg.backends.memory import store as memory
from kgllm.kg.cypher.emit.neo4j_writes import READ_META
from kgllm.kg.model import Edge, Entity

FILE = Path(__file__).parents[1] / "cypher" / "hostile.txt"
LINES = [line for line in FILE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
TEXTS = [json.loads(line.split(maxsplit=2)[2]) for line in LINES]
PLACES = sorted({place for text in TEXTS for place in re.findall(r"'(/[\w./]+)", text)})


@pytest.fixture(scope="module")
def graph(shared: BaseStore, load: Callable[..., None]) -> BaseStore:
    """A graph in which many of the names in the corpus exist."""
    nodes = [Entity(id, ("Person", "A"), {"name": id, "x": 1, "age": 2}) for id in "abc"]
    load(shared, nodes, [Edge("a", "R", "b", "", {"x": 1}), Edge("b", "KNOWS", "c")])
    return shared


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reaches an engine: the interpreter, the process of ladybug, a session of the driver."""
    seen: list[str] = []

    def watch(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def call(*arguments: Any, **named: Any) -> Any:
            seen.append(str(arguments[1]))
            return real(*arguments, **named)

        monkeypatch.setattr(owner, name, call)

    watch(memory, "interpret")
    watch(Worker, "call")
    for owner in (neo4j.Session, neo4j.ManagedTransaction):
        watch(owner, "run")
    return seen


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with files that a text could read, overwrite or delete."""
    for name in ("x", "x.csv", "out.csv", "evil.so"):
        (tmp_path / name).write_text("canary")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        yield str(path), hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def test_nothing_hostile_reaches_an_engine(
    graph: BaseStore, content: Callable[..., Any], reached: list[str], here: Path
) -> None:
    folder = Path(graph.url.removeprefix("ladybug:")) if graph.url.startswith("ladybug:") else here

    def state() -> Any:
        held = content(graph), graph.version(), graph.schema()
        return held, [*files(here)], [*files(folder)], [Path(place).exists() for place in PLACES]

    graph.query("MATCH (n:Person) RETURN n")
    assert reached  # the spy works
    before = state()
    reached.clear()
    accepted = []
    for text in TEXTS:
        try:
            graph.query(text, {"x": 1, "props": {"x": 1}, "name": "a"})
        except (QueryRefusedError, QuerySyntaxError, SchemaError):
            continue
        accepted.append(text)
    # Neo4j is asked for the version first, since the schema follows it: always the same words.
    others = set(reached) - {READ_META}
    assert not accepted
    assert not others
    assert state() == before


def test_the_corpus_is_large() -> None:
    assert len(set(TEXTS)) == len(TEXTS) >= 200
    assert len(PLACES) >= 5


@pytest.mark.parametrize(
    "shared", [pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j"))], indirect=True
)
def test_the_server_itself_refuses_to_write_for_a_query(graph: BaseStore) -> None:
    """What would happen if the gate let one through."""
    connection = graph._connection  # type: ignore[attr-defined]
    for text in ("CREATE (n)", "MATCH (n) SET n.x = 2", "CREATE INDEX i FOR (n:A) ON (n.x)"):
        with pytest.raises(QueryRefusedError, match="Writing in read access mode not allowed"):
            connection.rows(text)
