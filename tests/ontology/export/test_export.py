"""Exports: into graph stores, tables that can be read again, SSSOM; the guard for licensed content."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kgllm.errors import LicenceError, StoreError
from kgllm.kg.formats.admin_csv import write_admin_csv
from kgllm.kg.open import open_store
from kgllm.ontology.export.edges import write_edges
from kgllm.ontology.export.graph import graph_source, relation_names
from kgllm.ontology.export.options import ExportOptions
from kgllm.ontology.export.sssom import write_sssom
from kgllm.ontology.load import load
from kgllm.ontology.tables import Origin, Tables
from kgllm.ontology.terms import Names


def nodes(tables: Tables, options: ExportOptions | None = None) -> dict[str, dict[str, Any]]:
    rows = (row for batch in graph_source(tables, options).nodes() for row in batch.to_pylist())
    return {row.pop("id"): row for row in rows}


def edges(tables: Tables) -> list[tuple[str, ...]]:
    batches = graph_source(tables).edges()
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


def test_nodes(tables: Tables) -> None:
    found = nodes(tables)
    assert list(found) == ["T:1", "T:2", "T:3", "T:9", "has_part", "is_a"]
    assert found["T:2"] == {
        "labels": ["Class"],
        "name": "hammer",
        "fsn": None,
        "tag": None,
        "definition": None,
        "synonyms": ["mallet|gavel"],
        "xrefs": ["ISBN:0 1", "SNOMEDCT_US:1", "WD:Q25294", "http://a.org/b#c"],
    }
    assert found["T:9"]["labels"] == ["Relation"]
    assert found["T:1"]["definition"] == "A thing\tto work with."


def test_edges_and_the_names_of_relations(tables: Tables) -> None:
    assert edges(tables) == [
        ("T:2", "IS_A", "T:1", ""),
        ("T:3", "IS_A", "T:1", ""),
        ("T:2", "HAS_PART", "T:3", ""),
        ("T:2", "HAS_PART_HAS_PART", "T:3", ""),
        ("T:2", "IS_A_IS_A", "T:3", ""),
    ]
    assert [*relation_names(Names(tables)).values()] == ["HAS_PART", "HAS_PART_HAS_PART", "IS_A_IS_A"]
    source = graph_source(tables)
    assert source.rows == 6 + 5
    assert source.name == "Tools"


@pytest.mark.parametrize("kind", ["memory:", "ladybug:"])
def test_cypher_over_is_a(
    data_root: Callable[[str], Path], tmp_path: Path, tables: Tables, kind: str
) -> None:
    uberon = load(data_root("obo-fixtures") / "uo.obo", on_error="report")
    source = graph_source(uberon.tables)
    query = "MATCH (a:Class)-[:IS_A*1..5]->(b:Class {name: $name}) RETURN DISTINCT a.id AS id ORDER BY id"
    with open_store(kind if kind == "memory:" else f"{kind}{tmp_path / 'graph'}", "create") as graph:
        report = graph.bulk_load(source.nodes(), source.edges())
        assert report.nodes + report.edges == source.rows
        assert report.rejects.counts == {}
        below = graph.query(query, {"name": "length unit"}).rows
        assert [id for (id,) in below] == uberon.descendants(uberon.resolve("length unit"))
        assert below
        graph.bulk_load(graph_source(tables).nodes(), graph_source(tables).edges())
        parts = graph.query("MATCH (a)-[:HAS_PART]->(b) RETURN a.name, b.name").rows
        assert parts == (("hammer", "handle"),)


def test_a_release_as_a_graph(data_root: Callable[[str], Path]) -> None:
    release = load(data_root("rf2-doid"), on_error="report")
    found = nodes(release.tables)
    assert len(found) == release.stats()["concepts"]["active"]
    for id in [*found][::1000]:
        page = release.concept(id)
        assert found[id]["name"] == page.label
        assert found[id]["fsn"] == page.fsn
        assert found[id]["tag"] == (page.tag or None)
        assert found[id]["definition"] == (page.definition or None)
        assert found[id]["synonyms"] == ([one.text for one in page.synonyms] or None)
    links = [edge for edge in edges(release.tables) if edge[1] == "IS_A"]
    assert len(links) == release.stats()["is_a"]["links"]


def test_relation_groups_are_keys(tables: Tables) -> None:
    group = tables.relations.group.copy()
    group[0] = 3
    grouped = replace(tables, relations=replace(tables.relations, group=group))
    assert [edge[3] for edge in edges(grouped)].count("3") == 1


def test_csv_for_neo4j_admin_comes_from_the_graph_store(tables: Tables, tmp_path: Path) -> None:
    source = graph_source(tables)
    with open_store("memory:", "create") as graph:
        graph.bulk_load(source.nodes(), source.edges())
        write_admin_csv(graph, tmp_path / "csv")
    assert (tmp_path / "csv" / "nodes.csv").read_text().count("\n") == 7


def test_tables_of_edges_can_be_read_again(tables: Tables, tmp_path: Path) -> None:
    write_edges(tables, tmp_path / "out")
    lines = (tmp_path / "out" / "edges.tsv").read_text().splitlines()
    assert lines[:2] == ["head\trelation\ttail\tkey", "T:2\tIS_A\tT:1\t"]
    again = load(tmp_path / "out" / "concepts.tsv")
    assert again.parents("T:2") == ["T:1"]
    assert again.synonyms("T:2") == ["mallet/gavel"]
    assert again.definition("T:1") == "A thing to work with."
    with pytest.raises(StoreError, match="exists already"):
        write_edges(tables, tmp_path / "out")


def sssom(path: Path) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The metadata and the rows, read by other means."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    header = [line[1:] for line in lines if line.startswith("#")]
    indented = "".join(line[1:] for line in header)
    return yaml.safe_load(indented), list(csv.DictReader(lines[len(header) :], delimiter="\t"))


def test_sssom(tables: Tables, tmp_path: Path) -> None:
    path = tmp_path / "tools.sssom.tsv"
    written = write_sssom(tables, path, license="https://example.org/licence")
    assert written == (4, 1)  # a code with a blank fits no CURIE
    metadata, rows = sssom(path)
    assert metadata["license"] == "https://example.org/licence"
    assert metadata["mapping_set_version"] == "1.0"
    assert metadata["curie_map"] == {
        "ICD10": "http://hl7.org/fhir/sid/icd-10/",
        "SNOMEDCT_US": "https://bioregistry.io/SNOMEDCT_US:",
        "T": "http://purl.obolibrary.org/obo/T_",
        "WD": "https://bioregistry.io/WD:",
        "ns1": "http://a.org/b#",
        "oboInOwl": "http://www.geneontology.org/formats/oboInOwl#",
        "semapv": "https://w3id.org/semapv/vocab/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
    }
    assert [row["object_id"] for row in rows] == ["SNOMEDCT_US:1", "WD:Q25294", "ns1:c", "ICD10:Y29"]
    assert rows[3] == {
        "subject_id": "T:2",
        "subject_label": "hammer",
        "predicate_id": "skos:relatedMatch",
        "object_id": "ICD10:Y29",
        "mapping_justification": "semapv:UnspecifiedMatching",
        "comment": "group 1, priority 1; IFA 1; IF IT IS OLD",
    }
    again = tmp_path / "again.sssom.tsv"
    write_sssom(tables, again, license="https://example.org/licence")
    assert again.read_bytes() == path.read_bytes()


def test_sssom_of_real_cross_references(data_root: Callable[[str], Path], tmp_path: Path) -> None:
    doid = load(data_root("doid") / "doid.obo.gz", on_error="report")
    written = write_sssom(doid.tables, tmp_path / "all.tsv")
    metadata, rows = sssom(tmp_path / "all.tsv")
    assert len(rows) == written.mappings > 30_000
    assert {"license", "mapping_set_id"} < metadata.keys()
    used = set()
    for row in rows:
        for slot in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
            assert re.fullmatch(r"[A-Za-z_][\w.-]*:\S+", row[slot])
            used.add(row[slot].partition(":")[0])
    assert used == metadata["curie_map"].keys()
    without = ExportOptions(without=("snomedct",))
    write_sssom(doid.tables, tmp_path / "some.tsv", without)
    assert not any("SNOMED" in row["object_id"] for row in sssom(tmp_path / "some.tsv")[1])


def test_schemes_left_out(tables: Tables) -> None:
    found = nodes(tables, ExportOptions(without=("SNOMEDCT", "http", "isbn")))
    assert found["T:2"]["xrefs"] == ["WD:Q25294"]


def test_licensed_content_needs_a_word(tables: Tables, tmp_path: Path) -> None:
    licensed = replace(tables, origin=Origin("Tools", "rf2", licensed=True))
    exports: list[Callable[[ExportOptions | None], object]] = [
        lambda options: nodes(licensed, options),
        lambda options: write_edges(licensed, tmp_path / "edges", options),
        lambda options: write_sssom(licensed, tmp_path / "x.sssom.tsv", options),
    ]
    for export in exports:
        with pytest.raises(LicenceError, match="Tools is licensed content; export it with licensed_ok"):
            export(None)
        export(ExportOptions(licensed_ok=True))
