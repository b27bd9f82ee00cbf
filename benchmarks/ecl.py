"""Expression constraints on a synthetic hierarchy, against the recursive walk over dicts that people write.

    python benchmarks/ecl.py [--concepts 360000 --rounds 100 --json]

A random DAG of 13 levels, 1.6 parents a concept, five attributes a concept in three groups. ``<<`` is asked
of concepts from the middle levels, parsed and evaluated each time, with the closure of the hierarchy and
without; the peer walks from the same concepts through a dict of children. They take turns, in one thread; the
figures are medians of CPU time. Answers are compared before anything is timed. The other expressions have no
peer.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import numpy as np

from kgllm.cli.output import emit, table_of
from kgllm.ontology.ecl.evaluate import evaluate
from kgllm.ontology.ecl.parser import parse
from kgllm.ontology.ecl.source import Source
from kgllm.ontology.hierarchy.closure import Closure
from kgllm.ontology.hierarchy.graph import Hierarchy
from kgllm.ontology.ids import IntIds
from kgllm.ontology.rf2.sctid import make_all
from kgllm.ontology.tables import Concepts, IsA, Origin, Relations, Tables

LEVELS, MORE_PARENTS, ATTRIBUTES, TYPES = 13, 0.6, 5, 40
MIDDLE = range(3, 10)
BLOCK = 10
"""Concepts that are asked of one, before it is the other's turn."""
SIZES = (100, 1_000, 10_000, 100_000)
"""Answers are told apart by size: up to a third of each and up to three times as many."""


def links(count: int, rng: np.random.Generator) -> tuple[IsA, np.ndarray]:
    """One root, levels that widen, and parents in the level above; and the level of each concept."""
    widths = 2.2 ** np.arange(1, LEVELS)
    bounds = np.concatenate(([0, 1], 1 + np.cumsum(widths / widths.sum() * (count - 1)).astype(int)))
    bounds[-1] = count
    level = np.searchsorted(bounds, np.arange(count), side="right") - 1
    children = np.arange(1, count)
    children = np.concatenate((children, children[rng.random(count - 1) < MORE_PARENTS]))
    low, high = bounds[level[children] - 1], bounds[level[children]]
    # a few concepts have most of the children, as in real hierarchies
    parents = low + ((high - low) * rng.random(len(children)) ** 3).astype(int)
    pairs = np.unique(np.stack((children, parents), 1), axis=0).astype(np.int32)
    return IsA(pairs[:, 0].copy(), pairs[:, 1].copy()), level


def ontology(count: int, seed: int) -> tuple[Source, np.ndarray]:
    """The source, and the level of each concept; attributes are the last concepts."""
    rng = np.random.default_rng(seed)
    isa, level = links(count, rng)
    source = np.repeat(np.arange(count), ATTRIBUTES)
    type_ = rng.integers(count - TYPES, count, len(source))
    rows = np.stack((source, rng.integers(0, 4, len(source)), type_, rng.integers(0, count, len(source))), 1)
    source, group, type_, target = np.unique(rows, axis=0).astype(np.int32).T.copy()
    relations = Relations(source, type_, target, group.astype(np.int16))
    ids = IntIds(make_all(np.arange(1, count + 1), 10, 1000003))
    none, kind = np.zeros(count, np.int32), np.zeros(count, np.uint8)
    concepts = Concepts(np.ones(count, np.bool_), kind, kind.astype(np.bool_), none, none - 1)
    tables = Tables(Origin("synthetic", "edges"), ids, concepts, isa=isa, relations=relations)
    return Source(tables, Hierarchy(isa, count)), level


def walk_of(source: Source) -> Callable[[int], set[int]]:
    """Descendants of an id and itself, recursively, from a dict of the children of each id."""
    isa, ids = source.tables.isa, source.tables.ids.arrays()["ids"]
    children: dict[int, list[int]] = defaultdict(list)
    for child, parent in zip(ids[isa.child].tolist(), ids[isa.parent].tolist(), strict=True):
        children[parent].append(child)
    plain = dict(children)

    def visit(id: int, seen: set[int]) -> None:
        for child in plain.get(id, ()):
            if child not in seen:
                seen.add(child)
                visit(child, seen)

    def walk(id: int) -> set[int]:
        seen = {id}
        visit(id, seen)
        return seen

    return walk


