"""Queries with answers derived by hand, in ``golden.yaml``: each store gives these rows and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path as File
from typing import Any, NamedTuple

import pytest
import yaml

from kgllm.kg.backends.base import BaseStore
from kgllm.kg.model import Edge, Entity, Path


class Stand(NamedTuple):
    """What a tag in the file says: a kind, and names of nodes and edges."""

    kind: str
    names: Any


class Loader(yaml.SafeLoader):
    """YAML with ``!node name``, ``!edge name`` and ``!path [name, …]``."""


for tag in ("node", "edge"):
    Loader.add_constructor(f"!{tag}", lambda loader, at, tag=tag: Stand(tag, loader.construct_scalar(at)))
Loader.add_constructor("!path", lambda loader, at: Stand("path", loader.construct_sequence(at)))

FILE = yaml.load(File(__file__).with_name("golden.yaml").read_text("utf-8"), Loader)
NODES = {
    id: Entity(id, tuple(node["labels"]), {name: node[name] for name in node if name != "labels"})
    for id, node in FILE["nodes"].items()
}
EDGES = {name: Edge(*fields) for name, fields in FILE["edges"].items()}
QUERIES = FILE["queries"]


def meant(value: Any) -> Any:
    """``value`` with nodes, edges and paths in the place of their names."""
    match value:
        case Stand("node", name):
            return NODES[name]
        case Stand("edge", name):
            return EDGES[name]
        case Stand("path", names):
            return Path(tuple(NODES[id] for id in names[::2]), tuple(EDGES[name] for name in names[1::2]))
        case list():
            return [meant(item) for item in value]
        case dict():
            return {key: meant(item) for key, item in value.items()}
    return value


def shown(value: Any) -> str:
    """``value`` as text that tells 1 from 1.0 and from true, and does not depend on the order of keys."""
    match value:
        case Entity(id, labels, properties):
            return f"({id!r}:{labels} {shown(dict(properties))})"
        case Edge(properties=properties):
            return f"[{value.identity} {shown(dict(properties))}]"
        case Path(nodes, ties):
            return f"<{shown(list(nodes))} {shown(list(ties))}>"
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case dict():
            return "{" + ", ".join(f"{key}: {shown(value[key])}" for key in sorted(value)) + "}"
    return repr(value)


@pytest.fixture(scope="module")
def graph(shared: BaseStore, load: Callable[..., None]) -> BaseStore:
    load(shared, NODES.values(), EDGES.values())
    return shared


@pytest.mark.parametrize("golden", QUERIES, ids=[golden["query"] for golden in QUERIES])
def test_golden(graph: BaseStore, golden: dict[str, Any]) -> None:
    result = graph.query(golden["query"], golden.get("parameters"))
    rows = [tuple(map(shown, row)) for row in result.rows]
    expected = [tuple(shown(meant(value)) for value in row) for row in golden["rows"]]
    assert list(result.columns) == golden["columns"]
    if golden.get("ordered"):
        assert rows == expected
    assert Counter(rows) == Counter(expected)
    assert not result.truncated


def test_there_are_enough() -> None:
    assert (
        len({repr((golden["query"], golden.get("parameters"))) for golden in QUERIES}) == len(QUERIES) >= 200
    )
    assert all(set(golden) <= {"query", "parameters", "columns", "rows", "ordered"} for golden in QUERIES)


@pytest.mark.parametrize("shared", ["ladybug"], indirect=True)
def test_the_embedded_engine_answers_most_itself(graph: BaseStore) -> None:
    results = [graph.query(golden["query"], golden.get("parameters")) for golden in QUERIES]
    assert sum(result.stats["engine"] == "ladybug" for result in results) > len(QUERIES) / 2
