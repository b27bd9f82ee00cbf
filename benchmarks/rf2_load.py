"""From an RF2 release to an ontology, with every check, against pandas, which only reads the text.

    python benchmarks/rf2_load.py FOLDER [--rounds 3 --json]

FOLDER holds a release, such as ``benchmarks/synthetic_rf2.py`` writes. The goal is about the four files of
the Snapshot that a terminology cannot do without; beside it stands what the whole Snapshot takes. Each has a
fresh process in each round, and they take turns; medians are shown.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from measuring import apart, measured, peaks
from rf2_reading import FOUR, pandas, paths

from kgllm.cli.output import emit, table_of

TARGETS = {"cpu_s": 3.0, "peak_mb": 0.6}
"""Shares of what pandas takes."""


def ours(folder: Path) -> dict[str, float]:
    """What ``load_rf2`` takes."""
    from kgllm.ontology.rf2.load import load_rf2

    return measured(lambda: load_rf2(folder)) | {"peak_mb": peaks()["caller_mb"]}


def theirs(folder: Path) -> dict[str, float]:
    """What pandas takes to read the four files."""
    read = pandas()
    return measured(lambda: read(folder, FOUR)) | {"peak_mb": peaks()["caller_mb"]}


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
    found: dict[str, Any] = {
        name: {key: median(one[key] for one in several) for key in several[0]}
        for name, several in took.items()
    }
    mine, peer = found["four files, kgllm"], found["four files, pandas"]
    shares = {key: {"ratio": mine[key] / peer[key], "target": target} for key, target in TARGETS.items()}
    return {"runs": found, "ratios": shares}


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
    shares = {key: f"{one['ratio']:.2f} ≤ {one['target']}" for key, one in result["ratios"].items()}
    lines.append(("share and target", *(shares.get(key, "") for key in columns)))
    table = table_of("RF2 to ontology", ("", "CPU s", "wall s", "peak MB"), lines)
    emit(result, as_json=arguments.json, table=table)


if __name__ == "__main__":
    main()
