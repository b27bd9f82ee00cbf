"""Replacing the whole content of a server's database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest
from neo4j import Driver

from kgllm.errors import BadRowsError, SchemaError, StoreBusyError
from kgllm.kg.backends.neo4j import load as neo4j_load
from kgllm.kg.backends.neo4j.store import Neo4jStore
from kgllm.kg.changes import Version
from kgllm.kg.open import open_store

Batch = Callable[..., pa.RecordBatch]


def test_a_load_replaces_everything(
    neo4j_store: Neo4jStore, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in ("CLEARED_AT_ONCE", "NODES_AT_ONCE", "EDGES_AT_ONCE"):
        monkeypatch.setattr(neo4j_load, size, 2)
    nodes = [batch({"id": "a", "x": 1}, {"id": "b"}, {"id": "c"}), batch({"id": "d", "y": "z"})]
    ends = [("a", "b"), ("a", "c"), ("c", "d"), ("d", "d"), ("a", "d")]
    some = batch(*({"head": h, "relation": "R", "tail": t} for h, t in ends))
    edges = [some, some.slice(0, 0)]
    for generation in (1, 2):
        report = neo4j_store.bulk_load(nodes, edges)
        assert (report.nodes, report.edges, report.rejects.total) == (4, 5, 0)
        assert neo4j_store.version() == Version(generation, 0)
        found = [row for page in neo4j_store.scan_edges() for row in page.to_pylist()]
        assert [(row["head"], row["tail"]) for row in found] == sorted(ends)
    report = neo4j_store.bulk_load([batch({"id": "new", "x": "now a text"})], [])
    assert [row for b in neo4j_store.scan_nodes() for row in b.to_pylist()] == [
        {"id": "new", "labels": [], "x": "now a text"}
    ]
    assert (neo4j_store.schema().nodes, neo4j_store.schema().edges) == (1, 0)


def test_bad_rows_are_found_before_the_server_is_touched(neo4j_store: Neo4jStore, batch: Batch) -> None:
    neo4j_store.bulk_load([batch({"id": "old"})], [])
    nodes = [batch({"id": "a"}, {"id": "a"})]
    edges = [batch({"head": "a", "relation": "R", "tail": "a"}, {"head": "a", "relation": "R", "tail": "x"})]
    with pytest.raises(BadRowsError) as error:
        neo4j_store.bulk_load(nodes, edges)
    assert error.value.report.counts == {"dangling-tail": 1, "duplicate-id": 1}
    assert neo4j_store.get(["old"]) != [None]
    assert neo4j_store.version() == Version(1, 0)
    report = neo4j_store.bulk_load(nodes, edges, "reject")
    assert (report.nodes, report.edges, report.rejects.total) == (1, 1, 2)


def test_a_broken_source_changes_nothing(neo4j_store: Neo4jStore, batch: Batch) -> None:
    def source() -> Iterator[pa.RecordBatch]:
        yield batch({"id": "a"})
        raise OSError("the file ends here")

    neo4j_store.bulk_load([batch({"id": "old"})], [])
    with pytest.raises(OSError, match="ends here"):
        neo4j_store.bulk_load(source(), [])
    with pytest.raises(SchemaError):
        neo4j_store.bulk_load([batch({"no id": 1})], [])
    assert neo4j_store.get(["old", "a"])[1] is None
    assert neo4j_store.version() == Version(1, 0)


def test_nobody_reads_a_load_that_was_cut_off(
    neo4j_url: str,
    neo4j_store: Neo4jStore,
    batch: Batch,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(neo4j_load.Load, "finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            neo4j_store.bulk_load([batch({"id": "a"})], [])
    assert "was cut off: nobody can read it until it is loaded again" in caplog.text
    uses = [
        neo4j_store.version,
        neo4j_store.schema,
        lambda: neo4j_store.get(["a"]),
        lambda: next(neo4j_store.scan_nodes()),
        lambda: neo4j_store.query("MATCH (n) RETURN n"),
        lambda: neo4j_store.upsert_nodes(batch({"id": "b"})),
        lambda: open_store(neo4j_url, "r"),
    ]
    for use in uses:
        with pytest.raises(StoreBusyError, match="is being loaded, or its load was cut off"):
            use()
    caplog.clear()
    with open_store(neo4j_url, "rw") as store:
        assert "its load was cut off" in caplog.text
        store.bulk_load([batch({"id": "b"})], [])
    assert neo4j_store.get(["a", "b"])[0] is None
    assert neo4j_store.version() == Version(1, 0)


def test_of_two_loads_the_later_one_wins(
    neo4j_store: Neo4jStore, neo4j_url: str, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meddle(_: neo4j_load.Load) -> None:
        monkeypatch.setattr(neo4j_load.Load, "clear", clear)
        with open_store(neo4j_url) as other:
            other.bulk_load([batch({"id": "later"})], [])

    clear = neo4j_load.Load.clear
    monkeypatch.setattr(neo4j_load.Load, "clear", meddle)
    with pytest.raises(StoreBusyError, match="another load of this database has begun"):
        neo4j_store.bulk_load([batch({"id": "earlier"})], [])
    assert neo4j_store.get(["earlier"]) == [None]
    assert neo4j_store.get(["later"]) != [None]


def test_a_stranger_who_writes_meanwhile_is_noticed(
    neo4j_store: Neo4jStore, batch: Batch, bare: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meddle(*arguments: object, **options: object) -> None:
        write(*arguments, **options)
        bare.execute_query("CREATE (:Entity {id: 'theirs'})")

    write = neo4j_load.write_nodes
    monkeypatch.setattr(neo4j_load, "write_nodes", meddle)
    with pytest.raises(StoreBusyError, match=r"\(1, 0\) nodes and edges were written and \(2, 0\) are there"):
        neo4j_store.bulk_load([batch({"id": "a"})], [])
