"""The gate against queries that a language model wrote, of which a server's verdict is known."""

from __future__ import annotations

import ast
import csv
import gzip
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from kgllm.errors import QueryRefusedError, QuerySyntaxError, SchemaError
from kgllm.kg.cypher.gate import prepare
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.schema import LabelInfo, SchemaInfo

pytestmark = pytest.mark.slow

EMPTY = SchemaInfo({}, {}, 0, 0)

TYPES = {
    "STRING": "str",
    "INTEGER": "int",
    "FLOAT": "float",
    "BOOLEAN": "bool",
    "DATE": "date",
    "LIST": "list",
}

SHIFTS = {
    0: 0,
    390: 1,
    1542: 2,
    2097: 3,
    2494: 4,
    4098: 5,
    4951: 6,
    6012: 7,
    7218: 8,
    7693: 9,
    7961: 10,
    8517: 12,
    9087: 0,
}
"""The column ``syntax_error`` slips against the queries: from this row on, a flag is of so many rows below.

Found by aligning the flags with queries that are plainly wrong; at the seams it is exact to a few rows.
"""


@pytest.fixture(scope="module")
def queries(data_root: Callable[[str], Path]) -> list[dict[str, str]]:
    with gzip.open(data_root("text2cypher") / "text2cypher_gpt4turbo.csv.gz", "rt") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def schemas(data_root: Callable[[str], Path]) -> dict[str, SchemaInfo]:
    with (data_root("text2cypher") / "text2cypher_schemas.csv").open() as file:
        found = {row["database"]: row["structured_schema"] for row in csv.DictReader(file)}
    return {database: schema(ast.literal_eval(text)) for database, text in found.items()}


def schema(described: Mapping[str, Any]) -> SchemaInfo:
    heads, tails = defaultdict(set), defaultdict(set)
    for relation in described["relationships"]:
        heads[relation["type"]].add(relation["start"])
        tails[relation["type"]].add(relation["end"])
    ends = set().union(*heads.values(), *tails.values())
    labels = {label: described["node_props"].get(label, []) for label in {*described["node_props"], *ends}}
    relations = {
        name: LabelInfo(
            1, typed(described["rel_props"].get(name, [])), tuple(heads[name]), tuple(tails[name])
        )
        for name in heads
    }
    return SchemaInfo({name: LabelInfo(1, typed(found)) for name, found in labels.items()}, relations, 1, 1)


def typed(properties: list[dict[str, str]]) -> dict[str, str]:
    return {p["property"]: TYPES.get(p["type"], "") for p in properties}


def verdict(text: str, known: SchemaInfo, limits: Limits) -> str:
    try:
        prepare(text, known, {}, limits)
    except QuerySyntaxError:
        return "wrong"
    except QueryRefusedError:
        return "refused"
    except SchemaError as error:
        return "impossible edge" if "never occurs" in str(error) else "unknown name"
    return "passed"


def test_queries_that_a_server_did_not_accept(queries: list[dict[str, str]]) -> None:
    """They are found without a schema, and few others are called wrong."""
    starts = list(SHIFTS)
    flagged = [i for i, row in enumerate(queries) if row["syntax_error"] == "True"]
    wrong = {i + SHIFTS[starts[bisect(starts, i) - 1]] for i in flagged}
    limits = Limits(known_names=False)
    found: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for i, row in enumerate(queries):
        found[i in wrong][verdict(row["cypher"], EMPTY, limits)] += 1
    assert len(wrong) == len(flagged)
    assert found[True]["passed"] < 0.035 * len(wrong)
    assert found[False]["wrong"] < 0.001 * len(queries)
    assert found[False]["refused"] < 0.03 * len(queries)  # mostly datetime() and duration()


def test_queries_that_name_what_is_not_there(
    queries: list[dict[str, str]], schemas: dict[str, SchemaInfo]
) -> None:
    """Those marked so are found; of the others few name anything unknown."""
    rows = [row for row in queries if row["database"] in schemas]
    found: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for row in rows:
        known = schemas[row["database"]]
        found[bool(row["false_schema"])][verdict(row["cypher"], known, Limits())] += 1
    assert found[True]["passed"] < 0.015 * found[True].total()
    assert found[False]["unknown name"] < 0.01 * found[False].total()
