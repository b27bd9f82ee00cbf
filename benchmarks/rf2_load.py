"""From an RF2 release to an ontology, with every check, against pandas, which only reads the text.

owlready2 loads the same concepts, names and is-a links as N-Triples.

    python benchmarks/rf2_load.py FOLDER [--rounds 3 --json]

FOLDER holds a release, such as ``benchmarks/synthetic_rf2.py`` writes. The goal is about the four files of
the Snapshot that a terminology cannot do without; beside it stands what the whole Snapshot takes. Each has a
fresh process in each round, and they take turns; medians are shown. Only owlready2 has one round.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measuring import apart, measured, peaks
from rf2_reading import FOUR, pandas, paths

from kgllm.cli.output import emit, table_of
from kgllm.ontology.tables import Role

TARGETS = {"pandas": {"cpu_s": 3.0, "peak_mb": 0.6}, "owlready2": {"cpu_s": 0.6, "peak_mb": 0.6}}
"""Shares of what the peers take; pandas of the four files, owlready2 of the whole Snapshot."""
PREDICATES = {Role.FSN: "2000/01/rdf-schema#label", Role.EXACT: "2004/02/skos/core#altLabel"}
IS_A = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
CLASS = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#Class>"


def ours(folder: Path) -> dict[str, float]:
    """What ``load_rf2`` takes."""
    from kgllm.ontology.rf2.load import load_rf2

    return measured(lambda: load_rf2(folder)) | {"peak_mb": peaks()["caller_mb"]}


def theirs(folder: Path) -> dict[str, float]:
    """What pandas takes to read the four files."""
    read = pandas()
    return measured(lambda: read(folder, FOUR)) | {"peak_mb": peaks()["caller_mb"]}


def write_triples(folder: Path, path: Path) -> None:
    """The active concepts of a release, their names and is-a links, as N-Triples."""
    from kgllm.ontology.rf2.load import load_rf2

    tables = load_rf2(folder)
    active, terms, links = tables.concepts.active, tables.terms, tables.isa
    nodes = [f"<http://invented.example/{id}>" for id in tables.ids.texts(np.arange(len(tables.ids)))]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{nodes[one]} {CLASS} .\n" for one in np.flatnonzero(active))
        for role, predicate in PREDICATES.items():
            rows = np.flatnonzero(active[terms.concept] & terms.active & (terms.role == role))
            for concept, text in zip(terms.concept[rows].tolist(), terms.text.take(rows), strict=True):
                literal = json.dumps(text, ensure_ascii=False)
                file.write(f"{nodes[concept]} <http://www.w3.org/{predicate}> {literal} .\n")
        pairs = zip(links.child.tolist(), links.parent.tolist(), strict=True)
        file.writelines(f"{nodes[child]} {IS_A} {nodes[parent]} .\n" for child, parent in pairs)


def owlready2(path: Path) -> dict[str, float]:
    """What owlready2 takes to load N-Triples into its quad store, in memory."""
    from owlready2 import World

    def load() -> None:
        with path.open("rb") as file:
            World().get_ontology("http://invented.example/").load(fileobj=file, only_local=True)

    return measured(load) | {"peak_mb": peaks()["caller_mb"]}


def compare(folder: Path, rounds: int) -> dict[str, Any]:
    """Medians of all three, and the shares."""
    with TemporaryDirectory() as name:
        four = Path(name)
        for path in paths(folder, FOUR):
            (four / path.name).symlink_to(path)
        runs = {"four files, kgllm": (ours, four), "four files, pandas": (theirs, four)}
        runs["whole Snapshot, kgllm"] = (ours, folder)
        took: dict[str, list[dict[str, float]]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, (action, place) in runs.items():
                took[name].append(apart(action, place))
        apart(write_triples, folder, four / "concepts.nt")
        took["concepts, owlready2"] = [apart(owlready2, four / "concepts.nt")]
    found: dict[str, Any] = {
        name: {key: median(one[key] for one in several) for key in several[0]}
        for name, several in took.items()
    }
    pairs = {
        "pandas": ("four files, kgllm", "four files, pandas"),
        "owlready2": ("whole Snapshot, kgllm", "concepts, owlready2"),
    }
    ratios = {
        name: {key: found[mine][key] / found[peer][key] for key in TARGETS[name]}
        for name, (mine, peer) in pairs.items()
    }
    return {"runs": found, "ratios": ratios, "targets": TARGETS}


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    result = compare(arguments.folder.resolve(), arguments.rounds)
    columns = ("cpu_s", "wall_s", "peak_mb")
    lines = [(name, *(f"{one[key]:.2f}" for key in columns)) for name, one in result["runs"].items()]
    for name, ratios in result["ratios"].items():
        shares = {key: f"{ratio:.2f} ≤ {TARGETS[name][key]}" for key, ratio in ratios.items()}
        lines.append((f"share of {name}, target", *(shares.get(key, "") for key in columns)))
    table = table_of("RF2 to ontology", ("", "CPU s", "wall s", "peak MB"), lines)
    emit(result, as_json=arguments.json, table=table)


if __name__ == "__main__":
    main()
