"""How much of everything an ontology has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .hierarchy.graph import Hierarchy
from .tables import Kind, Link, Role, Tables
from .terms import Names


def stats(tables: Tables, hierarchy: Hierarchy, names: Names) -> dict[str, Any]:
    """Counts, for people and for JSON; of what can be inactive, the active ones, unless it says otherwise."""
    concepts, terms = tables.concepts, tables.terms
    active = concepts.active
    return {
        "concepts": {
            "active": int(np.count_nonzero(active)),
            "inactive": int(np.count_nonzero(~active)),
            "defined": int(np.count_nonzero(concepts.defined & active)),
            **_counted(concepts.kind[active], [kind.name.lower() for kind in Kind]),
        },
        "terms": _counted(terms.role[terms.active], [role.name.lower() for role in Role]),
        "languages": _counted(terms.language[terms.active], tables.languages),
        "dialects": list(tables.dialects),
        "is_a": {
            "links": len(tables.isa.child),
            "roots": len(hierarchy.roots()),
            "leaves": len(hierarchy.leaves()),
            "depth": int(hierarchy.depths()[1].max(initial=0)),
        },
        "relations": _by_concept(tables.relations.type, names),
        "values": _by_concept(tables.values.type, names),
        "history": _counted(tables.history.link, [link.name.lower() for link in Link]),
        "xrefs": _counted(tables.xrefs.scheme, tables.schemes),
        "maps": _counted(tables.maps.scheme, tables.schemes),
        "members": _by_concept(tables.members.refset, names),
        "axioms": len(tables.axioms.concept),
    }


def _counted(codes: NDArray[Any], names: Sequence[str]) -> dict[str, int]:
    """How often each of ``names`` occurs, by its number in ``codes``; those that occur."""
    counts = np.bincount(codes, minlength=len(names)).tolist()
    return {name: count for name, count in zip(names, counts, strict=True) if count}


def _by_concept(positions: NDArray[np.int32], names: Names) -> dict[str, int]:
    """How often each concept occurs, by its label and id, the most frequent first."""
    found, counts = np.unique(positions, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    ids, labels = names.tables.ids.texts(found[order]), names.labels(found[order])
    called = (label if label == id else f"{label} ({id})" for id, label in zip(ids, labels, strict=True))
    return dict(zip(called, counts[order].tolist(), strict=True))
