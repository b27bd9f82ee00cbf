"""What the ladybug store itself says to its engine: tables, loads, upserts, deletes, and its own reads.

Only names that :class:`~kgllm.kg.backends.columns.Columns` made stand in these texts; ids, relation names and
values travel as parameters, or as Arrow tables that the text calls ``$rows``.

What ladybug 0.22 does, measured, explains the forms: ``UNWIND`` or ``LOAD FROM`` before a pattern with a
relationship scans the whole table, as ``IN`` does on ids, so walks and deletions of edges run once per row,
with the id as a parameter (0.1 ms). Two rows with one id in a ``MERGE`` lose properties, so rows come merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

NODE_BASE = {"id": "STRING", "nid": "INT64", "labels": "STRING[]"}
EDGE_BASE = {"rel": "STRING", "edge_key": "STRING"}
"""Engine column → engine type, before the columns of properties."""

BEGIN, COMMIT, ROLLBACK = "BEGIN TRANSACTION", "COMMIT", "ROLLBACK"

CHECKPOINT = "CHECKPOINT"

CREATE_STATE = "CREATE NODE TABLE State(id INT64 PRIMARY KEY, sequence INT64, nid INT64, columns STRING)"
SET_STATE = "MERGE (s:State {id: 0}) SET s.sequence = $sequence, s.nid = $nid, s.columns = $columns"
GET_STATE = "MATCH (s:State {id: 0}) RETURN s.sequence, s.nid, s.columns"
"""Which changes the engine holds, the next nid, and the columns; written in the transaction of the change."""

FIND_NODES = "LOAD FROM $rows MATCH (n:Entity {id: id}) RETURN n.id"
FIND_CONNECTED = "MATCH (n:Entity {id: $id}) WHERE EXISTS { MATCH (n)-[:REL]-(:Entity) } RETURN n.id"
DELETE_NODES = "LOAD FROM $rows MATCH (n:Entity {id: id}) DETACH DELETE n"
DELETE_EDGE = (
    "MATCH (:Entity {id: $head})-[r:REL]->(:Entity {id: $tail}) "
    "WHERE r.rel = $relation AND r.edge_key = $key DELETE r"
)

COUNT_NODES = "MATCH (n:Entity) RETURN count(*)"
COUNT_EDGES = "MATCH (:Entity)-[r:REL]->(:Entity) RETURN count(*)"
COUNT_OUT = "MATCH (n:Entity {id: $id}) RETURN COUNT { MATCH (n)-[:REL]->(:Entity) }"
COUNT_IN = "MATCH (n:Entity {id: $id}) RETURN COUNT { MATCH (n)<-[:REL]-(:Entity) }"


def create_tables(nodes: Mapping[str, str], edges: Mapping[str, str]) -> list[str]:
    """The statements that make the tables; ``nodes`` and ``edges`` map columns of properties to their types."""
    entity = ", ".join(f"{name} {kind}" for name, kind in {**NODE_BASE, **nodes}.items())
    rel = ", ".join(f"{name} {kind}" for name, kind in {**EDGE_BASE, **edges}.items())
    return [
        f"CREATE NODE TABLE Entity({entity.replace('id STRING', 'id STRING PRIMARY KEY', 1)})",
        f"CREATE REL TABLE REL(FROM Entity TO Entity, {rel})",
        CREATE_STATE,
    ]


def add_column(table: str, name: str, kind: str) -> str:
    """A property that the table did not have."""
    return f"ALTER TABLE {table} ADD IF NOT EXISTS {name} {kind}"


def copy_nodes(columns: Iterable[str], files: Sequence[str]) -> str:
    """Load Parquet files whose columns are, in order, id, nid, labels and those of ``columns``."""
    return f"COPY Entity({', '.join((*NODE_BASE, *columns))}) FROM [{_paths(files)}]"


def copy_edges(columns: Iterable[str], files: Sequence[str]) -> str:
    """Load Parquet files whose columns are, in order, head, tail, relation, key and those of ``columns``."""
    return f"COPY REL({', '.join((*EDGE_BASE, *columns))}) FROM [{_paths(files)}]"


def merge_nodes(columns: Sequence[str]) -> str:
    """Upsert ``$rows``: id, nid (for new nodes), labels, ``columns``. A null leaves what is there."""
    new = ["n.nid = nid", "n.labels = labels", *(f"n.{name} = {name}" for name in columns)]
    old = ["n.labels = list_sort(list_distinct(list_concat(n.labels, labels)))", *_kept("n", columns)]
    return (
        "LOAD FROM $rows MERGE (n:Entity {id: id}) "
        f"ON CREATE SET {', '.join(new)} ON MATCH SET {', '.join(old)}"
    )


def merge_edges(columns: Sequence[str]) -> str:
    """Upsert ``$rows``: head, relation, tail, key, ``columns``. A null leaves what is there."""
    text = (
        "LOAD FROM $rows MATCH (a:Entity {id: head}) MATCH (b:Entity {id: tail}) "
        "MERGE (a)-[r:REL {rel: relation, edge_key: key}]->(b)"
    )
    if columns:
        new = ", ".join(f"r.{name} = {name}" for name in columns)
        text += f" ON CREATE SET {new} ON MATCH SET {', '.join(_kept('r', columns))}"
    return text


def node_by_id(columns: Iterable[str]) -> str:
    """The node ``$id``: id, labels, ``columns``."""
    return f"MATCH (n:Entity {{id: $id}}) RETURN n.id, n.labels{_listed('n', columns)}"


def nodes_from(columns: Iterable[str]) -> str:
    """The nodes whose nid is at least ``$low`` and less than ``$high``, by nid: id, labels, ``columns``."""
    return (
        "MATCH (n:Entity) WHERE n.nid >= $low AND n.nid < $high "
        f"RETURN n.id, n.labels{_listed('n', columns)} ORDER BY n.nid"
    )


def edges_at(direction: str, columns: Iterable[str] = (), relations: bool = False) -> str:
    """The edges that leave (``out``) or reach (``in``) the node ``$id``.

    Rows: relation, id of the other end, key, ``columns``. With ``relations`` only those in ``$relations``.
    """
    arrow = {"out": "-[r:REL]->", "in": "<-[r:REL]-"}[direction]
    where = " WHERE r.rel IN $relations" if relations else ""
    return (
        f"MATCH (n:Entity {{id: $id}}){arrow}(m:Entity){where} "
        f"RETURN r.rel, m.id, r.edge_key{_listed('r', columns)}"
    )


def edges_from(columns: Iterable[str]) -> str:
    """The edges whose head has a nid of at least ``$low`` and less than ``$high``, in the order of scans.

    Columns: head, relation, tail, key, ``columns``.
    """
    return (
        "MATCH (a:Entity)-[r:REL]->(b:Entity) WHERE a.nid >= $low AND a.nid < $high "
        f"RETURN a.id, r.rel, b.id, r.edge_key{_listed('r', columns)} "
        "ORDER BY a.nid, r.rel, b.nid, r.edge_key"
    )


_LABELS = "CASE WHEN size({0}.labels) = 0 THEN ['Entity'] ELSE {0}.labels END"


def label_counts(columns: Iterable[str]) -> str:
    """For each label, ``Entity`` for nodes without: nodes, and how many of them have each of ``columns``."""
    counts = "".join(f", count(n.{name})" for name in columns)
    return f"MATCH (n:Entity) UNWIND {_LABELS.format('n')} AS label RETURN label, count(*){counts}"


def relation_counts(columns: Iterable[str]) -> str:
    """For each relation: edges, and how many of them have each of ``columns``."""
    counts = "".join(f", count(r.{name})" for name in columns)
    return f"MATCH (:Entity)-[r:REL]->(:Entity) RETURN r.rel, count(*){counts}"


def relation_labels(direction: str) -> str:
    """Distinct pairs of a relation and a label of its heads (``out``) or tails (``in``)."""
    arrow = {"out": "-[r:REL]->", "in": "<-[r:REL]-"}[direction]
    return (
        f"MATCH (n:Entity){arrow}(:Entity) UNWIND {_LABELS.format('n')} AS label RETURN DISTINCT r.rel, label"
    )


LABEL_SAMPLES = (
    "MATCH (n:Entity) WHERE list_contains(n.labels, $name) OR (size(n.labels) = 0 AND $name = 'Entity') "
    "RETURN n.id ORDER BY n.nid LIMIT $limit"
)
RELATION_SAMPLES = (
    "MATCH (a:Entity)-[r:REL]->(b:Entity) WHERE r.rel = $name RETURN a.id, r.rel, b.id LIMIT $limit"
)


def _kept(variable: str, columns: Iterable[str]) -> list[str]:
    return [f"{variable}.{name} = coalesce({name}, {variable}.{name})" for name in columns]


def _listed(variable: str, columns: Iterable[str]) -> str:
    return "".join(f", {variable}.{name}" for name in columns)


def _paths(files: Sequence[str]) -> str:
    return ", ".join("'" + path.replace("\\", "\\\\").replace("'", "\\'") + "'" for path in files)
