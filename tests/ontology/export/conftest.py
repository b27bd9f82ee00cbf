"""An invented ontology with groups, values, cross references, maps and an inactive concept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kgllm.ontology.builder import Builder, Draft
from kgllm.ontology.issues import Issues
from kgllm.ontology.strings import Strings
from kgllm.ontology.tables import Kind, Maps, Origin, Role, Tables


def _tools() -> Tables:
    builder = Builder(Origin("Tools", "obo", "1.0"), "tools.obo", Issues("report"))

    def add(id: str, name: str, *parents: str, kind: Kind = Kind.CLASS) -> Draft:
        draft = builder.draft(id)
        draft.terms.append((Role.LABEL, name, "en"))
        draft.parents += parents
        draft.kind = kind
        return draft

    add("T:1", "tool").terms.append((Role.DEFINITION, "A thing\tto work with.", "en"))
    hammer = add("T:2", "hammer", "T:1")
    hammer.terms += [(Role.EXACT, "mallet|gavel", "en"), (Role.EXACT, "hammer", "en")]
    hammer.xrefs += [("WD", "Q25294"), ("SNOMEDCT_US", "1"), ("ISBN", "0 1"), ("http", "//a.org/b#c")]
    hammer.relations += [("T:9", "T:3"), ("T:9", "T:4"), ("is_a", "T:3"), ("has_part", "T:3")]
    add("T:3", "handle", "T:1")
    add("T:4", "old part").active = False
    for id, name in (("T:9", "has part"), ("has_part", "has part"), ("is_a", "is a")):
        add(id, name, kind=Kind.RELATION)
    return builder.finish()


@pytest.fixture
def tables() -> Tables:
    tables = _tools()
    hammer = tables.ids.position("T:2")
    maps = Maps(
        np.array([hammer, hammer], np.int32),
        np.array([len(tables.schemes)] * 2, np.uint16),
        np.ones(2, np.int16),
        np.array([1, 2], np.int16),
        Strings.of(["IFA 1", "OTHERWISE TRUE"]),
        Strings.of(["IF IT IS OLD", ""]),
        Strings.of(["Y29", ""]),
        np.zeros(2, np.int64),
    )
    return replace(tables, maps=maps, schemes=(*tables.schemes, "447562003"))
