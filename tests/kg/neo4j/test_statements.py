"""What is sent to Neo4j, as text."""

from __future__ import annotations

import pytest

from kgllm.errors import SchemaError
from kgllm.kg.cypher.emit import neo4j_writes as statements


def test_nodes_are_merged_by_id_and_labels_added() -> None:
    assert statements.upsert_nodes(["Drug", "Active Substance"]) == (
        "UNWIND $rows AS row MERGE (n:Entity {id: row.id}) SET n:`Drug`:`Active Substance`"
        " SET n += row.properties RETURN count(*) AS rows"
    )
    assert statements.upsert_nodes([]) == (
        "UNWIND $rows AS row MERGE (n:Entity {id: row.id}) SET n += row.properties RETURN count(*) AS rows"
    )


def test_edges_are_merged_by_their_ends_type_and_key() -> None:
    assert statements.upsert_edges("TREATS") == (
        "UNWIND $rows AS row MATCH (a:Entity {id: row.head}) MATCH (b:Entity {id: row.tail})"
        " MERGE (a)-[r:`TREATS` {_key: row.key}]->(b) SET r += row.properties RETURN count(*) AS rows"
    )
    assert statements.delete_edges("TREATS") == (
        "UNWIND $rows AS row MATCH (a:Entity {id: row.head})-[r:`TREATS` {_key: row.key}]->"
        "(b:Entity {id: row.tail}) USING INDEX a:Entity(id) USING INDEX b:Entity(id) DELETE r"
    )


@pytest.mark.parametrize(
    ("relations", "direction", "pattern"),
    [
        (None, "both", "(n)-[r]-(:Entity)"),
        (None, "out", "(n)-[r]->(:Entity)"),
        (["A", "B"], "in", "(n)<-[r:`A`|`B`]-(:Entity)"),
    ],
)
def test_neighbors_are_asked_by_pattern(relations: list[str] | None, direction: str, pattern: str) -> None:
    assert statements.neighbors(relations, direction) == (
        f"UNWIND $ids AS id MATCH (n:Entity {{id: id}}) RETURN id, [{pattern} |"
        " [startNode(r).id, type(r), endNode(r).id, r._key]] AS edges"
    )


def test_a_degree_of_both_ways_counts_each_way() -> None:
    assert statements.degree("both").endswith("COUNT { (n)-->() } + COUNT { (n)<--() } AS degree")
    assert statements.degree("in").endswith("RETURN id, COUNT { (n)<--() } AS degree")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Drug", "`Drug`"),
        ("a`b", "`a``b`"),
        ("a\\u0060) DETACH DELETE (n) //", "`a\\u005Cu0060) DETACH DELETE (n) //`"),
        ("\\", "`\\u005C`"),
        ("née 漢 😀", "`née 漢 😀`"),
    ],
)
def test_names_stay_inside_their_quotes(name: str, text: str) -> None:
    assert statements.quoted(name) == text


@pytest.mark.parametrize("name", ["", "a\0b", "\ud800"])
def test_a_name_that_neo4j_cannot_have_is_refused(name: str) -> None:
    assert not statements.storable(name)
    with pytest.raises(SchemaError, match="give it another name"):
        statements.upsert_edges(name)


def test_values_never_stand_in_the_text() -> None:
    texts = [value for name, value in vars(statements).items() if name.isupper() and isinstance(value, str)]
    assert any("$ids" in text for text in texts)
    assert all('"' not in text for text in texts)
