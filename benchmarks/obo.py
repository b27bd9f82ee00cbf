"""An OBO file of invented terms: the reader of kgllm and pronto, CPU seconds and peak memory, in turns.

    python benchmarks/obo.py [--terms 45000 --rounds 3 --json]

Each reads the file in a fresh process; memory counts everything that the process has loaded.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from measuring import apart, measured, peaks

from kgllm.cli.output import emit, table_of

SEED = 0
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]
SCOPES = ["EXACT", "EXACT", "RELATED", "NARROW", "BROAD"]
TARGETS = {"cpu_s": 0.6, "caller_mb": 0.5}
"""Shares of what pronto takes."""


def lines(terms: int) -> Iterator[str]:
    """An ontology with 1.5 parents a term, synonyms, definitions, references, relations."""
    draw = random.Random(SEED)
    words = ["".join(draw.choices(SYLLABLES, k=draw.randint(2, 4))) for _ in range(5000)]

    def text(count: int) -> str:
        return " ".join(draw.choices(words, k=count))

    yield "format-version: 1.4\nontology: invented\n\n"
    for number in range(terms):
        yield f"[Term]\nid: INV:{number:07d}\nname: {text(3)} {number}\nnamespace: invented\n"
        yield f'def: "{text(12)}." [INV:{draw.randrange(99)}]\n'
        for _ in range(draw.randint(0, 3)):
            yield f'synonym: "{text(3)}" {draw.choice(SCOPES)} []\n'
        for _ in range(draw.randint(0, 2)):
            yield f"xref: OTHER:{draw.randrange(10**6)}\n"
        for _ in range(draw.randint(1, 2) if number else 0):
            yield f"is_a: INV:{draw.randrange(number):07d} ! {text(3)}\n"
        if number % 4 == 1:
            yield f"relationship: part_of INV:{draw.randrange(number):07d} ! {text(3)}\n"
        yield "\n"
    yield "[Typedef]\nid: part_of\nname: part of\n"


def ours(path: Path) -> dict[str, float]:
    """What ``read_obo`` takes."""
    from kgllm.ontology.formats.obo import read_obo
    from kgllm.ontology.issues import Issues

    return measured(lambda: read_obo(path, Issues())) | peaks()


def pronto(path: Path) -> dict[str, float]:
    """What pronto takes."""
    from pronto import Ontology

    return measured(lambda: Ontology(str(path))) | peaks()


def compare(terms: int, rounds: int) -> dict[str, Any]:
    """Medians of both, and of their ratios, round by round."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "invented.obo"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(lines(terms))
        runs = [(apart(ours, path), apart(pronto, path)) for _ in range(rounds)]
        result: dict[str, Any] = {"seed": SEED, "terms": terms, "bytes": path.stat().st_size}
    for key, target in TARGETS.items():
        pairs = [(mine[key], theirs[key]) for mine, theirs in runs]
        result[key] = {
            "kgllm": statistics.median(mine for mine, _ in pairs),
            "pronto": statistics.median(theirs for _, theirs in pairs),
            "ratio": statistics.median(mine / theirs for mine, theirs in pairs),
            "target": target,
        }
    return result


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--terms", type=int, default=45_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    result = compare(arguments.terms, arguments.rounds)
    rows = [(key, *result[key].values()) for key in TARGETS]
    title = f"OBO, {result['terms']:,} terms, {result['bytes'] / 1e6:.1f} MB"
    table = table_of(title, ("", "kgllm", "pronto", "ratio", "target"), rows)
    emit(result, as_json=arguments.json, table=table)


if __name__ == "__main__":
    main()
