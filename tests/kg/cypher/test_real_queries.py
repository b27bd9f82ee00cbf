"""Queries that others wrote: the openCypher TCK, and what a language model wrote for 16 databases."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from kgllm.errors import QueryRefusedError, QuerySyntaxError
from kgllm.kg.cypher.emit.text import text_of
from kgllm.kg.cypher.parse.parser import parse


def outcome(text: str) -> str:
    """``parsed``, ``syntax``, or the reason of the refusal."""
    try:
        query = parse(text)
    except QuerySyntaxError:
        return "syntax"
    except QueryRefusedError as error:
        return error.reason
    written = text_of(query)
    assert text_of(parse(written)) == written
    return "parsed"


def outcomes(texts: Iterable[str]) -> Counter[str]:
    return Counter(outcome(text) for text in texts)


def test_opencypher_tck(data_root: Callable[[str], Path]) -> None:
    path = data_root("opencypher-tck") / "scenarios.derived.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        scenarios = [json.loads(line) for line in lines]
    positive, negative = [], []
    for scenario in scenarios:
        fails = any("should be raised" in step["text"] for step in scenario["steps"])
        queries = [s["doc"] for s in scenario["steps"] if s["text"].startswith("executing query")]
        (negative if fails else positive).extend(queries)
    counts = outcomes(positive)
    assert len(positive) == 3202
    assert counts.keys() == {"parsed", "write", "call", "subquery-clauses", "too-long"}
    assert counts["parsed"] >= 2883
    assert outcomes(negative)["syntax"] >= 37  # the others are for the check, or are refused


def test_text2cypher(data_root: Callable[[str], Path]) -> None:
    path = data_root("text2cypher") / "text2cypher_gpt4turbo.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    flags = ("syntax_error", "timeout", "false_schema")
    clean = [row["cypher"] for row in rows if [row[flag] for flag in flags] == ["False", "False", ""]]
    flagged = [row["cypher"] for row in rows if [row[flag] for flag in flags] != ["False", "False", ""]]
    assert (len(clean), len(flagged)) == (9191, 655)
    assert outcomes(clean)["parsed"] / len(clean) >= 0.99
    assert outcomes(flagged).total() == len(flagged)  # whatever they are, nothing else is raised
