"""Subsets of ontologies, table by table."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from kgllm.ontology.diff import diff
from kgllm.ontology.hierarchy.graph import Hierarchy
from kgllm.ontology.subset import PARTS, REFERENCES, subset
from kgllm.ontology.tables import Tables, columns

EVERY = ("concepts", "terms", *PARTS)


def readable(tables: Tables, part: str) -> list[tuple[str, ...]]:
    """The rows of a table; positions as ids; preferences of a term together."""
    table = getattr(tables, part)
    size = len(table.concept) if part == "terms" else 0
    found = []
    for field in fields(table):
        column = getattr(table, field.name)
        if field.name == "preference":
            column = column.reshape(-1, size).T.tolist() if size else []
        elif field.name == "module" or positions(column, field.name):
            column = [tables.ids.text(at) if at >= 0 else None for at in column]
        if len(column):
            found.append([*map(str, column)])
    return [*zip(*found, strict=True)]


def positions(column: object, name: str) -> bool:
    return name in REFERENCES and isinstance(column, np.ndarray)


def mentioned(tables: Tables, part: str) -> list[set[str]]:
    """The concepts that each row refers to."""
    table = columns(getattr(tables, part))
    named = [column for name, column in table.items() if positions(column, name)]
    return [{tables.ids.text(at) for at in row} for row in zip(*named, strict=True)]


def same(one: Tables, other: Tables) -> bool:
    arrays = [
        {f"{part}.{name}": column for part in EVERY for name, column in columns(getattr(side, part)).items()}
        | side.ids.arrays()
        for side in (one, other)
    ]
    return all(
        left.dtype == right.dtype and np.array_equal(left, right)
        for left, right in zip(arrays[0].values(), arrays[1].values(), strict=True)
    )


def check(tables: Tables, chosen: np.ndarray, part: Tables, ancestors: bool = False) -> None:
    """``part`` has the concepts ``chosen``, types and refsets that they use, and all rows about no others."""
    asked = set(tables.ids.texts(chosen))
    kept = part.ids.texts(np.arange(len(part.ids)))
    at = {id: row for row, id in enumerate(tables.ids.texts(np.arange(len(tables.ids))))}
    extra = set(kept) - asked
    assert asked <= set(kept)
    assert kept == sorted(kept, key=at.__getitem__)
    used = {part.ids.text(p) for p in (*part.relations.type, *part.values.type, *part.members.refset)}
    above = Hierarchy(tables.isa, len(tables.ids)).above(tables.ids.positions(used))
    assert extra <= used | (set(tables.ids.texts(above)) if ancestors else set())
    for name in ("terms", *PARTS):
        rows = zip(readable(tables, name), mentioned(tables, name), strict=True)
        assert readable(part, name) == [row for row, concepts in rows if concepts <= set(kept)], name
    concepts = readable(tables, "concepts")
    module = [field.name for field in fields(tables.concepts)].index("module")
    for row, id in zip(readable(part, "concepts"), kept, strict=True):
        whole = list(concepts[at[id]])
        if whole[module] not in kept:
            whole[module] = "None"
        assert row == tuple(whole)


@pytest.mark.parametrize("seed", range(30))
def test_every_table_keeps_what_is_about_the_kept(random_tables, seed):
    tables = random_tables(seed)
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(tables.ids), len(tables.ids) // 2, replace=False)
    part = subset(tables, chosen)
    check(tables, chosen, part)
    again = subset(part, part.ids.positions(tables.ids.texts(chosen)))
    assert same(part, again)


@pytest.mark.parametrize("seed", range(20))
def test_with_ancestors_all_paths_upwards_stay(random_tables, seed):
    tables = random_tables(seed)
    chosen = np.random.default_rng(seed).choice(len(tables.ids), 3, replace=False)
    part = subset(tables, chosen, ancestors=True)
    whole, small = (Hierarchy(one.isa, len(one.ids)) for one in (tables, part))
    for position in chosen:
        at = part.ids.position(tables.ids.text(position))
        expected = tables.ids.texts(whole.ancestors(position))
        assert part.ids.texts(small.ancestors(at)) == expected


@pytest.mark.parametrize("seed", range(20))
def test_all_is_the_same(random_tables, seed):
    tables = random_tables(seed)
    assert same(subset(tables, np.arange(len(tables.ids))[::-1]), tables)


def test_nothing_is_left_of_nothing(random_tables):
    part = subset(random_tables(0), np.array([], np.int64))
    assert len(part.ids) == 0
    assert all(not readable(part, name) for name in EVERY)


def test_a_release_with_dialects(doid):
    tables = doid[1]
    assert same(subset(tables, np.arange(len(tables.ids))), tables)
    chosen = np.flatnonzero(tables.concepts.active)[::40]
    part = subset(tables, chosen, ancestors=True)
    whole = Hierarchy(tables.isa, len(tables.ids))
    check(tables, whole.above(chosen, itself=True), part, ancestors=True)
    assert diff(tables, part).parents == ()
    assert len(part.terms.preference) == len(part.dialects) * len(part.terms.concept) > 0
