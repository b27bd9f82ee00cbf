"""An ontology as a graph: what :meth:`~kgllm.kg.store.GraphStore.bulk_load` takes.

Nodes are the active concepts, labelled ``Class``, ``Relation``, ``Subset`` or ``Individual``, with the
properties ``name``, ``fsn``, ``tag``, ``definition``, ``synonyms`` and ``xrefs``. Edges between them are
``IS_A``, and other relations by the names of their types: ``FINDING_SITE``. The key of an edge is its group,
``""`` where it is in none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...kg.formats.source import Batches, Source
from ..search.words import readings
from ..strings import Strings
from ..tables import Bools, Kind, Tables
from ..terms import SYNONYMS, Names, semantic_tag
from .options import ExportOptions

__all__ = ["IS_A", "graph_source", "relation_names"]

IS_A = "IS_A"
BATCH = 10_000

TEXT, TEXTS = pa.string(), pa.list_(pa.string())
NODES = pa.schema(
    {"id": TEXT, "labels": TEXTS, "name": TEXT, "fsn": TEXT, "tag": TEXT, "definition": TEXT}
    | {"synonyms": TEXTS, "xrefs": TEXTS}
)
EDGES = pa.schema({"head": TEXT, "relation": TEXT, "tail": TEXT, "key": TEXT})


def graph_source(tables: Tables, options: ExportOptions | None = None) -> Source:
    """The graph of an ontology, for ``store.bulk_load(source.nodes(), source.edges())``.

    Raises:
        LicenceError: the content is licensed and the options do not allow it.
    """
    options = options or ExportOptions()
    names = options.names(tables)
    rows = sum(int(np.count_nonzero(mask)) for mask in (tables.concepts.active, *_kept(tables)))
    return Source(tables.origin.name, partial(_nodes, names, options), partial(_edges, names), rows)


def relation_names(names: Names) -> dict[int, str]:
    """The types of relations by position, each with the name of its edges.

    The name is the label in upper case with ``_`` between words; where two types have the same, or one has
    that of is-a, its id follows.
    """
    tables = names.tables
    found: dict[int, str] = {}
    taken = {IS_A}
    for position in np.unique(tables.relations.type).tolist():
        id = tables.ids.text(position)
        name = _upper(names.label(position)) or _upper(id)
        found[position] = name if name not in taken else f"{name}_{_upper(id)}"
        taken.add(found[position])
    return found


def _upper(text: str) -> str:
    """``text`` as the name of a relation, which begins with a letter and has at most 255 bytes."""
    name = "_".join(readings(text)[0]).upper()
    return (f"R_{name}" if name[:1].isdigit() else name).encode()[:200].decode("utf-8", "ignore")


def _nodes(names: Names, options: ExportOptions) -> Batches:
    tables = names.tables
    chosen, schemes = np.flatnonzero(tables.concepts.active), options.schemes(tables)
    labels = {kind: [kind.name.capitalize()] for kind in Kind}
    for start in range(0, len(chosen), BATCH):
        part = chosen[start : start + BATCH]
        called, fsns = names.labels(part), _texts(tables.terms.text, names.fsn_rows[part])
        columns = {
            "id": tables.ids.texts(part),
            "labels": [labels[Kind(kind)] for kind in tables.concepts.kind[part]],
            "name": called,
            "fsn": fsns,
            "tag": [semantic_tag(fsn) or None if fsn else None for fsn in fsns],
            "definition": _texts(tables.terms.text, names.definition_rows[part]),
            "synonyms": _synonyms(names, part, called),
            "xrefs": _xrefs(tables, part, schemes),
        }
        yield pa.RecordBatch.from_pydict(columns, NODES)


def _edges(names: Names) -> Batches:
    tables = names.tables
    links, relations = tables.isa, tables.relations
    kept_links, kept_relations = _kept(tables)
    for rows in _blocks(kept_links):
        none = [""] * len(rows)
        yield _edge_batch(tables, links.child[rows], [IS_A] * len(rows), links.parent[rows], none)
    called = relation_names(names)
    for rows in _blocks(kept_relations):
        types = [called[type_] for type_ in relations.type[rows].tolist()]
        groups = [str(group) if group else "" for group in relations.group[rows].tolist()]
        yield _edge_batch(tables, relations.source[rows], types, relations.target[rows], groups)


def _kept(tables: Tables) -> tuple[Bools, Bools]:
    """Which is-a links and which relations join active concepts."""
    active, links, relations = tables.concepts.active, tables.isa, tables.relations
    return active[links.child] & active[links.parent], active[relations.source] & active[relations.target]


def _edge_batch(
    tables: Tables, heads: NDArray[Any], relations: list[str], tails: NDArray[Any], keys: list[str]
) -> pa.RecordBatch:
    columns = {"head": tables.ids.texts(heads), "relation": relations, "tail": tables.ids.texts(tails)}
    return pa.RecordBatch.from_pydict(columns | {"key": keys}, EDGES)


def _blocks(mask: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    rows = np.flatnonzero(mask)
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def _texts(text: Strings, rows: NDArray[np.int64]) -> list[str | None]:
    """The strings at ``rows``; none where a row is −1."""
    found = iter(text.take(rows[rows >= 0]))
    return [next(found) if row >= 0 else None for row in rows.tolist()]


def _synonyms(names: Names, part: NDArray[np.int64], called: list[str]) -> list[list[str] | None]:
    """The active synonyms of each of ``part``, ascending positions, but for what it is ``called``."""
    terms = names.tables.terms
    low, high = np.searchsorted(terms.concept, (part[0], part[-1] + 1))
    kept = terms.active[low:high] & np.isin(terms.role[low:high], SYNONYMS)
    rows = low + np.flatnonzero(kept)
    found = _grouped(part, terms.concept[rows], list(terms.text.take(rows)))
    return [
        [one for one in some or () if one != name] or None for some, name in zip(found, called, strict=True)
    ]


def _xrefs(tables: Tables, part: NDArray[np.int64], schemes: NDArray[np.bool_]) -> list[list[str] | None]:
    """The cross references of each of ``part``, as ``scheme:code``."""
    xrefs = tables.xrefs
    low, high = np.searchsorted(xrefs.concept, (part[0], part[-1] + 1))
    rows = low + np.flatnonzero(schemes[xrefs.scheme[low:high]])
    called = [tables.schemes[scheme] for scheme in xrefs.scheme[rows]]
    codes = zip(called, xrefs.code.take(rows), strict=True)
    return _grouped(
        part, xrefs.concept[rows], [f"{scheme}:{code}" if scheme else code for scheme, code in codes]
    )


def _grouped(part: NDArray[np.int64], concept: NDArray[Any], texts: list[str]) -> list[list[str] | None]:
    """``texts`` by the concept each belongs to, each once; none where a concept has none."""
    starts = np.searchsorted(concept, part).tolist()
    ends = np.searchsorted(concept, part, side="right").tolist()
    found = (list(dict.fromkeys(texts[start:end])) for start, end in zip(starts, ends, strict=True))
    return [some or None for some in found]
