"""Equality, comparison, order and grouping: the laws they obey, and three-valued logic by its tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import QueryFailedError
from kgllm.kg.cypher.check.functions import FUNCTIONS
from kgllm.kg.cypher.interpret.aggregates import AGGREGATES
from kgllm.kg.cypher.interpret.functions import SCALARS
from kgllm.kg.cypher.interpret.lists import QUANTIFIERS
from kgllm.kg.cypher.interpret.values import compare, contains, equal, group_key, order_key
from kgllm.kg.model import Edge, Entity, Path

SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([-1.0, 0.0, 0.5, 1.0, float("inf"), float("nan"), 2**53, 2**53 + 1, 2.0**53]),
    st.sampled_from(["", "a", "b", "ä", "😀"]),
    st.dates(date(2000, 1, 1), date(2000, 1, 3)),
    st.builds(Entity, st.sampled_from("ab")),
    st.builds(Edge, st.sampled_from("ab"), st.just("R"), st.sampled_from("ab")),
    st.just(Path((Entity("a"),), ())),
)
VALUES = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xy"), inner),
    max_leaves=4,
)

SYMBOL = {True: "true", False: "false", None: "null"}
TABLES = {
    "AND": {
        (True, True): True,
        (True, False): False,
        (True, None): None,
        (False, None): False,
        (None, None): None,
    },
    "OR": {
        (True, True): True,
        (True, False): True,
        (True, None): True,
        (False, None): None,
        (None, None): None,
    },
    "XOR": {
        (True, True): False,
        (True, False): True,
        (True, None): None,
        (False, None): None,
        (None, None): None,
    },
}
"""The rest follows: the operators are symmetric."""


@pytest.mark.parametrize("operator", TABLES)
def test_three_valued_logic(value: Callable[..., Any], operator: str) -> None:
    table = TABLES[operator] | {(False, False): False}
    for left, right in product(SYMBOL, repeat=2):
        expected = table[(left, right) if (left, right) in table else (right, left)]
        assert value(f"{SYMBOL[left]} {operator} {SYMBOL[right]}") is expected
        assert value(f"$l {operator} $r", l=left, r=right) is expected


@given(VALUES, VALUES)
def test_equality_is_symmetric(left: Any, right: Any) -> None:
    assert equal(left, right) is equal(right, left)


@given(VALUES, VALUES)
def test_equal_values_without_null_are_one_group_and_one_place(left: Any, right: Any) -> None:
    if equal(left, right) and "9007199254740" not in repr((left, right)):
        assert group_key(left) == group_key(right)
        assert order_key(left) == order_key(right)


@given(VALUES, VALUES)
def test_comparisons_mirror_each_other(left: Any, right: Any) -> None:
    assert compare("<", left, right) is compare(">", right, left)
    assert compare("<=", left, right) is compare(">=", right, left)
    if compare("<", left, right):
        assert compare("<=", left, right)
        assert not compare("<", right, left)


@given(VALUES, VALUES, VALUES)
def test_the_order_is_total(one: Any, two: Any, three: Any) -> None:
    a, b, c = order_key(one), order_key(two), order_key(three)
    assert (a < b) + (b < a) + (a == b) == 1
    if a <= b <= c:
        assert a <= c


def test_the_order_of_types() -> None:
    ascending = [
        {"a": 1},
        Entity("a"),
        Edge("a", "R", "b"),
        [1],
        Path((Entity("a"),), ()),
        date(2000, 1, 1),
        "a",
        False,
        -1,
        float("inf"),
        float("nan"),
        None,
    ]
    assert sorted([*ascending[6:], *ascending[:6]], key=order_key) == ascending


@given(VALUES, st.lists(VALUES, max_size=4))
def test_in_is_a_chain_of_equalities(item: Any, items: list[Any]) -> None:
    found = [equal(item, other) for other in items]
    assert contains(item, items) is (True if True in found else None if None in found else False)


def test_true_is_not_one() -> None:
    assert equal(True, 1) is False
    assert group_key(True) != group_key(1)
    assert compare("<", False, 1) is None


@pytest.mark.parametrize("kind", ["all", "any", "none", "single"])
@given(items=st.lists(st.sampled_from([True, False, None]), max_size=4))
def test_quantifiers_are_the_logic_of_their_items(kind: str, items: list[bool | None]) -> None:
    """What can still come true or false when each null becomes either of them decides."""
    hold: dict[str, Callable[[tuple[bool, ...]], bool]] = {
        "all": all,
        "any": any,
        "none": lambda found: not any(found),
        "single": lambda found: sum(found) == 1,
    }
    options = [(True, False) if item is None else (item,) for item in items]
    outcomes = {hold[kind](found) for found in product(*options)}
    assert QUANTIFIERS[kind](iter(items)) is (outcomes.pop() if len(outcomes) == 1 else None)


def test_every_function_of_the_gate_is_there() -> None:
    special = {"coalesce", "startnode", "endnode"}
    assert {name for name, function in FUNCTIONS.items() if function.aggregate} == AGGREGATES.keys()
    assert {
        name for name, function in FUNCTIONS.items() if not function.aggregate
    } == SCALARS.keys() | special


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1 / $zero", "divided by zero"),
        ("$big + 1", "64 bits"),
        ("$list + $list + $big * 2", "64 bits"),
        ("[1][$any[1]]", "LIST has no \\[STRING\\]"),
        ("toUpper($any[0])", "toUpper\\(\\) expects a STRING, but got INTEGER"),
        ("$any[0] =~ 'a'", "=~ expects a STRING"),
        ("'a' =~ $text + '('", "no regular expression"),
        ("'aaaa' =~ '(a+)+b'", "repeats a group"),
        ("'aaaa' =~ '((x|(a{2})))*b'", "repeats a group"),
        ("NOT $any[0]", "NOT expects a BOOLEAN"),
        ("$any[0].name", "expects a NODE"),
        ("range($any[0], $large[0])", "at most"),
        ("reduce(s = 'aaaaaaaaaa', x IN range(1, 60) | s + s)", "at most"),
        ("date($text)", "no date"),
    ],
)
def test_run_time_errors_say_what_was_wrong(value: Callable[..., Any], expression: str, message: str) -> None:
    with pytest.raises(QueryFailedError, match=message):
        value(expression, zero=0, big=2**63 - 1, list=[1], text="x", any=[1, "a"], large=[2**62])
