"""Valid expression constraints, each feature of the language, with the brief syntax they mean."""

from __future__ import annotations

from decimal import Decimal
from string import Template

import pytest

from kgllm.ontology.ecl.ast import (
    Attribute,
    Cardinality,
    Comparison,
    Compound,
    Concept,
    Connective,
    Dotted,
    Filtered,
    Group,
    MemberOf,
    Operation,
    Operator,
    Profile,
    Refined,
    RefinementSet,
    Supplemented,
    Wildcard,
)
from kgllm.ontology.ecl.parser import parse
from kgllm.ontology.ecl.text import write
from kgllm.ontology.rf2.sctid import make

IDS = {name: str(make(number, 10, 1000003)) for number, name in enumerate("abcdefgrs", 1)}
"""``$a`` in the texts below is the first id; r and s are refsets."""


def filled(text: str) -> str:
    return Template(text).substitute(IDS)


SIMPLE = [
    ("$a", "$a"),
    ("$a |Ombre of the valley|", "$a |Ombre of the valley|"),
    ("$a|ombre|", "$a |ombre|"),
    ("$a |  ombre  |", "$a |ombre|"),
    ("$a ||", "$a"),
    ("$a |ümbre 山 \U0001f600 (<<, {{|", "$a |ümbre 山 \U0001f600 (<<, {{|"),
    ("100005", "100005"),
    ("*", "*"),
    ("ANY", "*"),
    ("any", "*"),
    ("<$a", "< $a"),
    ("<< $a |ombre|", "<< $a |ombre|"),
    ("<! $a", "<! $a"),
    ("<<!$a", "<<! $a"),
    ("> $a", "> $a"),
    (">>$a", ">> $a"),
    (">! $a", ">! $a"),
    (">>! $a", ">>! $a"),
    ("<< *", "<< *"),
    ("!!> (<< $a)", "!!> (<< $a)"),
    ("!!<(^ $r)", "!!< ^ $r"),
    ("!!< $a", "!!< $a"),
    ("descendantOf $a", "< $a"),
    ("descendantOrSelfOf $a", "<< $a"),
    ("childOf $a", "<! $a"),
    ("childOrSelfOf $a", "<<! $a"),
    ("ANCESTOROF $a", "> $a"),
    ("ancestorOrSelfOf $a", ">> $a"),
    ("parentOf $a", ">! $a"),
    ("parentorselfof $a", ">>! $a"),
    ("top (<< $a)", "!!> (<< $a)"),
    ("Bottom (<< $a)", "!!< (<< $a)"),
]
MEMBERS = [
    ("^ $r", "^ $r"),
    ("^$r |spring set|", "^ $r |spring set|"),
    ("memberOf $r", "^ $r"),
    ("^ *", "^ *"),
    ("^ (< $r)", "^ (< $r)"),
    ("^ (^ $r)", "^ (^ $r)"),
    ("< ^ $r", "< ^ $r"),
    ("<< (^ $r)", "<< ^ $r"),
    ("descendantOrSelfOf memberOf $r", "<< ^ $r"),
]
COMPOUND = [
    ("< $a AND < $b", "< $a AND < $b"),
    ("< $a and < $b And ^ $r", "< $a AND < $b AND ^ $r"),
    ("< $a, < $b", "< $a AND < $b"),
    ("< $a , < $b AND $c", "< $a AND < $b AND $c"),
    ("< $a OR < $b or $c", "< $a OR < $b OR $c"),
    ("<< $a MINUS << $b", "<< $a MINUS << $b"),
    ("<< $a minus ^ $r", "<< $a MINUS ^ $r"),
    ("(< $a AND < $b) OR ^ $r", "(< $a AND < $b) OR ^ $r"),
    ("< $a AND (< $b OR ^ $r)", "< $a AND (< $b OR ^ $r)"),
    ("(< $a MINUS $b) MINUS $c", "(< $a MINUS $b) MINUS $c"),
    ("(($a))", "$a"),
    ("< ($a OR $b)", "< ($a OR $b)"),
    ("< (< ($a))", "< (< $a)"),
]
REFINED = [
    ("< $a : $b = $c", "< $a : $b = $c"),
    ("<$a:$b=<<$c", "< $a : $b = << $c"),
    ("*: $b = *", "* : $b = *"),
    ("ANY:$b = ANY", "* : $b = *"),
    ("< $a: * = $c", "< $a : * = $c"),
    ("< $a : $b = << $c, $d = << $e", "< $a : $b = << $c AND $d = << $e"),
    ("< $a : $b = $c AND $d = $e", "< $a : $b = $c AND $d = $e"),
    ("< $a : $b = $c OR $d = $e", "< $a : $b = $c OR $d = $e"),
    ("< $a : ($b = $c, $d = $e) OR $f = $g", "< $a : ($b = $c AND $d = $e) OR $f = $g"),
    ("< $a : $b = $c AND ($d = $e OR $f = $g)", "< $a : $b = $c AND ($d = $e OR $f = $g)"),
    ("< $a : (($b = $c))", "< $a : $b = $c"),
    ("< $a : << $b = $c", "< $a : << $b = $c"),
    ("< $a : >> $b = $c", "< $a : >> $b = $c"),
    ("< $a : ($b OR $c) = $d", "< $a : ($b OR $c) = $d"),
    ("< $a : (($b MINUS $c) MINUS $d) != *", "< $a : (($b MINUS $c) MINUS $d) != *"),
    ("< $a : ^ $r = $d", "< $a : ^ $r = $d"),
    ("< $a : $b = ($c OR < $d)", "< $a : $b = ($c OR < $d)"),
    ("< $a : $b = (< $c : $d = << $e)", "< $a : $b = (< $c : $d = << $e)"),
    ("< $a : $b != << $c", "< $a : $b != << $c"),
    ("< $a : $b NOT = << $c", "< $a : $b != << $c"),
    ("< $a : $b <> << $c", "< $a : $b != << $c"),
    ("(<< $a OR << $b) : $c = $d", "(<< $a OR << $b) : $c = $d"),
    ("^ $r : $b = ^ $s", "^ $r : $b = ^ $s"),
    ("< $a : R $b = < $c", "< $a : R $b = < $c"),
    ("< $a : reverseOf << $b != < $c", "< $a : R << $b != < $c"),
    ("(< $a : $b = $c) AND ^ $r", "(< $a : $b = $c) AND ^ $r"),
]
CONCRETE = [
    ("< $a : $b = #250", "< $a : $b = #250"),
    ("< $a : $b >= #0.50", "< $a : $b >= #0.50"),
    ("< $a : $b < #-5, $b <= #+3", "< $a : $b < #-5 AND $b <= #3"),
    ("< $a : $b > #62.5", "< $a : $b > #62.5"),
    ("< $a : $b != #1", "< $a : $b != #1"),
    ('< $a : $b = "GLIMMER"', '< $a : $b = "GLIMMER"'),
    (r'< $a : $b != "say \"a\\b\""', r'< $a : $b != "say \"a\\b\""'),
    ("< $a : $b = TRUE", "< $a : $b = true"),
    ("< $a : $b != false", "< $a : $b != false"),
]
GROUPS = [
    ("< $a : { $b = $c }", "< $a : { $b = $c }"),
    ("<$a:{$b=$c,$d=$e},{$f=$g}", "< $a : { $b = $c AND $d = $e } AND { $f = $g }"),
    ("< $a : { $b = $c } OR { $d = $e }", "< $a : { $b = $c } OR { $d = $e }"),
    ("< $a : { ($b = $c OR $d = $e), $f = $g }", "< $a : { ($b = $c OR $d = $e) AND $f = $g }"),
    ("< $a : $b = $c, { $d = $e }", "< $a : $b = $c AND { $d = $e }"),
    ("< $a : ({ $b = $c } OR $d = $e), $f = $g", "< $a : ({ $b = $c } OR $d = $e) AND $f = $g"),
    ("< $a : [1..3] $b = < $c", "< $a : [1..3] $b = < $c"),
    ("< $a : [1..*] $b = $c", "< $a : $b = $c"),
    ("< $a : [0..0] $b != << $c", "< $a : [0..0] $b != << $c"),
    ("< $a : [1 to many] $b = $c", "< $a : $b = $c"),
    ("< $a : [ 0 TO 1 ] $b = $c", "< $a : [0..1] $b = $c"),
    ("< $a : [3..3] R $b = *", "< $a : [3..3] R $b = *"),
    ("< $a : [1..3] { [2..*] $b = $c }", "< $a : [1..3] { [2..*] $b = $c }"),
    ("< $a : [0..0] { [2..*]$b = $c, [0..0] $d = * }", "< $a : [0..0] { [2..*] $b = $c AND [0..0] $d = * }"),
]
DOTTED = [
    ("< $a . $b", "< $a . $b"),
    ("<$a.$b", "< $a . $b"),
    ("< $a . < $b . $c", "< $a . < $b . $c"),
    ("(< $a : $b = $c) . ($d OR $e)", "(< $a : $b = $c) . ($d OR $e)"),
    ("((< $a) . $b) . $c", "(< $a . $b) . $c"),
    ("< $f AND (< $a . $b)", "< $f AND (< $a . $b)"),
    ("!!> (< $a . $b)", "!!> (< $a . $b)"),
]
FILTERED = [
    ("^ $r {{ C active = 1 }}", "^ $r {{ C active = true }}"),
    ("^ $r {{c active=false}}", "^ $r {{ C active = false }}"),
    ("^ $r {{ C active != true }}", "^ $r {{ C active = false }}"),
    ("^ $r {{ C active = * }}", "^ $r {{ C active = * }}"),
    (
        "$a {{ C active = 0 }} {{ C active = 1, active = 0 }}",
        "$a {{ C active = false, active = true, active = false }}",
    ),
    ("(< $a) {{ C active = 1 }}", "< $a {{ C active = true }}"),
    ("< ($a {{ C active = 0 }})", "< ($a {{ C active = false }})"),
    (
        "$a: $b {{ C active = 1 }} = $c {{ C active = 0 }}",
        "$a : $b {{ C active = true }} = $c {{ C active = false }}",
    ),
    (
        "$a : { ($b) {{ C active = 1 }} = $c {{ C active = 0 }}}",
        "$a : { $b {{ C active = true }} = $c {{ C active = false }} }",
    ),
]
HISTORY = [
    ("<< $a {{ + HISTORY }}", "<< $a {{ + HISTORY-MAX }}"),
    ("<< $a {{+HISTORY-MIN}}", "<< $a {{ + HISTORY-MIN }}"),
    ("<< $a {{ + history_mod }}", "<< $a {{ + HISTORY-MOD }}"),
    ("<< $a {{ + History-Max }}", "<< $a {{ + HISTORY-MAX }}"),
    ("<< $a {{ + HISTORY (*) }}", "<< $a {{ + HISTORY-MAX }}"),
    ("<< $a {{ + HISTORY ($r OR $s) }}", "<< $a {{ + HISTORY ($r OR $s) }}"),
    ("<< $a {{ C active = 1 }} {{ + HISTORY-MIN }}", "<< $a {{ C active = true }} {{ + HISTORY-MIN }}"),
    ("(<< $a {{ + HISTORY-MIN }}) {{ C active = 0 }}", "(<< $a {{ + HISTORY-MIN }}) {{ C active = false }}"),
    ("$a AND $b {{ + HISTORY }}", "$a AND $b {{ + HISTORY-MAX }}"),
]
BLANKS = [
    ("/* all */ < /* below */ $a /**/", "< $a"),
    ("\t<\r\n $a\n", "< $a"),
    ("$a/* stars ** and / slashes */AND/***/$b", "$a AND $b"),
    ("<$a\N{NO-BREAK SPACE}OR\N{NO-BREAK SPACE}<$b", "< $a OR < $b"),
]
OTHER_IDS = [
    ("DOID:4", "DOID:4"),
    ("<<DOID:4:RO:0002=UBERON:1", "<< DOID:4 : RO:0002 = UBERON:1"),
    ("DOID:4 . RO:0002", "DOID:4 . RO:0002"),
    ("NCIT_Union:C-12.5 |joined|", "NCIT_Union:C-12.5 |joined|"),
    ("<< 'part_of' |part of|", "<< 'part_of' |part of|"),
    ("'it''s' OR 'https://example.org/x y'", "'it''s' OR 'https://example.org/x y'"),
    ("'DOID:4' AND '$a'", "DOID:4 AND $a"),
    ("'12'", "'12'"),
]
VALID = [
    *(SIMPLE + MEMBERS + COMPOUND + REFINED + CONCRETE + GROUPS),
    *(DOTTED + FILTERED + HISTORY + BLANKS + OTHER_IDS),
]


