"""The closure of a hierarchy against sets and NetworkX; ancestors of many concepts against owlready2.

    python benchmarks/hierarchy.py [--concepts 360000 --classes 45000 --asked 8000 --json]

A random hierarchy of SNOMED CT's shape: one root, 13 levels, 1.6 parents for each concept, ids in no
particular order. Each piece of work runs in a fresh process on one thread. CPU seconds are without imports
and reading, peak memory is of the whole process. NetworkX answers for one concept in a hundred. owlready2
reads a smaller hierarchy as N-Triples; loading and the first touch of its classes do not count as asking.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measuring import apart, measured, peaks

from kgllm.cli.output import emit, table_of
from kgllm.ontology.hierarchy.closure import Closure, ancestors_of
from kgllm.ontology.hierarchy.graph import Hierarchy
from kgllm.ontology.tables import IsA

LEVELS = 13
TARGETS = {"closure CPU": 0.3, "closure memory": 0.4, "ancestors CPU": 0.05}
"""Ours to the peer's, at most."""
CLASS = "http://example.org/hierarchy#C"
OWL, RDFS = "http://www.w3.org/2002/07/owl#", "http://www.w3.org/2000/01/rdf-schema#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def random_links(size: int, seed: int) -> np.ndarray[Any, Any]:
    """(m, 2) int32 child and parent, sorted; most parents are one level above their children."""
    rng = np.random.default_rng(seed)
    level = np.sort(np.clip(rng.binomial(LEVELS - 1, 0.6, size), 1, LEVELS - 1))
    level[0] = 0
    starts = np.searchsorted(level, np.arange(LEVELS + 1))
    parents = rng.choice([1, 2, 3, 4], size, p=[0.56, 0.3, 0.11, 0.03])
    child = np.repeat(np.arange(1, size), parents[1:])
    first, last = starts[level[child] - 1], starts[level[child]]
    parent = first + (rng.random(len(child)) ** 2 * (last - first)).astype(
        np.int64
    )  # some have many children
    links = rng.permutation(size)[np.unique(np.column_stack([child, parent]), axis=0)]
    return links[np.lexsort(links.T[::-1])].astype(np.int32)


def hierarchy_of(links: Path) -> Callable[[], Hierarchy]:
    """What builds the hierarchy; the links are read, and what it needs is imported, before."""
    import_module("scipy.sparse.csgraph")
    child, parent = np.load(links).T.copy()
    return lambda: Hierarchy(IsA(child, parent), int(child.max()) + 1)


def arrays(links: Path) -> dict[str, float]:
    """Both directions of the closure, as arrays."""
    found = []
    build = hierarchy_of(links)
    result = measured(lambda: found.append(Closure.of(build())))
    return {**result, **peaks(), "pairs": len(found[0].ancestors.values)}


def frozensets(links: Path) -> dict[str, float]:
    """Ancestors only: a set for each concept, made of those of its parents."""
    rows = np.load(links).tolist()
    above: dict[int, frozenset[int]] = {}

    def ancestors(concept: int, parents: dict[int, list[int]]) -> frozenset[int]:
        found = above.get(concept)
        if found is None:
            direct = parents.get(concept, [])
            found = above[concept] = frozenset(direct).union(*(ancestors(one, parents) for one in direct))
        return found

    def work() -> None:
        parents: dict[int, list[int]] = {}
        for child, parent in rows:
            parents.setdefault(child, []).append(parent)
        for concept in parents:
            ancestors(concept, parents)

    return {**measured(work), **peaks(), "pairs": sum(map(len, above.values()))}


def networkx_sample(links: Path) -> dict[str, float]:
    """Ancestors of one concept in a hundred."""
    import networkx as nx

    graph = nx.DiGraph(np.load(links).tolist())
    asked = range(0, len(graph), 100)
    pairs: list[int] = []
    result = measured(lambda: pairs.extend(len(nx.descendants(graph, concept)) for concept in asked))
    return {**result, **peaks(), "pairs": sum(pairs), "concepts": len(asked)}


def asked_of(links: Path, asked: int) -> np.ndarray[Any, Any]:
    size = int(np.load(links).max()) + 1
    return np.random.default_rng(1).choice(size, asked, replace=False)


def ours(links: Path, asked: int) -> dict[str, Any]:
    """Ancestors out of the closure, in one call without it, and by a walk for each concept."""
    hierarchy, positions = hierarchy_of(links)(), asked_of(links, asked)
    closures: list[Closure] = []
    result: dict[str, Any] = {"closure": measured(lambda: closures.append(Closure.of(hierarchy)))}
    counts: dict[str, list[int]] = {"kept": [], "at once": [], "walks": []}
    ways: dict[str, Callable[[], object]] = {
        "kept": lambda: counts["kept"].extend(len(closures[0].ancestors[one]) for one in positions),
        "at once": lambda: counts["at once"].extend(ancestors_of(hierarchy, positions).counts()),
        "walks": lambda: counts["walks"].extend(len(hierarchy.ancestors(one)) for one in positions),
    }
    for way, work in ways.items():
        result[way] = {**measured(work), "pairs": int(sum(counts[way]))}
    return {**result, **peaks()}


