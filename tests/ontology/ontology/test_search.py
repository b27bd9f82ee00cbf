"""Search: words without case, accents and hyphens; prefixes; the order of the hits; mistyped words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.ontology.ids import IntIds
from kgllm.ontology.search.index import TermIndex, build
from kgllm.ontology.search.typos import nearest
from kgllm.ontology.search.words import joined, normal, readings
from kgllm.ontology.strings import Strings
from kgllm.ontology.tables import Concepts, Origin, Tables, Terms

OLD_LETTERS = st.characters(max_codepoint=0x24FF, exclude_categories=["Cn", "Cs"])
"""Characters about which all versions of Unicode agree."""


@pytest.fixture
def index(tables: Tables) -> TermIndex:
    return TermIndex(tables, build(tables))


def found(index: TermIndex, text: str, k: int = 10, inactive: bool = False) -> list[str]:
    return [index.tables.terms.text[row] for row in index.find(text, k, inactive)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rain", ["rain", "rain cloud"]),
        ("RAI", ["rain", "rain cloud"]),
        ("clo rai", ["rain cloud"]),
        ("weather", ["weather", "wet weather", "light weather"]),
        ("rontgen", ["Röntgen aurora"]),
        ("röntgen", ["Röntgen aurora"]),
        ("x-ray", ["X-ray aurora"]),
        ("x ray", ["X-ray aurora"]),
        ("xray", ["X-ray aurora"]),
        ("x-r", ["X-ray aurora"]),
        ("state of the air", []),  # a definition
        ("event", []),  # inactive
        ("rain snow", []),
        ("", []),
        ("+ !", []),
    ],
)
def test_hits(index: TermIndex, text: str, expected: list[str]) -> None:
    assert found(index, text) == expected


def test_a_concept_is_found_once_and_at_most_k_are(index: TermIndex) -> None:
    assert found(index, "aurora") == ["X-ray aurora"]
    assert found(index, "w", k=2) == ["weather", "wet weather"]
    assert found(index, "rain", k=0) == []


def test_inactive_concepts_come_last_and_when_asked(index: TermIndex) -> None:
    assert found(index, "p", inactive=True) == ["pluvial event", "precipitation event"]


def test_equal_terms(index: TermIndex, tables: Tables) -> None:
    def ids(text: str) -> list[str]:
        return tables.ids.texts(np.array(index.equal(text), np.int32))

    assert ids("Rain  Cloud") == ["W:4"]
    assert ids("Pluvial-event") == ["W:8"]
    assert ids("nimbus") == ["W:4"]
    assert ids("rain clou") == []
    assert ids("") == []


def test_corrections(index: TermIndex) -> None:
    assert index.corrections("rian clowd rain") == {"rian": ["rain"], "clowd": ["cloud"]}
    assert index.corrections("x-ray xray") == {}
    assert index.corrections("zzzzzz") == {"zzzzzz": []}


def _ontology(terms: list[str]) -> Tables:
    size = len(terms)
    ones, zeros = np.ones(size, np.bool_), np.zeros(size, np.int32)
    concepts = Concepts(ones, zeros.astype(np.uint8), ~ones, zeros, zeros)
    codes = np.ones(size, np.uint8)
    rows = Terms(np.arange(size, dtype=np.int32), codes, ones, codes, Strings.of(terms))
    return Tables(Origin("invented", "edges"), IntIds(np.arange(size)), concepts, rows, languages=("", "en"))


@settings(deadline=None, max_examples=60)
@given(
    terms=st.lists(st.text("ab-ä '", max_size=8), max_size=12),
    text=st.text("abä-' ", max_size=6),
)
def test_find_is_what_the_words_say(terms: list[str], text: str) -> None:
    def holds(term: str, prefixes: list[str]) -> bool:
        words = [word for reading in readings(term) for word in reading]
        return bool(prefixes) and all(any(word.startswith(one) for word in words) for one in prefixes)

    index = TermIndex(_ontology(terms), build(_ontology(terms)))
    expected = {row for row, term in enumerate(terms) if any(holds(term, one) for one in readings(text))}
    hits = index.find(text, len(terms))
    assert set(hits) == expected
    assert hits == sorted(hits, key=lambda row: (len(" ".join(readings(terms[row])[0])), row))


@settings(deadline=None)
@given(st.text(OLD_LETTERS, max_size=12))
def test_one_text_has_the_words_of_many(text: str) -> None:
    many = pa.array([text])
    both = [normal(many)[0].as_py().split(), normal(joined(many))[0].as_py().split()]
    assert readings(text) == ([both[0]] if both[0] == both[1] else both)


def _distance(a: str, b: str) -> int:
    """Optimal string alignment by its definition."""
    if not a or not b:
        return len(a) + len(b)
    best = min(_distance(a[1:], b) + 1, _distance(a, b[1:]) + 1, _distance(a[1:], b[1:]) + (a[0] != b[0]))
    if len(a) > 1 and len(b) > 1 and a[0] == b[1] and a[1] == b[0]:
        best = min(best, _distance(a[2:], b[2:]) + 1)
    return best


@settings(deadline=None, max_examples=60)
@given(
    word=st.text("abc", min_size=1, max_size=6),
    words=st.lists(st.text("abc", min_size=1, max_size=6), unique=True, max_size=8),
)
def test_nearest_words(word: str, words: list[str]) -> None:
    limit = 1 if len(word) <= 4 else 2
    weights = np.arange(len(words))
    expected = sorted(
        (_distance(word, one), -row) for row, one in enumerate(words) if _distance(word, one) <= limit
    )
    assert nearest(word, Strings.of(words), weights, most=len(words)) == [words[-row] for _, row in expected]
