"""The store in memory against plain dictionaries, under random changes."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.kg.backends.memory.store import MemoryStore
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.model import Edge, Entity
from kgllm.kg.rows import edges, edges_to_batch, entities, entities_to_batch
from kgllm.kg.store import GraphStore

ANY_NAMES = Limits(known_names=False)

IDS = st.sampled_from("abcd")
NODE = st.builds(
    Entity,
    IDS,
    st.sets(st.sampled_from("LM")).map(lambda labels: tuple(sorted(labels))),
    st.dictionaries(st.just("p"), st.integers(0, 2)),
)
EDGE = st.builds(
    Edge,
    IDS,
    st.sampled_from("RS"),
    IDS,
    st.sampled_from(["", "k"]),
    st.dictionaries(st.just("q"), st.text(max_size=2).filter(lambda text: "\0" not in text)),
)
CHANGE = st.one_of(
    st.tuples(st.just("nodes"), st.lists(NODE, max_size=3)),
    st.tuples(st.just("edges"), st.lists(EDGE, max_size=3)),
    st.tuples(st.just("drop nodes"), st.lists(IDS, max_size=2)),
    st.tuples(st.just("drop edges"), st.lists(EDGE, max_size=2)),
)


def content(store: GraphStore) -> tuple[list[Entity], list[Edge]]:
    nodes = [item for batch in store.scan_nodes() for item in entities(batch)]
    return nodes, [item for batch in store.scan_edges() for item in edges(batch)]


@settings(max_examples=150, deadline=None)
@given(st.lists(CHANGE, max_size=6))
def test_changes_do_what_plain_dictionaries_do(changes: list[tuple[str, list[Any]]]) -> None:
    """Each change is applied alone; rows with a missing end are left out, by us and by the store."""
    store = MemoryStore()
    nodes: dict[str, Entity] = {}
    held: dict[tuple[str, ...], Edge] = {}
    for kind, items in changes:
        if kind == "nodes":
            store.upsert_nodes(entities_to_batch(items))
            for item in items:
                old = nodes.get(item.id, Entity(item.id))
                labels = tuple(sorted({*old.labels, *item.labels}))
                nodes[item.id] = Entity(item.id, labels, {**old.properties, **item.properties})
        elif kind == "edges":
            store.upsert_edges(edges_to_batch(items), on_error="reject")
            for item in items:
                if item.head in nodes and item.tail in nodes:
                    old = held.get(item.identity, item)
                    held[item.identity] = Edge(*item.identity, {**old.properties, **item.properties})
        elif kind == "drop nodes":
            store.delete_nodes(items)
            for id in items:
                nodes.pop(id, None)
            held = {key: edge for key, edge in held.items() if edge.head in nodes and edge.tail in nodes}
        else:
            store.delete_edges([item.identity for item in items])
            for item in items:
                held.pop(item.identity, None)
    rank = {id: nid for nid, id in enumerate(nodes)}
    ordered = sorted(held.values(), key=lambda e: (rank[e.head], e.relation, rank[e.tail], e.key))
    assert content(store) == (list(nodes.values()), ordered)
    assert store.degree(list(nodes)) == [
        sum((edge.head == id) + (edge.tail == id) for edge in ordered) for id in nodes
    ]
    for label in "LM":
        found = store.query(f"MATCH (n:{label}) RETURN n.id", limits=ANY_NAMES).rows
        assert sorted(found) == sorted((id,) for id, node in nodes.items() if label in node.labels)
