"""Small ontologies with something in every table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kgllm.ontology.builder import Builder, Draft
from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.current import Rf2Options
from kgllm.ontology.rf2.load import load_rf2
from kgllm.ontology.strings import Strings
from kgllm.ontology.tables import Kind, Link, Maps, Origin, Role, Tables

WORDS = ["abo", "beli", "cura", "dom", "eri"]


def built(drafts: list[Draft]) -> Tables:
    builder = Builder(Origin("test", "obo"), "test.obo", Issues("report"))
    builder.drafts = {draft.id: draft for draft in drafts}
    return builder.finish()


@pytest.fixture(scope="session")
def tables_of() -> Callable[[list[Draft]], Tables]:
    return built


@pytest.fixture(scope="session")
def random_tables() -> Callable[[int], Tables]:
    """Some of 30 concepts, some obsolete, with a little of everything."""

    def make(seed: int) -> Tables:
        rng = np.random.default_rng(seed)
        ids = [f"X:{number}" for number in range(30) if rng.random() < 0.8]
        some = [Draft(id, active=rng.random() < 0.8, defined=rng.random() < 0.3) for id in ids]
        types = [Draft("X:part_of", kind=Kind.RELATION), Draft("X:size", kind=Kind.RELATION)]
        for number, draft in enumerate(some):
            _fill(draft, some[:number], rng)
        return mapped(built([*some, *types, Draft("X:slim", kind=Kind.SUBSET)]), rng)

    return make


def mapped(tables: Tables, rng: np.random.Generator) -> Tables:
    """With maps and dialects, which only RF2 has."""
    concept = np.sort(rng.integers(0, len(tables.ids), 20)).astype(np.int32)
    small, text = np.arange(20, dtype=np.int16), Strings.of(str(code) for code in rng.integers(0, 99, 20))
    category = rng.integers(0, 99, 20)
    maps = Maps(concept, small.astype(np.uint16) % 2, small % 3, small, text, text, text, category)
    preference = rng.integers(0, 3, 2 * len(tables.terms.concept)).astype(np.uint8)
    terms = replace(tables.terms, preference=preference)
    return replace(tables, maps=maps, terms=terms, dialects=("en-US", "en-GB"), schemes=("Y", "Z"))


def _fill(draft: Draft, earlier: list[Draft], rng: np.random.Generator) -> None:
    def pick(most: int) -> list[str]:
        ids = [one.id for one in (*earlier, draft)]
        return sorted({ids[at] for at in rng.integers(0, len(ids), rng.integers(most))})

    word = str(rng.choice(WORDS))
    draft.terms += [(Role.LABEL, word, "en"), (Role.EXACT, f"{draft.id} {word}", "en")]
    draft.parents = [id for id in pick(4) if id != draft.id]
    draft.relations = [("X:part_of", id) for id in pick(3)]
    draft.values = [("X:size", f"#{number}") for number in rng.integers(0, 3, rng.integers(3))]
    draft.xrefs = [("Y", str(number)) for number in rng.integers(0, 9, rng.integers(3))]
    draft.history = [] if draft.active else [(Link.REPLACED_BY, id) for id in pick(2)]
    draft.aliases = [f"Z:{draft.id}"] if rng.random() < 0.2 else []
    draft.subsets = ["X:slim"] if rng.random() < 0.3 else []
    draft.axioms = [f"axiom of {draft.id}"] if rng.random() < 0.2 else []


@pytest.fixture(scope="session")
def doid(data_root: Callable[[str], Path]) -> tuple[Tables, Tables]:
    """Both releases of rf2-doid."""
    folder = data_root("rf2-doid")
    options = (Rf2Options(release="full", as_of=date) for date in (20160901, 20180705))
    before, after = (load_rf2(folder, one, Issues("report")) for one in options)
    return before, after