def owlready(links: Path, asked: int) -> dict[str, Any]:
    """Ancestors of classes that owlready2 has loaded and touched once."""
    from owlready2 import World

    world = World()
    source = links.with_suffix(".nt")
    result: dict[str, Any] = {
        "load": measured(lambda: world.get_ontology(f"file://{source}").load(only_local=True)),
        "touch": measured(lambda: [*world.classes()]),
    }
    classes = [world[f"{CLASS}{one}"] for one in asked_of(links, asked)]
    counts: list[int] = []
    result["ask"] = measured(
        lambda: counts.extend(len(one.ancestors()) - 2 for one in classes)
    )  # itself, Thing
    return {**result, **peaks(), "pairs": sum(counts)}


def write_triples(links: np.ndarray[Any, Any], path: Path) -> None:
    """The links as N-Triples."""
    with path.open("w") as file:
        for concept in range(int(links.max()) + 1):
            file.write(f"<{CLASS}{concept}> <{TYPE}> <{OWL}Class> .\n")
        for child, parent in links.tolist():
            file.write(f"<{CLASS}{child}> <{RDFS}subClassOf> <{CLASS}{parent}> .\n")


def run(concepts: int, classes: int, asked: int, seed: int) -> dict[str, Any]:
    """All pieces of work."""
    with TemporaryDirectory() as folder:
        large, small = Path(folder, "large.npy"), Path(folder, "small.npy")
        np.save(large, random_links(concepts, seed))
        links = random_links(classes, seed)
        np.save(small, links)
        write_triples(links, small.with_suffix(".nt"))
        result = {
            "arrays": apart(arrays, large),
            "frozensets": apart(frozensets, large),
            "networkx": apart(networkx_sample, large),
            "ours": apart(ours, small, asked),
            "owlready2": apart(owlready, small, asked),
        }
    pairs = {result["ours"][way]["pairs"] for way in ("kept", "at once", "walks")}
    if result["arrays"]["pairs"] != result["frozensets"]["pairs"] or pairs != {result["owlready2"]["pairs"]}:
        raise SystemExit(f"the answers differ: {result}")
    return result


def table_rows(result: dict[str, Any]) -> Iterator[tuple[str, str, str, str, str]]:
    """Ours, the peer's, the ratio, and the ratio that is the goal."""
    mine, sets, sample = (result[name] for name in ("arrays", "frozensets", "networkx"))

    def row(name: str, one: float, other: float, unit: str, goal: str = "") -> tuple[str, str, str, str, str]:
        digits = 0 if unit == "MB" else 4
        return name, f"{one:.{digits}f} {unit}", f"{other:.{digits}f} {unit}", f"{one / other:.3f}", goal

    cpu, memory, ask = (f"≤ {target}" for target in TARGETS.values())
    yield row("closure both ways, frozensets one way", mine["cpu_s"], sets["cpu_s"], "s", cpu)
    yield row("its peak memory", mine["caller_mb"], sets["caller_mb"], "MB", memory)
    yield row("closure both ways, NetworkX's 1 % × 100", mine["cpu_s"], 100 * sample["cpu_s"], "s")
    peer = result["owlready2"]["ask"]["cpu_s"]
    names = {"kept": "out of the closure", "at once": "in one call", "walks": "one by one"}
    for way, text in names.items():
        goal = "" if way == "walks" else ask
        yield row(f"ancestors {text}, owlready2", result["ours"][way]["cpu_s"], peer, "s", goal)


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--concepts", type=int, default=360_000)
    parser.add_argument("--classes", type=int, default=45_000, help="of the hierarchy for owlready2")
    parser.add_argument("--asked", type=int, default=8_000, help="classes whose ancestors are asked for")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    result = run(arguments.concepts, arguments.classes, arguments.asked, arguments.seed)
    pairs = f"{result['arrays']['pairs'] / 1e6:.1f} M pairs"
    title = (
        f"Hierarchy of {arguments.concepts:,} concepts, {pairs}; seed {arguments.seed}, one thread, CPU time"
    )
    table = table_of(title, ("", "kgllm", "peer", "ratio", "goal"), table_rows(result))
    emit(result, as_json=arguments.json, table=table)


if __name__ == "__main__":
    main()
