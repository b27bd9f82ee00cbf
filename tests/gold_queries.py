"""Queries that a language model wrote for known graphs (text2cypher), and whether stores agree on them.

The set has no answers, so stores are compared with one another: equal rows, whatever their order, where the
query says which rows. Where a LIMIT picks some of many, the sort keys must be equal in order, and the rows be
among those without the LIMIT. The order inside of lists is not compared, and floats to ten digits.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neo4j import Driver
from neo4j.exceptions import Neo4jError
from tck_reader import plain

from kgllm.errors import GraphError, QueryRefusedError, QuerySyntaxError, SchemaError
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.emit.text import text_of
from kgllm.kg.cypher.gate import prepare
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.parse.parser import parse
from kgllm.kg.cypher.walk import rewrite
from kgllm.kg.store import GraphStore

STRICT = Limits(rows=100_000, hops=10, products=2)
LENIENT = replace(STRICT, known_names=False)
"""Unknown names are let through, so that the rows of queries with one can be compared, too."""

RIGHT = ("equal", "equal but for ties")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a query.

    Args:
        kind: ``equal``, ``equal but for ties``, ``undetermined`` (a LIMIT in the middle picks among equals),
            ``different``, ``failed``, ``refused``, ``no Cypher`` (the server, too, says so) or ``rejected``
            (the server takes it).
        detail: a reason, or what differs.
        unknown: what the gate says about names, if it lets unknown ones through only when told to.
        engine: what answered in the embedded store.
    """

    kind: str
    detail: str = ""
    unknown: str = ""
    engine: str = ""


def gold(folder: Path, database: str) -> list[str]:
    """The queries for ``database`` that are marked as without faults and with results, one for each row."""
    with gzip.open(folder / "text2cypher_gpt4turbo.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return [row["cypher"] for row in csv.DictReader(file) if row["database"] == database and _clean(row)]


def _clean(row: Mapping[str, str]) -> bool:
    faults = row["syntax_error"] == "True" or row["timeout"] == "True" or bool(row["false_schema"])
    return not faults and row["returns_results"] == "True"


def verdict(text: str, stores: Mapping[str, GraphStore], driver: Driver) -> Verdict:
    """What the stores make of a query. The first one is the reference; ``driver`` leads to the server."""
    try:
        prepare(text, stores["memory"].schema(0), None, LENIENT)
    except QueryRefusedError as error:
        return Verdict("refused", error.reason)
    except (QuerySyntaxError, SchemaError) as error:
        return Verdict("rejected" if _accepts(driver, text) else "no Cypher", str(error))
    unknown = ""
    try:
        prepare(text, stores["memory"].schema(0), None, STRICT)
    except SchemaError as error:
        unknown = str(error)
    try:
        results = {name: store.query(text, None, LENIENT) for name, store in stores.items()}
        same = len({_counted(result.rows) for result in results.values()}) == 1
        kind, detail = ("equal", "") if same else _with_ties(text, stores)
    except GraphError as error:
        return Verdict("failed", f"{type(error).__name__}: {error}", unknown)
    return Verdict(kind, detail, unknown, str(results["ladybug"].stats["engine"]))


def _accepts(driver: Driver, text: str) -> bool:
    try:
        driver.execute_query(f"EXPLAIN {text}")
    except Neo4jError:
        return False
    return True


def _counted(rows: Sequence[Sequence[Any]]) -> frozenset[tuple[Any, int]]:
    return frozenset(Counter(_row(row) for row in rows).items())


def _row(row: Sequence[Any]) -> Any:
    return plain([_rounded(value) for value in row], lists_ordered=False)


def _rounded(value: Any) -> Any:
    """Sums of floats depend on their order in the last digits."""
    if isinstance(value, float):
        return float(f"{value:.10g}")
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return {key: _rounded(item) for key, item in value.items()} if isinstance(value, dict) else value


# --- LIMIT ----------------------------------------------------------------------------------------


def _with_ties(text: str, stores: Mapping[str, GraphStore]) -> tuple[str, str]:
    """How far the stores agree on a query whose LIMIT may pick among equal rows."""
    query = parse(text)
    *front, last = query.parts[-1].clauses
    if any(isinstance(part, ast.With) and part.projection.limit is not None for part in front):
        return "undetermined", "a LIMIT in the middle"
    if len(query.parts) > 1 or not isinstance(last, ast.Return) or last.projection.limit is None:
        return "different", "other rows"
    keyed = _keyed(last.projection)
    width = len(last.projection.order)
    whole = replace(keyed, skip=None, limit=None)
    every = Counter(_row(row) for row in _ask(stores["memory"], front, whole))
    answers = {name: _ask(store, front, keyed) for name, store in stores.items()}
    keys = {name: [_row(row[len(row) - width :]) for row in rows] for name, rows in answers.items()}
    for name, rows in answers.items():
        if keys[name] != keys["memory"]:
            return "different", f"other sort keys on {name}"
        if Counter(_row(row) for row in rows) - every:
            return "different", f"rows on {name} that the query does not find without its LIMIT"
    return "equal but for ties", ""


def _keyed(projection: ast.Projection) -> ast.Projection:
    """With a column for each sort key, at the end."""
    named = {item.name: item.expression for item in projection.items}

    def change(node: object) -> object | None:
        return named.get(node.name) if isinstance(node, ast.Variable) else None

    keys = (rewrite(key.expression, change) for key in projection.order)
    return replace(
        projection,
        items=(*projection.items, *(ast.Item(key, f"key {number}") for number, key in enumerate(keys))),
    )


def _ask(store: GraphStore, front: Sequence[ast.Clause], last: ast.Projection) -> Sequence[Sequence[Any]]:
    query = ast.Query((ast.SingleQuery((*front, ast.Return(last))),))
    return store.query(text_of(query), None, LENIENT).rows


# --- sums -----------------------------------------------------------------------------------------


def share(verdicts: Sequence[Verdict]) -> float:
    """The share of queries on which all stores agree, of those that the server takes."""
    asked = [one for one in verdicts if one.kind != "no Cypher"]
    return sum(one.kind in RIGHT for one in asked) / len(asked)


def counted(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, str, int]]:
    """Kind, reason of a refusal, and how often."""
    kinds = Counter((one.kind, one.detail if one.kind == "refused" else "") for one in verdicts)
    for (kind, detail), count in kinds.most_common():
        yield kind, detail, count
