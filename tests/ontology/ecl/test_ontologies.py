"""Expressions on ontologies of other kinds: ids of any form, SCTIDs, counts that may mislead, real files."""

from __future__ import annotations

import numpy as np
import pytest

from kgllm.errors import EclError
from kgllm.ontology.ecl.evaluate import evaluate
from kgllm.ontology.ecl.parser import parse
from kgllm.ontology.ids import TextIds
from kgllm.ontology.load import load
from kgllm.ontology.tables import Link

SAME_AS, REPLACED_BY = "900000000000527005", "900000000000526001"


def asked(source, text):
    return source.tables.ids.texts(evaluate(parse(text), source))


def test_literals_are_exact(empty_world):
    world = empty_world(["a:1", "a:2", "r:n"])
    world.values = {("a:1", 0, "r:n", "#9007199254740993"), ("a:2", 0, "r:n", "#0.1")}
    source = world.source()
    assert asked(source, "* : r:n = #9007199254740993") == ["a:1"]
    assert asked(source, "* : r:n = #9007199254740992") == []
    assert asked(source, "* : r:n = #0.10") == ["a:2"]


def test_ids_of_any_form_in_quotes(empty_world):
    world = empty_world(["D000001", "it's", "12", "https://example.org/x"])
    world.isa = {("12", "D000001"), ("it's", "D000001")}
    source = world.source()
    assert isinstance(source.tables.ids, TextIds)
    assert asked(source, "< 'D000001' OR 'https://example.org/x'") == ["12", "https://example.org/x", "it's"]
    assert asked(source, "'it''s'") == ["it's"]


def test_attributes_lie_under_the_concept_model_attribute_where_there_is_one(empty_world):
    world = empty_world(["410662002", "762706009", "100005", "101009", "101013"])
    world.isa = {("762706009", "410662002")}
    world.relations = {("101009", 0, "762706009", "101013"), ("101013", 0, "100005", "101009")}
    source = world.source()
    assert asked(source, "* : * = *") == ["101009"]
    assert asked(source, "* : 100005 = *") == []
    assert asked(source, "* . *") == ["101013"]


def test_association_refsets_choose_the_history(empty_world):
    world = empty_world(["100005", "101009", "101013", SAME_AS, REPLACED_BY, "900000000000522004"])
    world.inactive = {"101009", "101013"}
    world.isa = {(SAME_AS, "900000000000522004"), (REPLACED_BY, "900000000000522004")}
    world.history = {("101009", Link.SAME_AS, "100005"), ("101013", Link.REPLACED_BY, "100005")}
    source = world.source()
    for text, found in (
        (f"100005 {{{{ + HISTORY ({SAME_AS}) }}}}", ["100005", "101009"]),
        (f"100005 {{{{ + HISTORY ({SAME_AS} OR {REPLACED_BY}) }}}}", ["100005", "101009", "101013"]),
        ("100005 {{ + HISTORY (< 900000000000522004) }}", ["100005", "101009", "101013"]),
        ("100005 {{ + HISTORY (100005) }}", ["100005"]),
        ("100005 {{ + HISTORY (*) }}", ["100005", "101009", "101013"]),
    ):
        assert asked(source, text) == found


def test_an_empty_ontology_has_nothing(empty_world):
    source = empty_world([]).source()
    found = evaluate(parse("* : [0..0] { * = * } OR * = #5"), source)
    assert found.dtype == np.int32
    assert found.tolist() == []
    with pytest.raises(EclError):
        evaluate(parse("100005"), source)


def test_a_source_with_two_attributes_counts_once_in_reverse_and_twice_forwards(empty_world):
    world = empty_world(["a:1", "a:2", "r:x", "r:y"])
    world.relations = {("a:1", 0, "r:x", "a:2"), ("a:1", 0, "r:y", "a:2")}
    source = world.source()
    assert asked(source, "* : [1..1] R * = *") == ["a:2"]
    assert asked(source, "* : [2..2] * = *") == ["a:1"]


def test_a_concept_and_a_literal_are_never_the_same_value(empty_world):
    world = empty_world(["a:1", "a:2", "r:x"])
    world.relations, world.values = {("a:2", 0, "r:x", "a:1")}, {("a:2", 0, "r:x", "#1")}
    assert asked(world.source(), "* : [2..2] r:x = *") == ["a:2"]


def test_an_obo_file(data_root):
    ontology = load(data_root("obo-fixtures") / "pato.obo")
    assert len(ontology.ecl("*")) == 2661 - 892
    assert len(ontology.ecl("* {{ C active = 0 }}")) == 892
    assert ontology.ecl("!!> *") == ["PATO:0000001"]
    assert len(ontology.ecl("<< PATO:0000001")) == 2661 - 892


def test_a_release(data_root):
    ontology = load(data_root("rf2-doid"))
    root = "1029999901105"
    assert ontology.ecl("!!> (* : [0..0] * = *)") == [root]
    assert len(ontology.ecl(f"<< {root}")) == 11_658
    assert len(ontology.ecl(f"!!< (<< {root})")) == 7_730
    assert len(ontology.ecl("> *")) == 11_658 - 7_730
    assert len(ontology.ecl("* {{ C active = 0 }}")) == 3_733
    supplemented = ontology.ecl(f"<< {root} {{{{ + HISTORY-MOD }}}}")
    sources = ontology.tables.history.source[ontology.tables.history.link == Link.REPLACED_BY]
    assert len(supplemented) == 11_658 + len(np.unique(sources)) > 11_658
