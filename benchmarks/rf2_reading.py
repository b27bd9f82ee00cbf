"""Reading RF2 with every check, against pandas and csv.DictReader, which check nothing.

    python benchmarks/rf2_reading.py FOLDER [--rounds 3 --json]

FOLDER holds a release, such as ``benchmarks/synthetic_rf2.py`` writes. Read are the four files of the
Snapshot that a terminology cannot do without; and Concept and Relationship alone, which give the closure.
Each reader has a fresh process in each round, and the readers take turns; medians are shown.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from measuring import apart, measured, peaks

from kgllm.cli.output import emit, table_of
from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.package import discover
from kgllm.ontology.rf2.reading import read_kind
from kgllm.ontology.rf2.rows import FileKind

TWO = (FileKind.CONCEPT, FileKind.RELATIONSHIP)
FOUR = (*TWO, FileKind.DESCRIPTION, FileKind.LANGUAGE)


Read = Callable[[Path, Sequence[FileKind]], int]
"""Reads files of some kinds in a folder; returns how many rows they have."""


def ours() -> Read:
    """All columns of all rows, in memory at the end."""

    def read(folder: Path, kinds: Sequence[FileKind]) -> int:
        issues = Issues()
        package = discover(folder, issues=issues)
        return sum(map(len, [read_kind(package, kind, issues) for kind in kinds]))

    return read


def pandas() -> Read:
    """All columns of all rows, in memory at the end."""
    import pandas as pd

    table = partial(pd.read_csv, sep="\t", quoting=csv.QUOTE_NONE, na_filter=False)
    return lambda folder, kinds: sum(map(len, [table(path) for path in paths(folder, kinds)]))


def dictionaries() -> Read:
    """A pass over all rows, of which none is kept."""

    def read(folder: Path, kinds: Sequence[FileKind]) -> int:
        count = 0
        for path in paths(folder, kinds):
            with path.open(encoding="utf-8", newline="") as file:
                count += sum(1 for _ in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        return count

    return read


def paths(folder: Path, kinds: Sequence[FileKind]) -> list[Path]:
    package = discover(folder)
    return [file.source.path for kind in kinds for file in package.of(kind)]


RUNS: dict[str, tuple[Callable[[], Read], Sequence[FileKind]]] = {
    "four files, kgllm": (ours, FOUR),
    "four files, pandas": (pandas, FOUR),
    "two files, kgllm": (ours, TWO),
    "two files, csv.DictReader": (dictionaries, TWO),
}


def run(name: str, folder: Path) -> dict[str, float]:
    """One reader in this process: rows, seconds, and the most memory it held."""
    make, kinds = RUNS[name]
    read, rows = make(), []
    cost = measured(lambda: rows.append(read(folder, kinds)))
    return {**cost, "rows": rows[0], "peak_mb": peaks()["caller_mb"]}


def compare(folder: Path, rounds: int) -> dict[str, Any]:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in RUNS}
    for _ in range(rounds):
        for name, results in found.items():
            results.append(apart(run, name, folder))
    medians = {
        name: {key: median(one[key] for one in results) for key in results[0]}
        for name, results in found.items()
    }
    four, peer, two, rows = medians.values()
    return {
        "bytes": sum(path.stat().st_size for path in paths(folder, FOUR)),
        "runs": medians,
        "four_cpu_ratio": four["cpu_s"] / peer["cpu_s"],
        "four_memory_ratio": four["peak_mb"] / peer["peak_mb"],
        "two_cpu_ratio": two["cpu_s"] / rows["cpu_s"],
    }


def table_rows(result: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, one in result["runs"].items():
        numbers = (f"{one[key]:.2f}" for key in ("cpu_s", "wall_s"))
        yield name, f"{one['rows']:,.0f}", *numbers, f"{one['peak_mb']:,.0f}"
    for name in ("four_cpu_ratio", "four_memory_ratio", "two_cpu_ratio"):
        yield name.replace("_", " "), "", f"{result[name]:.2f}", "", ""


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    result = compare(arguments.folder, arguments.rounds)
    title = f"RF2 text, {result['bytes'] / 1e6:,.0f} MB in four files"
    columns = ("", "rows", "CPU s", "wall s", "peak MB")
    emit(result, as_json=arguments.json, table=table_of(title, columns, table_rows(result)))


if __name__ == "__main__":
    main()
