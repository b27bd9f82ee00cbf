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
from typing import Any

PAPER = tuple(
    word
    for setting in (
        *("head.paper_mode=true", "head.weights=fixed", "head.length_gamma=1.0", "head.learn_gamma=false"),
        *("head.normalise=none", "head.eos=false", "loss.entity=self_adv_bce", "loss.negatives=64"),
    )
    for word in ("--set", f"kon.{setting}")
)
RUNS = {
    "umls-kge": ("kge", "umls", ()),
    "kinships-kge": ("kge", "kinships", ()),
    "nations-kge": ("kge", "nations", ()),
    "codex-s-kge": ("kge", "codex-s", ()),
    "world-kge": ("kge", "world", ()),
    "umls-rotate": ("kge", "umls", ("--preset", "distance")),
    "umls-transe": ("kge", "umls", ("--preset", "distance", "--set", "kge.model=transe")),
    "umls-kon": ("kon", "umls", ("--preset", "tiny")),
    "world-kon": ("kon", "world", ("--preset", "encoder")),
    "world-kon-random-names": ("kon", "world", ("--preset", "encoder", "--set", "kon.names=random")),
    "umls-kon-random-names": ("kon", "umls", ("--preset", "tiny", "--set", "kon.names=random")),
    "umls-kon-K1": (
        *("kon", "umls"),
        ("--preset", "tiny", "--set", "kon.head.K=1", "--set", "kon.head.allow_collisions=true"),
    ),
    "umls-kon-paper": ("kon", "umls", ("--preset", "tiny", *PAPER)),
    "codex-s-kon": ("kon", "codex-s", ("--preset", "default")),
    "codex-s-kon-encoder": ("kon", "codex-s", ("--preset", "encoder")),
    "wn18rr-kon": ("kon", "wn18rr", ("--preset", "default", "--set", "train.epochs=1")),
    "wn18rr-kon-encoder": (
        *("kon", "wn18rr"),
        ("--preset", "encoder", "--set", "train.epochs=1", "--set", "train.eval_every=0"),
    ),
}
METRICS = ("mrr", "hits@1", "hits@10")


def main() -> None:
    """Run what is asked for and print one line of a Markdown table for each."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(RUNS)}; all by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    options = parser.parse_args()
    rows = [_row(name, options.seeds) for name in options.names or RUNS]
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    print("| run | command | MRR: median, all | Hits@1 | Hits@10 | frequency MRR | CPU s: loop, process |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        medians = [f"{statistics.median(row[metric]):.3f}" for metric in METRICS]
        every = ", ".join(f"{mrr:.3f}" for mrr in row["mrr"])
        cpu = ", ".join(f"{statistics.median(row[name]):.0f}" for name in ("training", "process"))
        cells = (row["name"], f"`{row['command']}`", f"**{medians[0]}**: {every}", *medians[1:])
        print("| " + " | ".join((*cells, f"{row['frequency']:.3f}", cpu)) + " |")


def _row(name: str, seeds: list[int]) -> dict[str, Any]:
    task, data, extra = RUNS[name]
    words = ["train", "--task", task, "--data", data, *extra]
    row: dict[str, Any] = {"name": name, "command": " ".join(["kgllm", *words]), "seeds": seeds}
    row |= {column: [] for column in (*METRICS, "training", "process")}
    for seed in seeds:
        document, training, process = _train(words, seed)
        for metric in METRICS:
            row[metric].append(document["metrics"][f"test/both.realistic.{metric}"])
        row["training"].append(training)
        row["process"].append(process)
        row["frequency"] = document["controls"]["frequency"]["test/both.realistic.mrr"]
        print(f"{name} seed {seed}: MRR {row['mrr'][-1]:.4f}, {process:.0f} CPU s", file=sys.stderr)
    return row


def _train(words: list[str], seed: int) -> tuple[dict[str, Any], float, float]:
    """What the run prints, and CPU seconds of its loop and of its whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [
            sys.executable,
            "-m",
            "kgllm.cli",
            *words,
            "--out",
            str(run),
            "--seed",
            str(seed),
            "--json",
        ]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        answer = subprocess.run(command, **pipes, env=environment, check=True, cwd=folder)
        training = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["cpu"]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return json.loads(answer.stdout), training, process


if __name__ == "__main__":
    main()
