"""Relationships: what counts, what is left out, what is refused."""

from __future__ import annotations

import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.rf2.sctid import make

MISSING = make(999, 10, 1000003)


@pytest.fixture
def concepts(small):
    """Four concepts below the root."""
    found = [small.concept(item) for item in range(3, 7)]
    for concept in found:
        small.is_a(concept, small.root)
    return found


def links(tables):
    texts = tables.ids.texts
    return set(zip(texts(tables.isa.child), texts(tables.isa.parent), strict=True))


def test_is_a_links_once_each_and_only_those_in_force(small, load, concepts):
    a, b, c, _ = concepts
    small.is_a(b, a)
    small.is_a(b, a)
    small.is_a(c, a, active=0)
    small.is_a(c, b, kind=small.STATED)
    tables = load()
    assert (str(b), str(a)) in links(tables)
    assert not {(str(c), str(a)), (str(c), str(b))} & links(tables)
    assert len(tables.isa.child) == 6


def test_attributes_in_groups_sorted_by_source_group_type_target(small, load, concepts):
    a, b, c, d = concepts
    for group, type_, target in ((2, d, b), (1, d, c), (1, c, d), (0, d, b), (1, d, b)):
        small.relate(a, type_, target, group)
    found = load().relations
    rows = zip(found.group.tolist(), found.type.tolist(), found.target.tolist(), strict=True)
    at = {id: position for position, id in enumerate(sorted([small.module, small.root, *concepts]))}
    wanted = [(0, d, b), (1, c, d), (1, d, b), (1, d, c), (2, d, b)]
    assert list(rows) == [(group, at[type_], at[target]) for group, type_, target in wanted]


def test_concrete_values_as_written(small, load, concepts):
    a, b, *_ = concepts
    for group, value in ((1, '"a ""b"'), (0, "#0.50"), (1, "#5")):
        small.relate(a, b, value, group)
    small.relate(a, b, "#7", active=0)
    tables = load()
    assert list(tables.values.value) == ["#0.50", '"a ""b"', "#5"]
    assert tables.values.group.tolist() == [0, 1, 1]


@pytest.mark.parametrize("place", range(3))
def test_an_unknown_end(small, load, concepts, place):
    ends = concepts[:3]
    ends[place] = MISSING
    small.relate(*ends)
    column = ("sourceId", "typeId", "destinationId")[place]
    with pytest.raises(OntologyError, match=rf"Relationship.*:7: \[unknown-endpoint\].*{column} '{MISSING}'"):
        load()
    tables, issues = load("report")
    assert issues.counts == {"unknown-endpoint": 1}
    assert not len(tables.relations.source)


def test_an_unknown_end_of_a_row_that_is_not_in_force(small, load, concepts):
    small.is_a(concepts[0], MISSING, active=0)
    assert load("report")[1].total == 0


def test_relationships_of_inactive_concepts_are_left_out(small, load, concepts):
    gone = small.concept(9, active=0)
    small.is_a(gone, small.root)
    small.is_a(concepts[0], gone)
    small.relate(concepts[0], concepts[1], gone)
    tables, issues = load("report")
    assert issues.counts["relationship-of-inactive"] == 3
    assert len(tables.isa.child) == 5
    assert not len(tables.relations.source)


def test_a_cycle_is_shown_and_broken(small, load, concepts):
    a, b, c, d = concepts
    for child, parent in ((a, b), (b, c), (c, a), (d, a)):
        small.is_a(child, parent)
    with pytest.raises(OntologyError, match=r"is-a-cycle.*(\d+ is-a ){3}\d+; remove one of the links"):
        load()
    tables, issues = load("report")
    assert issues.counts == {"is-a-cycle": 1}
    (issue,) = issues.found["is-a-cycle"]
    shown = [int(id) for id in issue.detail.split(" is-a ")]
    assert sorted(shown[:-1]) == sorted([a, b, c])
    assert shown[0] == shown[-1]
    assert 7 <= issue.line <= 9
    assert (str(d), str(a)) in links(tables)
    assert len(tables.isa.child) == 6


def test_a_long_cycle_is_cut_short(small, load):
    chain = [small.concept(item) for item in range(10, 40)]
    for child, parent in zip(chain, [*chain[1:], chain[0]], strict=True):
        small.is_a(child, parent)
    with pytest.raises(OntologyError, match=r"and so on through 30 concepts") as caught:
        load()
    assert caught.value.issue.detail.count(" is-a ") == 9


def test_a_concept_that_is_its_own_parent(small, load, concepts):
    small.is_a(concepts[0], concepts[0])
    with pytest.raises(OntologyError, match=rf"is-a-cycle.*{concepts[0]} is-a {concepts[0]}"):
        load()


def test_a_group_too_large_for_its_column(small, load, concepts):
    small.relate(concepts[0], concepts[1], concepts[2], 40_000)
    with pytest.raises(OntologyError, match=r"bad-integer.*relationshipGroup '40000': expected 0 to 32767"):
        load()
    assert load("report")[1].counts == {"bad-integer": 1}


@pytest.mark.usefixtures("concepts")
def test_concepts_without_a_path_to_the_root(small, load):
    lost = small.concept(9)
    small.is_a(small.concept(10), lost)
    small.concept(11, active=0)
    assert load("report")[1].counts.keys() <= {"description-of-inactive"}
    with pytest.raises(OntologyError, match=rf"Concept.*:8: \[no-path-to-root\].*'{lost}'"):
        load(require_root=True)
    assert load("report", require_root=True)[1].counts["no-path-to-root"] == 2
