"""What is written comes back: all of it from Parquet, the stated part from the others."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kgllm.errors import DataError, StoreError
from kgllm.kg.formats import read_graph
from kgllm.kg.formats.admin_csv import write_admin_csv
from kgllm.kg.formats.graphml import write_graphml
from kgllm.kg.formats.parquet import write_parquet
from kgllm.kg.formats.rdf import RdfOptions, read_rdf, write_rdf
from kgllm.kg.model import Edge, Entity
from kgllm.kg.open import open_store
from kgllm.kg.rows import edges, entities, entities_to_batch
from kgllm.kg.store import GraphStore


def content(store: GraphStore) -> tuple[list[Entity], list[Edge]]:
    nodes = [entity for batch in store.scan_nodes() for entity in entities(batch)]
    return nodes, sorted((e for batch in store.scan_edges() for e in edges(batch)), key=lambda e: e.identity)


def test_parquet_keeps_everything(store: GraphStore, tmp_path: Path) -> None:
    write_parquet(store, tmp_path / "graph")
    source = read_graph(tmp_path / "graph")
    assert source.rows == 6
    with open_store("memory:") as again:
        again.bulk_load(source.nodes(), source.edges())
        assert content(again) == content(store)


def test_a_folder_that_exists_is_not_written_over(store: GraphStore, tmp_path: Path) -> None:
    (tmp_path / "graph").mkdir()
    with pytest.raises(StoreError, match="exists already"):
        write_parquet(store, tmp_path / "graph")
    assert [file.name for file in tmp_path.iterdir()] == ["graph"]


def test_graphml_keeps_all_but_dates_and_lists(store: GraphStore, tmp_path: Path) -> None:
    write_graphml(store, tmp_path / "graph.graphml")
    source = read_graph(tmp_path / "graph.graphml")
    with open_store("memory:") as again:
        again.bulk_load(source.nodes(), source.edges())
        nodes, found = content(again)
        before, edges_before = content(store)
    assert found == edges_before
    assert [(node.id, node.labels) for node in nodes] == [(node.id, node.labels) for node in before]
    assert nodes[1].properties["on"] == "1842-10-01"
    assert nodes[1].properties["tags"] == '["x", "y z"]'
    assert nodes[0].properties == before[0].properties


def test_admin_csv_has_the_importers_headers(store: GraphStore, tmp_path: Path) -> None:
    write_admin_csv(store, tmp_path / "csv")
    with (tmp_path / "csv/nodes.csv").open(newline="") as file:
        nodes = list(csv.DictReader(file))
    with (tmp_path / "csv/edges.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(nodes[0]) >= {"id:ID", ":LABEL", "name:string", "born:long", "score:double", "alive:boolean"}
    assert nodes[0][":LABEL"] == "Entity;Person;Poet"
    assert nodes[1]["tags:string[]"] == "x;y z"
    assert nodes[1]["on:date"] == "1842-10-01"
    assert nodes[0]["alive:boolean"] == "false"
    assert rows[1][":START_ID"] == "a"
    assert {row["_key:string"] for row in rows} == {"", "again"}


def test_admin_csv_refuses_what_the_importer_would_split(tmp_path: Path) -> None:
    with open_store("memory:") as store:
        store.bulk_load([entities_to_batch([Entity("a", (), {"tags": ["x;y"]})])], [])
        with pytest.raises(DataError, match="x;y"):
            write_admin_csv(store, tmp_path / "csv")
    assert not any(tmp_path.iterdir())


TURTLE = """
@prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:cat a ex:Animal, ex:Pet ; ex:name "cat"@en, "chat"@fr, "cat" ; ex:legs 4 ; ex:weight "4.20"^^xsd:decimal ;
    ex:eats [ a ex:Meal ; ex:of ex:mouse ] ; ex:code "01"^^ex:Code ; ex:note "two\\nlines \\"quoted\\"" .
ex:mouse ex:fears ex:cat ; ex:legs 4.5 .
ex:cat ex:cat ex:cat .
[] ex:near [] .
"""


@pytest.mark.parametrize("suffix", ["ttl", "nt", "rdf"])
def test_lossless_rdf_comes_back_isomorphic(tmp_path: Path, suffix: str) -> None:
    import rdflib
    from rdflib.compare import isomorphic

    before = rdflib.Graph().parse(data=TURTLE, format="turtle")
    (tmp_path / "in.ttl").write_text(TURTLE)
    source = read_rdf(tmp_path / "in.ttl", RdfOptions(lossless=True))
    with open_store("memory:") as store:
        store.bulk_load(source.nodes(), source.edges())
        write_rdf(store, tmp_path / f"out.{suffix}", RdfOptions(lossless=True))
    assert isomorphic(before, rdflib.Graph().parse(tmp_path / f"out.{suffix}"))


def test_readable_rdf_has_short_names_and_python_values(tmp_path: Path) -> None:
    (tmp_path / "in.ttl").write_text(TURTLE)
    source = read_graph(tmp_path / "in.ttl")
    with open_store("memory:") as store:
        store.bulk_load(source.nodes(), source.edges())
        cat, mouse = store.get(["http://example.org/cat", "http://example.org/mouse"])
    assert cat is not None
    assert mouse is not None
    assert cat.labels == ("Animal", "Pet")
    assert cat.properties["name"] == "cat"
    assert (cat.properties["legs"], mouse.properties["legs"]) == ("4", "4.5")  # integer and decimal: text


def test_several_values_become_a_list(tmp_path: Path) -> None:
    (tmp_path / "in.ttl").write_text(TURTLE)
    source = read_rdf(tmp_path / "in.ttl", RdfOptions(names="prefixed", several="list"))
    with open_store("memory:") as store:
        store.bulk_load(source.nodes(), source.edges())
        (cat,) = store.get(["http://example.org/cat"])
    assert cat is not None
    assert cat.properties["ex__name"] == ["cat", "cat", "chat"]
