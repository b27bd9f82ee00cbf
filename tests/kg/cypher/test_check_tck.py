"""The check against the openCypher TCK, which says of each query whether it means anything."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from kgllm.errors import QueryRefusedError, QuerySyntaxError
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.check import check
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.parse.parser import parse
from kgllm.kg.schema import SchemaInfo

EMPTY = SchemaInfo({}, {}, 0, 0)
LENIENT = Limits(known_names=False)

NOT_FOUND = {
    "MATCH (me: Person)--(you: Person) RETURN me.age + you.age, count(*) AS cnt"
    " ORDER BY me.age + you.age + count(*)": "both are columns, so the sum has a meaning",
}
"""Queries that the TCK calls wrong at compile time, and why they pass."""

FALSE_ALARMS = {
    "WITH date({year: 1984, month: 10, day: 11}) AS x MATCH (d:Duration)"
    " RETURN x + d.dur AS sum, x - d.dur AS diff": "a store holds no durations",
    "MATCH (n) WITH n LIMIT toInteger(ceil(1.7)) RETURN count(*) AS count": "LIMIT takes no expressions",
}
"""Queries that have a result in the TCK, and why they do not pass."""


def constant(node: ast.Expression) -> object:
    match node:
        case ast.Literal(value=value):
            return value
        case ast.ListLiteral(items=items):
            return [constant(item) for item in items]
        case ast.MapLiteral(items=items):
            return {key: constant(value) for key, value in items}
    raise ValueError(node)


def scenarios(folder: Path) -> Iterator[tuple[str, dict[str, object], str]]:
    """Query, parameters, and when it should fail: ``compile``, ``runtime``, ``any`` or never."""
    with gzip.open(folder / "scenarios.derived.jsonl.gz", "rt") as lines:
        for line in lines:
            query, parameters, fails = "", {}, ""
            for step in json.loads(line)["steps"]:
                if step["text"] == "executing query:":
                    query = step["doc"]
                elif step["text"] == "parameters are:":
                    items = ", ".join(f"`{name}`: {value}" for name, value in step["table"])
                    clause = parse(f"RETURN {{{items}}}").parts[0].clauses[0]
                    parameters = constant(clause.projection.items[0].expression)
                elif found := re.search(r"should be raised at (\w+)", step["text"]):
                    fails = found[1]
            yield query, parameters, fails


def test_tck(data_root: Callable[[str], Path]) -> None:
    """Every query that is wrong at compile time is found, and no other one is called wrong."""
    counts: Counter[tuple[str, str]] = Counter()
    passed, stopped = set(), set()
    for query, parameters, fails in scenarios(data_root("opencypher-tck")):
        text = re.sub(r"\s+", " ", query)
        try:
            tree = parse(query)
        except (QueryRefusedError, QuerySyntaxError):
            continue
        try:
            check(tree, EMPTY, parameters, LENIENT)
            verdict = "passed"
            passed |= {text} if fails in ("compile", "any") else set()
        except QueryRefusedError as error:
            verdict = error.reason
            stopped |= {text} if not fails and error.reason not in ("function", "date-field") else set()
        except QuerySyntaxError:
            verdict = "wrong"
            stopped |= set() if fails else {text}
        counts[fails, verdict] += 1
    assert passed == set(NOT_FOUND)
    assert stopped == set(FALSE_ALARMS)
    assert counts["compile", "wrong"] > 500
    assert counts["", "passed"] > 1850
