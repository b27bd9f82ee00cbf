"""The release made from DOID: all counts that are known of it, at both of its dates, by three ways."""

from __future__ import annotations

import json

import pytest

from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.current import Current
from kgllm.ontology.rf2.load import Rf2Options, load_rf2
from kgllm.ontology.rf2.rows import FileKind

FIRST, LAST = 20160901, 20180705
KINDS = {
    "Concept": FileKind.CONCEPT,
    "Description": FileKind.DESCRIPTION,
    "TextDefinition": FileKind.TEXT_DEFINITION,
    "Relationship": FileKind.RELATIONSHIP,
    "OWLExpression": FileKind.OWL_EXPRESSION,
    "Language": FileKind.LANGUAGE,
    "Association": FileKind.ASSOCIATION,
    "SimpleMap": FileKind.SIMPLE_MAP,
    "Simple": FileKind.SIMPLE,
}


@pytest.fixture(scope="module")
def folder(data_root):
    return data_root("rf2-doid")


@pytest.fixture(scope="module")
def expected(folder):
    return json.loads((folder / "EXPECTED.json").read_text())


@pytest.fixture(scope="module")
def snapshot(folder):
    issues = Issues()
    return load_rf2(folder, issues=issues), issues


@pytest.fixture(scope="module")
def slow(folder, slow_rows):
    return {part: slow_rows(folder, part) for part in ("Snapshot", "Full")}


def counts(tables):
    concepts, terms = tables.concepts, tables.terms
    definitions = terms.role == 6
    return {
        "concepts_active": concepts.active.sum(),
        "concepts_inactive": (~concepts.active).sum(),
        "descriptions_active": (terms.active & ~definitions).sum(),
        "text_definitions_active": (terms.active & definitions).sum(),
        "isa_active": len(tables.isa.child),
        "attribute_relationships_active": len(tables.relations.source),
        "association_active": len(tables.history.source),
        "fully_defined_active": (concepts.active & concepts.defined).sum(),
    }


def test_snapshot_has_the_expected_counts(snapshot, expected):
    tables, _ = snapshot
    found = counts(tables)
    assert found == {name: expected[name] for name in found}
    assert tables.dialects == ("en-US",)
    assert tables.languages == ("en",)
    assert (tables.origin.name, tables.origin.version, tables.origin.licensed) == (
        "rf2-doid",
        str(LAST),
        False,
    )


def test_the_root_is_found_from_the_data(snapshot, expected):
    tables, _ = snapshot
    top = set(tables.isa.parent.tolist()) - set(tables.isa.child.tolist())
    assert tables.ids.texts(list(top)) == [expected["root"]]


def test_snapshot_has_exactly_the_known_warnings(snapshot):
    _, issues = snapshot
    assert issues.counts == {
        "description-of-inactive": 10_327 + 546,
        "inactive-member": 3_731,
        "no-semantic-tag": 1,
        "module-dependency": 1,
    }
    files = [issue.file for issue in issues.samples("description-of-inactive")]
    assert set(files) == {"sct2_Description_Snapshot-en_XX9999901_20180705.txt.gz"}


def test_full_at_the_last_date_is_the_snapshot(folder, snapshot, same):
    issues = Issues()
    tables = load_rf2(folder, Rf2Options(release="full"), issues)
    assert same(tables, snapshot[0])
    assert issues.counts == {**snapshot[1].counts, "status-changed": 1_106}


def test_full_at_the_first_date(folder):
    found = counts(load_rf2(folder, Rf2Options(release="full", as_of=FIRST)))
    assert found["concepts_active"] == 6_977
    assert found["concepts_active"] + found["concepts_inactive"] == 9_350
    assert found["association_active"] == 0


def test_first_date_and_delta_are_the_last(folder, snapshot, same):
    tables = load_rf2(folder, Rf2Options(release="full", as_of=FIRST, delta=folder))
    assert same(tables, snapshot[0])
    assert tables.origin.version == str(LAST)


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_rows_of_every_kind_by_three_ways(folder, slow, slow_state, name, kind):
    snapshot, full = slow["Snapshot"][name], slow["Full"][name]
    wanted = places(snapshot)
    assert wanted == places(slow_state(full, LAST))
    options = (
        Rf2Options(),
        Rf2Options(release="full", as_of=LAST),
        Rf2Options(release="full", as_of=FIRST, delta=folder),
    )
    for option in options:
        assert versions(Current(folder, option, Issues()).read(kind)) == wanted
    first = Current(folder, Rf2Options(release="full", as_of=FIRST), Issues()).read(kind)
    assert versions(first) == places(slow_state(full, FIRST))


def places(rows):
    return sorted(
        (row["id"].replace("-", ""), int(row["effectiveTime"]), row["active"] == "1") for row in rows
    )


def versions(rows):
    ids = rows["id"]
    if ids.ndim == 2:
        texts = [f"{high:016x}{low:016x}" for high, low in ids.tolist()]
    else:
        texts = [str(id) for id in ids.tolist()]
    return sorted(zip(texts, rows["effectiveTime"].tolist(), rows["active"].tolist(), strict=True))
