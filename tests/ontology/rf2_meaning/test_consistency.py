"""Rules about the rows of one id: in a Snapshot, in Full, in a Delta; and dates that ask too much."""

from __future__ import annotations

import pytest

from kgllm.errors import ConfigError, OntologyError
from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.load import Rf2Options, load_rf2

OLD, NEW = 20250131, 20260131


def only(issues, code):
    """The one issue of a rule."""
    (issue,) = issues.found[code]
    return issue


def test_a_second_row_in_a_snapshot_stops_a_strict_load(small, load):
    concept = small.concept(3)
    small.is_a(concept, small.root)
    small.rows["sct2_Concept_"].append(small.rows["sct2_Concept_"][-1])
    with pytest.raises(OntologyError, match=rf"sct2_Concept_Snapshot.*:5: \[duplicate-id\].*{concept}"):
        load()


def test_a_second_row_in_a_snapshot_is_left_out_of_others(small, load):
    id = small.describe(small.root, "first")
    small.describe(small.root, "second", id=id)
    tables, issues = load("report")
    assert "first" not in list(tables.terms.text)
    assert "second" in list(tables.terms.text)
    assert (only(issues, "duplicate-id").line, only(issues, "duplicate-id").text) == (5, str(id))


def test_a_second_member_in_a_snapshot(small, load):
    id = small.member("Simple", small.root, small.module)
    small.member("Simple", small.root, small.root, id=id)
    with pytest.raises(OntologyError, match=rf"SimpleSnapshot.*:3: \[duplicate-id\].*'{id}'"):
        load()


def test_full_files_given_as_a_snapshot(small, load):
    for item in range(3, 9):
        small.is_a(small.concept(item, time=OLD), small.root)
        small.concept(item, active=0)
    with pytest.raises(OntologyError, match=r"full-as-snapshot.*6 of 14 rows.*release='full'"):
        load()
    tables, issues = load("report")
    assert issues.counts["full-as-snapshot"] == 1
    assert "duplicate-id" not in issues.counts
    assert tables.concepts.active.sum() == 2


def test_one_version_twice_in_full(small, load):
    concept = small.concept(3)
    small.concept(3, status=small.DEFINED)
    with pytest.raises(OntologyError, match=r"sct2_Concept_Full.*:5: \[duplicate-version\]"):
        load(part="Full", release="full")
    tables, issues = load("report", part="Full", release="full")
    assert issues.counts["duplicate-version"] == 1
    assert tables.concepts.defined[tables.ids.position(str(concept))]


def test_what_changed_in_full_that_should_stay(small, load):
    concept = small.concept(3, time=OLD)
    small.concept(3, status=small.DEFINED)
    id = small.describe(concept, "one", time=OLD)
    small.describe(small.root, "two", language="de", id=id)
    link = small.is_a(concept, small.root, time=OLD)
    small.is_a(concept, small.module, id=link)
    member = small.member("Simple", small.root, concept, time=OLD)
    small.member("Simple", small.module, concept, id=member)
    _, issues = load("report", part="Full", release="full")
    changed = {(issue.file.split("_")[1], issue.column) for issue in issues.found["immutable-changed"]}
    assert changed == {
        ("Description", "conceptId"),
        ("Description", "languageCode"),
        ("Relationship", "destinationId"),
        ("Refset", "refsetId"),
    }
    assert only(issues, "status-changed").line == 5


def test_a_concept_that_comes_back(small, load):
    concept = small.concept(3, time=20240131)
    small.concept(3, time=OLD, active=0)
    small.concept(3, time=NEW)
    dates = {None: True, NEW: True, OLD: False, 20240131: True}
    for date, active in dates.items():
        tables = load("report", part="Full", release="full", as_of=date)[0]
        assert tables.concepts.active[tables.ids.position(str(concept))] == active
        assert tables.origin.version == str(date or NEW)


def test_a_date_before_the_first(load):
    for on_error in ("strict", "skip"):
        with pytest.raises(
            OntologyError, match=r"before-first.*'20200131': the first version is of 20260131"
        ):
            load(on_error, part="Full", release="full", as_of=20200131)


def test_rows_that_are_not_published_yet(small, load):
    id = small.describe(small.root, "published")
    small.describe(small.root, "planned", id=id, time="")
    assert "published" in list(load("report", part="Full", release="full", as_of=NEW)[0].terms.text)
    assert "planned" in list(load("report", part="Full", release="full")[0].terms.text)


def test_a_delta_with_one_version_twice(small, tmp_path):
    base = small.write(tmp_path / "base")
    small.concept(3)
    small.concept(3)
    delta = small.write(tmp_path / "delta", "Delta")
    issues = Issues("report")
    tables = load_rf2(base, Rf2Options(delta=delta), issues)
    assert issues.counts["duplicate-version"] == 1
    assert len(tables.ids) == 3
    with pytest.raises(OntologyError, match=r"sct2_Concept_Delta.*duplicate-version"):
        load_rf2(base, Rf2Options(delta=delta))


def test_options_that_contradict_each_other(load):
    with pytest.raises(ConfigError, match="as_of needs release=full"):
        load(as_of=NEW)
    with pytest.raises(ConfigError, match="'delta'; expected snapshot or full"):
        load(release="delta")
