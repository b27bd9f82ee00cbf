"""Preferred terms by dialect: the rules of RF2 language refsets, and the languages of other formats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.ontology.history import Trace, came, replacements, went
from kgllm.ontology.ids import IntIds
from kgllm.ontology.strings import Strings
from kgllm.ontology.tables import Concepts, History, Link, Origin, Preference, Role, Tables, Terms
from kgllm.ontology.terms import Name, Names, Synonym, semantic_tag

NONE, ACCEPTABLE, PREFERRED = Preference

ROWS = [
    # concept, role, text, active, en-US, en-GB
    (0, Role.FSN, "Edema (finding)", True, PREFERRED, ACCEPTABLE),
    (0, Role.FSN, "Oedema (finding)", True, ACCEPTABLE, PREFERRED),
    (0, Role.EXACT, "dropsy", True, ACCEPTABLE, ACCEPTABLE),
    (0, Role.EXACT, "edema", True, PREFERRED, ACCEPTABLE),
    (0, Role.EXACT, "oedema", True, ACCEPTABLE, PREFERRED),
    (0, Role.EXACT, "hydrops", False, PREFERRED, PREFERRED),
    (0, Role.DEFINITION, "Swelling.", True, PREFERRED, PREFERRED),
    (1, Role.FSN, "Mole (organism) (body structure)", True, NONE, PREFERRED),
    (1, Role.EXACT, "mole", True, NONE, PREFERRED),
    (2, Role.FSN, "Nameless (event)", True, PREFERRED, PREFERRED),
    (2, Role.EXACT, "no name", True, ACCEPTABLE, NONE),
    (3, Role.EXACT, "gone", False, PREFERRED, PREFERRED),
]


def rf2(rows: list[tuple[int, Role, str, bool, Preference, Preference]], size: int) -> Tables:
    concept, role, text, active, american, british = zip(*rows, strict=True)
    zeros = np.zeros(size, np.int32)
    concepts = Concepts(zeros == 0, zeros.astype(np.uint8), zeros > 0, zeros, zeros - 1)
    terms = Terms(
        np.array(concept, np.int32),
        np.array(role, np.uint8),
        np.array(active, np.bool_),
        np.zeros(len(rows), np.uint8),
        Strings.of(text),
        preference=np.array([*american, *british], np.uint8),
    )
    ids = IntIds(np.arange(size) + 100_000)
    return Tables(Origin("x", "rf2"), ids, concepts, terms, languages=("en",), dialects=("en-US", "en-GB"))


@pytest.fixture
def release() -> Tables:
    return rf2(ROWS, 4)


def test_dialects_differ_and_their_order_decides(release: Tables) -> None:
    assert Names(release, ["en-US"]).preferred(0) == Name("edema", "en-US")
    assert Names(release, ["en-GB"]).preferred(0) == Name("oedema", "en-GB")
    assert Names(release, ["en-GB", "en-US"]).label(0) == "oedema"
    assert Names(release, ["900000000000508004"]).label(0) == "oedema"  # by its refset
    assert Names(release, ["en-GB"]).fsn(0) == "Oedema (finding)"
    assert Names(release, ["en-US"]).fsn(0) == "Edema (finding)"
    assert Names(release).definition(0) == "Swelling."


def test_an_inactive_description_is_no_name(release: Tables) -> None:
    assert "hydrops" not in [one.text for one in Names(release).synonyms(0)]
    assert Names(release).preferred(3) is None
    assert Names(release).label(3) == "100003"


def test_where_the_dialect_prefers_none_another_does_and_says_so(release: Tables) -> None:
    assert Names(release, ["en-US"]).preferred(1) == Name("mole", "en-GB")
    assert Names(release, ["sv-SE"]).preferred(0) == Name("edema", "en-US")
    assert Names(release).preferred(2) == Name("Nameless (event)", "en-US")  # no synonym is preferred


def test_synonyms_leave_out_the_preferred_term(release: Tables) -> None:
    assert Names(release, ["en-GB"]).synonyms(0) == [
        Synonym("dropsy", "exact", "en"), Synonym("edema", "exact", "en")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fsn", "tag"),
    [
        ("Edema (finding)", "finding"),
        ("Mole (organism) (body structure)", "body structure"),
        ("Level (a) of x", ""),
        ("No tag", ""),
        ("", ""),
    ],
)
def test_semantic_tags(fsn: str, tag: str) -> None:
    assert semantic_tag(fsn) == tag


row = st.tuples(
    st.integers(0, 4),
    st.sampled_from([Role.FSN, Role.LABEL, Role.EXACT, Role.RELATED, Role.DEFINITION]),
    st.text("abc", min_size=1, max_size=3),
    st.booleans(),
    st.sampled_from(Preference),
    st.sampled_from(Preference),
)


@settings(deadline=None)
@given(rows=st.lists(row, min_size=1, max_size=20), dialects=st.permutations(["en-US", "en-GB", "fr"]))
def test_many_names_at_once_are_the_single_ones(rows: list, dialects: list[str]) -> None:  # type: ignore[type-arg]
    tables = rf2(sorted(rows, key=lambda one: one[:2]), 5)
    names = Names(tables, dialects)
    assert names.labels(np.arange(5)) == [names.label(position) for position in range(5)]
    for many, single in ((names.fsn_rows, names.fsn), (names.definition_rows, names.definition)):
        assert [tables.terms.text[at] if at >= 0 else "" for at in many] == [single(one) for one in range(5)]


def history(rows: list[tuple[int, Link, int]], inactive: set[int], size: int) -> Tables:
    tables = rf2(ROWS[:1], size)
    tables.concepts.active[list(inactive)] = False
    source, link, target = zip(*sorted(rows), strict=True)
    past = History(np.array(source, np.int32), np.array(link, np.uint8), np.array(target, np.int32))
    return replace(tables, history=past)


def test_replacements_in_the_order_of_the_links() -> None:
    rows = [
        (0, Link.POSSIBLY_EQUIVALENT_TO, 1), (0, Link.REPLACED_BY, 2), (0, Link.SAME_AS, 3),
        (0, Link.WAS_A, 4), (0, Link.MOVED_TO, 4),
    ]  # fmt: skip
    tables = history(rows, {0}, 5)
    assert [trace.position for trace in replacements(tables, 0)] == [3, 2, 1]
    assert went(tables, 0)[-1] == Trace(Link.WAS_A, 4)
    assert came(tables, 4) == [Trace(Link.MOVED_TO, 0), Trace(Link.WAS_A, 0)]


def test_chains_of_replacements_and_circles() -> None:
    rows = [
        (0, Link.SAME_AS, 1), (1, Link.CONSIDER, 3), (1, Link.SAME_AS, 2), (2, Link.SAME_AS, 0),
        (2, Link.REPLACED_BY, 4),
    ]  # fmt: skip
    tables = history(rows, {0, 1, 2}, 5)
    assert replacements(tables, 0) == [Trace(Link.REPLACED_BY, 4), Trace(Link.CONSIDER, 3)]
    assert replacements(tables, 3) == []
