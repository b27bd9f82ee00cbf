"""The openCypher TCK on the three stores: what is refused and why, what passes, and what goes wrong.

    python benchmarks/tck.py FOLDER [--every 1 --stores memory ladybug neo4j --json]

FOLDER holds ``scenarios.derived.jsonl.gz``. ``--every 10`` runs a tenth of the scenarios. The graphs are made
on a Neo4j server, which is started unless ``KGLLM_NEO4J_URI`` names an empty one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kgllm.cli.output import emit, table_of
from kgllm.kg.open import open_store

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

import neo4j_server
import tck_reader
import tck_runner

STORES = ("memory", "ladybug", "neo4j")
COLUMNS = (*tck_runner.AS_EXPECTED, "wrong", "refused", "left out", "bounded", "share")


def main() -> None:
    options = arguments()
    scenarios = list(tck_reader.scenarios(options.folder))
    if options.every > 1:
        scenarios = tck_runner.sample(scenarios, options.every)
    outcomes: dict[str, Mapping[str, tck_runner.Outcome]] = {}
    seconds: dict[str, float] = {}
    with neo4j_server.any_server() as url, tempfile.TemporaryDirectory() as folder:
        with neo4j_server.driver(url) as driver:
            graphs = tck_runner.graphs(driver, scenarios)
        urls = dict(zip(STORES, ("memory:", f"ladybug:{folder}/tck", url), strict=True))
        for name in options.stores:
            began = time.monotonic()
            with open_store(urls[name], "create") as store:
                outcomes[name] = tck_runner.run(scenarios, graphs, store)
            seconds[name] = time.monotonic() - began
    report(outcomes, seconds, options.json)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--stores", nargs="+", choices=STORES, default=STORES)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def report(
    outcomes: Mapping[str, Mapping[str, tck_runner.Outcome]], seconds: Mapping[str, float], as_json: bool
) -> None:
    """Print the sums, the reasons and all that is wrong."""
    sums = {name: sums_of(found) | {"seconds": seconds[name]} for name, found in outcomes.items()}
    reasons = tck_runner.reasons(next(iter(outcomes.values())))
    wrong = {name: tck_runner.wrong(found) for name, found in outcomes.items()}
    engines = {
        name: dict(Counter(one.engine for one in found.values() if one.kind == "answered"))
        for name, found in outcomes.items()
    }
    if as_json:
        emit({"sums": sums, "refused": reasons, "engines": engines, "wrong": wrong}, as_json=True)
        return
    rows = [[name, *(found[column] for column in COLUMNS)] for name, found in sums.items()]
    emit(None, as_json=False, table=table_of("Scenarios", ["store", *COLUMNS], rows))
    counted = [[name, engine, count] for name, found in engines.items() for engine, count in found.items()]
    emit(None, as_json=False, table=table_of("Answered by", ["store", "engine", "scenarios"], counted))
    emit(None, as_json=False, table=table_of("Refused", ["reason", "scenarios"], list(reasons.items())))
    listed = [[name, scenario, what[:100]] for name, all_ in wrong.items() for scenario, what in all_.items()]
    emit(None, as_json=False, table=table_of("Wrong", ["store", "scenario", "what"], listed))


def sums_of(outcomes: Mapping[str, tck_runner.Outcome]) -> dict[str, Any]:
    """Scenarios by kind of outcome, those given a bound, and the share of the subset that passes."""
    kinds = tck_runner.kinds(outcomes)
    bounded = sum(one.bounded for one in outcomes.values())
    return {
        **{kind: kinds[kind] for kind in COLUMNS[:-2]},
        "bounded": bounded,
        "share": tck_runner.share(outcomes),
    }


if __name__ == "__main__":
    main()
