"""Readers of records: what they give, and what they say about a line that is wrong."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from kgllm.errors import NotFoundError, ReadError
from kgllm.kg.formats import is_graph, read_graph
from kgllm.kg.formats.tables import read_tables

ROOT = Path(__file__).resolve().parents[3]
NODES = '{"id": "a", "labels": ["X"], "properties": {"n": 1}}\n\n{"id": "b", "properties": {"n": 2.5}}\n'
EDGES = '{"start": "a", "type": "R", "end": "b", "properties": {"tags": ["p"]}}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nodes.jsonl").write_text(NODES)
    (tmp_path / "edges.jsonl.gz").write_bytes(gzip.compress(EDGES.encode()))
    return tmp_path


def test_json_lines(folder: Path) -> None:
    source = read_graph(folder)
    (nodes,), (edges,) = source.nodes(), source.edges()
    assert nodes.to_pylist() == [{"id": "a", "labels": ["X"], "n": 1.0}, {"id": "b", "labels": [], "n": 2.5}]
    assert edges.to_pylist() == [{"head": "a", "relation": "R", "tail": "b", "key": "", "tags": ["p"]}]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"nodes.jsonl:4: not JSON"),
        ("[]", r"nodes.jsonl:4: expected one JSON object"),
        ('{"labels": []}', r"nodes.jsonl:4: no id"),
        ('{"id": 7}', r"nodes.jsonl:4: id is no text"),
        ('{"id": "c", "labels": [1]}', r"nodes.jsonl:4: labels is no text"),
        ('{"id": "c", "properties": []}', r"nodes.jsonl:4: expected an object under 'properties'"),
        (
            '{"id": "c", "properties": {"n": "x"}}',
            r"nodes.jsonl:4: property 'n' is a str here and a float before",
        ),
        ('{"id": "c", "properties": {"m": {}}}', r"nodes.jsonl:4: property 'm' holds a dict"),
        ('{"id": "c", "properties": {"m": [1]}}', r"nodes.jsonl:4: property 'm' holds a list"),
    ],
)
def test_a_wrong_line_is_named(folder: Path, line: str, message: str) -> None:
    (folder / "nodes.jsonl").write_text(f"{NODES}{line}\n")
    with pytest.raises(ReadError, match=message):
        list(read_graph(folder).nodes())


MAPPING = """
nulls: ["", "NULL"]
nodes:
  - {file: t.csv, labels: [T], id: "t/{id}", properties: {id: str, n: int, x: float, ok: bool, day: date}}
edges:
  - {file: t.csv, relation: NEXT, head: "t/{id}", tail: "t/{next}", key: "{n}"}
"""
TABLE = 'id,n,x,ok,day,next\n1,7,0.5,true,2020-01-31 00:00:00,2\n2,NULL,,0,,\n"3,4",8,1e3,no,1999-12-01,1\n'


def test_tables(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(MAPPING)
    (tmp_path / "t.csv").write_text("\ufeff" + TABLE)
    source = read_graph(tmp_path / "map.yaml")
    (nodes,), (edges,) = source.nodes(), source.edges()
    assert nodes.to_pylist()[0] == {
        **{"id": "1", "labels": ["T"], "n": 7, "x": 0.5, "ok": True, "day": date(2020, 1, 31)},
        "id": "t/1",
    }
    assert [row["n"] for row in nodes.to_pylist()] == [7, None, 8]
    assert [(row["head"], row["tail"], row["key"]) for row in edges.to_pylist()] == [
        ("t/1", "t/2", "7"),
        ("t/3,4", "t/1", "8"),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("7,0.5", "seven,0.5"), r"t.csv:2: column 'n' should hold a value of type int in 'seven'"),
        (("true", "maybe"), r"t.csv:2: column 'ok' should hold a value of type bool"),
        (("2020-01-31 00:00:00", "31.1.2020"), r"t.csv:2: column 'day' should hold a value of type date"),
        (("next\n", "after\n"), r"t.csv:1: no column 'next'"),
        ((",2\n", ",2,9\n"), r"t.csv:2: expected 6 cells, found 7"),
        ((",2\n", "\n"), r"t.csv:2: expected 6 cells, found 5"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    (tmp_path / "map.yaml").write_text(MAPPING)
    (tmp_path / "t.csv").write_text(TABLE.replace(*change))
    source = read_graph(tmp_path / "map.yaml")
    with pytest.raises(ReadError, match=message):
        [*source.nodes(), *source.edges()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nodes: [", "not YAML"),
        ("nodes: []\nrows: 1", "rows: Extra inputs"),
        ("edges: []", "nodes: Field required"),
    ],
)
def test_a_wrong_mapping_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(ReadError, match=message):
        read_graph(tmp_path / "map.yaml")


def test_what_is_no_graph(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert not is_graph(tmp_path)
    with pytest.raises(ReadError, match="no graph found"):
        read_graph(tmp_path / "notes.txt")
    with pytest.raises(NotFoundError, match="does not exist"):
        read_graph(tmp_path / "missing")


def test_movies_and_northwind(data_root: Callable[[str], Path]) -> None:
    movies = read_graph(data_root("neo4j-movies"))
    shop = read_tables(ROOT / "examples/northwind.yaml", data_root("neo4j-northwind"))
    count = [
        sum(batch.num_rows for batch in batches()) for s in (movies, shop) for batches in (s.nodes, s.edges)
    ]
    assert count == [171, 253, 1035, 3139]
