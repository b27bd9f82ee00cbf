"""A synthetic graph of any size, as Parquet files that the benchmarks of the stores share.

    python benchmarks/synthetic_graph.py FOLDER [--entities 500000 --edges 5000000 --relations 200 --seed 0]

Writes ``nodes.parquet`` (id, labels, name, description, year) and ``edges.parquet`` (head, relation, tail,
weight) in random order. Edges are distinct; relation types follow Zipf's law with exponent 1; out- and
in-degrees follow power laws, whose largest are about 1 % and 0.2 % of all edges at the default size. Names
and descriptions are made of syllables, their words also Zipf-distributed. Equal arguments give equal graphs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

HEAD_EXPONENT, TAIL_EXPONENT = 2.82, 2.12
"""Entity ⌊n uᵃ⌋ for uniform u: the larger a, the more edges the first entities have."""
LABELS = [["Person"], ["Place"], ["Work"], ["Person", "Artist"], ["Work", "Film"], []]
LABEL_SHARES = [0.3, 0.2, 0.25, 0.1, 0.1, 0.05]
WORDS = 20_000
ROWS = 100_000
"""Rows of a batch."""


@dataclass(frozen=True)
class Size:
    """How large a graph to make, and from which seed."""

    entities: int = 500_000
    edges: int = 5_000_000
    relations: int = 200
    seed: int = 0


def write_graph(folder: Path, size: Size) -> None:
    """Make the graph and write its two files into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(size.seed)
    _write(folder / "nodes.parquet", _nodes(size, rng))
    _write(folder / "edges.parquet", _edges(size, rng))


def node_batches(folder: Path) -> Iterator[pa.RecordBatch]:
    """The nodes that :func:`write_graph` wrote."""
    return pq.ParquetFile(folder / "nodes.parquet").iter_batches(ROWS)


def edge_batches(folder: Path) -> Iterator[pa.RecordBatch]:
    """The edges that :func:`write_graph` wrote."""
    return pq.ParquetFile(folder / "edges.parquet").iter_batches(ROWS)


def make_triples(size: Size, rng: np.random.Generator) -> np.ndarray:
    """(edges, 3) int64 distinct head, relation, tail, in random order."""
    shape = size.entities, size.relations, size.entities
    if size.edges > 0.5 * np.prod(shape, dtype=float):
        raise SystemExit(f"{size.edges:,} distinct edges do not fit {shape}; ask for fewer")
    codes = np.zeros(0, np.int64)
    while len(codes) < size.edges:
        count = size.edges + size.edges // 10
        head = _power_law(size.entities, HEAD_EXPONENT, count, rng)
        tail = _power_law(size.entities, TAIL_EXPONENT, count, rng)
        relation = rng.choice(size.relations, count, p=_zipf(size.relations))
        fresh = np.ravel_multi_index((head, relation, tail), shape)
        codes = np.unique(np.concatenate([codes, fresh]))
    codes = rng.permutation(codes)[: size.edges]
    head, relation, tail = np.unravel_index(codes, shape)
    heads, tails = rng.permutation(size.entities), rng.permutation(size.entities)
    return np.stack([heads[head], relation, tails[tail]], axis=1)


def keys(numbers: np.ndarray) -> pa.Array:
    """The ids of entities with these numbers."""
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 8, "0")
    return pc.binary_join_element_wise("Q", digits, "")


def _power_law(size: int, exponent: float, count: int, rng: np.random.Generator) -> np.ndarray:
    return (size * rng.random(count) ** exponent).astype(np.int64)


def _zipf(size: int) -> np.ndarray:
    weights = 1 / np.arange(1, size + 1)
    return weights / weights.sum()


def _nodes(size: Size, rng: np.random.Generator) -> Iterator[pa.RecordBatch]:
    words, likely = _vocabulary(rng), _zipf(WORDS)
    for start in range(0, size.entities, ROWS):
        numbers = np.arange(start, min(start + ROWS, size.entities))
        labels = pa.array(LABELS).take(pa.array(rng.choice(len(LABELS), len(numbers), p=LABEL_SHARES)))

        def text(length: int, rows: int = len(numbers)) -> pa.Array:
            columns = [words.take(pa.array(rng.choice(WORDS, rows, p=likely))) for _ in range(length)]
            return pc.binary_join_element_wise(*columns, " ")

        columns = {
            "id": keys(numbers),
            "labels": labels,
            "name": pc.utf8_title(text(2)),
            "description": text(12),
        }
        yield pa.record_batch({**columns, "year": pa.array(rng.integers(1800, 2026, len(numbers)))})


def _edges(size: Size, rng: np.random.Generator) -> Iterator[pa.RecordBatch]:
    triples = make_triples(size, rng)
    names = pa.array([f"REL_{number:03}" for number in range(size.relations)])
    for start in range(0, len(triples), ROWS):
        head, relation, tail = triples[start : start + ROWS].T
        ends = {"head": keys(head), "relation": names.take(pa.array(relation)), "tail": keys(tail)}
        yield pa.record_batch({**ends, "weight": pa.array(rng.random(len(head)))})


def _vocabulary(rng: np.random.Generator) -> pa.Array:
    """Distinct words of two to four syllables."""
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    words: dict[str, None] = {}
    while len(words) < WORDS:
        words["".join(rng.choice(syllables, rng.integers(2, 5)))] = None
    return pa.array(list(words))


def _write(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
    first = next(batches)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_batch(first)
        for batch in batches:
            writer.write_batch(batch)


def arguments_of(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Add the arguments that make a :class:`Size`, and parse all."""
    default = Size()
    for name in ("entities", "edges", "relations", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(default, name))
    return vars(parser.parse_args())


def size_of(arguments: dict[str, Any]) -> Size:
    """The size that parsed arguments ask for."""
    return Size(*(arguments[name] for name in ("entities", "edges", "relations", "seed")))


def main() -> None:
    """Parse, write, say how long it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    arguments = arguments_of(parser)
    start = time.process_time()
    write_graph(arguments["folder"], size_of(arguments))
    for path in sorted(arguments["folder"].glob("*.parquet")):
        print(f"{path}: {pq.ParquetFile(path).metadata.num_rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
    print(f"{time.process_time() - start:.1f} CPU seconds")


if __name__ == "__main__":
    main()
