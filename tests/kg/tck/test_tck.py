"""The openCypher TCK on every store: what is in the read subset goes as the TCK says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kgllm.kg.cypher.refusals import REASONS
from kgllm.kg.open import open_store
from kgllm.kg.store import GraphStore

KNOWN = json.loads(Path(__file__).with_name("known.json").read_text())
"""How many scenarios are refused for which reason, how many fit no store, and which go wrong, and why."""

EVERY = 12
"""The server is asked every so many of the scenarios; ``benchmarks/tck.py`` asks all."""

pytestmark = pytest.mark.slow
Outcomes = Mapping[str, Any]


def known_failures(store: str, outcomes: Outcomes) -> set[str]:
    """The scenarios among ``outcomes`` that are known to go wrong."""
    return {name for name, known in KNOWN["wrong"].items() if store in known["stores"]} & outcomes.keys()


def test_memory(tck: ModuleType, scenarios: list[Any], graphs: Mapping[Any, Any]) -> None:
    with open_store("memory:") as store:
        outcomes = tck.run(scenarios, graphs, store)
    everything(tck, outcomes, "memory")
    assert tck.kinds(outcomes)["left out"] == KNOWN["left out"]


def test_ladybug(tck: ModuleType, scenarios: list[Any], graphs: Mapping[Any, Any], tmp_path: Path) -> None:
    with open_store(f"ladybug:{tmp_path / 'tck'}", "create") as store:
        outcomes = tck.run(scenarios, graphs, store)
    everything(tck, outcomes, "ladybug")
    engines = Counter(one.engine for one in outcomes.values() if one.kind == "answered")
    assert engines["ladybug"] >= KNOWN["answered by the engine"]


def everything(tck: ModuleType, outcomes: Outcomes, store: str) -> None:
    assert set(tck.wrong(outcomes)) == known_failures(store, outcomes)
    assert tck.reasons(outcomes) == KNOWN["refused"]
    assert set(KNOWN["refused"]) <= set(REASONS)
    assert tck.share(outcomes) > 0.99


def test_neo4j(
    tck: ModuleType, scenarios: list[Any], graphs: Mapping[Any, Any], neo4j_store: GraphStore
) -> None:
    some = tck.sample(scenarios, EVERY)
    some += [one for one in scenarios if one.name in KNOWN["wrong"] and one not in some]
    outcomes = tck.run(some, graphs, neo4j_store)
    assert set(tck.wrong(outcomes)) == known_failures("neo4j", outcomes)
    assert tck.kinds(outcomes)["answered"] > 100


def test_what_writes_is_refused(tck: ModuleType, scenarios: list[Any]) -> None:
    writing = [one for one in scenarios if one.unsupported in ("writes", "procedures")]
    outcomes = {one.name: tck.at_the_gate(one) for one in writing}
    assert len(writing) > 250
    assert tck.reasons(outcomes).keys() == {"write", "call"}
    assert tck.kinds(outcomes)["refused"] == len(writing)