def cpu(function: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one call, and its result."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def descendants(source: Source, level: np.ndarray, rounds: int) -> list[dict[str, Any]]:
    """``<<`` and the walk, for concepts of the middle levels with about as many descendants as each size."""
    walk, plain, rng = walk_of(source), Source(source.tables, source.hierarchy), np.random.default_rng(1)
    ids = source.tables.ids.arrays()["ids"]
    calls: dict[str, Callable[[int], Any]] = {
        "closure": lambda id: evaluate(parse(f"<< {id}"), source),
        "kgllm": lambda id: evaluate(parse(f"<< {id}"), plain),
        "walk": walk,
    }
    results = []
    for size in SIZES:
        found = []
        for position in rng.permutation(np.flatnonzero(np.isin(level, MIDDLE))).tolist():
            if size / 3 <= len(source.closure.descendants[position]) <= size * 3:  # type: ignore[union-attr]
                found.append(position)
            if len(found) == rounds:
                break
        times: dict[str, list[float]] = {name: [] for name in calls}
        for start in range(0, len(found), BLOCK):
            block = ids[found[start : start + BLOCK]].tolist()
            for id in block:
                if any({*ids[calls[name](id)].tolist()} != walk(id) for name in ("closure", "kgllm")):
                    raise SystemExit(f"the answers to << {id} differ")
            for name, call in calls.items():
                times[name] += (cpu(lambda id=id, call=call: call(id))[0] for id in block)
        counts = source.closure.descendants.counts()[found] + 1  # type: ignore[union-attr]
        medians = {f"{name}_us": median(seconds) * 1e6 for name, seconds in times.items()}
        results.append({"concepts": len(found), "median_found": float(np.median(counts)), **medians})
    return results


def others(source: Source, level: np.ndarray, rounds: int) -> list[dict[str, Any]]:
    """Expressions of other kinds on the same ontology."""
    ids = source.tables.ids
    top, high = (ids.text(int(np.flatnonzero(level == one)[0])) for one in (1, 2))
    first, second = ids.text(source.size - 1), ids.text(source.size - 2)
    texts = [
        f"<< {top} MINUS << {high}",
        f"< {top} : {first} = << {high}",
        f"< {top} : {{ {first} = << {high}, {second} = * }}",
        f"< {top} : [2..*] * = << {high}",
        f"< {high} . {first}",
        " OR ".join(ids.texts(np.arange(0, source.size, source.size // 1000))),
    ]
    results = []
    for text in texts:
        evaluate(parse(text), source)  # groups and the like are worked out once
        parsed = [cpu(lambda text=text: parse(text))[0] for _ in range(rounds // 5)]
        times = [cpu(lambda text=text: evaluate(parse(text), source)) for _ in range(rounds // 5)]
        shown = text if len(text) < 100 else f"{text[:20]}… ({text.count('OR') + 1} ids)"
        row = {"expression": shown, "found": len(times[0][1]), "parse_us": median(parsed) * 1e6}
        results.append({**row, "ms": median(seconds for seconds, _ in times) * 1e3})
    return results


def main() -> None:
    """Make the ontology, ask, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--concepts", type=int, default=360_000)
    parser.add_argument("--rounds", type=int, default=100, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    bare, level = ontology(arguments.concepts, arguments.seed)
    seconds, closure = cpu(lambda: Closure.of(bare.hierarchy))
    source = Source(bare.tables, bare.hierarchy, closure)
    result = {
        "concepts": arguments.concepts,
        "closure_s": seconds,
        "closure_pairs": len(closure.ancestors.values),
        "links": len(source.tables.isa.child),
        "seed": arguments.seed,
        "descendants": descendants(source, level, arguments.rounds),
        "others": others(source, level, arguments.rounds),
    }
    title = f"ECL on {arguments.concepts:,} concepts and {result['links']:,} links, seed {arguments.seed}"
    columns = ["question", "with closure", "without", "recursive walk"]
    emit(result, as_json=arguments.json, table=table_of(title, columns, table_rows(result)))


def table_rows(result: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """The question, what it took and how that compares with the walk."""
    for row in result["descendants"]:
        walk = row["walk_us"]
        ours = (f"{row[name]:,.0f} µs, {row[name] / walk:.3f}×" for name in ("closure_us", "kgllm_us"))
        yield (f"<<, {row['median_found']:,.0f} found", *ours, f"{walk:,.0f} µs")
    for row in result["others"]:
        yield f"{row['expression']}, {row['found']:,} found", f"{row['ms']:.2f} ms", "", ""
    yield f"the closure, {result['closure_pairs']:,} pairs", f"{result['closure_s']:.2f} s", "", ""


if __name__ == "__main__":
    main()
