"""GraphML through networkx, for graphs that fit in memory and for tools such as Gephi and yEd.

GraphML knows booleans, numbers and strings: dates are written in ISO form and lists as JSON, and both come
back as strings. Labels stand in the attribute ``labels``, joined by ``:``; the relation stands in
``relation``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import ReadError
from ..atomic import replacing
from ..model import EDGE_COLUMNS, NODE_COLUMNS
from ..store import GraphStore
from .records import Record, batches, typed
from .source import Batches, Source

KEY = "edge_key"
"""The attribute that holds an edge's key; networkx means something else by ``key``."""


def read_graphml(path: Path) -> Source:
    """The graph in a GraphML file; an edge without ``relation`` takes its ``label``, else ``RELATED``.

    Raises:
        ReadError: the file is not GraphML, or a property has values of two types.
    """
    import networkx as nx

    try:
        graph = nx.read_graphml(path, force_multigraph=True)
    except (SyntaxError, nx.NetworkXError, KeyError, ValueError) as error:
        raise ReadError(path, None, f"not GraphML: {error}", fix="export it again") from None

    def node_records() -> Iterator[Record]:
        for number, (node, values) in enumerate(graph.nodes(data=True), 1):
            labels = [label for label in str(values.get("labels", "")).split(":") if label]
            properties = {name: value for name, value in values.items() if name != "labels"}
            yield Record(number, {"id": str(node), "labels": labels}, properties)

    def edge_records() -> Iterator[Record]:
        for number, (head, tail, values) in enumerate(graph.edges(data=True), 1):
            properties = {name: value for name, value in values.items() if name not in ("relation", KEY)}
            relation = str(values.get("relation") or values.get("label") or "RELATED")
            fixed = {
                "head": str(head),
                "relation": relation,
                "tail": str(tail),
                "key": str(values.get(KEY, "")),
            }
            yield Record(number, fixed, properties)

    def nodes() -> Batches:
        return batches(node_records(), NODE_COLUMNS, typed(path, node_records))

    def edges() -> Batches:
        return batches(edge_records(), EDGE_COLUMNS, typed(path, edge_records))

    return Source(path.stem, nodes, edges, len(graph) + graph.number_of_edges())


def write_graphml(store: GraphStore, path: Path) -> None:
    """Write all of ``store`` to ``path``; the whole graph is held in memory meanwhile."""
    import networkx as nx

    graph = nx.MultiDiGraph()
    for batch in store.scan_nodes():
        for row in batch.to_pylist():
            graph.add_node(row.pop("id"), labels=":".join(row.pop("labels") or ()), **_attributes(row))
    for batch in store.scan_edges():
        for row in batch.to_pylist():
            row[KEY] = row.pop("key") or None
            graph.add_edge(row.pop("head"), row.pop("tail"), **_attributes(row))
    with replacing(path) as draft:
        nx.write_graphml(graph, draft)


def _attributes(row: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in row.items() if value is not None}
    for name, value in found.items():
        if isinstance(value, list):
            found[name] = json.dumps(value, ensure_ascii=False)
        elif not isinstance(value, bool | int | float | str):
            found[name] = str(value)
    return found
