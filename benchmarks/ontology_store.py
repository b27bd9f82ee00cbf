"""An ontology in a folder: what saving, opening, searching and exporting take, and how large the folder is.

    python benchmarks/ontology_store.py FOLDER [--json]

FOLDER holds a release, such as ``benchmarks/synthetic_rf2.py`` writes. Goals: a store opens within 0.05 of
what loading took, and 0.5 s; it takes 0.35 of the text of the four files no terminology can do without.
Each step has a fresh process; disk caches are warm. Queries are beginnings of up to three words of a term.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from measuring import apart, measured, peaks
from rf2_reading import FOUR, paths

from kgllm.cli.output import emit, table_of

QUERIES = 500
SEED = 0


def load_and_save(folder: Path, out: Path) -> dict[str, dict[str, float]]:
    """What loading the release and saving it take."""
    from kgllm.ontology.load import load
    from kgllm.ontology.ontology import Ontology

    made: list[Ontology] = []
    loading = measured(lambda: made.append(load(folder, on_error="report")))
    return {"load": loading, "save": measured(lambda: made[0].save(out)) | {"peak_mb": peaks()["caller_mb"]}}


def step(out: Path, action: Callable[[Any], object]) -> dict[str, float]:
    """What ``action`` takes on the ontology in ``out``."""
    from kgllm.ontology.ontology import Ontology

    ontology = Ontology.open(out)
    return measured(lambda: action(ontology)) | {"peak_mb": peaks()["caller_mb"]}


def opening(out: Path) -> dict[str, float]:
    """What opening takes, modules imported, until the first label is read."""
    from kgllm.ontology.ontology import Ontology

    return measured(lambda: Ontology.open(out).tables.terms.text[0])


def indexing(out: Path) -> dict[str, float]:
    """What the first search takes, which makes the index."""
    return step(out, lambda ontology: ontology.search("a"))


def exporting(out: Path) -> dict[str, float]:
    """What all batches for a graph store take."""
    from kgllm.ontology.export.graph import graph_source
    from kgllm.ontology.export.options import ExportOptions

    def action(ontology: Any) -> None:
        source = graph_source(ontology.tables, ExportOptions(licensed_ok=True))
        sum(len(batch) for batches in (source.nodes(), source.edges()) for batch in batches)

    return step(out, action)


def searching(out: Path) -> dict[str, float]:
    """Seconds of the queries, with an index that is there."""
    from kgllm.ontology.ontology import Ontology

    ontology, chance = Ontology.open(out), random.Random(SEED)
    text, took = ontology.tables.terms.text, []
    ontology.search("a")
    for _ in range(QUERIES):
        words = text[chance.randrange(len(text))].split()[: chance.randint(1, 3)]
        query = " ".join(word[: chance.randint(2, 7)] for word in words)
        start = time.process_time()
        ontology.search(query)
        took.append(time.process_time() - start)
    took.sort()
    return {"cpu_s": median(took), "p95_s": took[int(0.95 * len(took))], "worst_s": took[-1]}


def measure(folder: Path) -> dict[str, Any]:
    """All steps, and the sizes."""
    with TemporaryDirectory() as name:
        out = Path(name) / "store"
        steps: dict[str, dict[str, float]] = apart(load_and_save, folder, out)
        size = sum(path.stat().st_size for path in out.iterdir())
        steps["open"] = apart(opening, out)
        for title, action in (("index", indexing), ("search, a query", searching), ("graph", exporting)):
            steps[title] = apart(action, out)
    text = sum(path.stat().st_size for path in paths(folder, FOUR))
    return {
        "steps": steps,
        "store_mb": size / 1e6,
        "ratios": {
            "open": {"ratio": steps["open"]["cpu_s"] / steps["load"]["cpu_s"], "target": 0.05},
            "size": {"ratio": size / text, "target": 0.35},
        },
    }


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    result = measure(arguments.folder.resolve())
    lines = [(name, f"{one['cpu_s']:.4f}") for name, one in result["steps"].items()]
    lines += [
        (f"{name}, share", f"{one['ratio']:.3f} (goal {one['target']})")
        for name, one in result["ratios"].items()
    ]
    emit(result, as_json=arguments.json, table=table_of("Ontology in a folder", ("step", "CPU s"), lines))


if __name__ == "__main__":
    main()
