"""Maps: simple ones as cross references, those with rules resolved by group and priority."""

from __future__ import annotations

import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.rf2.maps import resolve

MAP, OTHER = 447562003, 447563008
CODED, NONE = 447637006, 447638001


@pytest.fixture
def concept(small):
    found = small.concept(3)
    small.is_a(found, small.root)
    return found


def rule(small, concept, group, priority, rule, target, **version):
    advice = f"advice {target}"
    category = CODED if target else NONE
    rest = (group, priority, rule, advice, target, 447561005, category)
    small.member("ExtendedMap", MAP, concept, *rest, **version)


def targets(tables, concept, scheme=str(MAP)):
    found = resolve(tables, scheme, tables.ids.position(str(concept)))
    return [(one.group, one.priority, one.target, one.conditional) for one in found]


def test_a_group_ends_with_the_first_rule_that_always_holds(small, load, concept):
    rule(small, concept, 2, 1, "TRUE", "Z9")
    rule(small, concept, 1, 3, "OTHERWISE TRUE", "X3")
    rule(small, concept, 1, 2, "IFA 445518008 | Age | < 1.0 years", "X2")
    rule(small, concept, 1, 1, "IFA 248152002 | Female |", "X1")
    rule(small, concept, 2, 2, "OTHERWISE TRUE", "never")
    rule(small, concept, 3, 1, "OTHERWISE TRUE", "")
    rule(small, concept, 1, 0, "TRUE", "inactive", active=0)
    tables = load()
    assert targets(tables, concept) == [
        (1, 1, "X1", True),
        (1, 2, "X2", True),
        (1, 3, "X3", False),
        (2, 1, "Z9", False),
        (3, 1, "", False),
    ]
    first, *_, last = resolve(tables, str(MAP), tables.ids.position(str(concept)))
    assert (first.rule, first.advice, first.category) == ("IFA 248152002 | Female |", "advice X1", str(CODED))
    assert last.category == str(NONE)


def test_only_what_was_asked_for(small, load, concept):
    rule(small, concept, 1, 1, "TRUE", "X1")
    rule(small, small.root, 1, 1, "TRUE", "X2")
    small.member("ComplexMap", OTHER, concept, 1, 1, "", "", "Y1", 447561005)
    tables = load()
    assert targets(tables, concept) == [(1, 1, "X1", False)]
    assert targets(tables, concept, str(OTHER)) == [(1, 1, "Y1", False)]
    assert resolve(tables, str(OTHER), tables.ids.position(str(concept)))[0].category == ""
    assert targets(tables, small.module) == []
    assert targets(tables, concept, "900000000000497000") == []


def test_simple_maps_are_cross_references(small, load, concept):
    for refset, component, code in ((OTHER, concept, "B"), (MAP, concept, "C"), (OTHER, concept, "A")):
        small.member("SimpleMap", refset, component, code)
    small.member("SimpleMap", MAP, small.root, "D")
    small.member("SimpleMap", MAP, small.root, "E", active=0)
    tables = load()
    names = [tables.schemes[number] for number in tables.xrefs.scheme]
    rows = zip(tables.ids.texts(tables.xrefs.concept), names, tables.xrefs.code, strict=True)
    assert list(rows) == [
        (str(small.root), str(MAP), "D"),
        (str(concept), str(MAP), "C"),
        (str(concept), str(OTHER), "A"),
        (str(concept), str(OTHER), "B"),
    ]


def test_schemes_are_shared_by_all_maps(small, load, concept):
    small.member("SimpleMap", MAP, concept, "C")
    rule(small, concept, 1, 1, "TRUE", "X1")
    tables = load()
    assert tables.schemes == (str(MAP),)
    assert targets(tables, concept) == [(1, 1, "X1", False)]


def test_a_priority_too_large_for_its_column(small, load, concept):
    rule(small, concept, 1, 32_768, "TRUE", "X1")
    with pytest.raises(OntologyError, match=r"ExtendedMap.*bad-integer.*mapPriority '32768'"):
        load()
