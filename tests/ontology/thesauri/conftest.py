"""Tables with ids in the place of positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kgllm.ontology.tables import Kind, Role, Tables


def plain(tables: Tables) -> dict[str, Any]:
    ids = tables.ids.texts(np.arange(len(tables.ids)))
    terms, isa, relations = tables.terms, tables.isa, tables.relations
    names = zip(terms.concept, terms.role, terms.text, terms.language, strict=True)
    related = zip(relations.source, relations.type, relations.target, strict=True)
    xrefs = zip(tables.xrefs.concept, tables.xrefs.scheme, tables.xrefs.code, strict=True)
    aliases = zip(tables.aliases.id, tables.aliases.concept, strict=True)
    members = zip(tables.members.refset, tables.members.member, strict=True)
    history = zip(tables.history.source, tables.history.target, strict=True)
    return {
        "kinds": {id: Kind(kind) for id, kind in zip(ids, tables.concepts.kind, strict=True)},
        "obsolete": {id for id, on in zip(ids, tables.concepts.active, strict=True) if not on},
        "terms": {(ids[at], Role(role).name, text, tables.languages[code]) for at, role, text, code in names},
        "parents": {(ids[a], ids[b]) for a, b in zip(isa.child, isa.parent, strict=True)},
        "relations": {(ids[a], ids[b], ids[c]) for a, b, c in related},
        "xrefs": {(ids[at], tables.schemes[scheme], code) for at, scheme, code in xrefs},
        "aliases": {(alias, ids[at]) for alias, at in aliases},
        "members": {(ids[a], ids[b]) for a, b in members},
        "history": {(ids[a], ids[b]) for a, b in history},
    }


@pytest.fixture(scope="session")
def in_plain() -> Callable[[Tables], dict[str, Any]]:
    return plain
