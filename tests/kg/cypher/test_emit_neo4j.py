"""Queries as text for Neo4j, by text and by what a real server makes of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from kgllm.errors import GraphError
from kgllm.kg.cypher.emit.neo4j import HIDDEN, kind_of, to_neo4j
from kgllm.kg.cypher.gate import prepare
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.parse.parser import parse
from kgllm.kg.schema import SchemaInfo

EMPTY = SchemaInfo({}, {}, 0, 0)
LIMITS = Limits(known_names=False, products=9)


def emitted(text: str, **parameters: object) -> str:
    text = to_neo4j(prepare(text, EMPTY, parameters, LIMITS)).text
    return text.removesuffix(" LIMIT 1001")


# --- Entity -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "becomes"),
    [
        ("(n)", "(`n`:`Entity`)"),
        ("(n:A)", "(`n`:`Entity`&`A`)"),
        ("(n:A:B)", "(`n`:`Entity`&(`A`&`B`))"),
        ("(n:A|!B)", "(`n`:`Entity`&(`A`|!`B`))"),
        ("(n:Entity)", "(`n`:`Entity`&`Entity`)"),
        ("()", "(:`Entity`)"),
        ("(n)-->()", "(`n`:`Entity`)-[]->()"),
        ("()-[r*0..2]-()", "(:`Entity`)-[`r`*0..2]-(:`Entity`)"),
        ("()-[*0..2]-(:A)-->()", "()-[*0..2]-(:`A`)-[]->()"),
        ("(n)-->(:A)", "(`n`:`Entity`)-[]->(:`A`)"),
        ("(n)<-[:R]-({id: 'x'})", "(`n`:`Entity`)<-[:`R`]-(:`Entity` {`id`: $_0})"),
        ("(n)-[r]-(m), (n)--(k)", "(`n`:`Entity`)-[`r`]-(`m`:`Entity`), (`n`)-[]-(`k`:`Entity`)"),
        ("(n:%)", "(`n`:`Entity` WHERE (size(labels(`n`)) > 1))"),
        (
            "(n:!%|A WHERE n.x = n.y)",
            "(`n`:`Entity` WHERE ((NOT (size(labels(`n`)) > 1)) OR (`n`:`A`)) AND `n`.`x` = `n`.`y`)",
        ),
        (
            "(n)-->(:%)-->(:%)",
            "(`n`:`Entity`)-[]->(`_any12` WHERE (size(labels(`_any12`)) > 1))"
            "-[]->(`_any19` WHERE (size(labels(`_any19`)) > 1))",
        ),
        (
            "p = shortestPath((n {id: 'a'})-[*..3]-(m))",
            "`p` = shortestPath((`n`:`Entity` {`id`: $_0})-[*1..3]-(`m`:`Entity`))",
        ),
    ],
)
def test_patterns_match_entities_only(pattern: str, becomes: str) -> None:
    text = emitted(f"MATCH {pattern} RETURN true AS yes")
    assert text == f"MATCH {becomes} RETURN true AS `yes`"


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        (
            "MATCH (a) WHERE (a)-->() RETURN a",
            "MATCH (`a`:`Entity`) WHERE EXISTS { MATCH (`a`)-[]->() } RETURN `a` AS `a`",
        ),
        (
            "MATCH (a) MATCH (a)-->(b) WITH b MATCH (a) RETURN a, b",
            "MATCH (`a`:`Entity`) MATCH (`a`)-[]->(`b`:`Entity`) WITH `b` AS `b` MATCH (`a`:`Entity`)"
            " RETURN `a` AS `a`, `b` AS `b`",
        ),
        (
            "MATCH (a) RETURN COUNT { (a)-->(b) WHERE EXISTS { (b)-->(c) } } AS n",
            "MATCH (`a`:`Entity`) RETURN COUNT { MATCH (`a`)-[]->(`b`:`Entity`) WHERE EXISTS { MATCH"
            " (`b`)-[]->(`c`:`Entity`) } } AS `n`",
        ),
        (
            "MATCH (a) RETURN [(a)-->(b) | b.name] AS l",
            "MATCH (`a`:`Entity`) RETURN [(`a`)-[]->(`b`:`Entity`) | `b`.`name`] AS `l`",
        ),
        ("UNWIND [1] AS x RETURN x", "UNWIND [$_0] AS `x` RETURN `x` AS `x`"),
        ("RETURN 1 AS `a``b\\c`", "RETURN $_0 AS `a``b\\u005Cc`"),
        ("RETURN 'é\\u0041'", "RETURN $_0 AS `'é\\u005Cu0041'`"),
    ],
)
def test_clauses(text: str, becomes: str) -> None:
    assert emitted(text) == becomes


# --- what is hidden ---------------------------------------------------------------------------------

SORTED = (
    "COLLECT {{ UNWIND {0} AS `_name` WITH `_name` WHERE `_name` <> '{1}' RETURN `_name` ORDER BY `_name` }}"
)


def sorted_names(strings: str, own: str) -> str:
    return f"CASE WHEN {strings} IS NULL THEN null ELSE {SORTED.format(strings, own)} END"


@pytest.mark.parametrize(
    ("expression", "becomes"),
    [
        ("labels(n)", sorted_names("labels(`n`)", "Entity")),
        ("keys(n)", sorted_names("keys(`n`)", "id")),
        ("keys(r)", sorted_names("keys(`r`)", "_key")),
        ("keys({a: 1})", "keys({`a`: $_0})"),
        ("n {.*}", "`n` {.*, `id`: $_hidden}"),
        ("n {.name, .id}", "`n` {.`name`, .`id`}"),
        ("n {.*, id: 5}", "`n` {.*, `id`: $_0}"),
        ("r {.*, n: 5}", "`r` {.*, `n`: $_0, `_key`: $_hidden}"),
        ("properties(n)", "`n` {.*, `id`: $_hidden}"),
        ("properties(startNode(r))", "[`_name` IN [startnode(`r`)] | `_name` {.*, `id`: $_hidden}][0]"),
        ("properties({a: 1})", "properties({`a`: $_0})"),
        ("n:A", "`n`:`A`"),
        ("n:A|%", "((`n`:`A`) OR (size(labels(`n`)) > 1))"),
        ("r:R", "`r`:`R`"),
    ],
)
def test_the_stores_own_names_are_hidden(expression: str, becomes: str) -> None:
    text = emitted(f"MATCH (n)-[r]->() RETURN {expression} AS x")
    assert text == f"MATCH (`n`:`Entity`)-[`r`]->() RETURN {becomes} AS `x`"


def test_hidden_is_a_parameter_only_where_it_is_needed() -> None:
    read = prepare("MATCH (n) RETURN n {.*} AS x, $_hidden AS y", EMPTY, {"_hidden": 1}, LIMITS)
    assert dict(to_neo4j(read).parameters) == {"_hidden": 1, "_hidden1": HIDDEN}
    assert not to_neo4j(prepare("MATCH (n) RETURN n", EMPTY, {}, LIMITS)).parameters


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("endNode(r)", "node"),
        ("nodes(p)[0]", "node"),
        ("last(relationships(p))", "edge"),
        ("x", None),
        ("toUpper(x)", None),
    ],
)
def test_kinds_of_expressions(expression: str, kind: str | None) -> None:
    clause = parse(f"RETURN {expression}").parts[0].clauses[-1]
    assert kind_of(clause.projection.items[0].expression) == kind


# --- a real server ----------------------------------------------------------------------------------


def test_a_server_understands_what_is_emitted(
    neo4j_server: ModuleType, neo4j_url: str, data_root: Callable[[str], Path]
) -> None:
    """Each eightieth query of the openCypher TCK that the gate accepts, explained by Neo4j."""
    path = data_root("opencypher-tck") / "scenarios.derived.jsonl.gz"
    with gzip.open(path, "rt") as lines:
        steps = [step for line in lines for step in json.loads(line)["steps"]]
    texts = dict.fromkeys(step["doc"] for step in steps if step["text"] == "executing query:")
    statements = []
    for text in texts:
        try:
            statements.append(to_neo4j(prepare(text, EMPTY, {}, LIMITS)))
        except GraphError:
            continue
    assert len(statements) > 1000
    with neo4j_server.driver(neo4j_url) as driver, driver.session() as session:
        for statement in statements[::80]:
            summary = session.run(f"EXPLAIN {statement.text}", dict(statement.parameters)).consume()
            assert summary.query_type == "r"


def test_a_server_hides_what_is_the_stores(neo4j_server: ModuleType, neo4j_url: str) -> None:
    neo4j_server.clear(neo4j_url)
    edge = "(:Entity:Z:B {id: 'a', x: 1})-[:R {_key: '', w: 2}]->(:Entity {id: 'b'})"
    asked = {
        "MATCH (n) RETURN n.id AS id ORDER BY id": [["a"], ["b"]],
        "MATCH (n:%) RETURN n.id": [["a"]],
        "MATCH (n:!%) RETURN n.id": [["b"]],
        "MATCH ()-->(n:!%) RETURN n.id": [["b"]],
        "MATCH (n) RETURN labels(n) AS l ORDER BY n.id": [[["B", "Z"]], [[]]],
        "MATCH (n {id: 'a'}) RETURN keys(n), n {.*}, properties(n)": [
            [["x"], {"x": 1, "id": HIDDEN}, {"x": 1, "id": HIDDEN}]
        ],
        "MATCH ()-[r]->() RETURN keys(r), properties(r), properties(endNode(r)), type(r)": [
            [["w"], {"w": 2, "_key": HIDDEN}, {"id": HIDDEN}, "R"]
        ],
        "OPTIONAL MATCH (n:None) RETURN labels(n), keys(n), n {.*}": [[None, None, None]],
        "MATCH p = (a)-->(b) RETURN [x IN nodes(p) | labels(x)], all(x IN nodes(p) WHERE x:%)": [
            [[["B", "Z"], []], False]
        ],
        "RETURN COUNT { () } AS n": [[2]],
    }
    with neo4j_server.driver(neo4j_url) as driver:
        driver.execute_query(f"CREATE {edge}, (:_KgllmMeta {{id: 'k'}})")
        for text, rows in asked.items():
            statement = to_neo4j(prepare(text, EMPTY, {}, LIMITS))
            records = driver.execute_query(statement.text, dict(statement.parameters)).records
            assert [list(record.values()) for record in records] == rows, text
    neo4j_server.clear(neo4j_url)
