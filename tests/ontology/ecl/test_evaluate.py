"""What expressions stand for: the cases that people argue about, each on an ontology small enough to see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kgllm.errors import EclError
from kgllm.ontology.ecl.evaluate import evaluate
from kgllm.ontology.ecl.parser import parse
from kgllm.ontology.ecl.source import Source
from kgllm.ontology.strings import Strings
from kgllm.ontology.tables import Aliases, Kind, Link

SAME_AS, REPLACED_BY = "900000000000527005", "900000000000526001"


@pytest.fixture
def lamps(empty_world):
    """Lamps and what they are made of; ``L:old`` is inactive and was replaced by ``L:desk``."""
    world = empty_world(
        [
            *("L:lamp", "L:desk", "L:wall", "L:neon", "L:old", "L:older", "L:part", "L:bulb", "L:shade"),
            *("M:brass", "M:metal", "r:has", "r:of", "r:strong", "r:name", "r:dimmed", "s:sold", "s:kept"),
        ]
    )
    world.inactive = {"L:old", "L:older"}
    world.kinds = dict.fromkeys(("r:has", "r:of", "r:strong", "r:name", "r:dimmed"), Kind.RELATION)
    world.kinds |= dict.fromkeys(("s:sold", "s:kept"), Kind.SUBSET)
    world.isa = {("L:desk", "L:lamp"), ("L:wall", "L:lamp"), ("L:neon", "L:wall"), ("L:bulb", "L:part")}
    world.isa |= {("L:shade", "L:part"), ("M:brass", "M:metal")}
    world.relations = {
        *(("L:desk", 1, "r:has", "L:bulb"), ("L:desk", 1, "r:of", "M:metal")),
        *(("L:desk", 2, "r:has", "L:shade"), ("L:desk", 2, "r:of", "M:brass")),
        *(("L:wall", 0, "r:has", "L:bulb"), ("L:wall", 0, "r:of", "M:brass")),
        *(("L:neon", 1, "r:has", "L:bulb"), ("L:neon", 2, "r:has", "L:bulb")),
    }
    world.values = {
        *(("L:desk", 1, "r:strong", "#60"), ("L:wall", 0, "r:strong", "#7.50")),
        *(("L:neon", 0, "r:strong", "#-1"), ("L:neon", 0, "r:name", "#x")),
        *(("L:desk", 0, "r:name", '"Glow"'), ("L:wall", 0, "r:name", '"glow"')),
        *(("L:neon", 0, "r:name", "bare"), ("L:desk", 0, "r:dimmed", "true")),
        ("L:wall", 0, "r:dimmed", "FALSE"),
    }
    world.members = {("s:sold", "L:desk"), ("s:sold", "L:old"), ("s:kept", "L:old"), ("s:kept", "M:brass")}
    world.history = {
        *(("L:old", Link.REPLACED_BY, "L:desk"), ("L:older", Link.SAME_AS, "L:desk")),
        *(("L:desk", Link.MOVED_FROM, "L:old"), ("L:older", Link.CONSIDER, "L:wall")),
    }
    return world.source()


def asked(source: Source, text: str) -> str:
    """The ids found, without their prefix."""
    ids = source.tables.ids.texts(evaluate(parse(text), source))
    return " ".join(id.split(":")[1] for id in ids)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L:lamp", "lamp"),
        ("<< L:lamp", "desk lamp neon wall"),
        ("< L:lamp", "desk neon wall"),
        ("<! L:lamp", "desk wall"),
        ("<<! L:lamp", "desk lamp wall"),
        ("> L:neon", "lamp wall"),
        (">> L:neon", "lamp neon wall"),
        (">! L:neon", "wall"),
        (">>! L:neon", "neon wall"),
        ("< (L:lamp OR L:wall)", "desk neon wall"),
        ("!!> (< L:lamp OR M:brass)", "desk wall brass"),
        ("!!< (<< L:lamp)", "desk neon"),
        ("!!> *", "lamp part metal"),
        ("> *", "lamp part wall metal"),
        ("< L:desk", ""),
        ("L:desk, << L:lamp", "desk"),
        ("<< L:lamp MINUS << L:wall", "desk lamp"),
        ("(L:desk OR L:wall) AND (L:wall OR L:neon)", "wall"),
    ],
)
def test_hierarchy_and_sets(lamps, text, found):
    assert asked(lamps, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("*", "bulb desk lamp neon part shade wall brass metal"),  # neither relation types nor subsets
        ("r:has", "has"),
        ("L:old", ""),
        ("<< L:old", ""),
        ("L:old {{ C active = 0 }}", "old"),
        ("L:old {{ C active = * }}", "old"),
        ("* {{ C active = false }}", "old older"),
        ("^ s:sold", "desk"),
        ("^ s:sold {{ C active = 0 }}", "old"),
        ("^ s:sold {{ C active = * }}", "desk old"),
        ("^ s:sold {{ C active = 0 }} {{ C active = 1 }}", ""),
        ("^ *", "desk brass"),
        ("^ (s:sold OR s:kept)", "desk brass"),
        ("^ (* MINUS s:sold)", "brass"),
        ("^ L:lamp", ""),
        ("<< (^ s:sold)", "desk"),
    ],
)
def test_inactive_concepts_and_members(lamps, text, found):
    assert asked(lamps, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L:desk {{ + HISTORY-MIN }}", "desk older"),
        ("L:desk {{ + HISTORY-MOD }}", "desk old older"),
        ("L:wall {{ + HISTORY-MOD }}", "wall"),
        ("L:wall {{ + HISTORY }}", "older wall"),
        ("L:old {{ + HISTORY }}", ""),
        (
            "L:old {{ C active = 0 }} {{ + HISTORY }}",
            "old",
        ),  # what moved from it is active
        ("(<< L:lamp {{ + HISTORY-MIN }}) MINUS L:desk", "lamp neon older wall"),
        ("<< (L:desk {{ + HISTORY-MIN }})", "desk older"),
        ("<<! (L:desk {{ + HISTORY-MIN }})", "desk older"),
        ("(L:desk {{ + HISTORY-MOD }}) {{ C active = 0 }}", "old older"),
    ],
)
def test_history(lamps, text, found):
    assert asked(lamps, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("* : r:has = L:bulb", "desk neon wall"),
        ("< L:wall : r:has = << L:part", "neon"),
        ("* : r:of = M:metal", "desk"),
        ("* : r:of != M:metal", "desk wall"),  # one that differs is enough
        ("* : r:of = << M:metal AND r:has != L:bulb", "desk"),
        ("* : r:of = M:brass OR r:has = L:bulb", "desk neon wall"),
        ("* : * = M:brass", "desk wall"),
        ("* : (* MINUS r:of) = M:brass", ""),
        ("* : L:lamp = *", ""),
        ("* : r:has = (< L:part : R r:has = L:neon)", "desk neon wall"),
        ("<< L:lamp : [0..0] r:of = *", "lamp neon"),
        ("<< L:lamp : [0..0] r:of != M:brass", "lamp neon wall"),
        ("<< L:lamp : [1..1] r:has = *", "neon wall"),  # the same bulb in two groups is one value
        ("<< L:lamp : [2..*] r:has = *", "desk"),
        ("<< L:lamp : [0..1] r:has = *", "lamp neon wall"),
        ("<< L:lamp : [0..*] r:has = L:lamp", "desk lamp neon wall"),
        ("* : R r:has = << L:wall", "bulb"),
        ("* : R r:has != << L:wall", "bulb shade"),
        ("* : [3..3] R * = *", "bulb"),
        ("< L:part : [0..1] R r:has = *", "shade"),
        ("<< L:lamp . r:has", "bulb shade"),
        ("L:wall . r:has . r:of", ""),
        ("(L:bulb OR L:desk) . *", "bulb shade brass metal"),
    ],
)
def test_attributes(lamps, text, found):
    assert asked(lamps, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("* : { r:has = L:bulb }", "desk neon"),  # the wall lamp's attributes are in no group
        ("* : { r:has = L:bulb, r:of = M:brass }", ""),
        ("* : { r:has = L:bulb, r:of = M:metal }", "desk"),
        ("* : r:has = L:bulb, r:of = M:brass", "desk wall"),
        ("* : { r:has = L:bulb } , { r:of = M:brass }", "desk"),
        ("* : { r:has = L:bulb OR r:of = M:brass }", "desk neon"),
        ("* : [2..2] { r:has = L:bulb OR r:of = M:brass }", "desk neon"),
        ("* : [2..*] { r:has = L:bulb }", "neon"),
        ("<< L:lamp : [0..0] { r:has = L:bulb }", "lamp wall"),
        ("* : { [0..0] r:of = * }", "neon"),
        ("* : { [2..*] r:has = * }", ""),
        ("* : { r:has = L:bulb, r:strong >= #60 }", "desk"),
        ("* : { r:has = L:shade, r:strong >= #60 }", ""),
    ],
)
def test_groups(lamps, text, found):
    assert asked(lamps, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("* : r:strong = #7.5", "wall"),
        ("* : r:strong != #7.50", "desk neon"),
        ("* : r:strong < #7.5", "neon"),
        ("* : r:strong <= #7.5", "neon wall"),
        ("* : r:strong > #-1.0", "desk wall"),
        ("* : r:strong >= #-1", "desk neon wall"),
        ("* : * = #60", "desk"),
        ('* : r:name = "Glow"', "desk"),
        ('* : r:name != "Glow"', "neon wall"),
        ('* : r:name = "bare"', "neon"),
        ('* : r:name = "#x"', "neon"),  # no number
        ("* : r:dimmed = true", "desk"),
        ("* : r:dimmed != TRUE", "wall"),
        ('* : r:dimmed = "true"', ""),
        ("* : r:strong = *", "desk neon wall"),
        ("* : r:strong != *", ""),
        ("* : r:strong = L:lamp", ""),
        ("* : [2..*] r:name = *", "neon"),
        ("* : [4..4] * = *", "neon"),
    ],
)
def test_literals(lamps, text, found):
    assert asked(lamps, text) == found


def test_an_id_the_ontology_does_not_have_is_an_error(lamps):
    for text, at in (
        ("< L:lump", 2),
        ("L:desk OR L:lump", 10),
        ("* : [0..0] L:lump = *", 11),
        ("^ 100005", 2),
    ):
        with pytest.raises(EclError, match="the ontology has no concept") as caught:
            evaluate(parse(text), lamps)
        assert caught.value.at == at
    with pytest.raises(EclError, match=r"no concept 'l:desk'; did you mean L:desk\?$"):
        evaluate(parse("<< l:desk"), lamps)
    with pytest.raises(EclError, match="'L:lump'"):
        evaluate(parse("* {{ C active = 1 }} {{ + HISTORY ('L:lump') }}"), lamps)


def test_an_id_that_a_concept_had_before_is_taken(lamps):
    desk = np.array([lamps.tables.ids.position("L:desk")], np.int32)
    tables = replace(lamps.tables, aliases=Aliases(Strings.of(["X:9"]), desk))
    assert asked(Source(tables, lamps.hierarchy), "<< X:9") == "desk"
