"""The graphs of the README and its questions: the same answers from the embedded store and from Neo4j."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from kgllm.data.graph import dataset_graph
from kgllm.kg.open import open_store

FILMS = "metaqa"
GRAPHS = {
    "wn18rr": (
        (40_943, 93_003),
        "MATCH (a)-[:_hypernym*1..3]->(b) WHERE a.name = 'dog' RETURN b.name",
        {("lad",), ("male person",), ("soul",)},
    ),
    "fb15k-237": (
        (14_541, 310_116),
        "MATCH (d)-[:`/film/director/film`]->(f) RETURN d.name AS director, count(f) AS films"
        " ORDER BY films DESC, director LIMIT 3",
        {("Steven Spielberg", 25), ("Alfred Hitchcock", 15), ("Martin Scorsese", 15)},
    ),
    FILMS: (
        (43_234, 133_582),
        "MATCH (f)-[:directed_by]->(p)<-[:starred_actors]-(f) RETURN p.name AS person, count(f) AS films"
        " ORDER BY films DESC, person LIMIT 3",
        {("Clint Eastwood", 22), ("Woody Allen", 18), ("Buster Keaton", 17)},
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_embedded(name: str, data_root: Callable[[str], Path], tmp_path: Path) -> None:
    check(f"ladybug:{tmp_path / 'store'}", name, data_root(name))


@pytest.mark.parametrize("name", GRAPHS)
def test_neo4j(name: str, data_root: Callable[[str], Path], neo4j_url: str, neo4j_server: ModuleType) -> None:
    neo4j_server.clear(neo4j_url)
    check(neo4j_url, name, data_root(name))


def check(url: str, name: str, folder: Path) -> None:
    """Load one of the graphs, count it and ask it."""
    size, question, answer = GRAPHS[name]
    graph = dataset_graph(folder / "kb.txt.gz" if name == FILMS else name)
    with open_store(url, "create") as store:
        done = store.bulk_load(graph.nodes(), graph.edges())
        assert (done.nodes, done.edges) == size
        assert {*map(tuple, store.query(question).rows)} == answer
