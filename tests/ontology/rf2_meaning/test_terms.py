"""Terms: preferred in which dialect, fully specified names, definitions, and what is worth a warning."""

from __future__ import annotations

import pytest

from kgllm.ontology.rf2.sctid import make
from kgllm.ontology.tables import Preference, Role
from kgllm.ontology.terms import Names

DUTCH = 31000146106


@pytest.fixture
def thing(small):
    """A concept with three synonyms, of which each dialect prefers another."""
    thing = small.concept(3, "thing (thing)")
    small.is_a(thing, small.root)
    american, british, other = (small.describe(thing, term) for term in ("color", "colour", "hue"))
    small.member("Language", small.US, american, small.PREFERRED)
    small.member("Language", small.US, british, small.ACCEPTABLE)
    small.member("Language", small.GB, british, small.PREFERRED)
    small.member("Language", DUTCH, other, small.PREFERRED)
    return thing


def preferred(tables, thing, *dialects):
    return Names(tables, dialects).preferred(tables.ids.position(str(thing)))


@pytest.mark.parametrize(
    ("dialects", "term"),
    [
        (("en-US", "en-GB"), ("color", "en-US")),
        (("en-GB", "en-US"), ("colour", "en-GB")),
        ((str(DUTCH), "en-US"), ("hue", str(DUTCH))),
    ],
)
def test_the_first_dialect_that_prefers_a_term_decides(load, thing, dialects, term):
    tables = load()
    assert set(tables.dialects) == {"en-US", "en-GB", str(DUTCH)}
    assert preferred(tables, thing, *dialects) == term


def test_inactive_members_say_nothing(small, load, thing):
    newer = small.describe(thing, "newer")
    small.member("Language", small.US, newer, small.PREFERRED, active=0)
    tables = load()
    assert preferred(tables, thing, "en-US") == ("color", "en-US")
    row = list(tables.terms.text).index("newer")
    assert not tables.terms.preference.reshape(3, -1)[:, row].any()


def test_the_order_of_members_decides_nothing(small, load, thing):
    both = small.describe(thing, "tint")
    small.member("Language", small.GB, both, small.PREFERRED)
    small.member("Language", small.GB, both, small.ACCEPTABLE)
    tables = load()
    row = list(tables.terms.text).index("tint")
    says = tables.terms.preference.reshape(3, -1)[tables.dialects.index("en-GB")]
    assert says[row] == Preference.PREFERRED


def test_terms_stand_by_concept_role_active_and_preferred_first(small, load, thing):
    small.describe(thing, "what it is", small.DEFINITION)
    small.describe(thing, "old name", active=0)
    small.describe(thing, "plain")
    terms = load().terms
    of_thing = (terms.concept == 2).nonzero()[0]
    roles, active = terms.role[of_thing].tolist(), terms.active[of_thing].tolist()
    rows = zip(roles, active, terms.text.take(of_thing), strict=True)
    assert list(rows) == [
        (Role.FSN, True, "thing (thing)"),
        (Role.EXACT, True, "color"),
        (Role.EXACT, True, "colour"),
        (Role.EXACT, True, "hue"),
        (Role.EXACT, True, "plain"),
        (Role.EXACT, False, "old name"),
        (Role.DEFINITION, True, "what it is"),
    ]


@pytest.mark.parametrize("term", ['"', '"a" and "b"', "NA", "null", "None", "n/a", "naïve – “x”", "'", "\\"])
def test_terms_survive_byte_for_byte(small, load, term):
    small.describe(small.root, term)
    assert term in list(load().terms.text)


def test_languages_and_case(small, load):
    small.describe(small.root, "Wurzel", language="de")
    small.rows["sct2_Description_"].append(
        (
            make(90, 11, 1000003),
            20260131,
            1,
            small.module,
            small.root,
            "en",
            small.SYNONYM,
            "pH",
            900000000000017005,
        )
    )
    tables = load()
    assert tables.languages == ("de", "en")
    said = dict(zip(tables.terms.text, tables.terms.sensitive.tolist(), strict=True))
    assert said["pH"] == 2
    assert said["Wurzel"] == 0


def test_without_language_refsets_there_are_no_dialects(load):
    tables, issues = load("report")
    assert tables.dialects == ()
    assert not len(tables.terms.preference)
    assert not issues.total


def test_warnings_about_names(small, load, thing):
    nameless = small.concept(4, active=1)
    small.rows["sct2_Description_"].pop()
    small.is_a(nameless, small.root)
    small.describe(thing, "second (thing)", small.FSN)
    small.describe(thing, "zweiter (Ding)", small.FSN, language="de")
    small.describe(thing, "no tag", small.FSN, language="nl")
    _, issues = load("report")
    assert {code: count for code, count in issues.counts.items() if code != "no-preferred-term"} == {
        "no-fsn": 1,
        "two-fsns": 1,
        "no-semantic-tag": 1,
    }
    assert [issue.text for issue in issues.found["no-fsn"]] == [str(nameless)]
    assert [issue.text for issue in issues.found["two-fsns"]] == [str(thing)]
    assert [issue.text for issue in issues.found["no-semantic-tag"]] == ["no tag"]
    lacking = {(issue.text, issue.detail) for issue in issues.found["no-preferred-term"]}
    others = {str(concept) for concept in (small.root, small.module, nameless)}
    assert lacking == {(one, f"dialect {dialect}") for one in others for dialect in ("en-US", "en-GB", DUTCH)}


def test_names_of_inactive_concepts_are_counted_and_kept(small, load):
    gone = small.concept(4, active=0)
    small.describe(gone, "what it was", small.DEFINITION)
    small.describe(gone, "older", active=0)
    tables, issues = load("report")
    assert issues.counts == {"description-of-inactive": 2}
    assert {"thing 4 (thing)", "what it was", "older"} <= set(tables.terms.text)


def test_length_is_counted_in_characters(small, load):
    small.describe(small.root, "é" * 255)
    small.describe(small.root, "é" * 256)
    small.describe(small.root, "é" * 4096, small.DEFINITION)
    small.describe(small.root, "é" * 4097, small.DEFINITION)
    _, issues = load("report")
    assert {(issue.file.split("_")[1], issue.line) for issue in issues.found["long-term"]} == {
        ("Description", 5),
        ("TextDefinition", 3),
    }


def test_descriptions_of_unknown_concepts_are_left_out(small, load):
    small.describe(make(99, 10, 1000003), "nobody's")
    tables, issues = load("report")
    assert issues.counts == {"description-of-unknown": 1}
    assert "nobody's" not in list(tables.terms.text)


def test_members_of_unknown_and_inactive_descriptions(small, load):
    old = small.describe(small.root, "old", active=0)
    small.member("Language", small.US, old, small.PREFERRED)
    small.member("Language", small.US, make(99, 11, 1000003), small.PREFERRED)
    _, issues = load("report")
    assert (issues.counts["inactive-member"], issues.counts["unknown-member"]) == (1, 1)
    assert issues.found["inactive-member"][0].text == str(old)
