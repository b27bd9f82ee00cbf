"""Queries that a language model wrote, on the three stores: how many run, and whether the rows are equal.

    python benchmarks/text2cypher.py DATA [--databases movies northwind --json]

DATA holds the folders ``text2cypher``, ``neo4j-movies`` and ``neo4j-northwind``. A Neo4j server is started
unless ``KGLLM_NEO4J_URI`` names an empty one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from kgllm.cli.output import emit, table_of
from kgllm.kg.formats import Source, read_graph
from kgllm.kg.formats.tables import read_tables
from kgllm.kg.open import open_store
from kgllm.kg.store import GraphStore

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

import gold_queries
import neo4j_server

NORTHWIND = Path(__file__).resolve().parents[1] / "examples" / "northwind.yaml"

DATABASES = ("movies", "northwind")


def source(database: str, data: Path) -> Source:
    """The graph of a database."""
    if database == "northwind":
        return read_tables(NORTHWIND, data / "neo4j-northwind")
    return read_graph(data / f"neo4j-{database}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with neo4j_server.any_server() as url, tempfile.TemporaryDirectory() as folder:
        urls = {"memory": "memory:", "ladybug": f"ladybug:{folder}/gold", "neo4j": url}
        found = {database: judge(database, options.data, urls) for database in options.databases}
    report(found, options.json)


def judge(database: str, data: Path, urls: Mapping[str, str]) -> list[tuple[str, gold_queries.Verdict]]:
    """Each gold query with its verdict."""
    graph = source(database, data)
    with ExitStack() as stack:
        driver = stack.enter_context(neo4j_server.driver(urls["neo4j"]))
        stores: dict[str, GraphStore] = {
            name: stack.enter_context(open_store(url, "create")) for name, url in urls.items()
        }
        for store in stores.values():
            store.bulk_load(graph.nodes(), graph.edges())
        queries = gold_queries.gold(data / "text2cypher", database)
        verdicts = {text: gold_queries.verdict(text, stores, driver) for text in dict.fromkeys(queries)}
    return [(text, verdicts[text]) for text in queries]


def report(found: Mapping[str, Sequence[tuple[str, gold_queries.Verdict]]], as_json: bool) -> None:
    """Print the sums and what is not equal."""
    sums = []
    for database, judged in found.items():
        verdicts = [verdict for _, verdict in judged]
        share, unknown = gold_queries.share(verdicts), sum(bool(one.unknown) for one in verdicts)
        engines = Counter(one.engine for one in verdicts)
        sums.append([database, len(verdicts), share, unknown, engines["ladybug"], engines["interpreter"]])
    columns = ["database", "queries", "share", "unknown names", "ladybug", "interpreter"]
    kinds = [
        [database, *row]
        for database, judged in found.items()
        for row in gold_queries.counted([verdict for _, verdict in judged])
    ]
    rest = [
        [database, verdict.kind, verdict.detail, " ".join(text.split())]
        for database, judged in found.items()
        for text, verdict in dict(judged).items()
        if verdict.kind not in (*gold_queries.RIGHT, "undetermined")
    ]
    if as_json:
        emit(
            {"sums": [dict(zip(columns, row, strict=True)) for row in sums], "kinds": kinds, "rest": rest},
            as_json=True,
        )
        return
    emit(None, as_json=False, table=table_of("Gold queries", columns, sums))
    emit(None, as_json=False, table=table_of("Verdicts", ["database", "verdict", "reason", "queries"], kinds))
    emit(None, as_json=False, table=table_of("The rest", ["database", "verdict", "reason", "query"], rest))


if __name__ == "__main__":
    main()
