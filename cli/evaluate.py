"""``kgllm evaluate``: rank a split with a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConfigError
from .output import Json, emit, log, table_of

if TYPE_CHECKING:
    from rich.table import Table

    from ..training.ranking.config import EvalConfig
    from ..training.ranking.evaluation import Evaluation


def evaluate(
    run: Annotated[Path, typer.Argument(help="Run folder of kgllm train.")],
    split: Annotated[str, typer.Option(help="train, valid or test.")] = "test",
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="eval.key=value, over the run's protocol.")
    ] = None,
    json: Json = False,
) -> None:
    """Rank a split: filtered, both sides, with intervals, groups and controls.

    Example: kgllm evaluate runs/kon-umls-s0 --split valid
    """
    from rich.progress import Progress

    from ..training.experiment import evaluate_run

    if split not in ("train", "valid", "test"):
        raise ConfigError(f"--split {split!r} is not one of train, valid, test")
    with Progress(console=log, transient=True, disable=not log.is_terminal) as bar:
        shown = bar.add_task(f"ranking {split}", total=None)
        found = evaluate_run(
            run,
            split,  # type: ignore[arg-type]
            _protocol(run, sets or []),
            lambda done, total: bar.update(shown, completed=done, total=total),
        )
    emit(found.to_json(), as_json=json, table=metrics_table(found))


def metrics_table(found: Evaluation) -> Table:
    """MRR, Hits@k and mean rank by side, and of the controls."""
    protocol, metrics = found.protocol, found.metrics
    split, ties = protocol["split"], protocol["ties"]
    hits = {name.split(".")[-1] for name in metrics if ".hits@" in name}
    columns = ["mrr", *sorted(hits, key=lambda name: int(name[5:])), "mr"]
    rows: list[tuple[object, ...]] = []
    for side in ("both", "tail", "head"):
        if f"{split}/{side}.count" in metrics:
            low, high = found.intervals.get(f"{split}/{side}.{ties}.mrr", (None, None))
            spread = f"{low:.3f} to {high:.3f}" if low is not None else ""
            rows.append((side, *(metrics[f"{split}/{side}.{ties}.{c}"] for c in columns), spread))
    side = protocol["sides"]
    for name, control in found.controls.items():
        rows.append((name, *(control[f"{split}/{side}.{ties}.{c}"] for c in columns), ""))
    title = (
        f"{protocol['data']} {split}, {protocol['model']}: {ties} ranks among {protocol['num_candidates']:,} "
        f"entities, filtered by {' + '.join(protocol['filter']) or 'nothing'}"
    )
    return table_of(title, ["", *columns, "mrr, 95 %"], rows)


def _protocol(run: Path, sets: list[str]) -> EvalConfig | None:
    """The run's protocol with ``--set`` on top; ``None`` without any."""
    from ..training.config import load_config
    from ..training.run_folder import CONFIG, load_run

    if not sets:
        return None
    wrong = [text for text in sets if not text.startswith("eval.")]
    if wrong:
        raise ConfigError([f"--set {text!r} is no setting of the protocol; use eval.…" for text in wrong])
    return load_config(load_run(run).task, file=run / CONFIG, sets=sets).config.eval
