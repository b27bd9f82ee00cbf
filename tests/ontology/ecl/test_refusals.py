"""Expression constraints that are wrong, and those that are right and not supported."""

from __future__ import annotations

from string import Template

import pytest

from kgllm.errors import EclError, EclUnsupportedError, OntologyError
from kgllm.ontology.ecl.lexer import DEEPEST
from kgllm.ontology.ecl.parser import parse
from kgllm.ontology.rf2.sctid import make

IDS = {name: str(make(number, 10, 1000003)) for number, name in enumerate("abcd", 1)}
DESCRIPTION, RESERVED = make(1, 11, 1000003), make(1, 16, 1000003)


def filled(text: str) -> str:
    """``$a`` is an id of eleven digits."""
    return Template(text).substitute(IDS)


def placed(marked: str) -> tuple[str, int]:
    """The text without its mark, and where that was."""
    before, behind = filled(marked).split("↓")
    return before + behind, len(before)


WRONG = [
    ("↓", "found the end, expected a concept, '*' or '('"),
    ("   /* nothing */ ↓", "found the end"),
    ("< ↓", "found the end, expected a concept"),
    ("$a ↓$b", "found '21000003109', expected AND, OR, MINUS or the end"),
    ("$a AND↓", "found the end"),
    ("↓AND $a", "found 'AND', expected a concept"),
    ("< ↓< $a", "found '<', expected a concept"),
    ("< ↓<< $a", "found '<<'"),
    ("^ ↓< $a", "found '<'"),
    ("↓(< $a", "'(' is never closed, expected ')'"),
    ("< $a↓)", "found ')', but no bracket is open"),
    ("$a : { $b = ($c ↓}", "found '}', expected ')' for the '(' at line 1, column 31"),
    ("$a : ↓[1..2 $b = $c", "'[' is never closed"),
    ("$a ↓{{ C active = 1 ", "'{{' is never closed, expected '}}'"),
    ("(↓)", "found ')', expected a concept"),
    ("$a AND $b ↓OR $c", "brackets that say what is joined first: it follows AND"),
    ("$a, $b ↓OR $c", "it follows AND"),
    ("$a OR $b ↓MINUS $c", "it follows OR"),
    ("$a MINUS $b ↓MINUS $c", "it follows MINUS"),
    ("$a : $b = $c, $d = $a ↓OR $c = $d", "it follows AND"),
    ("$a : $b = $c ↓MINUS $d = $a", "found 'MINUS', expected brackets around what it follows"),
    ("$a : $b = $c ↓: $d = $a", "found ':'"),
    ("$a . $b ↓: $c = $d", "found ':'"),
    ("$a :↓", "found the end"),
    ("$a : $b↓", "found the end, expected =, !=, <, <=, > or >="),
    ("$a : $b = ↓", "found the end"),
    ("$a : $b > ↓$c", "expected a number, such as #5"),
    ("$a : R $b ↓> #5", "found '>', expected = or !="),
    ("$a : R $b = ↓#5", "found '#5', expected a concept"),
    ("$a : $b = ↓#", "found '#', expected a number behind it"),
    ("$a : $b = ↓#05", "expected a number behind it"),
    ("$a : $b = ↓# 5", "expected a number behind it"),
    ("$a : [2..↓1] $b = $c", "found '1', expected a number from 2 on"),
    ("$a : [1↓] $b = $c", "found ']', expected '..' or 'to'"),
    ("$a : [↓*..1] $b = $c", "expected a number from 0 on"),
    ("$a : [1..↓1234567890] $b = $c", "of at most 9 digits"),
    ("$a : { ↓}", "found '}', expected a concept"),
    ("$a : { ↓{ $b = $c } }", "found '{', expected a concept"),
    ("$a : { [0..1] ↓{ $b = $c } }", "found '{', expected a concept"),
    ("$a ↓|ombre", "a term that is never closed"),
    ('$a : $b = ↓"ombre', "a string that is never closed"),
    (r'$a : $b = ↓"a\n"', "a backslash in a string"),
    ("< ↓'part_of", "an id that is never closed"),
    ("$a ↓/* ombre", "a comment that is never closed, expected */"),
    ("$a ↓/ $b", "found '/', which no expression constraint has"),
    ("$a ↓& $b", "found '&'"),
    ("↓part_of", "an id goes into single quotes: 'part_of'"),
    ("$a {{ C ↓}}", "expected active, definitionStatus"),
    ('$a {{ C ↓term = "x" }}', "found 'term', expected active"),
    ("$a {{ C active ↓}}", "found '}}', expected '=' or '!='"),
    ("$a {{ C active ↓> 1 }}", "found '>'"),
    ("$a {{ C active = ↓2 }}", "expected true, false, 1, 0 or *"),
    ("$a {{ C active != ↓* }}", "expected true, false, 1 or 0"),
    ("$a {{ + ↓HISTORY-ALL }}", "found 'HISTORY-ALL', expected HISTORY, HISTORY-MIN"),
    ("$a {{ + HISTORY-MIN ↓(*) }}", "found '('"),
    ("$a {{ + HISTORY }} ↓{{ C active = 1 }}", "found '{{'"),
    ("$a {{ ↓- HISTORY }}", "found '-'"),
    ("↓99999999", "check digit is 9, expected"),
    ("< ↓99999999", "check digit"),
    ("↓1234", "6 to 18 digits"),
    ("↓0100005", "begins with 0"),
    ("↓" + "9" * 5000, "6 to 18 digits"),
    (f"< ↓{DESCRIPTION}", "is the SCTID of a description, expected one of a concept"),
    (f"< ↓{RESERVED}", "is the SCTID of a reserved partition"),
]
"""Texts, each with ``↓`` before what is wrong, and a part of the message."""


