"""Refsets: members, history, axioms, modules, licence."""

from __future__ import annotations

import pytest

from kgllm.ontology.rf2.meaning.modules import is_licensed
from kgllm.ontology.rf2.metadata import CORE_MODULE, LINKS, MODEL_MODULE
from kgllm.ontology.rf2.sctid import make
from kgllm.ontology.tables import Link

BY_LINK = {link: refset for refset, link in LINKS.items()}


@pytest.fixture
def concepts(small):
    """Two active concepts below the root, and an inactive one."""
    found = [small.concept(item) for item in (3, 4)]
    for concept in found:
        small.is_a(concept, small.root)
    return [*found, small.concept(5, active=0)]


def history(tables):
    found = tables.history
    rows = zip(found.source.tolist(), found.link.tolist(), found.target.tolist(), strict=True)
    texts = tables.ids.text
    return [(texts(source), Link(link), texts(target)) for source, link, target in rows]


def test_history_stands_in_the_order_of_replacements(small, load, concepts):
    a, b, gone = concepts
    for link, target in (
        (Link.POSSIBLY_EQUIVALENT_TO, a),
        (Link.REPLACED_BY, b),
        (Link.SAME_AS, b),
        (Link.SAME_AS, a),
        (Link.SAME_AS, a),
    ):
        small.member("Association", BY_LINK[link], gone, target)
    small.member("Association", BY_LINK[Link.MOVED_TO], gone, a, active=0)
    tables, issues = load("report")
    assert history(tables) == [
        (str(gone), Link.SAME_AS, str(a)),
        (str(gone), Link.SAME_AS, str(b)),
        (str(gone), Link.REPLACED_BY, str(b)),
        (str(gone), Link.POSSIBLY_EQUIVALENT_TO, str(a)),
    ]
    assert issues.counts == {"description-of-inactive": 1}


@pytest.mark.parametrize("link", [link for link in Link if link is not Link.CONSIDER])
def test_every_kind_of_association_is_known(small, load, concepts, link):
    small.member("Association", BY_LINK[link], concepts[2], concepts[0])
    assert [row[1] for row in history(load())] == [link]


def test_associations_to_unknown_concepts_and_of_descriptions(small, load, concepts):
    missing, term = make(99, 10, 1000003), small.describe(concepts[0], "old", active=0)
    small.member("Association", BY_LINK[Link.SAME_AS], concepts[2], missing)
    small.member("Association", BY_LINK[Link.REFERS_TO], term, concepts[0])
    small.member("Association", small.root, concepts[2], concepts[0])
    tables, issues = load("report")
    assert history(tables) == []
    (issue,) = issues.found["unknown-member"]
    assert (issue.column, issue.text) == ("targetComponentId", str(missing))


def test_members_of_all_refsets_that_are_concepts(small, load, concepts):
    a, b, gone = concepts
    small.member("Simple", a, b)
    small.member("Simple", a, b)
    small.member("Simple", a, small.root, active=0)
    small.member("Simple", 700043003, b)
    small.member("AttributeValue", b, gone, a)
    small.member("AttributeValue", b, small.describe(a, "old", active=0), a)
    tables, issues = load("report")
    texts = tables.ids.texts
    found = zip(texts(tables.members.refset), texts(tables.members.member), strict=True)
    assert list(found) == [(str(small.root), str(small.module)), (str(a), str(b)), (str(b), str(gone))]
    assert issues.counts == {"description-of-inactive": 1}


def test_members_that_are_unknown_or_inactive(small, load, concepts):
    a, _, gone = concepts
    small.member("Simple", a, gone)
    small.member("SimpleMap", a, make(99, 11, 1000003), "X1")
    small.member("Simple", a, make(99, 10, 1000003))
    small.member("Simple", a, make(99, 10, 1000003), active=0)
    _, issues = load("report")
    assert (issues.counts["inactive-member"], issues.counts["unknown-member"]) == (1, 2)
    assert {issue.text for issue in issues.found["inactive-member"]} == {str(gone)}


def test_axioms_are_kept_as_text(small, load, concepts):
    a, b, _ = concepts
    texts = [f"SubClassOf(:{b} :{small.root})", f"SubClassOf(:{a} :{b})", f"SubClassOf(:{a} :{small.root})"]
    for concept, text in zip((b, a, a), texts, strict=True):
        small.member("OWLExpression", 733073007, concept, text)
    small.member("OWLExpression", 733073007, a, "SubClassOf(:1 :2)", active=0)
    tables = load()
    assert tables.ids.texts(tables.axioms.concept) == [str(a), str(a), str(b)]
    assert list(tables.axioms.text) == [*texts[1:], texts[0]]


def test_modules_that_no_dependency_names(small, load):
    stranger = make(50, 10, 1000003)
    id = small.concept(6)
    small.rows["sct2_Concept_"][-1] = (id, 20260131, 1, stranger, 900000000000074008)
    tables, issues = load("report")
    (issue,) = issues.found["module-dependency"]
    assert (issue.text, issue.line) == (str(stranger), 4)
    assert tables.origin.notes == (f"modules: {small.module}, {stranger}",)
    assert tables.concepts.module.tolist() == [0, 0, -1]


def test_licensed_content_is_known_by_module_or_edition(small, load):
    assert not load().origin.licensed
    assert is_licensed("SnomedCT_InternationalRF2_PRODUCTION_20260101T120000Z", [])
    assert is_licensed("mine", [small.module, CORE_MODULE])
    assert is_licensed("mine", [MODEL_MODULE])
    assert not is_licensed("SynthCT_Example", [small.module])
