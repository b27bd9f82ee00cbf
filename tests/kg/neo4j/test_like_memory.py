"""Neo4jStore does to a graph what MemoryStore does, on any changes."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgllm.errors import GraphError
from kgllm.kg.backends.memory.store import MemoryStore
from kgllm.kg.backends.neo4j.store import Neo4jStore
from kgllm.kg.changes import Change, DeleteEdges, DeleteNodes, UpsertEdges, UpsertNodes
from kgllm.kg.model import EDGE_COLUMNS, Edge, Entity
from kgllm.kg.rows import edges_to_batch, entities_to_batch
from kgllm.kg.store import GraphStore

ids = st.sampled_from(["a", "b", "ç", "d\\u0060", "😀"])
names = st.sampled_from(["R", "S T", "`x`\\"])
values = {"n": st.integers(-(2**63), 2**63 - 1), "s": st.text("aé'\\", max_size=3)}
properties = st.fixed_dictionaries({}, optional=values)
entities = st.builds(Entity, ids, st.lists(names, max_size=2, unique=True).map(sorted).map(tuple), properties)
edges = st.builds(Edge, ids, names, ids, st.sampled_from(["", "k"]), properties)

changes = st.one_of(
    st.lists(entities, max_size=4).map(lambda held: UpsertNodes(entities_to_batch(held))),
    st.lists(edges, max_size=6).map(lambda held: UpsertEdges(edges_to_batch(held))),
    st.builds(DeleteNodes, st.lists(ids, max_size=2).map(tuple), st.booleans()),
    st.lists(edges.map(lambda edge: edge.identity), max_size=2).map(lambda held: DeleteEdges(tuple(held))),
)
everybody = UpsertNodes(entities_to_batch([Entity(id) for id in ("a", "b", "ç", "d\\u0060", "😀")]))


def outcome(store: GraphStore, some: list[Change]) -> Any:
    try:
        report = store.apply(some, "reject")
    except GraphError as error:
        return type(error)
    counts = report.nodes, report.edges, report.deleted_nodes, report.deleted_edges
    return counts, dict(report.rejects.counts)


def content(store: GraphStore) -> Any:
    nodes, found = (
        [row for page in pages for row in page.to_pylist()]
        for pages in (store.scan_nodes(), store.scan_edges())
    )
    nodes.sort(key=lambda row: row["id"])
    found.sort(key=lambda row: [row[name] for name in EDGE_COLUMNS])
    return nodes, found, store.schema(0)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.lists(changes, min_size=1, max_size=3), min_size=1, max_size=3))
def test_any_changes(neo4j_store: Neo4jStore, groups: list[list[Change]]) -> None:
    neo4j_store.bulk_load([], [])
    generation = neo4j_store.version().generation
    with MemoryStore() as memory:
        for some in ([everybody], *groups):
            assert outcome(neo4j_store, some) == outcome(memory, some)
        assert content(neo4j_store) == content(memory)
        assert neo4j_store.version() == (generation, memory.version().sequence)
        present = [id for page in memory.scan_nodes() for id in page.column("id").to_pylist()]
        for way in ("out", "in", "both"):
            assert neo4j_store.degree(present, way) == memory.degree(present, way)
            for kinds in (None, ["R", "`x`\\"]):
                found = neo4j_store.neighbors(present, kinds, way)
                assert found == memory.neighbors(present, kinds, way)
        assert neo4j_store.get([*present, "x"]) == memory.get([*present, "x"])