@pytest.mark.parametrize(("text", "brief"), VALID)
def test_a_valid_expression_is_read_and_written_in_the_brief_syntax(text, brief):
    expression = parse(filled(text))
    assert write(expression) == filled(brief)
    assert parse(filled(brief)) == expression


def test_there_are_many_valid_expressions():
    assert len({text for text, _ in VALID}) == len(VALID) >= 95


A, B, C = (Concept(IDS[name]) for name in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("<< $a |x|", Operation(Operator.DESCENDANT_OR_SELF_OF, Concept(IDS["a"], "x"))),
        ("< ^ $a", Operation(Operator.DESCENDANT_OF, MemberOf(A))),
        ("$a OR $b OR *", Compound(Connective.OR, (A, B, Wildcard()))),
        ("$a . $b . $c", Dotted(A, (B, C))),
        ("$a : [0..2] R $b != $c", Refined(A, Attribute(B, Comparison.UNEQUAL, C, Cardinality(0, 2), True))),
        ("$a : $b <= #2.50", Refined(A, Attribute(B, Comparison.AT_MOST, Decimal("2.5")))),
        ('$a : $b = "tRuE"', Refined(A, Attribute(B, Comparison.EQUAL, "tRuE"))),
        (
            "$a : {$b = true OR $b = $c}",
            Refined(
                A,
                Group(
                    RefinementSet(
                        Connective.OR,
                        (Attribute(B, Comparison.EQUAL, True), Attribute(B, Comparison.EQUAL, C)),
                    )
                ),
            ),
        ),
        ("< $a {{ C active = 0 }}", Filtered(Operation(Operator.DESCENDANT_OF, A), (False,))),
        ("$a {{ + HISTORY-MIN }}", Supplemented(A, Profile.MIN)),
        ("$a {{ + HISTORY ($b) }}", Supplemented(A, B)),
    ],
)
def test_the_tree_of_an_expression(text, tree):
    assert parse(filled(text)) == tree


def test_a_concept_knows_where_it_stood():
    compound = parse(filled("<< $a OR $b"))
    assert [compound.operands[0].operand.at, compound.operands[1].at] == [3, 3 + len(IDS["a"]) + 4]
