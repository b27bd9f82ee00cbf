"""Differences of two releases, against sets of strings."""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pytest

from kgllm.ontology.builder import Draft
from kgllm.ontology.diff import Change, Diff, diff
from kgllm.ontology.tables import Role, Tables


def facts(tables: Tables) -> dict[str, dict[str, set]]:
    """What each concept has, row by row."""
    ids = tables.ids.texts(np.arange(len(tables.ids)))
    found: dict[str, dict[str, set]] = {
        name: defaultdict(set) for name in ("labels", "parents", "relations", "values")
    }
    terms = tables.terms
    for row, concept in enumerate(terms.concept):
        if terms.active[row] and terms.role[row] in (Role.FSN, Role.LABEL):
            found["labels"][ids[concept]].add(terms.text[row])
    for child, parent in zip(tables.isa.child, tables.isa.parent, strict=True):
        found["parents"][ids[child]].add(ids[parent])
    relations, values = tables.relations, tables.values
    for row in zip(relations.source, relations.type, relations.target, strict=True):
        source, type_, target = (ids[position] for position in row)
        found["relations"][source].add((type_, target))
    for row, source in enumerate(values.source):
        found["values"][ids[source]].add((ids[values.type[row]], values.value[row]))
    return found


def by_sets(before: Tables, after: Tables) -> Diff:
    old, new = (
        dict(zip(one.ids.texts(np.arange(len(one.ids))), one.concepts.active.tolist(), strict=True))
        for one in (before, after)
    )
    shared = [id for id in old if id in new]
    lasting = [id for id in shared if old[id] and new[id]]
    was, now = facts(before), facts(after)

    def changes(name: str) -> tuple[Change, ...]:
        rows = []
        for id in shared if name == "labels" else lasting:
            lost, gained = was[name][id] - now[name][id], now[name][id] - was[name][id]
            if lost or gained:
                rows.append(Change(id, tuple(sorted(lost)), tuple(sorted(gained))))
        return tuple(rows)

    return Diff(
        added=tuple(id for id in new if id not in old),
        removed=tuple(id for id in old if id not in new),
        inactivated=tuple(id for id in shared if old[id] and not new[id]),
        reactivated=tuple(id for id in shared if new[id] and not old[id]),
        **{name: changes(name) for name in was},
    )


@pytest.mark.parametrize("seed", range(60))
def test_any_two_ontologies(random_tables, seed):
    before, after = random_tables(seed), random_tables(seed + 1000)
    assert diff(before, after) == by_sets(before, after)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_changes_from_itself(random_tables, seed):
    tables = random_tables(seed)
    assert not diff(tables, tables)
    assert diff(tables, tables) == Diff()


@pytest.mark.parametrize("seed", range(20))
def test_backwards_it_is_the_opposite(random_tables, seed):
    before, after = random_tables(seed), random_tables(seed + 1000)
    there, back = diff(before, after), diff(after, before)
    assert (there.added, there.inactivated) == (back.removed, back.reactivated)
    for name in ("labels", "parents", "relations", "values"):
        turned = tuple(Change(one.id, one.gained, one.lost) for one in getattr(back, name))
        assert getattr(there, name) == turned


def test_one_of_each(tables_of):
    def draft(id: str, label: str, **more) -> Draft:
        return Draft(id, terms=[(Role.LABEL, label, "")], **more)

    def same() -> list[Draft]:
        return [draft("X:1", "root"), draft("X:2", "two", parents=["X:1"])]

    before = tables_of(
        [*same(), draft("X:3", "three", parents=["X:1"]), draft("X:4", "four"), draft("X:6", "six")]
    )
    after = tables_of(
        [
            *same(),
            draft("X:3", "tree", parents=["X:2"], relations=[("X:in", "X:2")], values=[("X:of", "#1")]),
            draft("X:4", "four", active=False),
            draft("X:5", "five", parents=["X:1"]),
        ]
    )
    assert diff(before, after) == Diff(
        added=("X:5", "X:in", "X:of"),
        removed=("X:6",),
        inactivated=("X:4",),
        labels=(Change("X:3", ("three",), ("tree",)),),
        parents=(Change("X:3", ("X:1",), ("X:2",)),),
        relations=(Change("X:3", (), (("X:in", "X:2"),)),),
        values=(Change("X:3", (), (("X:of", "#1"),)),),
    )


def test_to_nothing_and_back(tables_of, random_tables):
    nothing, tables = tables_of([]), random_tables(0)
    assert not diff(nothing, nothing)
    assert diff(nothing, tables).added == diff(tables, nothing).removed
    assert diff(nothing, tables).counts()["added"] == len(tables.ids)


def test_it_can_be_written_as_json(random_tables):
    found = diff(random_tables(0), random_tables(1000))
    plain = json.loads(json.dumps(found.to_json()))
    assert plain["counts"] == found.counts()
    assert plain["added"] == [*found.added]
    first = found.relations[0]
    assert plain["relations"][0] == {
        "id": first.id,
        "lost": [[*pair] for pair in first.lost],
        "gained": [[*pair] for pair in first.gained],
    }


def test_two_releases_of_doid(doid):
    before, after = doid
    found = diff(before, after)
    expected = {"added": 15_391 - 9_350, "removed": 0, "inactivated": 16, "reactivated": 5}
    assert {name: found.counts()[name] for name in expected} == expected
    assert found == by_sets(before, after)
    assert not diff(after, after)
