"""``kgllm train``: from settings to a run folder with a model, metrics and a report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import Json, emit, log, table_of

if TYPE_CHECKING:
    from rich.table import Table

    from ..training.config import Resolved
    from ..training.experiment import Outcome
    from ..training.log import Listener


def train(
    task: Annotated[
        str | None,
        typer.Option(help="What to train: kon, kge; by default kon, or what --resume goes on with."),
    ] = None,
    data: Annotated[str | None, typer.Option(help="Catalogue name, folder or file of triples.")] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="Named settings; by default those of the data set, else of the task."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file of settings, over the preset.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="key.key=value, over all else; may be repeated.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Decides weights, order and samples.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; a new one below runs/ if not given.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="One step, one evaluation, one checkpoint; report sizes.")
    ] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write events for TensorBoard.")
    ] = False,
    json: Json = False,
) -> None:
    """Train a model, select it on valid, rank test once, and write a report.

    Example: kgllm train --task kon --data umls --preset tiny
    """
    from ..training.choose import choose_config

    flags = {"data.name": data, "seed": seed, "out": str(out) if out else None}
    given = {key: value for key, value in flags.items() if value is not None}
    resolved = choose_config(task, preset=preset, file=config, sets=sets or (), flags=given, resume=resume)
    if dry_run:
        _dry_run(resolved, as_json=json)
        return
    _run(resolved, resume=resume, tensorboard=tensorboard, as_json=json)


def _run(resolved: Resolved, *, resume: bool, tensorboard: bool, as_json: bool) -> None:
    from ..training.experiment import train as run
    from ..training.log import Console, TensorBoard
    from ..training.ranking.link_prediction import headline

    folder = resolved.config.out or _new_folder(resolved)
    listeners: list[Listener] = [Console(headline(resolved.config.eval))]
    if tensorboard and _first_process():
        listeners.append(TensorBoard(folder / "tensorboard"))
    if _first_process():
        log.print(f"run folder: {folder}", markup=False, soft_wrap=True)
        _print_settings(resolved, folder)
    outcome = run(resolved, folder, resume=resume, listeners=listeners)
    if outcome.result.reason == "signal":
        raise typer.Exit(1)
    if _first_process():
        emit(_summary(outcome), as_json=as_json, table=_table(outcome))


def _dry_run(resolved: Resolved, *, as_json: bool) -> None:
    from dataclasses import asdict

    from ..training.experiment import dry_run

    found = asdict(dry_run(resolved))
    metrics = found.pop("metrics")
    rows = [(key, value) for key, value in found.items() if value is not None]
    emit(found | {"metrics": metrics}, as_json=as_json, table=table_of("dry run", ["", ""], rows))


def _new_folder(resolved: Resolved) -> Path:
    """``runs/kon-umls-s0``, with a number behind it where that is taken."""
    name = f"{resolved.config.task}-{Path(resolved.config.data.name).stem}-s{resolved.config.seed}"
    folder, number = Path("runs") / name, 1
    while folder.exists():
        number += 1
        folder = Path("runs") / f"{name}-{number}"
    return folder


def _first_process() -> bool:
    return os.environ.get("RANK", "0") == "0"


def _print_settings(resolved: Resolved, folder: Path) -> None:
    """Every value that is neither a default nor the resumed run's, and where it came from."""
    from ..training.config import flatten
    from ..training.run_folder import CONFIG

    for key, value in flatten(resolved.config.tree()):
        if (origin := resolved.origins[key]) not in ("default", f"file {folder / CONFIG}"):
            log.print(f"  {key} = {value}  ({origin})", markup=False, soft_wrap=True)


def _summary(outcome: Outcome) -> dict[str, Any]:
    best = outcome.result.best
    return {
        "run": str(outcome.folder),
        "steps": outcome.result.step,
        "best": {"value": best.value, "step": best.step} if best else None,
        "cpu_seconds": round(outcome.cpu, 2),
        "wall_seconds": round(outcome.wall, 2),
        **(outcome.evaluation.to_json() if outcome.evaluation else {}),
    }


def _table(outcome: Outcome) -> Table | None:
    from .evaluate import metrics_table

    if outcome.evaluation is None:
        return None
    log.print(
        f"{outcome.result.step} steps, {outcome.cpu:.1f} CPU seconds, {outcome.wall:.1f} wall seconds; "
        f"report: {outcome.folder / 'report.html'}",
        markup=False,
        soft_wrap=True,
    )
    return metrics_table(outcome.evaluation)
