"""Any text: an expression that can be written and read back, or an error of the language; nothing else."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgllm.errors import EclError, EclUnsupportedError
from kgllm.ontology.ecl.parser import parse
from kgllm.ontology.ecl.text import write
from kgllm.ontology.rf2.sctid import make

ID = str(make(1, 10, 1000003))
TOKENS = [
    *("<", "<<", "<!", "<<!", ">", ">>", ">!", ">>!", "!!>", "!!<", "^", "*", "=", "!=", "<=", ">=", "<>"),
    *("(", ")", "[", "]", "{", "}", "{{", "}}", ",", ".", "..", ":", "+", "#", "#5", "#-0.5", "|", '"', "'"),
    *(
        "AND",
        "OR",
        "MINUS",
        "NOT",
        "R",
        "ANY",
        "to",
        "many",
        "true",
        "0",
        "1",
        "2",
        "C active",
        "D term",
        "M",
    ),
    *("HISTORY", "HISTORY-MIN", "memberOf", "descendantOf", "top", "/*", "*/", "A:1", "'x'", '"x"', "A#1"),
    *(ID, f"{ID} |x|", "|x|", "1234", "word", " ", "\n", "\\", "é", "\U0001f600", "\0", "\ud800"),
]
PARTS = [
    *(
        "({0})",
        "< ({0})",
        "^ ({0})",
        "({0}) AND ({1})",
        "({0}) OR ({1})",
        "({0}) MINUS ({1})",
        "({0}) : A:1 = ({1})",
    ),
    *("({0}) : {{ [0..2] ({1}) != 'y' , A:1 < #5 }}", "({0}) . ({1})", "({0}) {{{{ C active = 0 }}}}"),
    *("({0}) {{{{ + HISTORY ({1}) }}}}", "({0}) : R A:1 = ({1}) OR ('b' = \"x\")"),
]

texts = st.lists(st.sampled_from(TOKENS), max_size=30).map(" ".join)
glued = st.lists(st.sampled_from(TOKENS), max_size=30).map("".join)
expressions = st.recursive(
    st.sampled_from(["*", ID, "A:1", "'x y'", f"<< {ID}", "^ A:1"]),
    lambda inner: st.builds(str.format, st.sampled_from(PARTS), inner, inner),
    max_leaves=6,
)


def check(text: str) -> str:
    """What became of ``text``."""
    try:
        expression = parse(text)
    except EclError as caught:
        error = caught
    else:
        assert parse(write(expression)) == expression
        return "right"
    assert 0 <= error.at <= len(text)
    assert len(str(error)) < 300
    if not isinstance(error, EclUnsupportedError):
        return "wrong"
    assert error.feature in str(error)
    return "unsupported"


@settings(max_examples=600, deadline=None)
@given(st.one_of(texts, glued, st.text(max_size=60), st.text("<>!^*|{}[](),.:=#'\" aR1/", max_size=40)))
@example("a : b = ")
@example(f"{ID} : {ID} =")
@example("^")
@example("(" * 51)
def test_no_text_does_more_than_fail_with_a_place(text):
    check(text)


@settings(max_examples=200, deadline=None)
@given(expressions)
def test_expressions_of_every_shape_are_read_back(text):
    assert check(text) == "right"


@settings(max_examples=300, deadline=None)
@given(expressions, st.data())
def test_a_damaged_expression_fails_with_a_place(text, data):
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 3))
    check(text[:at] + data.draw(st.sampled_from(TOKENS)) + text[at + cut :])


def test_the_tokens_make_all_kinds_of_texts():
    """What the fuzzing above relies on: among random texts there are right, wrong and unsupported ones."""
    found: Counter[str] = Counter()

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(st.lists(st.sampled_from(["<<", "^", ID, "A:1", "AND", ":", "=", "{{ D term", "}}"]), max_size=6))
    def count(tokens):
        found[check(" ".join(tokens))] += 1

    count()
    assert all(found[kind] for kind in ("right", "wrong", "unsupported")), found


LONG = 100_000


@pytest.mark.parametrize(
    "text",
    [
        " OR ".join([ID] * (LONG // 20)),
        "(" * LONG,
        ")" * LONG,
        "<" * LONG,
        "!" * LONG,
        "A." * LONG,
        "A-" * LONG,
        "A:" * LONG,
        "A:B" + "." * LONG,
        "A#" * LONG,
        "9" * LONG,
        "'" * (LONG + 1),
        '"' + "\\" * LONG,
        "|" * (LONG + 1),
        "/*" + "*" * LONG,
        "/*/" * LONG,
        "#" + "9" * LONG + "x",
        f"{ID} : {ID} = #" + "9" * LONG,
        f"{ID} : " + ", ".join([f"{ID} = *"] * (LONG // 20)),
        f"{ID} . " * (LONG // 20) + ID,
        ID + " {{ C active = 1 }}" * (LONG // 20),
        ID + " {{ C active = 1" + ", active = 1" * (LONG // 20) + " }}",
        f"{ID} : {ID} = (" * (LONG // 20),
    ],
)
def test_long_texts_are_no_trouble(text):
    """Read in linear time: a quadratic reader would need minutes for each of these."""
    check(text)
