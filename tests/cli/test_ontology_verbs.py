"""``kgllm ontology`` from the outside: what is printed, what is written, which exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Kgllm = Callable[..., CompletedProcess[str]]

OBO = """format-version: 1.4
data-version: {version}

[Term]
id: T:1
name: tool

[Term]
id: T:2
name: saw
def: "A blade with teeth." []
synonym: "handsaw" NARROW []
is_a: T:1
xref: SNOMEDCT:100005
xref: OTHER:7

[Term]
id: T:3
name: fretsaw
is_a: {parent}
{more}"""
OLD = OBO.format(version="1", parent="T:1", more="")
NEW = OBO.format(
    version="2", parent="T:2", more="relationship: part_of T:9\n\n[Term]\nid: T:4\nname: rasp\nis_a: T:1\n"
)
BROKEN = OLD + "\n[Term]\nname: no id\n\n[Term]\nid: T:5\nname: file\nis_a: T:1\n"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    (tmp_path / "new.obo").write_text(NEW)
    return tmp_path / "new.obo"


@pytest.fixture
def store(new: Path, tmp_path: Path, kgllm: Kgllm) -> Path:
    assert kgllm("ontology", "load", new, "--out", tmp_path / "store").returncode == 0
    return tmp_path / "store"


def test_load_says_what_was_wrong(new: Path, tmp_path: Path, kgllm: Kgllm) -> None:
    done = kgllm("ontology", "load", new, "--out", tmp_path / "s", "--report", tmp_path / "issues.json")
    assert done.returncode == 0
    assert "5 concepts" in done.stdout
    assert "unknown-reference" in done.stderr
    assert "new.obo:" in done.stderr
    report = json.loads((tmp_path / "issues.json").read_text())
    assert {rule["rule"] for rule in report["rules"]} == {"unknown-reference", "undeclared-relation"}
    assert kgllm("ontology", "load", new, "--out", tmp_path / "s", "--fail-on-warn").returncode == 1


def test_a_fatal_fault_stops_and_leaves_the_old_store(store: Path, tmp_path: Path, kgllm: Kgllm) -> None:
    (tmp_path / "broken.obo").write_text(BROKEN)
    done = kgllm("ontology", "load", tmp_path / "broken.obo", "--out", store)
    assert done.returncode == 2
    assert "broken.obo:" in done.stderr
    assert json.loads(kgllm("ontology", "info", store, "--json").stdout)["version"] == "2"
    assert kgllm("ontology", "validate", tmp_path / "broken.obo").returncode == 2
    skipped = kgllm(
        "ontology", "load", tmp_path / "broken.obo", "--out", store, "--on-error", "skip", "--json"
    )
    assert skipped.returncode == 0
    assert json.loads(skipped.stdout)["stats"]["concepts"]["active"] == 4


def test_what_is_no_ontology(tmp_path: Path, kgllm: Kgllm) -> None:
    (tmp_path / "page.owl").write_text("<!DOCTYPE html><html></html>")
    done = kgllm("ontology", "validate", tmp_path / "page.owl")
    assert done.returncode == 2
    assert "a web page" in done.stderr
    assert kgllm("ontology", "validate", tmp_path / "missing.obo").returncode == 1
    assert "obographs" in kgllm("ontology", "validate", tmp_path / "page.owl", "--format", "x").stderr


def test_show_and_search(store: Path, kgllm: Kgllm) -> None:
    page = kgllm("ontology", "show", store, "saw").stdout
    for line in ("saw  T:2", "definition: A blade with teeth.", "handsaw  (narrow)", "tool  T:1", "OTHER: 7"):
        assert line in page
    found = json.loads(kgllm("ontology", "show", store, "T:2", "--json").stdout)
    assert [child["id"] for child in found["children"]] == ["T:3"]
    assert json.loads(kgllm("ontology", "search", store, "hand", "--json").stdout)[0]["id"] == "T:2"
    nothing = kgllm("ontology", "search", store, "fretsow")
    assert "fretsaw" in nothing.stderr
    assert "did you mean" in kgllm("ontology", "show", store, "T:22").stderr


def test_questions(store: Path, kgllm: Kgllm) -> None:
    def ids(*arguments: str | Path) -> list[str]:
        return [row["id"] for row in json.loads(kgllm("ontology", *arguments, "--json").stdout)]

    assert ids("query", store, "--ecl", "<< T:2 |saw|") == ["T:2", "T:3"]
    assert kgllm("ontology", "query", store, "--ecl", "< T:1", "--format", "ids").stdout.split() == [
        "T:2",
        "T:3",
        "T:4",
    ]
    assert ids("ancestors", store, "fretsaw") == ["T:1", "T:2"]
    assert ids("descendants", store, "T:2") == ["T:3"]
    assert ids("lca", store, "T:3", "T:4") == ["T:1"]
    value = json.loads(kgllm("ontology", "similarity", store, "T:2", "T:2", "--json").stdout)["value"]
    assert value == 1
    wrong = kgllm("ontology", "query", store, "--ecl", "<< (T:2")
    assert (wrong.returncode, "EclError" in wrong.stderr) == (2, True)


def test_a_file_is_read_for_one_question(new: Path, kgllm: Kgllm) -> None:
    done = kgllm("ontology", "ancestors", new, "T:3", "--json")
    assert [row["id"] for row in json.loads(done.stdout)] == ["T:1", "T:2"]
    assert "kgllm ontology load" in done.stderr


def test_diff(store: Path, tmp_path: Path, kgllm: Kgllm) -> None:
    (tmp_path / "old.obo").write_text(OLD)
    found = json.loads(kgllm("ontology", "diff", tmp_path / "old.obo", store, "--json").stdout)
    assert found["added"] == ["T:4", "part_of"]
    assert found["parents"] == [{"id": "T:3", "lost": ["T:1"], "gained": ["T:2"]}]
    shown = kgllm("ontology", "diff", tmp_path / "old.obo", store).stdout
    assert "fretsaw  T:3  −T:1, +T:2" in shown


def test_exports(store: Path, tmp_path: Path, kgllm: Kgllm) -> None:
    url = f"ladybug:{tmp_path / 'graph'}"
    assert kgllm("ontology", "export", store, "--to", "graph", "--out", url).returncode == 0
    question = "MATCH (a)-[:IS_A]->(b) WHERE b.name = $n RETURN a.name"
    rows = json.loads(kgllm("graph", "query", question, "--param", "n=saw", "--store", url, "--json").stdout)
    assert rows["rows"] == [{"a.name": "fretsaw"}]
    sssom = tmp_path / "tools.sssom.tsv"
    done = kgllm("ontology", "export", store, "--to", "sssom", "--out", sssom, "--drop", "SNOMEDCT")
    assert done.returncode == 0
    assert "OTHER:7" in sssom.read_text()
    assert "SNOMEDCT" not in sssom.read_text()
    assert kgllm("ontology", "export", store, "--to", "edges", "--out", tmp_path / "edges").returncode == 0
    again = json.loads(kgllm("ontology", "info", tmp_path / "edges" / "concepts.tsv", "--json").stdout)
    assert again["stats"]["concepts"]["active"] >= 4


def test_an_invented_release_loads_into_a_store_and_a_graph(tmp_path: Path, kgllm: Kgllm) -> None:
    made = kgllm("ontology", "synth-rf2", "--concepts", "200", "--out", tmp_path / "releases", "--json")
    path, url = json.loads(made.stdout)["path"], f"ladybug:{tmp_path / 'graph'}"
    done = kgllm("ontology", "load", path, "--out", tmp_path / "store", "--graph", url, "--json")
    assert done.returncode == 0
    result = json.loads(done.stdout)
    assert result["graph"]["nodes"] == result["stats"]["concepts"]["active"] == 200
    earlier = kgllm(
        "ontology",
        "load",
        path,
        "--out",
        tmp_path / "then",
        "--release",
        "full",
        "--as-of",
        "20250131",
        "--json",
    )
    assert json.loads(earlier.stdout)["version"] == "20250131"
    assert kgllm("ontology", "load", path, "--out", tmp_path / "x", "--as-of", "20250131").returncode == 2
