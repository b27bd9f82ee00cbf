"""The graphs of the README and its questions: the same answers from the embedded store and from Neo4j.

The last two are is-a graphs of ontologies.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from kgllm.data.graph import dataset_graph
from kgllm.kg.formats import Source
from kgllm.kg.open import open_store
from kgllm.ontology.export.graph import graph_source
from kgllm.ontology.load import load
from kgllm.ontology.rf2.synth import Size, write_release

FILMS = "metaqa"
INVENTED = "an invented release"
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
    "doid": (
        (7_000, 8_155),
        "MATCH (a)-[:IS_A]->(b) RETURN b.name AS parent, count(a) AS children ORDER BY children DESC, parent"
        " LIMIT 3",
        {("syndrome", 110), ("skin disease", 87), ("viral infectious disease", 81)},
    ),
    INVENTED: (
        (1_000, 3_375),
        "MATCH (a)-[:IS_A]->(b) RETURN count(a) AS links",
        {(1_345,)},
    ),
}


def graph_of(name: str, data_root: Callable[[str], Path], folder: Path) -> Source:
    """One of the graphs, ready to be loaded."""
    if name == INVENTED:
        return graph_source(load(write_release(folder, Size(1000)).path).tables)
    root = data_root(name)
    if name == "doid":
        return graph_source(load(root / "doid.obo.gz", on_error="report").tables)
    return dataset_graph(root / "kb.txt.gz" if name == FILMS else name)


@pytest.mark.parametrize("name", GRAPHS)
def test_embedded(name: str, data_root: Callable[[str], Path], tmp_path: Path) -> None:
    check(f"ladybug:{tmp_path / 'store'}", name, graph_of(name, data_root, tmp_path))


@pytest.mark.parametrize("name", GRAPHS)
def test_neo4j(
    name: str, data_root: Callable[[str], Path], tmp_path: Path, neo4j_url: str, neo4j_server: ModuleType
) -> None:
    neo4j_server.clear(neo4j_url)
    check(neo4j_url, name, graph_of(name, data_root, tmp_path))


def check(url: str, name: str, graph: Source) -> None:
    """Load one of the graphs, count it and ask it."""
    size, question, answer = GRAPHS[name]
    with open_store(url, "create") as store:
        done = store.bulk_load(graph.nodes(), graph.edges())
        assert (done.nodes, done.edges) == size
        assert {*map(tuple, store.query(question).rows)} == answer
