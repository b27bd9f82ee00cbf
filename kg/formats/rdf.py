"""RDF in and out through rdflib, with the conventions of neosemantics.

A resource is a node whose id is its IRI (``_:name`` for a blank node), ``rdf:type`` gives its labels, a
triple with a resource as object is an edge, one with a literal is a property (Neo4j Labs, neosemantics 4.1
reference).

Two manners:

- **readable** (the default): names are shortened, literals become Python values, one value a property unless
  ``several`` is ``list``. A name whose literals differ in type holds strings. Language tags and datatypes are
  gone.
- **lossless**: names are whole IRIs and each property is a list of literals as N-Triples writes them
  (``"chat"@fr``), so that ``write_rdf`` gives back an isomorphic graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from ...errors import MissingExtraError, ReadError
from ..atomic import replacing
from ..model import EDGE_COLUMNS, NODE_COLUMNS
from ..store import GraphStore
from .records import Record, batches
from .source import Batches, Source

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

BASE = "urn:kgllm:"
"""What stands before names that are no IRIs when a graph is written."""


@dataclass(frozen=True, slots=True)
class RdfOptions:
    """How names and literals are treated; ``lossless`` decides both.

    ``names``: ``local`` is what follows the last ``#`` or ``/``, ``prefixed`` is ``prefix__local`` with the
    prefixes of the file, ``whole`` is the IRI. ``several``: a property with several values keeps the
    ``first`` in the order of their text, or becomes a ``list`` of strings.
    """

    lossless: bool = False
    names: Literal["local", "prefixed", "whole"] = "local"
    several: Literal["first", "list"] = "first"


def read_rdf(path: Path, options: RdfOptions | None = None) -> Source:
    """The graph in an RDF file of any syntax that rdflib reads; it is held in memory.

    Raises:
        MissingExtraError: rdflib is not installed.
        ReadError: the file is not what its suffix says.
    """
    graph = _parsed(path)
    names = _Names(graph, options or RdfOptions())
    subjects = sorted({str_id(node) for triple in graph for node in _resources(triple)})
    labels, properties = _labels_and_properties(graph, names)
    types = {
        name: names.type_of(name, properties)
        for name in sorted({n for of in properties.values() for n in of})
    }

    def nodes() -> Batches:
        def records() -> Iterator[Record]:
            for number, subject in enumerate(subjects, 1):
                values = {
                    name: names.value(types[name], found)
                    for name, found in properties.get(subject, {}).items()
                }
                yield Record(number, {"id": subject, "labels": sorted(labels.get(subject, ()))}, values)

        return batches(records(), NODE_COLUMNS, types)

    def edges() -> Batches:
        found = sorted((str_id(s), names.name(p), str_id(o)) for s, p, o in graph if _is_edge(p, o))
        fixed = (dict(zip(EDGE_COLUMNS, (*edge, ""), strict=True)) for edge in found)
        return batches((Record(number, row, {}) for number, row in enumerate(fixed, 1)), EDGE_COLUMNS, {})

    return Source(path.stem, nodes, edges)


def write_rdf(store: GraphStore, path: Path, options: RdfOptions | None = None) -> None:
    """Write ``store`` as RDF, in the syntax of the suffix of ``path``: the inverse of :func:`read_rdf`.

    Ids and names that are no IRIs get :data:`BASE` before them. RDF has no parallel edges and no properties
    of edges: both are left out.
    """
    rdflib = _rdflib()
    lossless = (options or RdfOptions()).lossless
    graph = rdflib.Graph()
    for batch in store.scan_nodes():
        for row in batch.to_pylist():
            subject = _term(rdflib, row.pop("id"))
            for label in row.pop("labels") or ():
                graph.add((subject, rdflib.RDF.type, _iri(rdflib, label)))
            for name, value in row.items():
                for literal in _literals(rdflib, value, lossless):
                    graph.add((subject, _iri(rdflib, name), literal))
    for batch in store.scan_edges():
        for row in batch.to_pylist():
            ends = _term(rdflib, row["head"]), _term(rdflib, row["tail"])
            graph.add((ends[0], _iri(rdflib, row["relation"]), ends[1]))
    with replacing(path) as draft:
        graph.serialize(str(draft), format=rdflib.util.guess_format(path.name) or "turtle", encoding="utf-8")


class _Names:
    """How IRIs become names and literals become values."""

    def __init__(self, graph: Graph, options: RdfOptions) -> None:
        self.graph = graph
        self.options = options

    def name(self, iri: Node) -> str:
        text = str(iri)
        if self.options.lossless or self.options.names == "whole":
            return text
        if self.options.names == "prefixed":
            prefix, _, local = self.graph.namespace_manager.compute_qname(text)
            return f"{prefix}__{local}"
        return text.rstrip("#/").replace("#", "/").rpartition("/")[2] or text

    def type_of(self, name: str, properties: dict[str, dict[str, list[Any]]]) -> str:
        """The one type that holds every value of this name."""
        held = [values[name] for values in properties.values() if name in values]
        if self.options.lossless or (
            self.options.several == "list" and any(len(values) > 1 for values in held)
        ):
            return "list"
        kinds = {_kind(literal.toPython()) for values in held for literal in values}
        if kinds == {"int", "float"}:
            return "float"
        return kinds.pop() if len(kinds) == 1 else "str"

    def value(self, kind: str, literals: list[Any]) -> object:
        if self.options.lossless:
            return sorted(literal.n3() for literal in literals)
        if kind == "list":
            return sorted(str(literal) for literal in literals)
        first = min(literals, key=str)
        return str(first) if kind == "str" else first.toPython()


def _kind(value: object) -> str:
    names = {bool: "bool", int: "int", float: "float", date: "date"}
    return names.get(type(value), "str")


def _labels_and_properties(
    graph: Graph, names: _Names
) -> tuple[dict[str, set[str]], dict[str, dict[str, list[Any]]]]:
    from rdflib import RDF, Literal, URIRef

    labels: dict[str, set[str]] = {}
    properties: dict[str, dict[str, list[Any]]] = {}
    for subject, predicate, found in graph:
        if isinstance(found, Literal):
            properties.setdefault(str_id(subject), {}).setdefault(names.name(predicate), []).append(found)
        elif predicate == RDF.type and isinstance(found, URIRef):
            labels.setdefault(str_id(subject), set()).add(names.name(found))
    return labels, properties


def _is_edge(predicate: Node, found: Node) -> bool:
    from rdflib import RDF, BNode, URIRef

    return isinstance(found, BNode) or (isinstance(found, URIRef) and predicate != RDF.type)


def _resources(triple: tuple[Node, Node, Node]) -> Iterator[Node]:
    subject, predicate, found = triple
    yield subject
    if _is_edge(predicate, found):
        yield found


def str_id(node: Node) -> str:
    """The id of a resource: its IRI, or ``_:name``."""
    from rdflib import BNode

    return f"_:{node}" if isinstance(node, BNode) else str(node)


def _parsed(path: Path) -> Graph:
    rdflib = _rdflib()
    graph = rdflib.Graph()
    try:
        graph.parse(str(path), format=rdflib.util.guess_format(path.name) or "turtle")
    except Exception as error:  # each parser of rdflib has errors of its own
        raise ReadError(
            path, None, f"not the RDF its suffix promises: {error}", fix="check the syntax"
        ) from None
    return graph  # type: ignore[no-any-return]


def _rdflib() -> Any:
    try:
        import rdflib
        import rdflib.util
    except ImportError:
        raise MissingExtraError("rdflib", "rdf") from None
    return rdflib


def _term(rdflib: Any, identity: str) -> Any:
    return rdflib.BNode(identity[2:]) if identity.startswith("_:") else _iri(rdflib, identity)


def _iri(rdflib: Any, name: str) -> Any:
    whole = "://" in name or name.startswith(("urn:", "mailto:"))
    return rdflib.URIRef(name if whole else BASE + quote(name))


def _literals(rdflib: Any, value: Any, lossless: bool) -> Iterator[Any]:
    if value is None:
        return
    if lossless and isinstance(value, list):
        yield from (rdflib.util.from_n3(text) for text in value)
    else:
        yield from (rdflib.Literal(item) for item in (value if isinstance(value, list) else [value]))