@pytest.mark.parametrize(("marked", "message"), WRONG)
def test_what_is_wrong_is_named_with_its_place(marked, message):
    text, at = placed(marked)
    with pytest.raises(EclError) as caught:
        parse(text)
    assert not isinstance(caught.value, EclUnsupportedError)
    assert caught.value.at == at
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"line 1, column {at + 1}: ")


def test_lines_are_counted():
    with pytest.raises(EclError, match=r"^line 3, column 2: found '\)'"):
        parse(filled("< $a\nAND\n ) $b"))


def test_the_error_is_one_of_ontologies_and_says_how_to_exit():
    with pytest.raises(OntologyError) as caught:
        parse("<")
    assert caught.value.exit_code == 2


UNSUPPORTED = [
    ('< $a {{ ↓term = "ombre" }}', "description filter term"),
    ('< $a {{ D ↓term = wild:"om*e" }}', "description filter term"),
    ('< $a {{ d ↓term != (match:"ombre" "lume") }}', "description filter term"),
    ("< $a {{ D ↓language = en }}", "description filter language"),
    ("< $a {{ ↓type = syn }}", "description filter type"),
    ("< $a {{ D ↓typeId = $b }}", "description filter typeId"),
    ("< $a {{ D ↓dialect = en-gb (prefer) }}", "description filter dialect"),
    ("< $a {{ D ↓dialectId = $b }}", "description filter dialectId"),
    ("< $a {{ D ↓id = 21000003113 }}", "description filter id"),
    ("< $a {{ D ↓active = 1 }}", "description filter active"),
    ("< $a {{ ↓active = 1 }}", "description filter active"),
    ("< $a {{ C ↓definitionStatus = primitive }}", "concept filter definitionStatus"),
    ("< $a {{ C ↓definitionStatusId = $b }}", "concept filter definitionStatusId"),
    ("< $a {{ C active = 1, ↓moduleId = $b }}", "concept filter moduleId"),
    ('< $a {{ C ↓effectiveTime >= "20200131" }}', "concept filter effectiveTime"),
    ('^ $a {{ ↓M mapTarget = "J1" }}', "member filter"),
    ("^ $a {{ ↓m moduleId = $b }}", "member filter"),
    ("^ ↓[targetComponentId] $a", "selection of refset fields"),
    ("^ ↓[*] $a", "selection of refset fields"),
    ("memberOf ↓[a, b] $a", "selection of refset fields"),
    ("^↓R $a", "refsets that contain concepts (^R)"),
    ("↓LUME#54-6", "alternate identifier"),
    ('< ↓"LUME#54 6" |ombre|', "alternate identifier"),
    ('$a : $b = ↓match:"ombre"', "search for terms in a value"),
    ('$a : $b = ↓wild : "om*"', "search for terms in a value"),
    ('$a : $b = ↓("ombre" "lume")', "search for terms in a value"),
    ('$a : $b != ↓(match:"ombre")', "search for terms in a value"),
    ("$a : { ↓R $b = $c }", "reverse flag in an attribute group"),
]


@pytest.mark.parametrize(("marked", "feature"), UNSUPPORTED)
def test_what_is_right_and_not_supported_is_named(marked, feature):
    text, at = placed(marked)
    with pytest.raises(EclUnsupportedError) as caught:
        parse(text)
    assert (caught.value.feature, caught.value.at) == (feature, at)
    assert f"{feature} is part of the language, but not supported" in str(caught.value)


def test_brackets_may_be_deep_but_not_bottomless():
    text = filled("$a")
    assert parse("(" * DEEPEST + text + ")" * DEEPEST) == parse(text)
    nested = text
    for _ in range(DEEPEST):
        nested = f"{text} : {text} = ({nested})"
    parse(nested)
    with pytest.raises(EclError, match="more than 50 brackets are open") as caught:
        parse(f"({nested})")
    assert caught.value.at > 50
