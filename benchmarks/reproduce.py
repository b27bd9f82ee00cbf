"""Link prediction over several seeds: the tables of docs/results.md.

    python benchmarks/reproduce.py umls-kge umls-kon --seeds 0 1 2

Each run is a fresh process of ``kgllm train``; CPU seconds are those of the whole process, imports and
evaluation included. Selection is on valid; test is ranked once per run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = {
    "umls-kge": ("kge", "umls", ()),
    "kinships-kge": ("kge", "kinships", ()),
    "nations-kge": ("kge", "nations", ()),
    "codex-s-kge": ("kge", "codex-s", ()),
    "world-kge": ("kge", "world", ()),
    "umls-kon": ("kon", "umls", ("--preset", "tiny")),
    "world-kon": ("kon", "world", ("--preset", "encoder")),
    "codex-s-kon": ("kon", "codex-s", ("--preset", "default")),
    "codex-s-kon-encoder": ("kon", "codex-s", ("--preset", "encoder")),
    "wn18rr-kon": ("kon", "wn18rr", ("--preset", "default", "--set", "train.epochs=1")),
}
METRICS = ("mrr", "hits@1", "hits@10")


def main() -> None:
    """Run what is asked for and print one line of a Markdown table for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(RUNS)}; all by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    options = parser.parse_args()
    rows = [_row(name, options.seeds) for name in options.names or RUNS]
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    print("| run | command | MRR: median, all | Hits@1 | Hits@10 | frequency MRR | CPU s |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        medians = [f"{statistics.median(row[metric]):.3f}" for metric in METRICS]
        every = ", ".join(f"{mrr:.3f}" for mrr in row["mrr"])
        cpu = f"{statistics.median(row['cpu']):.0f}"
        cells = (
            row["name"],
            f"`{row['command']}`",
            f"**{medians[0]}**: {every}",
            *medians[1:],
            f"{row['frequency']:.3f}",
            cpu,
        )
        print("| " + " | ".join(cells) + " |")


def _row(name: str, seeds: list[int]) -> dict[str, object]:
    task, data, extra = RUNS[name]
    words = ["train", "--task", task, "--data", data, *extra]
    found: dict[str, list[float]] = {metric: [] for metric in (*METRICS, "cpu")}
    frequency = float("nan")
    for seed in seeds:
        metrics, control, cpu = _train(words, seed)
        for metric in METRICS:
            found[metric].append(metrics[f"test/both.realistic.{metric}"])
        found["cpu"].append(cpu)
        frequency = control["frequency"]["test/both.realistic.mrr"]
        print(f"{name} seed {seed}: MRR {found['mrr'][-1]:.4f}, {cpu:.0f} CPU s", file=sys.stderr)
    return {
        "name": name,
        "command": " ".join(["kgllm", *words]),
        "seeds": seeds,
        "frequency": frequency,
        **found,
    }


def _train(words: list[str], seed: int) -> tuple[dict[str, float], dict[str, dict[str, float]], float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        out = ["--out", str(Path(folder) / "run"), "--seed", str(seed), "--json"]
        command = [sys.executable, "-m", "kgllm.cli", *words, *out]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        answer = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True, cwd=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    document = json.loads(answer.stdout)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return document["metrics"], document["controls"], cpu


if __name__ == "__main__":
    main()
