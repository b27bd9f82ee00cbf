"""An invented release with a long history, against a reading in plain Python that knows no arrays."""

from __future__ import annotations

import re

import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.load import Rf2Options, load_rf2
from kgllm.ontology.rf2.metadata import DIALECTS, IS_A, LINKS, PREFERENCES, ROLES, STATED

DATES = (20240131, 20240731, 20250131, 20260131)


@pytest.fixture(scope="module")
def full(synthetic, slow_rows):
    return slow_rows(synthetic.path, "Full")


@pytest.fixture(scope="module", params=DATES)
def states(request, synthetic, full, slow_state):
    """A date's rows in plain Python, and its tables."""
    rows = {name: slow_state(rows, request.param) for name, rows in full.items()}
    active = {name: [row for row in found if row["active"] == "1"] for name, found in rows.items()}
    issues = Issues()
    tables = load_rf2(synthetic.path, Rf2Options(release="full", as_of=request.param), issues)
    return rows, active, tables, issues


def ids(tables, *columns):
    return zip(*(tables.ids.texts(column) for column in columns), strict=True)


def test_concepts(states):
    rows, active, tables, _ = states
    assert tables.ids.texts(range(len(tables.ids))) == sorted((row["id"] for row in rows["Concept"]), key=int)
    chosen = tables.concepts.active.nonzero()[0]
    assert set(tables.ids.texts(chosen)) == {row["id"] for row in active["Concept"]}
    times = {row["id"]: int(row["effectiveTime"]) for row in rows["Concept"]}
    assert tables.concepts.time.tolist() == [times[id] for id in tables.ids.texts(range(len(tables.ids)))]


def test_relationships(states):
    _, active, tables, issues = states
    known = {row["id"] for row in active["Concept"]}
    rows = [row for row in active["Relationship"] if row["characteristicTypeId"] != str(STATED)]
    sound = [row for row in rows if {row["sourceId"], row["destinationId"]} <= known]
    is_a = {(row["sourceId"], row["destinationId"]) for row in sound if row["typeId"] == str(IS_A)}
    assert sorted(ids(tables, tables.isa.child, tables.isa.parent)) == sorted(is_a)
    others = {
        (row["sourceId"], row["typeId"], row["destinationId"], int(row["relationshipGroup"]))
        for row in sound
        if row["typeId"] != str(IS_A)
    }
    found = tables.relations
    named = ids(tables, found.source, found.type, found.target)
    assert sorted((*row, group) for row, group in zip(named, found.group.tolist(), strict=True)) == sorted(
        others
    )
    assert issues.counts["relationship-of-inactive"] == len(rows) - len(sound)


def test_terms(states):
    rows, active, tables, issues = states
    wanted = {row["id"]: row for name in ("Description", "TextDefinition") for row in rows[name]}
    terms, said = tables.terms, {}
    for row in active["Language"]:
        key = row["referencedComponentId"], int(row["refsetId"])
        said[key] = max(said.get(key, 0), PREFERENCES[int(row["acceptabilityId"])])
    by_dialect = terms.preference.reshape(len(tables.dialects), -1)
    assert set(tables.dialects) == {"en-US", "en-GB"}
    assert len(terms.ids) == len(wanted)
    for place, (id, text) in enumerate(zip(terms.ids.tolist(), terms.text, strict=True)):
        row = wanted[str(id)]
        assert text == row["term"]
        assert terms.active[place] == (row["active"] == "1")
        assert tables.ids.text(terms.concept[place]) == row["conceptId"]
        assert terms.role[place] == ROLES[int(row["typeId"])]
        for number, dialect in enumerate(tables.dialects):
            assert by_dialect[number, place] == said.get((str(id), DIALECTS[dialect]), 0)
    inactive = {row["id"] for row in rows["Concept"]} - {row["id"] for row in active["Concept"]}
    of_inactive = [row for row in wanted.values() if row["active"] == "1" and row["conceptId"] in inactive]
    assert issues.counts["description-of-inactive"] == len(of_inactive)


def test_history_maps_and_axioms(states):
    _, active, tables, _ = states
    links = {
        (row["referencedComponentId"], LINKS[int(row["refsetId"])], row["targetComponentId"])
        for row in active["Association"]
        if int(row["refsetId"]) in LINKS
    }
    found = ids(tables, tables.history.source, tables.history.target)
    rows = zip(found, tables.history.link.tolist(), strict=True)
    assert {(source, link, target) for (source, target), link in rows} == links
    xrefs = zip(tables.ids.texts(tables.xrefs.concept), tables.xrefs.code, strict=True)
    assert sorted(xrefs) == sorted(
        (row["referencedComponentId"], row["mapTarget"]) for row in active["SimpleMap"]
    )
    maps = tables.maps
    rules = zip(
        tables.ids.texts(maps.concept), maps.group.tolist(), maps.priority.tolist(), maps.rule, strict=True
    )
    assert sorted(rules) == sorted(
        (row["referencedComponentId"], int(row["mapGroup"]), int(row["mapPriority"]), row["mapRule"])
        for row in active["ExtendedMap"]
    )
    axioms = zip(tables.ids.texts(tables.axioms.concept), tables.axioms.text, strict=True)
    assert sorted(axioms) == sorted(
        (row["referencedComponentId"], row["owlExpression"]) for row in active["OWLExpression"]
    )


def test_members(states):
    rows, active, tables, _ = states
    concepts = {row["id"] for row in rows["Concept"]}
    pairs = {
        (row["refsetId"], row["referencedComponentId"])
        for name, found in active.items()
        for row in found
        if name != "Language" and "refsetId" in row
    }
    wanted = {pair for pair in pairs if set(pair) <= concepts}
    assert set(ids(tables, tables.members.refset, tables.members.member)) == wanted


def test_the_last_date_is_the_snapshot_and_what_was_planned(synthetic, same):
    issues = Issues()
    snapshot = load_rf2(synthetic.path, issues=issues)
    assert same(load_rf2(synthetic.path, Rf2Options(release="full")), snapshot)
    delta = Rf2Options(release="full", as_of=DATES[-2], delta=synthetic.path)
    assert same(load_rf2(synthetic.path, delta), snapshot)
    expected = synthetic.expected
    assert snapshot.concepts.active.sum() == expected["active_concepts"]
    assert len(snapshot.isa.child) == expected["is_a"]
    assert len(snapshot.relations.source) == expected["attributes"]
    names = "descriptions_of_inactive", "definitions_of_inactive"
    assert issues.counts == {"description-of-inactive": sum(expected[name] for name in names)}
    assert not snapshot.origin.licensed


def test_progress_counts_all_bytes(synthetic):
    calls = []
    load_rf2(synthetic.path, progress=lambda *call: calls.append(call))
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert done[0] == 0
    assert done[-1] == calls[-1][1]
    size = sum(path.stat().st_size for path in (synthetic.path / "Snapshot").rglob("*.txt"))
    assert {call[1] for call in calls} == {size}
    assert all(re.search("Snapshot", call[2]) for call in calls[:-1])


def test_a_delta_does_not_stand_alone(synthetic):
    with pytest.raises(OntologyError, match="delta-alone"):
        load_rf2(synthetic.path / "Delta")
