"""From drafts to tables: order, references that lead nowhere, cycles, aliases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import OntologyError
from kgllm.ontology.builder import Builder, Draft
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Kind, Link, Origin, Role, Tables

See = Callable[[Tables], Any]


def builder(issues: Issues, *drafts: Draft) -> Builder:
    made = Builder(Origin("toy", "test"), "toy.txt", issues)
    for draft in drafts:
        made.drafts[draft.id] = draft
    return made


def named(id: str, **parts: Any) -> Draft:
    return Draft(id, terms=[(Role.LABEL, id.lower(), "")], **parts)


def test_a_draft_is_made_once() -> None:
    made = builder(Issues())
    first = made.draft("A", 3)
    assert made.draft("A", 9) is first
    assert first.line == 3


def test_nothing_gives_empty_tables(view: See) -> None:
    tables = builder(Issues()).finish()
    assert len(tables.ids) == len(tables.terms.concept) == len(tables.isa.child) == 0
    assert view(tables).ids == []


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), max_size=12))
def test_ids_are_sorted_by_their_bytes_and_found_again(ids: list[str]) -> None:
    tables = builder(Issues(), *map(named, ids)).finish()
    found = tables.ids.texts(np.arange(len(tables.ids)))
    assert [id.encode() for id in found] == sorted({id.encode() for id in ids})
    assert tables.ids.positions(found).tolist() == [*range(len(found))]


def test_terms_are_sorted_by_role_and_none_comes_twice() -> None:
    b = Draft(
        "B",
        terms=[(Role.EXACT, "z", ""), (Role.LABEL, "b", ""), (Role.EXACT, "a", ""), (Role.EXACT, "z", "")],
    )
    tables = builder(Issues(), b, named("A")).finish()
    assert tables.terms.concept.tolist() == [0, 1, 1, 1]
    assert [*tables.terms.text] == ["a", "b", "z", "a"]
    assert tables.terms.role.tolist() == [Role.LABEL, Role.LABEL, Role.EXACT, Role.EXACT]


def test_languages_are_numbered() -> None:
    b = Draft("B", terms=[(Role.LABEL, "hammer", "en"), (Role.LABEL, "Hammer", "de")])
    tables = builder(issues := Issues(), b, named("A")).finish()
    assert tables.languages == ("", "de", "en")
    assert [tables.languages[code] for code in tables.terms.language.tolist()] == ["", "en", "de"]
    assert issues.total == 0


@pytest.mark.parametrize(
    ("rule", "draft", "text"),
    [
        ("unknown-reference", named("B", parents=["X"], line=7), "X"),
        ("unknown-reference", named("B", relations=[("part", "X")], line=7), "X"),
        ("unknown-reference", named("B", history=[(Link.CONSIDER, "X")], line=7), "X"),
        ("unknown-reference", named("B", parents=["mentioned"], line=7), "mentioned"),
        ("undeclared-relation", named("B", relations=[("Y", "A")], line=7), "Y"),
        ("undeclared-relation", named("B", values=[("Y", "3")], line=7), "Y"),
        ("inactive-parent", named("B", parents=["old"], line=7), "old"),
        ("inactive-parent", named("B", parents=["A"], active=False, line=7), "A"),
        ("no-label", Draft("B", 7), "B"),
        ("two-labels", Draft("B", 7, terms=[(Role.LABEL, "b", ""), (Role.LABEL, "c", "")]), "B"),
    ],
)
def test_warnings_say_where(view: See, rule: str, draft: Draft, text: str) -> None:
    part = Draft("part", kind=Kind.RELATION)
    mentioned = Draft("mentioned", declared=False)
    others = named("A"), named("old", active=False), part, mentioned
    found = view(builder(issues := Issues(), draft, *others).finish())
    assert dict(issues.counts) == {rule: 1}
    [issue] = issues.samples(rule)
    assert (issue.file, issue.line, issue.text, issue.detail) == ("toy.txt", 7, text, "in B")
    assert found.isa == set()
    assert "mentioned" not in found.ids


def test_references_are_found_by_other_ids(view: See) -> None:
    b = named("B", parents=["OLD:A", "A"], history=[(Link.SAME_AS, "OLD:A")])
    found = view(builder(issues := Issues(), b, named("A", aliases=["OLD:A", "B"])).finish())
    assert issues.total == 0
    assert found.isa == {("B", "A")}
    assert found.history == {("B", Link.SAME_AS, "A")}
    assert found.aliases == {"OLD:A": "A"}, "the id of another concept is no alias"


def test_relations_and_subsets_are_made_when_they_are_used(view: See) -> None:
    a = named("A", relations=[("part", "A")], values=[("size", "9")], subsets=["small"])
    found = view(builder(Issues(), a).finish())
    assert (found.kind["part"], found.kind["size"], found.kind["small"]) == (
        Kind.RELATION,
        Kind.RELATION,
        Kind.SUBSET,
    )
    assert found.relations == {("A", "part", "A")}
    assert found.values == {("A", "size", "9")}
    assert found.members == {("small", "A")}


def test_what_obsolete_concepts_say_is_left_out_but_for_their_history(view: See) -> None:
    parts = {"relations": [("part", "B")], "values": [("part", "1")], "subsets": ["small"]}
    old = named("A", active=False, history=[(Link.REPLACED_BY, "B")], **parts)
    found = view(builder(issues := Issues(), old, named("B"), Draft("part", kind=Kind.RELATION)).finish())
    assert not found.relations | found.values | found.members
    assert found.history == {("A", Link.REPLACED_BY, "B")}
    assert issues.total == 0


def test_a_cycle_is_printed_and_left_out(view: See) -> None:
    above = {"A": ["C"], "B": ["A"], "C": ["B", "R"], "R": []}

    def finish(issues: Issues) -> Tables:
        return builder(issues, *(named(id, parents=parents) for id, parents in above.items())).finish()

    with pytest.raises(OntologyError, match=r"\[is-a-cycle\].*'A → C → B → A'.*remove one"):
        finish(Issues())
    found = view(finish(issues := Issues("report")))
    assert dict(issues.counts) == {"is-a-cycle": 1}
    assert found.isa == {("C", "R")}


def test_nothing_is_its_own_parent(view: See) -> None:
    assert view(builder(Issues(), named("A", parents=["A"])).finish()).isa == set()


pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)


@given(links=pairs)
def test_links_of_any_graph_are_kept_but_for_cycles(links: list[tuple[int, int]]) -> None:
    drafts = [named(f"T:{n}", parents=[f"T:{above}" for at, above in links if at == n]) for n in range(10)]
    tables = builder(Issues("report"), *drafts).finish()
    kept = {*zip(tables.isa.child.tolist(), tables.isa.parent.tolist(), strict=True)}
    reach = np.eye(10, dtype=bool)
    for child, parent in links:
        reach[child, parent] = True
    for middle in range(10):
        reach |= reach[:, [middle]] & reach[[middle], :]
    assert kept == {(child, parent) for child, parent in links if not reach[parent, child]}
