"""A small invented ontology of weather, through the builder that text formats use."""

from __future__ import annotations

import pytest

from kgllm.ontology.builder import Builder, Draft
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Kind, Link, Origin, Role, Tables


def weather() -> Builder:
    """Drafts of nine concepts; every table gets a row."""
    builder = Builder(Origin("Weather", "obo", "2024-01-01"), "weather.obo", Issues("report"))

    def add(id: str, name: str, *parents: str, kind: Kind = Kind.CLASS) -> Draft:
        draft = builder.draft(id, len(builder.drafts) + 1)
        draft.terms.append((Role.LABEL, name, "en"))
        draft.parents += parents
        draft.kind = kind
        return draft

    add("W:1", "weather").terms.append((Role.DEFINITION, "The state of the air.", "en"))
    rain = add("W:2", "rain", "W:1")
    rain.terms += [
        (Role.EXACT, "rainfall", "en"),
        (Role.RELATED, "wet weather", "en"),
        (Role.LABEL, "Regen", "de"),
    ]
    rain.xrefs += [("MET", "R-1"), ("ICD", "X30")]
    rain.relations.append(("falls_from", "W:4"))
    rain.values.append(("intensity", '"2.5"'))
    rain.aliases.append("W:22")
    rain.subsets.append("wet")
    rain.axioms.append("rain = weather and falls_from some cloud")
    add("W:3", "X-ray aurora", "W:1").terms.append((Role.EXACT, "Röntgen aurora", "en"))
    add("W:4", "rain cloud", "W:1").terms.append((Role.EXACT, "nimbus", "en"))
    add("W:5", "drizzle", "W:2", "W:6")
    add("W:6", "light weather", "W:1")
    old = add("W:7", "precipitation event")
    old.active, old.history = False, [(Link.CONSIDER, "W:6"), (Link.REPLACED_BY, "W:8")]
    older = add("W:8", "pluvial event")
    older.active, older.history = False, [(Link.SAME_AS, "W:2")]
    add("falls_from", "falls from", kind=Kind.RELATION)
    add("intensity", "intensity", kind=Kind.RELATION)
    return builder


@pytest.fixture
def tables() -> Tables:
    return weather().finish()
