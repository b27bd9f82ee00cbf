"""The statements that :class:`~kgllm.kg.backends.neo4j.store.Neo4jStore` sends besides queries, as text.

How a graph lies in Neo4j: an entity is a node ``(:Entity:Drug {id: 'C01', …})``, an edge a relationship
``[:TREATS {_key: '', …}]`` of its own type. One node more, ``(:_KgllmMeta)``, holds the version, the types of
the properties and the mark of an unfinished load; it has no label ``Entity``, so nothing here and no query
sees it.

Values travel as parameters. Labels and relation types cannot, so they are quoted; there is one statement for
each set of labels and for each relation type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ....errors import SchemaError
from ...model import ENTITY, Direction

__all__ = ["EDGE_KEY", "META", "quoted", "storable"]

EDGE_KEY = "_key"
"""The property of a relationship that holds the edge's key, also where the key is empty: a MERGE without
it would take any parallel edge for the one that is meant."""

META = "_KgllmMeta"
FORMAT = 1
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_META = f"(m:{META} {{id: 'kgllm'}})"
_FROM = f"(a:{ENTITY} {{id: row.head}})"
_TO = f"(b:{ENTITY} {{id: row.tail}})"


def storable(name: str) -> bool:
    """Whether Neo4j can hold a name or an id: not if it is empty, has a NUL or half of a surrogate pair."""
    return name != "" and not UNSTORABLE.search(name)


def quoted(name: str) -> str:
    r"""``name`` as an identifier.

    Neo4j 5 decodes ``\u0060`` to a back-tick before it splits the text into tokens, so that a name with a
    backslash could end its own quotes: the backslash is written as an escape, too.

    Raises:
        SchemaError: Neo4j has no such names.
    """
    if not storable(name):
        raise SchemaError(
            f"{name!r} cannot be a label, relation type or property of Neo4j; give it another name"
        )
    return "`" + name.replace("\\", "\\u005C").replace("`", "``") + "`"


# --- set-up and version -----------------------------------------------------------------------------

CONSTRAINTS = (
    f"CREATE CONSTRAINT kgllm_entity_id IF NOT EXISTS FOR (n:{ENTITY}) REQUIRE n.id IS UNIQUE",
    f"CREATE CONSTRAINT kgllm_meta_id IF NOT EXISTS FOR (n:{META}) REQUIRE n.id IS UNIQUE",
)
CREATE_META = (
    f"MERGE {_META} ON CREATE SET m.format = {FORMAT}, m.generation = 0, m.sequence = 0,"
    " m.node_types = '{}', m.edge_types = '{}'"
)
READ_META = f"MATCH {_META} RETURN properties(m) AS meta"

NEXT_SEQUENCE = f"MATCH {_META} SET m.sequence = m.sequence + 1 RETURN properties(m) AS meta"
"""Also locks the node: those who write after us wait until we commit."""

SET_TYPES = f"MATCH {_META} SET m.node_types = $nodes, m.edge_types = $edges"

BEGIN_LOAD = f"MATCH {_META} SET m.loading = $token"
STILL_LOADING = f"MATCH {_META} WHERE m.loading = $token SET m.loading = $token RETURN true AS still"
"""Also locks the node, so that no other load begins until we commit."""
END_LOAD = (
    f"MATCH {_META} SET m.generation = m.generation + 1, m.sequence = 0, m.node_types = $nodes,"
    " m.edge_types = $edges REMOVE m.loading"
)

NODES = "MATCH (n) RETURN count(n) AS rows"
METAS = f"MATCH (n:{META}) RETURN count(n) AS rows"
ENTITIES = f"MATCH (n:{ENTITY}) RETURN count(n) AS rows"
RELATIONSHIPS = "MATCH ()-[r]->() RETURN count(r) AS rows"


# --- writing ----------------------------------------------------------------------------------------


def upsert_nodes(labels: Iterable[str]) -> str:
    """``$rows``: id, properties without nulls; all get these labels."""
    more = "".join(f":{quoted(label)}" for label in labels)
    also = f" SET n{more}" if more else ""
    return (
        f"UNWIND $rows AS row MERGE (n:{ENTITY} {{id: row.id}}){also} SET n += row.properties"
        " RETURN count(*) AS rows"
    )


def upsert_edges(relation: str) -> str:
    """``$rows``: head, tail, key, properties without nulls.

    Returns the number of rows whose ends exist.
    """
    return (
        f"UNWIND $rows AS row MATCH {_FROM} MATCH {_TO} MERGE (a)-[r:{quoted(relation)}"
        f" {{{EDGE_KEY}: row.key}}]->(b) SET r += row.properties RETURN count(*) AS rows"
    )


EXISTING = f"UNWIND $ids AS id MATCH (n:{ENTITY} {{id: id}}) RETURN n.id AS id"
CONNECTED = f"UNWIND $ids AS id MATCH (n:{ENTITY} {{id: id}}) WHERE EXISTS {{ (n)--() }} RETURN n.id AS id"
DELETE_NODES = f"UNWIND $ids AS id MATCH (n:{ENTITY} {{id: id}}) DETACH DELETE n"


def delete_edges(relation: str) -> str:
    """``$rows``: head, tail, key.

    The hints make Neo4j look up both ends; else it would go through all edges of one.
    """
    edge = f"[r:{quoted(relation)} {{{EDGE_KEY}: row.key}}]"
    hints = " ".join(f"USING INDEX {end}:{ENTITY}(id)" for end in "ab")
    return f"UNWIND $rows AS row MATCH {_FROM}-{edge}->{_TO} {hints} DELETE r"


CLEAR_EDGES = f"MATCH (:{ENTITY})-[r]->() WITH r LIMIT $limit DELETE r RETURN count(*) AS rows"
CLEAR_NODES = f"MATCH (n:{ENTITY}) WITH n LIMIT $limit DETACH DELETE n RETURN count(*) AS rows"


# --- reading ----------------------------------------------------------------------------------------

GET = f"UNWIND $ids AS id MATCH (n:{ENTITY} {{id: id}}) RETURN n"

# The index gives the order, by code points; in memory, strings may be ordered by UTF-16 units.
_PAGE = f"MATCH (n:{ENTITY}) USING INDEX n:{ENTITY}(id) WHERE n.id > $after"
HEAD_PAGE = f"{_PAGE} RETURN n.id AS id, COUNT {{ (n)-->() }} AS edges ORDER BY n.id LIMIT $limit"


def node_page(properties: Iterable[str]) -> str:
    """The first ``$limit`` nodes after the id ``$after``: id, labels, then these properties."""
    return f"{_PAGE} RETURN n.id, labels(n){_values('n', properties)} ORDER BY n.id LIMIT $limit"


def edges_of(properties: Iterable[str]) -> str:
    """``$ids`` → head and the list of its edges: relation, tail, key, then these properties."""
    edge = f"[type(r), b.id, r.{EDGE_KEY}{_values('r', properties)}]"
    pattern = f"(:{ENTITY} {{id: head}})-[r]->(b:{ENTITY})"
    return f"UNWIND $ids AS head MATCH {pattern} RETURN head, collect({edge}) AS edges"


def _values(variable: str, properties: Iterable[str]) -> str:
    return "".join(f", {variable}.{quoted(name)}" for name in properties)


IDS_OF_ELEMENTS = (
    "UNWIND $elements AS element MATCH (n) WHERE elementId(n) = element RETURN element, n.id AS id"
)

NODE_KINDS = f"MATCH (n:{ENTITY}) RETURN labels(n) AS labels, keys(n) AS keys, count(*) AS rows"
EDGE_KINDS = (
    f"MATCH (a:{ENTITY})-[r]->(b:{ENTITY}) RETURN type(r) AS relation, labels(a) AS head, labels(b) AS tail,"
    " keys(r) AS keys, count(*) AS rows"
)


def label_samples(label: str) -> str:
    """Ids of any ``$limit`` entities with the label; ``Entity`` stands for those without another one."""
    which = " WHERE size(labels(n)) = 1" if label == ENTITY else f" WHERE n:{quoted(label)}"
    return f"MATCH (n:{ENTITY}){which} RETURN n.id AS sample LIMIT $limit"


def relation_samples(relation: str) -> str:
    """Any ``$limit`` edges of the type, as ``head relation tail``."""
    return (
        f"MATCH (a:{ENTITY})-[r:{quoted(relation)}]->(b:{ENTITY})"
        " RETURN DISTINCT a.id + ' ' + type(r) + ' ' + b.id AS sample LIMIT $limit"
    )


def neighbors(relations: Sequence[str] | None, direction: Direction) -> str:
    """``$ids`` → id and its edges as [head, relation, tail, key]; unknown ids give no row."""
    edge = _edge(relations, direction, "r")
    return (
        f"UNWIND $ids AS id MATCH (n:{ENTITY} {{id: id}}) RETURN id, [(n){edge}(:{ENTITY}) |"
        f" [startNode(r).id, type(r), endNode(r).id, r.{EDGE_KEY}]] AS edges"
    )


def degree(direction: Direction) -> str:
    """``$ids`` → id and its degree; unknown ids give no row.

    Both ways are counted apart: ``--`` would count a self-loop once.
    """
    ways: tuple[Direction, ...] = ("out", "in") if direction == "both" else (direction,)
    total = " + ".join(f"COUNT {{ (n){_edge(None, way)}() }}" for way in ways)
    return f"UNWIND $ids AS id MATCH (n:{ENTITY} {{id: id}}) RETURN id, {total} AS degree"


def _edge(relations: Sequence[str] | None, direction: Direction, variable: str = "") -> str:
    types = ":" + "|".join(map(quoted, relations)) if relations else ""
    inner = f"[{variable}{types}]" if variable or types else ""
    return f"{'<-' if direction == 'in' else '-'}{inner}{'->' if direction == 'out' else '-'}"
