"""SCTIDs: published examples, the errors Verhoeff's digits must reveal, and parts that fit together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import OntologyError
from kgllm.ontology.rf2.sctid import COMPONENT, check_digit, make, make_all, parse, partitions, valid

VALID = [1234567890, 14567894, 22298006, 100005, 100014, 100022, 101009, 101013, 101021, 138875005, 116680003]
LONG = [11000003104, 21000003113, 31000003123, 900000000000207008]
TURNS = [[1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(7):
    TURNS.append([TURNS[-1][TURNS[0][digit]] for digit in range(10)])


def by_hand(number: int) -> bool:
    """The check in plain Python, with the group written out as turns and flips of a pentagon."""
    total = 0
    for place, digit in enumerate(reversed(str(number))):
        digit = digit if place % 8 == 0 else TURNS[place % 8 - 1][int(digit)]
        total = multiply(total, int(digit))
    return total == 0


def multiply(a: int, b: int) -> int:
    turned = (a + b if a < 5 else a - b) % 5
    return turned if (a < 5) == (b < 5) else 5 + turned


@pytest.mark.parametrize(
    ("digits", "check"), [("236", 3), ("12345", 1), ("31122019000", 6), ("13887500", 5), ("11668000", 3)]
)
def test_check_digits_of_published_examples(digits: str, check: int) -> None:
    assert check_digit(digits) == check
    assert by_hand(int(digits + str(check)))


def test_valid_ids_of_published_examples() -> None:
    assert valid(np.array(VALID + LONG)).all()
    assert not valid(np.array([22298007, 0, -138875005, 10006, 99999, 10**18, 2**62, -(2**63)])).any()
    assert valid(np.array([], np.int64)).shape == (0,)


@pytest.mark.parametrize("component", COMPONENT)
def test_smallest_ids(component: str) -> None:
    bare, with_namespace = sorted(COMPONENT[component])
    position = list(COMPONENT).index(component)
    assert make(100, bare) == [100005, 100014, 100022][position]
    assert make(position + 1, with_namespace, 1000003) == LONG[position]
    assert parse(str(LONG[position])).component == component


@pytest.mark.parametrize("digits", range(6, 19))
def test_every_wrong_digit_and_every_swap_is_found(digits: int) -> None:
    rng = np.random.default_rng(digits)
    ids = make_all(rng.integers(10 ** (digits - 4), 10 ** (digits - 3), 10_000 // 13 + 1), 0)
    assert valid(ids).all()
    # an error that puts 0 first leaves the text with a leading zero, which is refused as such
    for place in range(digits):
        digit = ids // 10**place % 10
        for other in range(1, 10):
            wrong = ids + ((digit + other) % 10 - digit) * 10**place
            assert not valid(wrong[wrong >= 10 ** (digits - 1)]).any()
    for place in range(digits - 1):
        digit, before = ids // 10**place % 10, ids // 10 ** (place + 1) % 10
        swapped = ids + (before - digit) * 10**place + (digit - before) * 10 ** (place + 1)
        assert not valid(swapped[(digit != before) & (swapped >= 10 ** (digits - 1))]).any()


@given(st.lists(st.integers(10**5, 10**18 - 1), min_size=1), st.booleans())
def test_vectors_agree_with_the_loop(numbers: list[int], fixed: bool) -> None:
    if fixed:
        numbers = [number - number % 10 + check_digit(str(number)[:-1]) for number in numbers]
    for number, right in zip(numbers, valid(np.array(numbers)), strict=True):
        complete = number >= 10**10 or number // 100 % 10 != 1
        assert right == (by_hand(number) and complete)
        if right:
            assert parse(str(number)).check == number % 10
        else:
            with pytest.raises(OntologyError, match="no SCTID"):
                parse(str(number))


@given(st.integers(1, 10**8 - 1), st.integers(10, 19), st.integers(0, 10**7 - 1))
def test_parts_of_the_long_format(item: int, partition: int, namespace: int) -> None:
    id = make(item, partition, namespace)
    parts = parse(str(id))
    assert (parts.item, parts.partition, parts.namespace) == (item, partition, namespace)
    assert partitions(np.array([id])).tolist() == [partition]


@given(st.integers(100, 10**15 - 1), st.integers(0, 99).filter(lambda partition: partition // 10 != 1))
def test_parts_of_the_short_format(item: int, partition: int) -> None:
    parts = parse(str(make(item, partition)))
    assert (parts.item, parts.partition, parts.namespace) == (item, partition, None)
    assert bool(parts.component) == (partition in {0, 1, 2})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "6 to 18 digits"),
        ("10005", "6 to 18 digits"),
        ("1" * 19, "6 to 18 digits"),
        ("13887500x", "6 to 18 digits"),
        ("+13887505", "6 to 18 digits"),
        ("١٣٨٨٧٥٠٠٥", "6 to 18 digits"),
        ("0138875005", "begins with 0"),
        ("138875006", "check digit is 6, expected 5"),
        ("123106", "needs a namespace"),
    ],
)
def test_what_is_no_sctid(text: str, message: str) -> None:
    with pytest.raises(OntologyError, match=message):
        parse(text)


@pytest.mark.parametrize("item", [99, 10**15])
def test_items_out_of_range(item: int) -> None:
    with pytest.raises(OntologyError, match="expected 100 to"):
        make(item, 0)


@pytest.mark.parametrize("item", [0, 10**8])
def test_items_out_of_range_beside_a_namespace(item: int) -> None:
    with pytest.raises(OntologyError, match="expected 1 to"):
        make(item, 10, 1000003)


@pytest.mark.parametrize(
    ("partition", "namespace"), [(10, None), (0, 1000003), (10, 10**7), (10, -1), (100, None), (-1, None)]
)
def test_partitions_and_namespaces_that_do_not_fit(partition: int, namespace: int | None) -> None:
    with pytest.raises(OntologyError, match="namespace"):
        make(100, partition, namespace)


def test_check_digit_of_letters() -> None:
    with pytest.raises(OntologyError, match="expected digits"):
        check_digit("12a")
