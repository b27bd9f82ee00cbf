"""What the ladybug store itself says to its engine: tables, loads, upserts, deletes, and its own reads.

Only names that :class:`~.ladybug.columns.Columns` made stand in these texts; ids, relation names and
values travel as parameters, or as Arrow tables that the text calls ``$rows``.

What ladybug 0.22 does, measured, explains the forms. ``UNWIND`` or ``LOAD FROM`` before a pattern with a
relationship scans the whole table, as ``IN`` does on ids, so walks and deletions of edges run once per row,
with the id as a parameter (0.1 ms). ``LOAD FROM … MERGE`` of nodes scans it too (60 ms for 200,000 nodes,
even for one row), so new and old nodes are told apart first. Two rows with one id lose values, so rows come
merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

NODE_BASE = {"id": "STRING", "nid": "INT64", "labels": "STRING[]"}
EDGE_BASE = {"rel": "STRING", "edge_key": "STRING"}
"""Engine column → engine type, before the columns of properties."""

BEGIN, COMMIT, ROLLBACK = "BEGIN TRANSACTION", "COMMIT", "ROLLBACK"

CHECKPOINT = "CHECKPOINT"

_ARROWS = {"out": "-[r:REL]->", "in": "<-[r:REL]-"}

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


def create_tables(nodes: Mapping[str, str], edges: Mapping[str, str]) -> list[str]:
    """The statements that make the tables; ``nodes`` and ``edges`` map columns of properties to types."""
    return [
        f"CREATE NODE TABLE Entity({_typed({**NODE_BASE, **nodes})}, PRIMARY KEY (id))",
        f"CREATE REL TABLE REL(FROM Entity TO Entity, {_typed({**EDGE_BASE, **edges})})",
        CREATE_STATE,
    ]


def add_column(table: str, name: str, kind: str) -> str:
    """A property that the table did not have."""
    return f"ALTER TABLE {table} ADD IF NOT EXISTS {name} {kind}"


def copy_nodes(columns: Mapping[str, str], file: str) -> str:
    """Load a Parquet file whose columns are, in order, id, nid, labels and ``columns`` (name → type).

    Columns are named by their place: the names in the file are the user's, and to the engine ``Name`` and
    ``name`` are one.
    """
    found = {**NODE_BASE, **columns}
    names = ", ".join(found)
    return (
        f"COPY Entity({names}) FROM (LOAD WITH HEADERS ({_typed(found)}) FROM {_path(file)} RETURN {names})"
    )


def copy_edges(columns: Mapping[str, str], file: str) -> str:
    """Load a Parquet file whose columns are, in order, head, relation, tail, key, two nids, ``columns``."""
    ends = {"head": "STRING", "rel": "STRING", "tail": "STRING", "edge_key": "STRING"}
    found = {**ends, "head_nid": "INT64", "tail_nid": "INT64", **columns}
    names = ", ".join((*EDGE_BASE, *columns))
    load = f"LOAD WITH HEADERS ({_typed(found)}) FROM {_path(file)} RETURN head, tail, {names}"
    return f"COPY REL({names}) FROM ({load})"


def create_nodes(columns: Sequence[str]) -> str:
    """Add ``$rows``: id, nid, labels, ``columns``."""
    fields = ", ".join(f"{name}: {name}" for name in (*NODE_BASE, *columns))
    return f"LOAD FROM $rows CREATE (:Entity {{{fields}}})"


def update_nodes(columns: Sequence[str]) -> str:
    """Merge ``$rows``, id, labels, ``columns``, into nodes that exist. A null leaves what is there."""
    labels = "n.labels = list_sort(list_distinct(list_concat(n.labels, labels)))"
    changes = ", ".join((labels, *_kept("n", columns)))
    return f"LOAD FROM $rows MATCH (n:Entity {{id: id}}) SET {changes}"


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


def nodes_from(columns: Iterable[str], labelled: bool = False) -> str:
    """The nodes whose nid is at least ``$low`` and less than ``$high``, by nid: id, labels, ``columns``.

    With ``labelled`` only those that carry ``$label``.
    """
    label = " AND list_contains(n.labels, $label)" if labelled else ""
    return (
        f"MATCH (n:Entity) WHERE n.nid >= $low AND n.nid < $high{label} "
        f"RETURN n.id, n.labels{_listed('n', columns)} ORDER BY n.nid"
    )


def nodes_with(columns: Iterable[str], column: str) -> str:
    """The nodes of which ``column`` is ``$value``, by nid: id, labels, ``columns``."""
    return (
        f"MATCH (n:Entity) WHERE n.{column} = $value RETURN n.id, n.labels{_listed('n', columns)} "
        "ORDER BY n.nid"
    )


def edges_at(direction: str, filtered: bool = False) -> str:
    """The edges that leave (``out``) or reach (``in``) the node ``$id``: relation, id of the other end, key.

    With ``filtered`` only those whose relation is in ``$relations``.
    """
    where = " WHERE r.rel IN $relations" if filtered else ""
    return f"MATCH (n:Entity {{id: $id}}){_ARROWS[direction]}(m:Entity){where} RETURN r.rel, m.id, r.edge_key"


def degree(direction: str) -> str:
    """How many edges leave (``out``) or reach (``in``) the node ``$id``; no row if there is none such."""
    return f"MATCH (n:Entity {{id: $id}}) RETURN COUNT {{ MATCH (n){_ARROWS[direction]}(:Entity) }}"


def edges_and_ends(direction: str, edges: Iterable[str], nodes: Iterable[str]) -> str:
    """As :func:`edges_at`, with all properties.

    Rows: relation, key, columns ``edges``; then id and labels of the other end, columns ``nodes``.
    """
    return (
        f"MATCH (n:Entity {{id: $id}}){_ARROWS[direction]}(m:Entity) "
        f"RETURN r.rel, r.edge_key{_listed('r', edges)}, m.id, m.labels{_listed('m', nodes)}"
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
    ends, labels = f"(n:Entity){_ARROWS[direction]}(:Entity)", _LABELS.format("n")
    return f"MATCH {ends} UNWIND {labels} AS label RETURN DISTINCT r.rel, label"


def _kept(variable: str, columns: Iterable[str]) -> list[str]:
    return [f"{variable}.{name} = coalesce({name}, {variable}.{name})" for name in columns]


def _listed(variable: str, columns: Iterable[str]) -> str:
    return "".join(f", {variable}.{name}" for name in columns)


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _path(file: str) -> str:
    return "'" + file.replace("\\", "\\\\").replace("'", "\\'") + "'"
