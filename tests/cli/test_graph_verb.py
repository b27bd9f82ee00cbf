"""``kgllm graph`` as users call it, on the embedded store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Kgllm = Callable[..., CompletedProcess[str]]

NODES = (
    '{"id": "ada", "labels": ["Person"], "properties": {"name": "Ada", "born": 1815}}\n'
    '{"id": "mary", "labels": ["Person"], "properties": {"name": "Mary", "born": 1780}}\n'
    '{"id": "engine", "labels": ["Machine"], "properties": {"name": "Engine"}}\n'
)
EDGES = (
    '{"start": "ada", "type": "KNOWS", "end": "mary", "properties": {"since": 1834}}\n'
    '{"start": "ada", "type": "WROTE_FOR", "end": "engine"}\n'
)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph/nodes.jsonl").write_text(NODES)
    (tmp_path / "graph/edges.jsonl").write_text(EDGES)
    return tmp_path / "graph"


@pytest.fixture
def store(graph: Path, tmp_path: Path, kgllm: Kgllm) -> str:
    url = f"ladybug:{tmp_path / 'store'}"
    done = kgllm("graph", "load", graph, "--store", url, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["nodes"], report["edges"], report["rejects"]["rejected"]) == (3, 2, 0)
    return url


def answer(done: CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_query_in_json_gives_plain_data(store: str, kgllm: Kgllm) -> None:
    text = "MATCH p = (a:Person)-[k:KNOWS]->(b) WHERE a.name = $who RETURN a, k, b.born AS born, p"
    found = answer(kgllm("graph", "query", text, "--store", store, "--param", "who=Ada", "--json"))
    assert found["columns"] == ["a", "k", "born", "p"]
    assert found["truncated"] is False
    (row,) = found["rows"]
    assert row["a"] == {"id": "ada", "labels": ["Person"], "properties": {"name": "Ada", "born": 1815}}
    assert (row["k"]["relation"], row["k"]["properties"]) == ("KNOWS", {"since": 1834})
    assert row["born"] == 1780
    assert [entity["id"] for entity in row["p"]["entities"]] == ["ada", "mary"]


def test_query_as_a_table(store: str, kgllm: Kgllm) -> None:
    done = kgllm("graph", "query", "MATCH p = (b)<-[:KNOWS]-(a) RETURN p, a.missing", "--store", store)
    assert done.returncode == 1  # no property is called missing
    assert "no node has a property missing" in done.stderr
    done = kgllm("graph", "query", "MATCH p = (b)<-[k:KNOWS]-(a) RETURN p, k, null AS x", "--store", store)
    assert "(Mary:Person)<-[KNOWS]-(Ada:Person)" in done.stdout
    assert "[ada KNOWS mary]" in done.stdout
    assert "null" in done.stdout
    assert "1 rows" in done.stderr


def test_rows_over_the_limit_are_cut_and_say_so(store: str, kgllm: Kgllm) -> None:
    command = ("graph", "query", "MATCH (n) RETURN n.name AS name ORDER BY name", "--store", store)
    done = kgllm(*command, "--rows", "2")
    assert "raise --rows" in done.stderr
    assert answer(kgllm(*command, "--rows", "2", "--json"))["truncated"] is True
    assert answer(kgllm(*command, "--rows", "3", "--json"))["truncated"] is False


def test_schema_and_stats(store: str, kgllm: Kgllm) -> None:
    schema = answer(kgllm("graph", "schema", "--store", store, "--json"))
    assert schema["labels"]["Person"]["count"] == 2
    assert schema["relations"]["KNOWS"]["properties"] == {"since": "int"}
    assert "Person → Machine" in kgllm("graph", "schema", "--store", store).stdout
    stats = answer(kgllm("graph", "stats", "--store", store, "--json"))
    assert (stats["nodes"], stats["edges"], stats["components"]) == (3, 2, 1)
    assert "largest component" in kgllm("graph", "stats", "--store", store).stdout


@pytest.mark.parametrize("to", ["parquet", "graphml", "rdf", "csv"])
def test_export_never_writes_over(store: str, tmp_path: Path, kgllm: Kgllm, to: str) -> None:
    out = tmp_path / "out"
    assert answer(kgllm("graph", "export", "--to", to, "--out", out, "--store", store, "--json"))["to"] == to
    assert out.exists()
    again = kgllm("graph", "export", "--to", to, "--out", out, "--store", store)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_bad_rows_stop_the_load_or_are_reported(graph: Path, tmp_path: Path, kgllm: Kgllm) -> None:
    with (graph / "edges.jsonl").open("a") as file:
        file.write('{"start": "ada", "type": "KNOWS", "end": "nobody"}\n')
    command = ("graph", "load", graph, "--store", f"ladybug:{tmp_path / 'bad'}")
    stopped = kgllm(*command)
    assert stopped.returncode == 1
    assert "dangling-tail" in stopped.stderr
    assert "nothing was written" in stopped.stderr
    report = tmp_path / "report.json"
    done = kgllm(*command, "--on-error", "reject", "--report", report)
    assert done.returncode == 0
    assert "dangling-tail" in done.stdout
    assert json.loads(report.read_text())["reasons"]["dangling-tail"]["count"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("query", "MATCH (a) DETACH DELETE a"), 1, "QueryRefusedError"),
        (("query", "MATCH (a:Persn) RETURN a"), 1, "did you mean Person?"),
        (("query", "MATCH (a RETURN a"), 1, "QuerySyntaxError"),
        (("query", "MATCH (a) WHERE a.name = $n RETURN a"), 1, "$n"),
        (("query", "RETURN 1", "--param", "x"), 2, "expected NAME=VALUE"),
        (("load", "nowhere-to-be-found"), 1, "nowhere-to-be-found"),
    ],
)
def test_mistakes(store: str, kgllm: Kgllm, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = kgllm("graph", *arguments, "--store", store)
    assert done.returncode == code
    assert message in done.stderr
    assert done.stdout == ""


def test_wrong_stores(tmp_path: Path, kgllm: Kgllm) -> None:
    done = kgllm("graph", "query", "RETURN 1", "--store", "sqlite:x")
    assert done.returncode == 2
    assert "names no graph store" in done.stderr
    done = kgllm("graph", "query", "RETURN 1", "--store", f"ladybug:{tmp_path / 'none'}")
    assert done.returncode == 1
    assert "no graph store at" in done.stderr
    done = kgllm("graph", "query", "RETURN 1", "--store", "bolt://127.0.0.1:9")
    assert done.returncode == 1
    assert "StoreUnavailableError" in done.stderr
