"""What synthetic releases say: terms, dialects, groups, axioms, maps, history."""

from __future__ import annotations

import re
from collections import Counter

from kgllm.ontology.rf2.rows import FileKind
from kgllm.ontology.rf2.synth import Release, plain
from kgllm.ontology.rf2.synth.metadata import special_ids
from kgllm.ontology.rf2.synth.words import AWKWARD

ID = special_ids()


def test_terms(small: Release) -> None:
    view = plain.view(small.path)
    everybody = view.active | view.inactive
    assert view.name.keys() == everybody
    assert all(re.fullmatch(r"[a-z ]+ \([a-z /]+\)", name) for name in view.name.values())
    us, gb = (view.preferred[ID[name]] for name in ("us", "gb"))
    assert us.keys() == gb.keys() == everybody
    assert any(us[concept] != gb[concept] for concept in view.active)
    terms = set().union(*view.synonyms.values())
    assert terms.issuperset(AWKWARD)
    assert all(term == term.strip() and len(term) <= 255 for term in terms)
    assert any('"' in text for texts in view.definitions.values() for text in texts)


def test_each_dialect_prefers_one_synonym_at_each_date(small: Release) -> None:
    for date in small.size.dates:
        concept = {
            row["id"]: row["conceptId"]
            for row in plain.as_of(plain.rows(small.path, FileKind.DESCRIPTION, "Full"), date)
            if row["typeId"] == str(ID["synonym"]) and row["active"] == "1"
        }
        preferred = Counter(
            (row["refsetId"], concept[row["referencedComponentId"]])
            for row in plain.as_of(plain.rows(small.path, FileKind.LANGUAGE, "Full"), date)
            if row["active"] == "1"
            and row["acceptabilityId"] == str(ID["preferred"])
            and row["referencedComponentId"] in concept
        )
        assert {*preferred.values()} == {1}
        assert len(preferred) == 2 * len({*concept.values()})


def test_inactive_members_that_say_preferred(small: Release) -> None:
    rows = plain.rows(small.path, FileKind.LANGUAGE)
    assert any(row["active"] == "0" and row["acceptabilityId"] == str(ID["preferred"]) for row in rows)


def test_groups_and_values(small: Release) -> None:
    view = plain.view(small.path)
    groups = Counter((concept, group) for concept, rows in view.attributes.items() for group, _, _ in rows)
    assert {group for _, group in groups} >= {0, 1, 2}
    assert any(count > 1 for (_, group), count in groups.items() if group)
    assert {value[0] for rows in view.values.values() for _, _, value in rows} == {"#", '"'}


def test_axioms_say_what_relationships_say(small: Release) -> None:
    view = plain.view(small.path)
    for row in plain.rows(small.path, FileKind.OWL_EXPRESSION):
        concept, text = int(row["referencedComponentId"]), row["owlExpression"]
        if row["active"] == "0":
            continue
        assert text.count("(") == text.count(")")
        some = {(int(a), int(b)) for a, b in re.findall(r"ObjectSomeValuesFrom\(:(\d+) :(\d+)\)", text)}
        assert some == {(type_, target) for _, type_, target in view.attributes[concept]}
        rest = re.sub(r"ObjectSomeValuesFrom\(:609096000 .*", "", text)
        subject, *parents = map(int, re.findall(r":(\d+)", rest))
        assert subject == concept
        assert {*parents} == view.parents[concept]
        groups = {group for group, _, _ in view.attributes[concept] if group}
        alone = sum(group == 0 for group, _, _ in view.attributes[concept])
        assert text.count("From(:609096000") == len(groups) + alone


def test_maps(small: Release) -> None:
    groups: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
    for row in plain.rows(small.path, FileKind.EXTENDED_MAP):
        group = groups.setdefault((row["referencedComponentId"], row["mapGroup"]), [])
        group.append((int(row["mapPriority"]), row["mapRule"], row["mapTarget"]))
        conditional = row["mapRule"].startswith("IFA ")
        assert (row["mapCategoryId"] == str(ID["context-dependent"])) == conditional
        assert bool(row["mapTarget"]) == (row["mapCategoryId"] != str(ID["unclassifiable"]))
    for group in groups.values():
        priorities, rules, targets = zip(*sorted(group), strict=True)
        assert priorities == tuple(range(1, len(group) + 1))
        assert rules[-1] in {"TRUE", "OTHERWISE TRUE"}
        assert len({*targets}) == len(group)


def test_history_and_refsets(small: Release) -> None:
    view = plain.view(small.path)
    assert view.history.keys() <= view.inactive
    assert all(target in view.active for rows in view.history.values() for _, target in rows)
    assert view.members[ID["simple-1"]]
    assert view.members[ID["simple-2"]]
    assert view.members[ID["simple-map"]] <= view.active
