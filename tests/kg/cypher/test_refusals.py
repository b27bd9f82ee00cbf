"""The corpus of hostile texts: each one is refused, for the reason it stands there for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from kgllm.errors import QueryRefusedError, QuerySyntaxError
from kgllm.kg.cypher.gate import prepare
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.parse.parser import parse
from kgllm.kg.cypher.refusals import REASONS, where
from kgllm.kg.schema import SchemaInfo


class Hostile(NamedTuple):
    stage: str
    reason: str
    text: str


def corpus() -> list[Hostile]:
    lines = (Path(__file__).parent / "hostile.txt").read_text(encoding="utf-8").splitlines()
    fields = (line.split(maxsplit=2) for line in lines if line and not line.startswith("#"))
    return [Hostile(stage, reason, json.loads(text)) for stage, reason, text in fields]


CORPUS = corpus()


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: ascii(hostile.text[:40]))
def test_refused_for_its_reason(hostile: Hostile) -> None:
    if hostile.stage == "gate":
        assert parse(hostile.text).parts
        with pytest.raises(QueryRefusedError) as caught:
            prepare(hostile.text, SchemaInfo({}, {}, 0, 0), limits=Limits(known_names=False))
        assert caught.value.reason == hostile.reason
    elif hostile.reason == "syntax":
        with pytest.raises(QuerySyntaxError, match=r"^line \d+, column \d+: "):
            parse(hostile.text)
    else:
        with pytest.raises(QueryRefusedError, match=r"^line \d+, column \d+: ") as caught:
            parse(hostile.text)
        assert caught.value.reason == hostile.reason
        assert str(caught.value).endswith(REASONS[hostile.reason])
        assert "\n" not in str(caught.value)


def test_the_corpus_is_large_and_covers_the_table() -> None:
    assert len({hostile.text for hostile in CORPUS}) == len(CORPUS) >= 400
    assert {hostile.reason for hostile in CORPUS} == REASONS.keys() - {"too-long"} | {"syntax"}
    assert {hostile.stage for hostile in CORPUS} == {"parse", "gate"}


def test_only_the_construct_is_refused_and_not_its_words() -> None:
    first_words = {hostile.text.split()[0].upper() for hostile in CORPUS if hostile.reason != "syntax"}
    for word in sorted(word for word in first_words if word.isascii() and word.isalpha()):
        pattern = f"(n:{word} {{{word}: 1}})-[:{word}]->()"
        assert parse(f"MATCH {pattern} WHERE n.{word} = '{word}' RETURN n AS {word} // {word}").parts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MATCH (n)\n  DETACH DELETE n", "line 2, column 3: DETACH is refused: this would change the graph"),
        (
            "RETURN 1;",
            "line 1, column 9: ; is refused: one statement at a time, without a semicolon; drop",
        ),
        ("RETURN 1 + + ;", "line 1, column 14: ; is refused: one statement at a time"),
    ],
)
def test_messages(text: str, message: str) -> None:
    with pytest.raises(QueryRefusedError) as caught:
        parse(text)
    assert str(caught.value).startswith(message)


def test_places_count_every_kind_of_line_end() -> None:
    text = "a\nb\r\nc\rd"
    places = [where(text, text.index(letter)) for letter in "abcd"]
    assert places == [f"line {line}, column 1" for line in (1, 2, 3, 4)]
    assert where("", 0) == "line 1, column 1"
